/** Reads one entitlement back in its target, apart from convergence, and records what is not as it should be. */
import { isUnderWay, settleLook } from '../domain/drift.js';
import type { DriftRule, Found } from '../domain/drift.js';
import type { Entitlement } from '../domain/entitlement.js';
import type { EntitlementId } from '../domain/ids.js';
import type { Connector } from '../ports.js';
import { callTarget } from './call-target.js';
import { wakeUpsOf } from './commit-fresh.js';
import { toChange } from './converge-entitlement.js';
import type { Deps } from './deps.js';

type LookDeps = Pick<Deps, 'log' | 'store' | 'wakeups' | 'clock' | 'callTimeoutMs'>;

export type Looked = { readonly finding: Found['finding']; readonly entitlement: Entitlement };

/**
 * Null: there was nothing to look at, or the row has moved on since. It is looked at next time. Throws
 * ConnectorError when the target did not tell.
 */
export async function lookAtEntitlement(
  deps: LookDeps,
  input: { id: EntitlementId; connector: Connector; rule: () => Promise<DriftRule> },
): Promise<Looked | null> {
  const before = await deps.store.entitlementState(input.id);
  if (before === null || isUnderWay(before, deps.clock.now())) {
    return null;
  }
  const { role, account, fingerprint } = before.entitlement;
  const target = { role, account, fingerprint };
  const at = deps.clock.now();
  const observed = await callTarget(deps.callTimeoutMs, (call) => input.connector.check(target, call));
  // Whoever is to be told is read only where there is something to tell.
  const rule = observed.state === 'absent' ? await input.rule() : { restore: false, admins: [] };
  const state = await deps.store.entitlementState(input.id);
  const now = deps.clock.now();
  if (state === null || state.entitlement.version !== before.entitlement.version || isUnderWay(state, now)) {
    return null;
  }
  const { finding, converged } = settleLook(state, { ...observed, at }, rule, now);
  // Written down, it counts as told: it is left to a look that knows whom to tell.
  const isUntold = finding === 'drifted' && rule.admins.length === 0;
  if (converged !== null && !isUntold) {
    const change = await toChange(deps, converged, now);
    if ((await deps.store.commit(change)) !== 'committed') {
      return null;
    }
    deps.wakeups.arm(wakeUpsOf(change));
  }
  return { finding, entitlement: state.entitlement };
}
