/** Reads whether holders could still ask for what they hold, by the catalog in force. */
import { partGroups } from '../domain/bundle.js';
import { everyApproverGroup, roleKey } from '../domain/catalog.js';
import type { Catalog } from '../domain/catalog.js';
import type { Offer } from '../domain/decide.js';
import type { Grant } from '../domain/grant.js';
import type { UserId } from '../domain/ids.js';
import { ELIGIBLE, holderEligibility } from '../domain/lost-eligibility.js';
import type { Eligibility } from '../domain/lost-eligibility.js';
import { reviewOf } from '../domain/review.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { readMemberships } from './read-memberships.js';
import { standInsOnRole } from './read-stand-ins.js';

type WhoMay = Parameters<typeof holderEligibility>[2];

/**
 * For one look: each role's groups are read once, and what can't be read is logged once. What nobody asked for, what
 * the catalog no longer offers, what its policy keeps, and what was taken in an emergency, is not judged.
 */
export function eligibilityReader(
  deps: Pick<Deps, 'directory' | 'log' | 'store' | 'clock'>,
  catalog: Catalog,
): (grant: Grant) => Promise<Eligibility> {
  const read = new Map<string, Promise<WhoMay>>();
  const logged = new Set<string>();

  // Nobody is their own manager, so that it does not matter here whose request it was.
  async function readWhoMay(offer: Offer): Promise<WhoMay> {
    const { role, policy } = offer;
    const barred = policy.approversMayHold ? [] : everyApproverGroup(policy);
    const memberships = await readMemberships(deps, catalog, [
      ...policy.request,
      ...barred,
      ...partGroups(role),
    ]);
    return { memberships, standIns: await standInsOnRole(deps, catalog, offer, memberships) };
  }

  function whoMay(offer: Offer): Promise<WhoMay> {
    const key = roleKey(offer.role);
    const reading = read.get(key) ?? readWhoMay(offer);
    read.set(key, reading);
    return reading;
  }

  /** Others may take it in an emergency than may ask for it. */
  async function isEmergency({ requestId }: Grant): Promise<boolean> {
    const request = await deps.store.request(requestId);
    return request !== null && reviewOf(request) !== null;
  }

  /** A read that breaks tells nothing of anybody, and must not keep others from being looked at. */
  async function foundOf(beneficiary: UserId, offer: Offer): Promise<Eligibility> {
    try {
      return holderEligibility(beneficiary, offer, await whoMay(offer));
    } catch (error) {
      deps.log.error({ role: roleKey(offer.role), err: error }, 'Reading who may ask for a role broke');
      return { kind: 'unknown', groups: offer.policy.request };
    }
  }

  return async (grant) => {
    const { resource, role, beneficiary, adopted } = grant;
    const offer = offerOf(catalog, resource, role);
    if (adopted || offer === null || offer.policy.onLostEligibility === 'keep') {
      return ELIGIBLE;
    }
    const found = await foundOf(beneficiary, offer);
    const key = roleKey(offer.role);
    if (found.kind === 'unknown' && !logged.has(key)) {
      logged.add(key);
      deps.log.warn(
        { role: key, groups: found.groups },
        "It can't be read whether those who hold a role could still ask for it; nothing is ended for that",
      );
    }
    return found.kind === 'lost' && (await isEmergency(grant)) ? ELIGIBLE : found;
  };
}
