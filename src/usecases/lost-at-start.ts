import { givesOther } from '../domain/decide.js';
import type { Catalog } from '../domain/catalog.js';
import { accountNameOf } from '../domain/identity.js';
import type { Person } from '../domain/person.js';
import type { EntitlementState } from '../domain/entitlement.js';
import type { Grant } from '../domain/grant.js';
import type { Lost } from '../domain/lost-eligibility.js';
import { isStarting } from '../domain/schedule.js';
import { isBehind } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import { accountsNow } from './accounts-now.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { eligibilityReader } from './read-eligibility.js';
import type { Loss } from './tell-loss.js';

type StartDeps = Pick<Deps, 'store' | 'clock' | 'catalogs' | 'directory' | 'log'>;

/**
 * Windows that begin now, and whose holders could no longer ask for what was approved. As at a click one look decides,
 * also by the last good catalog of a broken file; where it can't be read, the approval stands.
 */
export async function lostAtStart(
  deps: StartDeps,
  { holders }: EntitlementState,
  now: Instant,
): Promise<Loss[]> {
  const starting = holders.map(({ grant }) => grant).filter((grant) => isStarting(grant, now));
  if (starting.length === 0 || isBehind(deps.clock.behindMs())) {
    return [];
  }
  const { catalog } = deps.catalogs.current();
  const read = eligibilityReader(deps, catalog);
  const found = await Promise.all(
    starting.map(async (grant): Promise<Loss[]> => {
      const eligibility = await read(grant);
      const lost = eligibility.kind === 'lost' ? eligibility.lost : await otherTermsOf(deps, grant);
      return lost === null ? [] : [{ grant, lost, catalogSha256: catalog.sha256 }];
    }),
  );
  return found.flat();
}

/** A row that can't be read must not keep other windows on the same access from being ended. */
async function otherTermsOf(deps: StartDeps, grant: Grant): Promise<Lost | null> {
  try {
    return await otherTerms(deps, grant);
  } catch (error) {
    deps.log.error(
      { grantId: grant.id, err: error },
      'What was approved could not be held against the catalog',
    );
    return null;
  }
}

/** Whether the catalog and the map give something else by now than was approved. */
async function otherTerms(deps: StartDeps, grant: Grant): Promise<Lost | null> {
  const { catalog } = deps.catalogs.current();
  const { resource, role, beneficiary, requestId } = grant;
  const [request, holder] = await Promise.all([
    deps.store.request(requestId),
    deps.directory.person(beneficiary),
  ]);
  const offer = offerOf(catalog, resource, role);
  if (request === null || offer === null || holder === 'unreadable') {
    return null;
  }
  if (holder !== 'unknown' && request.entitlements.some((one) => isUnclear(catalog, one.connector, holder))) {
    return null;
  }
  const accounts = accountsNow(catalog, request, new Map([[beneficiary, holder]]));
  return givesOther(offer.role, request.entitlements, accounts) ? { why: 'other-terms' } : null;
}

/** Without an address that is confirmed now it is not known whose account it is: that is no other account. */
function isUnclear(catalog: Catalog, connector: string, holder: Person): boolean {
  const rules = catalog.connectors.get(connector)?.identity;
  const named = rules === undefined ? null : accountNameOf(rules, holder);
  return (
    named?.found === false && (named.detail.why === 'no-email' || named.detail.why === 'email-unconfirmed')
  );
}
