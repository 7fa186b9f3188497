/** Access that an admin says is gone, and no look at the target could confirm. */
import type { Entitlement, Hold } from '../domain/entitlement.js';
import type { Grant } from '../domain/grant.js';
import type { Deps } from './deps.js';

/** Whether somebody's word ended it, and no look at the target. */
export async function isOnWord({ store }: Pick<Deps, 'store'>, grant: Grant | null): Promise<boolean> {
  const holds = grant?.state === 'ended' ? await store.holds(grant.id) : [];
  const rows = await Promise.all(
    holds.map(async ({ entitlementId }) => await store.entitlement(entitlementId)),
  );
  return grant !== null && rows.some((row) => row !== null && byHandOf(row, holds, grant) !== null);
}

/** The word of an admin let this grant go, and not one of the same access before it. */
export function byHandOf(row: Entitlement, holds: readonly Hold[], grant: Grant): Entitlement['byHand'] {
  const hold = holds.find(({ entitlementId }) => entitlementId === row.id);
  const closedBefore = 'closedAt' in grant && row.byHand !== null && grant.closedAt < row.byHand.at;
  return hold?.state === 'released' && !closedBefore ? row.byHand : null;
}
