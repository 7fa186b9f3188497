import { partProblem, unreadableProblem } from '../domain/eligibility.js';
import type { UserId } from '../domain/ids.js';
import { isInAny } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import type { Deps } from './deps.js';
import { readMemberships } from './read-memberships.js';

/** Why this person does not count as an admin now; null when they do. */
export async function adminProblem(
  deps: Pick<Deps, 'catalogs' | 'directory'>,
  userId: UserId,
): Promise<Refusal | null> {
  const { catalog } = deps.catalogs.current();
  const noPart = partProblem(userId, await deps.directory.person(userId));
  if (noPart !== null) {
    return noPart;
  }
  const memberships = await readMemberships(deps, catalog, catalog.admins);
  if (isInAny(memberships, catalog.admins, userId)) {
    return null;
  }
  return unreadableProblem(memberships, catalog.admins) ?? { code: 'admins-only' };
}
