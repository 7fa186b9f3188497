import type { EntitlementState } from '../domain/entitlement.js';
import type { Grant } from '../domain/grant.js';
import type { Deps } from './deps.js';

/** Every entitlement that this grant holds, with all its holders. */
export async function readStates(deps: Pick<Deps, 'store'>, grant: Grant): Promise<EntitlementState[]> {
  const holds = await deps.store.holds(grant.id);
  const states = await Promise.all(
    holds.map(({ entitlementId }) => deps.store.entitlementState(entitlementId)),
  );
  return states.filter((state) => state !== null);
}
