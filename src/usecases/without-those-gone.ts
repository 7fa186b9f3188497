import { partProblem } from '../domain/eligibility.js';
import type { PersonFound } from '../domain/eligibility.js';
import type { UserId } from '../domain/ids.js';
import { onlyThose } from '../domain/person.js';
import type { Memberships } from '../domain/person.js';

/** A large group is not looked at one by one: whoever voted, and has been deactivated since, counts no longer. */
export function withoutThoseGone(
  memberships: Memberships,
  people: ReadonlyMap<UserId, PersonFound>,
): Memberships {
  const stays = (userId: UserId): boolean => {
    const found = people.get(userId);
    return found === undefined || found === 'unreadable' || partProblem(userId, found) === null;
  };
  return new Map([...memberships].map(([name, members]) => [name, onlyThose(members, stays)]));
}
