import type { Catalog } from '../domain/catalog.js';
import type { UserId } from '../domain/ids.js';
import { membersOf, unreadableGroups } from '../domain/person.js';
import type { Memberships } from '../domain/person.js';
import type { AccessRequest, Review, ReviewVerdict } from '../domain/request.js';
import { differentPeople } from '../domain/same-account.js';
import { accountsNow } from './accounts-now.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { readMemberships } from './read-memberships.js';
import { readPeople } from './read-people.js';

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

/** In a larger group enough are left, whoever uses which account. */
const FEW = 20;

export type Reviewing = {
  readonly groups: readonly string[];
  readonly memberships: Memberships;
  /** Whose verdicts can count, those that were given among them. */
  readonly able: readonly UserId[];
};

/** Where too few are left in those groups to close it, the admins review it as well. */
export async function readReviewing(
  deps: Pick<Deps, 'catalogs' | 'directory'>,
  { request, review, verdicts }: UnderReview,
): Promise<Reviewing> {
  const { catalog } = deps.catalogs.current();
  const groups = reviewerGroups(catalog, request, review);
  const reviewing = await readAble(deps, request, verdicts, groups);
  if (reviewing.able.length >= review.count || unreadableGroups(reviewing.memberships, groups).length > 0) {
    return reviewing;
  }
  return await readAble(deps, request, verdicts, [...new Set([...groups, ...catalog.admins])]);
}

/** Two Slack users on one account of a target are one person there, who reviews nothing of their own, nor twice. */
async function readAble(
  deps: Pick<Deps, 'catalogs' | 'directory'>,
  request: AccessRequest,
  verdicts: readonly ReviewVerdict[],
  groups: readonly string[],
): Promise<Reviewing> {
  const { catalog } = deps.catalogs.current();
  const memberships = await readMemberships(deps, catalog, groups, request);
  const given = verdicts.map(({ reviewer }) => reviewer);
  const others = membersOf(memberships, groups).filter((userId) => userId !== request.requester);
  // Of two on one account, the one who has reviewed it stays.
  const inOrder = [
    ...others.filter((one) => given.includes(one)),
    ...others.filter((one) => !given.includes(one)),
  ];
  if (inOrder.length > FEW) {
    return { groups, memberships, able: inOrder };
  }
  const people = await readPeople(deps, [request.requester, ...inOrder]);
  const accounts = accountsNow(catalog, request, people);
  return { groups, memberships, able: differentPeople(request, accounts, inOrder) };
}

export type UnderReview = {
  readonly request: AccessRequest;
  readonly review: Review;
  readonly verdicts: readonly ReviewVerdict[];
};

export type ReviewersNow = {
  /** Who has not said yet. */
  readonly missing: readonly UserId[];
  readonly unreadable: readonly string[];
};

export async function readReviewers(
  deps: Pick<Deps, 'catalogs' | 'directory'>,
  under: UnderReview,
): Promise<ReviewersNow> {
  const { groups, memberships, able } = await readReviewing(deps, under);
  const given = under.verdicts.map(({ reviewer }) => reviewer);
  return {
    missing: able.filter((userId) => !given.includes(userId)),
    unreadable: unreadableGroups(memberships, groups),
  };
}
