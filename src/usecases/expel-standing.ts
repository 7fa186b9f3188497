/** Removes standing access, where the catalog says so and an admin has seen whom that would hit. */
import type { ConnectorSpec } from '../domain/catalog.js';
import { settleExpelled } from '../domain/drift.js';
import type { EntitlementState } from '../domain/entitlement.js';
import { HALLPASS } from '../domain/grant-life.js';
import { aboutStray, closeStray } from '../domain/stray.js';
import type { Stray } from '../domain/stray.js';
import { ConnectorError } from '../ports.js';
import type { Connector } from '../ports.js';
import { callTarget } from './call-target.js';
import { commitFresh } from './commit-fresh.js';
import { toChange } from './converge-entitlement.js';
import type { Deps } from './deps.js';

type ExpelDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'catalogs' | 'log' | 'callTimeoutMs'>;

/** Of the roles that are managed now, those whose other members an admin has been shown, and had removed. */
export async function enforcedRoles(
  deps: Pick<Deps, 'store'>,
  spec: ConnectorSpec,
): Promise<ReadonlySet<string>> {
  const enforcement = spec.onDrift === 'enforce' ? await deps.store.enforcement(spec.name) : null;
  return new Set(enforcement?.roles.filter((role) => spec.manage.includes(role)) ?? []);
}

/** What would be removed, if an admin said so. */
export function dryRunOf(
  spec: ConnectorSpec,
  standing: readonly Stray[],
  enforced: ReadonlySet<string>,
): Stray[] {
  return spec.onDrift === 'enforce' ? standing.filter(({ role }) => !enforced.has(role)) : [];
}

export async function expelStanding(
  deps: ExpelDeps,
  spec: ConnectorSpec,
  connector: Connector,
): Promise<void> {
  // Without a mark, what Hallpass gave before its database was set back would count as others' access.
  if (!connector.capabilities.marks || deps.catalogs.current().endingOnly) {
    return;
  }
  const enforced = await enforcedRoles(deps, spec);
  const open = enforced.size === 0 ? [] : await deps.store.openStrays(spec.name);
  for (const stray of open) {
    if (stray.kind === 'standing' && enforced.has(stray.role) && !(await isHeld(deps, stray))) {
      await expel(deps, stray, connector);
    }
  }
}

/** In a window that was approved, what was there before is what the holder uses. */
async function isHeld(deps: ExpelDeps, stray: Stray): Promise<boolean> {
  const state = await stateOf(deps, stray);
  return state !== null && (state.entitlement.ours || state.holders.length > 0);
}

async function stateOf(
  deps: ExpelDeps,
  { connector, role, account }: Stray,
): Promise<EntitlementState | null> {
  const row = await deps.store.entitlementOf({ connector, role, accountId: account.id });
  return row === null ? null : await deps.store.entitlementState(row.id);
}

async function expel(deps: ExpelDeps, stray: Stray, connector: Connector): Promise<void> {
  const { role, account, fingerprint } = stray;
  const target = { role, account, fingerprint };
  const intent = aboutStray(stray, 'standing.removing', { actor: HALLPASS });
  await commitFresh(deps, async () => ({
    change: { at: deps.clock.now(), audit: [intent] },
    outcome: undefined,
  }));
  try {
    await callTarget(deps.callTimeoutMs, async (call) => await connector.expel?.(target, call));
    const seen = await callTarget(deps.callTimeoutMs, (call) => connector.check(target, call));
    if (seen.state === 'standing') {
      throw new ConnectorError('final', 'The role is still there when read back.');
    }
  } catch (error) {
    if (!(error instanceof ConnectorError) || error.kind === 'unreachable') {
      throw error;
    }
    deps.log.warn(
      { connector: connector.name, stray: stray.id, kind: error.kind, err: error },
      'Standing access could not be removed; it is tried again at the next look',
    );
    return;
  }
  await commitFresh(deps, async () => {
    const current = await deps.store.stray(stray.id);
    const now = deps.clock.now();
    const isOpen = current !== null && current.state === 'open';
    const audit = [aboutStray(stray, 'standing.removed', { actor: HALLPASS })];
    const state = await stateOf(deps, stray);
    const hasOpened = state !== null && !state.entitlement.ours && state.holders.length > 0;
    const reopened = hasOpened ? await toChange(deps, settleExpelled(state, now), now) : null;
    return {
      change: { ...reopened, at: now, audit, strays: isOpen ? [closeStray(current, 'removed', now)] : [] },
      outcome: undefined,
    };
  });
}
