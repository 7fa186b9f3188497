import type { EntitlementState } from '../domain/entitlement.js';
import { isStarting } from '../domain/schedule.js';
import { isBehind } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import type { Deps } from './deps.js';
import { eligibilityReader } from './read-eligibility.js';
import type { Loss } from './tell-loss.js';

/**
 * Windows that begin now, and whose holders could no longer ask for them. As at a click one look decides; where it
 * can't be read, the approval stands.
 */
export async function lostAtStart(
  deps: Pick<Deps, 'store' | 'clock' | 'catalogs' | 'directory' | 'log'>,
  { holders }: EntitlementState,
  now: Instant,
): Promise<Loss[]> {
  const starting = holders.map(({ grant }) => grant).filter((grant) => isStarting(grant, now));
  const { catalog, endingOnly } = deps.catalogs.current();
  if (starting.length === 0 || endingOnly || isBehind(deps.clock.behindMs())) {
    return [];
  }
  const read = eligibilityReader(deps, catalog);
  const found = await Promise.all(starting.map(async (grant) => ({ grant, eligibility: await read(grant) })));
  return found.flatMap(({ grant, eligibility }) =>
    eligibility.kind === 'lost' ? [{ grant, lost: eligibility.lost, catalogSha256: catalog.sha256 }] : [],
  );
}
