/** Reads whether holders could still ask for what they hold, by the catalog in force. */
import { partGroups } from '../domain/bundle.js';
import { everyApproverGroup, roleKey } from '../domain/catalog.js';
import type { Catalog } from '../domain/catalog.js';
import type { Offer } from '../domain/decide.js';
import type { Grant } from '../domain/grant.js';
import { ELIGIBLE, holderEligibility } from '../domain/lost-eligibility.js';
import type { Eligibility } from '../domain/lost-eligibility.js';
import { reviewOf } from '../domain/review.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { readMemberships } from './read-memberships.js';
import { standInsOnRole } from './read-stand-ins.js';

type AskedBy = Parameters<typeof readMemberships>[3];
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

  async function readWhoMay(offer: Offer, about: AskedBy): Promise<WhoMay> {
    const { role, policy } = offer;
    const barred = policy.approversMayHold ? [] : everyApproverGroup(policy);
    const groups = [...policy.request, ...barred, ...partGroups(role)];
    const memberships = await readMemberships(deps, catalog, groups, about);
    return { memberships, standIns: await standInsOnRole(deps, catalog, offer, memberships) };
  }

  // Nobody is their own manager: whose request it was matters only to whoever stands in for somebody, their manager say.
  async function whoMay(offer: Offer, grant: Grant): Promise<WhoMay> {
    const { beneficiary } = grant;
    const live = await deps.store.liveDelegations(deps.clock.now());
    const about = live.some(({ standIn }) => standIn === beneficiary) ? grant : null;
    const key = `${roleKey(offer.role)} ${about === null ? '' : `${grant.requester} ${beneficiary}`}`;
    const reading = read.get(key) ?? readWhoMay(offer, about);
    read.set(key, reading);
    return await reading;
  }

  /** Others may take it in an emergency than may ask for it. */
  async function isEmergency({ requestId }: Grant): Promise<boolean> {
    const request = await deps.store.request(requestId);
    return request !== null && reviewOf(request) !== null;
  }

  /** A read that breaks tells nothing of anybody, and must not keep others from being looked at. */
  async function foundOf(grant: Grant, offer: Offer): Promise<Eligibility> {
    try {
      const found = holderEligibility(grant.beneficiary, offer, await whoMay(offer, grant));
      return found.kind === 'lost' && (await isEmergency(grant)) ? ELIGIBLE : found;
    } catch (error) {
      const { id: grantId } = grant;
      deps.log.error(
        { grantId, role: roleKey(offer.role), err: error },
        'Reading whether a holder could still ask for access broke',
      );
      return { kind: 'unknown', groups: offer.policy.request };
    }
  }

  return async (grant) => {
    const { resource, role, adopted } = grant;
    const offer = offerOf(catalog, resource, role);
    if (adopted || offer === null || offer.policy.onLostEligibility === 'keep') {
      return ELIGIBLE;
    }
    const found = await foundOf(grant, offer);
    const key = roleKey(offer.role);
    if (found.kind === 'unknown' && !logged.has(key)) {
      logged.add(key);
      deps.log.warn(
        { role: key, groups: found.groups },
        "It can't be read whether those who hold a role could still ask for it; nothing is ended for that",
      );
    }
    return found;
  };
}
