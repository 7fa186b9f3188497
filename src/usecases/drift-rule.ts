import type { DriftRule } from '../domain/drift.js';
import { isBehind } from '../domain/time.js';
import { adminsOf } from './admins.js';
import type { Deps } from './deps.js';

export const NOTHING_DRIFTED: DriftRule = { restore: false, admins: [] };

/**
 * What the catalog in force says about drift in a connector. While it is broken, or the
 * clock can't be trusted, nothing is given again.
 */
export async function readDriftRule(
  deps: Pick<Deps, 'clock' | 'catalogs' | 'directory' | 'log' | 'callTimeoutMs'>,
  connector: string,
): Promise<DriftRule> {
  const { catalog, endingOnly } = deps.catalogs.current();
  const onDrift = catalog.connectors.get(connector)?.onDrift ?? 'report';
  return {
    restore: onDrift !== 'report' && !endingOnly && !isBehind(deps.clock.behindMs()),
    admins: await adminsOf(deps),
  };
}
