import type { Catalog } from '../domain/catalog.js';
import type { UserId } from '../domain/ids.js';
import { membersOf, unreadableGroups } from '../domain/person.js';
import type { Memberships } from '../domain/person.js';
import type { AccessRequest, Review, ReviewVerdict } from '../domain/request.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { readMemberships } from './read-memberships.js';

/**
 * Groups whose members review it now: as the catalog in force says; where that has no emergencies for the role any
 * more, those of then that it still has, else the admins. There is always somebody to close it.
 */
function reviewerGroups(catalog: Catalog, request: AccessRequest, review: Review): readonly string[] {
  const inForce = offerOf(catalog, request.resource, request.role)?.policy.emergency?.review.by;
  if (inForce !== undefined) {
    return inForce;
  }
  const known = review.by.filter((name) => catalog.groups.has(name));
  return known.length > 0 ? known : catalog.admins;
}

export type Reviewing = { readonly groups: readonly string[]; readonly memberships: Memberships };

/** Where too few are left in those groups to close it, the admins review it as well. */
export async function readReviewing(
  deps: Pick<Deps, 'catalogs' | 'directory'>,
  request: AccessRequest,
  review: Review,
): Promise<Reviewing> {
  const { catalog } = deps.catalogs.current();
  const groups = reviewerGroups(catalog, request, review);
  const memberships = await readMemberships(deps, catalog, groups, request);
  const others = membersOf(memberships, groups).filter((userId) => userId !== request.requester);
  if (others.length >= review.count || unreadableGroups(memberships, groups).length > 0) {
    return { groups, memberships };
  }
  const withAdmins = [...new Set([...groups, ...catalog.admins])];
  return { groups: withAdmins, memberships: await readMemberships(deps, catalog, withAdmins, request) };
}

export type ReviewersNow = {
  /** Who has not said yet. */
  readonly missing: readonly UserId[];
  readonly unreadable: readonly string[];
};

export async function readReviewers(
  deps: Pick<Deps, 'catalogs' | 'directory'>,
  request: AccessRequest,
  review: Review,
  verdicts: readonly ReviewVerdict[],
): Promise<ReviewersNow> {
  const { groups, memberships } = await readReviewing(deps, request, review);
  const out = new Set([request.requester, ...verdicts.map(({ reviewer }) => reviewer)]);
  return {
    missing: membersOf(memberships, groups).filter((userId) => !out.has(userId)),
    unreadable: unreadableGroups(memberships, groups),
  };
}
