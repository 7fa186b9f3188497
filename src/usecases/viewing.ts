/** What a viewer may see: holders of roles they may request or approve; reasons only as an approver, admin or auditor. */
import { allRoles, approverGroups } from '../domain/catalog.js';
import type { Catalog, Role } from '../domain/catalog.js';
import type { UserId } from '../domain/ids.js';
import { isInAny, mayTakePart } from '../domain/person.js';
import type { GroupMembers, Memberships } from '../domain/person.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { readMemberships } from './read-memberships.js';

export type Viewing = {
  readonly viewer: UserId;
  /** Admins and auditors see everything. */
  readonly seesAll: boolean;
  readonly isAdmin: boolean;
  readonly memberships: Memberships;
  /** Slack does not say now who this is: then they see nothing, and are told so. */
  readonly isUnread: boolean;
};

export async function readViewing(
  deps: Pick<Deps, 'directory'>,
  catalog: Catalog,
  viewer: UserId,
): Promise<Viewing> {
  const groups = [...catalog.groups.keys()];
  // A large group is not looked at one by one: a guest in it is no member all the same.
  const person = await deps.directory.person(viewer);
  if (typeof person === 'string' || !mayTakePart(person)) {
    const nobody: GroupMembers = { readable: true, userIds: new Set() };
    return {
      viewer,
      seesAll: false,
      isAdmin: false,
      memberships: new Map(groups.map((name) => [name, nobody])),
      isUnread: person === 'unreadable',
    };
  }
  const memberships = await readMemberships(deps, catalog, groups);
  const seesAll = isInAny(memberships, [...catalog.admins, ...catalog.auditors], viewer);
  const isAdmin = isInAny(memberships, catalog.admins, viewer);
  return { viewer, seesAll, isAdmin, memberships, isUnread: false };
}

export function mayRequest(catalog: Catalog, viewing: Viewing, role: Role): boolean {
  const offer = offerOf(catalog, role.resource, role.name);
  const needed = offer === null ? [] : [offer.policy, ...offer.role.parts];
  return (
    offer !== null && needed.every(({ request }) => isInAny(viewing.memberships, request, viewing.viewer))
  );
}

export function mayApprove(catalog: Catalog, viewing: Viewing, role: Role): boolean {
  const policy = catalog.policies.get(role.policy);
  return policy !== undefined && isInAny(viewing.memberships, approverGroups(policy), viewing.viewer);
}

export function visibleRoles(catalog: Catalog, viewing: Viewing): Role[] {
  return allRoles(catalog).filter(
    (role) => viewing.seesAll || mayRequest(catalog, viewing, role) || mayApprove(catalog, viewing, role),
  );
}
