/** Lists a role in its target, and writes down every member that no row of ours explains. */
import type { AuditKind } from '../domain/audit.js';
import type { Change } from '../domain/change.js';
import type { Entitlement } from '../domain/entitlement.js';
import { HALLPASS } from '../domain/grant-life.js';
import { aboutStray, closeStray } from '../domain/stray.js';
import type { Stray, StrayKind } from '../domain/stray.js';
import type { Instant } from '../domain/time.js';
import type { Connector, Member } from '../ports.js';
import { callTarget } from './call-target.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';

type FindDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'ids' | 'callTimeoutMs'>;
type Place = { readonly connector: Connector; readonly role: string };

/** What became of one row of the database while the target was being asked. */
type Explained = { readonly row: Entitlement | null; readonly explained: boolean };

/** `at`: the moment that everything found in one pass bears. Throws ConnectorError when the target did not tell. */
export async function findStrays(deps: FindDeps, place: Place, at: Instant): Promise<void> {
  const { connector, role } = place;
  if (connector.list === undefined) {
    return;
  }
  const members = await callTarget(
    deps.callTimeoutMs,
    async (call) => (await connector.list?.(role, call)) ?? [],
  );
  const open = new Map(
    (await deps.store.openStrays(connector.name))
      .filter((stray) => stray.role === role)
      .map((stray) => [stray.account.id, stray]),
  );
  const byAccount = new Map(members.map((member) => [member.account.id, member]));
  for (const stray of open.values()) {
    await lookAgain(deps, stray, byAccount.get(stray.account.id), connector);
  }
  for (const member of members) {
    const known = open.get(member.account.id);
    const isKnown = known !== undefined && stays(known, member);
    if (!isKnown && (await isStray(deps, place, member))) {
      await writeDown(deps, place, member, at);
    }
  }
}

/** Whether what was found is still what it was found as. What Hallpass gave beside it does not make it go away. */
function stays(stray: Stray, member: Member | undefined): boolean {
  return member !== undefined && (stray.kind === 'standing' || !member.standing);
}

async function lookAgain(
  deps: FindDeps,
  stray: Stray,
  member: Member | undefined,
  connector: Connector,
): Promise<void> {
  const unmarked = stray.kind === 'orphan' || !connector.capabilities.marks;
  const explained =
    stays(stray, member) &&
    unmarked &&
    (await explain(deps, { connector, role: stray.role }, stray.account.id)).explained;
  if (stays(stray, member) && !explained) {
    return;
  }
  await commitFresh(deps, async () => {
    const now = deps.clock.now();
    const current = await deps.store.stray(stray.id);
    if (current === null || current.state !== 'open') {
      return { change: null, outcome: undefined };
    }
    const kind = stray.kind === 'orphan' ? 'orphan.gone' : 'standing.gone';
    const audit = [aboutStray(stray, kind, { actor: HALLPASS, facts: { explained } })];
    return { change: { at: now, strays: [closeStray(current, 'gone', now)], audit }, outcome: undefined };
  });
}

/** Where the target does not tell who gave what, whatever a row explains is ours, and the rest is not known to be. */
function kindOf({ connector }: Place, member: Member): StrayKind {
  return connector.capabilities.marks && !member.standing ? 'orphan' : 'standing';
}

async function isStray(deps: FindDeps, place: Place, member: Member): Promise<boolean> {
  return member.standing || !(await explain(deps, place, member.account.id)).explained;
}

/** A row explains what is there while it says that it is ours, or a live grant whose window has begun holds it. */
async function explain(
  deps: Pick<Deps, 'store'>,
  { connector, role }: Place,
  accountId: string,
): Promise<Explained> {
  const row = await deps.store.entitlementOf({ connector: connector.name, role, accountId });
  const state = row === null ? null : await deps.store.entitlementState(row.id);
  const isHeld = state?.holders.some(({ grant }) => grant.state !== 'scheduled') === true;
  const explained = state?.entitlement.ours === true || isHeld;
  return { row: state?.entitlement ?? null, explained };
}

/**
 * The list may be older than the rows: something may have been given or taken in between. So what has no
 * explanation is looked at once more, and must have none before and after.
 */
async function writeDown(deps: FindDeps, place: Place, member: Member, at: Instant): Promise<void> {
  const { connector, role } = place;
  const before = await explain(deps, place, member.account.id);
  if (!member.standing) {
    const target = { role, account: member.account, fingerprint: member.fingerprint };
    const seen = await callTarget(deps.callTimeoutMs, (call) => connector.check(target, call));
    if (before.explained || seen.state !== 'present') {
      return;
    }
  }
  const after = await explain(deps, place, member.account.id);
  if (!member.standing && (after.explained || after.row?.version !== before.row?.version)) {
    return;
  }
  const { account, fingerprint } = member;
  const stray: Stray = {
    id: deps.ids.strayId(),
    version: 0,
    connector: connector.name,
    role,
    account,
    fingerprint,
    kind: kindOf(place, member),
    state: 'open',
    foundAt: at,
    closedAt: null,
  };
  // Stale: the row has moved on, or somebody else has written it down. The next pass looks again.
  await deps.store.commit(found(stray, member.standing ? null : after.row, deps.clock.now()));
}

function found(stray: Stray, row: Entitlement | null, now: Instant): Change {
  const kind: AuditKind = stray.kind === 'orphan' ? 'orphan.found' : 'standing.found';
  return {
    at: now,
    strays: [stray],
    reliesOn: row === null ? [] : [{ table: 'entitlements', id: row.id, version: row.version }],
    audit: [aboutStray(stray, kind, { actor: HALLPASS })],
  };
}
