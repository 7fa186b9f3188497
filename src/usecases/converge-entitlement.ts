/** Makes the target hold what the database says about one entitlement, now. */
import type { AuditFacts } from '../domain/audit.js';
import type { Change } from '../domain/change.js';
import { begin, claimOurs, isDue, settleError, settleGone, settlePresent } from '../domain/converge.js';
import type { Look, Step } from '../domain/converge.js';
import { aboutEntitlement } from '../domain/converged.js';
import type { Converged } from '../domain/converged.js';
import type { CallError, Entitlement, EntitlementState, Lease, Seen } from '../domain/entitlement.js';
import type { Grant } from '../domain/grant.js';
import type { EntitlementId, UserId } from '../domain/ids.js';
import { holdsLease, isLeased, lastsForCall } from '../domain/lease.js';
import { membersOf } from '../domain/person.js';
import { ALARM_AFTER_ATTEMPTS } from '../domain/retry.js';
import { schedule } from '../domain/schedule.js';
import type { Instant } from '../domain/time.js';
import { ConnectorError } from '../ports.js';
import type { Connector, Target } from '../ports.js';
import { withTimeLimit } from '../time-limit.js';
import { callTarget, connectorOf } from './call-target.js';
import { DUPLICATE, commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { readMemberships } from './read-memberships.js';

type ConvergeDeps = Pick<
  Deps,
  'store' | 'wakeups' | 'clock' | 'ids' | 'connectors' | 'catalogs' | 'directory' | 'log' | 'callTimeoutMs'
>;

/** A step that this process holds the lease for. */
type Claim = { readonly entitlement: Entitlement; readonly step: Step; readonly lease: Lease };

/** What the step showed. `lateUntil`: until when a grant call of ours could still take effect. */
type Observation =
  | {
      readonly kind: 'present';
      readonly look: Look<'present' | 'standing'>;
      readonly lateUntil: Instant | null;
    }
  | {
      readonly kind: 'gone';
      readonly look: Look<'absent' | 'standing'>;
      readonly facts: AuditFacts;
    }
  | { readonly kind: 'error'; readonly error: CallError; readonly lateUntil: Instant | null };

/** A step makes up to this many calls to the target one after another; its lease lasts for them all. */
const CALLS_A_STEP = 4;

export async function convergeEntitlement(deps: ConvergeDeps, id: EntitlementId): Promise<void> {
  const claim = await claimStep(deps, id).catch(async (fault: unknown) => {
    await takeUnrecorded(deps, id);
    throw fault;
  });
  if (claim === null) {
    return;
  }
  const observation = claim.step === 'open' ? await open(deps, claim) : await take(deps, claim);
  if (observation !== null) {
    await settle(deps, claim, observation);
  }
}

/** Commits what follows from the clock alone, and the lease for the step that needs the target. */
async function claimStep(deps: ConvergeDeps, id: EntitlementId): Promise<Claim | null> {
  const claimed = await commitFresh(deps, async () => {
    const state = await deps.store.entitlementState(id);
    const now = deps.clock.now();
    if (state === null || !isDue(state.entitlement, now) || isLeased(state.entitlement, now)) {
      return { change: null, outcome: null };
    }
    const { converged, step } = begin(state, now);
    if (step === null) {
      return { change: toChange(converged, now), outcome: null };
    }
    const lease = { by: deps.ids.leaseToken(), until: now + CALLS_A_STEP * deps.callTimeoutMs };
    const entitlement = { ...converged.state.entitlement, lease };
    const leased = { ...converged, state: { ...converged.state, entitlement } };
    const intent =
      step === 'take' && entitlement.attempts === 0
        ? [aboutEntitlement(entitlement, 'entitlement.revoking', {})]
        : [];
    const change = toChange({ ...leased, audit: [...leased.audit, ...intent] }, now);
    return { change, outcome: { entitlement, step, lease } };
  });
  return claimed === DUPLICATE ? null : claimed;
}

/**
 * The database takes no commit, for the disk is full, say. Its end and whose it is are on record already, so
 * what is over is taken away all the same; nothing says so before it can be written down.
 */
async function takeUnrecorded(deps: ConvergeDeps, id: EntitlementId): Promise<void> {
  try {
    const state = await deps.store.entitlementState(id);
    const now = deps.clock.now();
    const due = state !== null && isDue(state.entitlement, now) && !isLeased(state.entitlement, now);
    if (!due || begin(state, now).step !== 'take') {
      return;
    }
    const connector = connectorOf(deps.connectors, state.entitlement.connector);
    const target = toTarget(state.entitlement);
    const { seen } = await check(deps, connector, target);
    if (seen === 'present') {
      await callTarget(deps.callTimeoutMs, (call) => connector.revoke(target, call));
      deps.log.error({ entitlementId: id }, 'Access was taken away, but the database could not record it');
    }
  } catch (error) {
    deps.log.error(
      { entitlementId: id, err: error },
      'Access that is over could not be taken away unrecorded',
    );
  }
}

/** Checks first; what is there already and not ours is standing access. Grants, and reads back. */
async function open(deps: ConvergeDeps, claim: Claim): Promise<Observation | null> {
  const { entitlement } = claim;
  const before = entitlement.lateUntil;
  let late = before;
  try {
    const connector = connectorOf(deps.connectors, entitlement.connector);
    const target = toTarget(entitlement);
    const { seen, at } = await check(deps, connector, target);
    if (seen !== 'absent') {
      return { kind: 'present', look: { seen, at }, lateUntil: before };
    }
    await sameAccount(deps, connector, entitlement);
    const sendBy = deps.clock.now() + deps.callTimeoutMs;
    late = Math.max(before ?? 0, sendBy + deps.callTimeoutMs + connector.lateEffectMs);
    if (!(await commitClaim(deps, claim, late))) {
      return null;
    }
    refuseToSendLate(deps, claim, sendBy);
    await callTarget(deps.callTimeoutMs, (call) => connector.grant(target, call));
    late = before;
    return await readBack(deps, connector, target, before);
  } catch (error) {
    const failure = toFailure(deps, entitlement, error);
    return { kind: 'error', error: failure.error, lateUntil: failure.uncertain ? late : before };
  }
}

/**
 * Sent later, a grant could take effect after the moment that is on record, when nobody looks any more; and
 * either call could undo what another worker has done since the lease ran out.
 */
function refuseToSendLate(deps: ConvergeDeps, { lease }: Claim, sendBy = lease.until): void {
  const now = deps.clock.now();
  if (now > sendBy || !lastsForCall(lease, now, deps.callTimeoutMs)) {
    throw new ConnectorError('retryable', 'Hallpass itself stood still before the call; nothing was sent.');
  }
}

async function readBack(
  deps: ConvergeDeps,
  connector: Connector,
  target: Target,
  lateUntil: Instant | null,
): Promise<Observation> {
  const { seen, at } = await check(deps, connector, target);
  if (seen === 'absent') {
    const text = 'The target took the grant, but the role is not there when read back.';
    return { kind: 'error', error: { kind: 'retryable', text }, lateUntil };
  }
  return { kind: 'present', look: { seen, at }, lateUntil };
}

/** The account of that name must still be the one of the terms. */
async function sameAccount(
  deps: ConvergeDeps,
  connector: Connector,
  entitlement: Entitlement,
): Promise<void> {
  const { account, role } = entitlement;
  const found = await callTarget(deps.callTimeoutMs, (call) => connector.resolve(account.name, role, call));
  if (found.account.id !== account.id) {
    throw new ConnectorError(
      'unknown-account',
      `${account.name} is another account now than at the request.`,
    );
  }
}

/** The last look before the call: the lease is ours, the access still wanted, and `ours` is on record. */
async function commitClaim(deps: ConvergeDeps, claim: Claim, lateUntil: Instant): Promise<boolean> {
  const committed = await commitFresh(deps, async () => {
    const state = await deps.store.entitlementState(claim.entitlement.id);
    const now = deps.clock.now();
    if (state === null || !holdsLease(state.entitlement, claim.lease.by, now)) {
      return { change: null, outcome: false };
    }
    const looked = begin(state, now);
    if (looked.step !== 'open') {
      const freed = { ...looked.converged.state.entitlement, lease: null };
      const converged = { ...looked.converged, state: { ...looked.converged.state, entitlement: freed } };
      return { change: toChange(converged, now), outcome: false };
    }
    return { change: toChange(claimOurs(state, now, lateUntil), now), outcome: true };
  });
  return committed === true;
}

/** Revokes, and says "gone" only after reading it back. */
async function take(deps: ConvergeDeps, claim: Claim): Promise<Observation> {
  const { entitlement } = claim;
  try {
    const connector = connectorOf(deps.connectors, entitlement.connector);
    const target = toTarget(entitlement);
    refuseToSendLate(deps, claim);
    const { sessionsEnded } = await callTarget(deps.callTimeoutMs, (call) => connector.revoke(target, call));
    const { seen, at } = await check(deps, connector, target);
    if (seen === 'present') {
      const text = 'The target took the revocation, but the role is still there when read back.';
      return { kind: 'error', error: { kind: 'retryable', text }, lateUntil: entitlement.lateUntil };
    }
    return {
      kind: 'gone',
      look: { seen, at },
      facts: { sessionsEnded, standingRemains: seen === 'standing' },
    };
  } catch (error) {
    return {
      kind: 'error',
      error: toFailure(deps, entitlement, error).error,
      lateUntil: entitlement.lateUntil,
    };
  }
}

/** Records what was seen, decided again from the rows as they are by now. */
async function settle(deps: ConvergeDeps, claim: Claim, observation: Observation): Promise<void> {
  const failures = claim.entitlement.attempts + (observation.kind === 'error' ? 1 : 0);
  const tells = claim.step === 'take' && failures >= ALARM_AFTER_ATTEMPTS;
  const admins = tells ? await adminsOf(deps) : [];
  const settled = await commitFresh(deps, async () => {
    const state = await deps.store.entitlementState(claim.entitlement.id);
    const now = deps.clock.now();
    if (state === null || state.entitlement.lease?.by !== claim.lease.by) {
      return { change: null, outcome: 'lease-lost' as const };
    }
    const converged = settleObservation(state, claim.step, observation, {
      now,
      admins,
      random: deps.ids.random(),
    });
    const change = toChange(converged, now);
    const others = await otherParts(deps, converged, now);
    return {
      change: { ...change, entitlements: [converged.state.entitlement, ...others] },
      outcome: 'settled' as const,
    };
  });
  if (settled === 'lease-lost') {
    deps.log.warn(
      { entitlementId: claim.entitlement.id },
      'Another worker took over; what was seen is dropped',
    );
  }
}

/** What else a grant holds that has just failed: its end is no longer that of the window, it is now. */
async function otherParts(deps: ConvergeDeps, converged: Converged, now: Instant): Promise<Entitlement[]> {
  const failed = converged.state.holders.filter(
    ({ grant }) => converged.touched.has(grant.id) && grant.state === 'ending',
  );
  const parts = new Map<EntitlementId, EntitlementState>();
  for (const { grant, others } of failed) {
    for (const { entitlementId, state: hold } of others) {
      const part = parts.get(entitlementId) ?? (await deps.store.entitlementState(entitlementId));
      if (hold !== 'released' && part !== null) {
        parts.set(entitlementId, withGrant(part, grant));
      }
    }
  }
  return [...parts.values()].map(({ entitlement, holders }) => {
    const fresh = { ...entitlement, attempts: 0, failingSince: null, error: null };
    return { ...fresh, ...schedule({ entitlement: fresh, holders }, now) };
  });
}

function withGrant(state: EntitlementState, grant: Grant): EntitlementState {
  const holders = state.holders.map((holder) =>
    holder.grant.id === grant.id ? { ...holder, grant } : holder,
  );
  return { ...state, holders };
}

function settleObservation(
  state: EntitlementState,
  step: Step,
  observation: Observation,
  at: { now: Instant; admins: readonly UserId[]; random: number },
): Converged {
  switch (observation.kind) {
    case 'present':
      return settlePresent(state, observation.look, at.now, observation.lateUntil);
    case 'gone':
      return settleGone(state, observation.look, at.now, observation.facts, at.admins);
    case 'error':
      return settleError(state, { ...observation, ...at, step }, at.now);
  }
}

async function check(
  deps: ConvergeDeps,
  connector: Connector,
  target: Target,
): Promise<Look<Exclude<Seen, 'unknown'>>> {
  const at = deps.clock.now();
  const seen = await callTarget(deps.callTimeoutMs, (call) => connector.check(target, call));
  return { seen, at };
}

function toFailure(
  deps: ConvergeDeps,
  entitlement: Entitlement,
  error: unknown,
): { error: CallError; uncertain: boolean } {
  if (!(error instanceof ConnectorError)) {
    throw error;
  }
  const { id: entitlementId, connector } = entitlement;
  deps.log.warn({ entitlementId, connector, kind: error.kind, err: error }, 'A call to the target failed');
  return { error: { kind: error.kind, text: error.message }, uncertain: error.uncertain };
}

/** Whatever the workspace does, what was seen in the target is recorded while the lease lasts. */
async function adminsOf(deps: ConvergeDeps): Promise<UserId[]> {
  const { catalog } = deps.catalogs.current();
  const late = (error: unknown): void =>
    deps.log.warn({ err: error }, 'The admins of the catalog could not be read');
  let admins: UserId[] = [];
  try {
    const read = readMemberships(deps, catalog, catalog.admins);
    const limit = { ms: deps.callTimeoutMs, what: 'Reading the admins', onLate: late };
    admins = membersOf(await withTimeLimit(read, limit), catalog.admins);
  } catch (error) {
    late(error);
  }
  if (admins.length === 0) {
    deps.log.error({}, 'No admin can be found in the catalog to be told of a failing revocation');
  }
  return admins;
}

function toTarget({ role, account, fingerprint }: Entitlement): Target {
  return { role, account, fingerprint };
}

function toChange(converged: Converged, now: Instant): Change {
  const { state, touched, audit, notices, redraw } = converged;
  const moved = state.holders.filter(({ grant }) => touched.has(grant.id));
  return {
    at: now,
    entitlements: [state.entitlement],
    grants: moved.map(({ grant }) => grant),
    holds: moved.map(({ hold }) => hold),
    audit,
    notices,
    redraw: [...new Set(redraw)],
  };
}
