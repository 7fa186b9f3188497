import type { PersonFound } from '../domain/eligibility.js';
import type { UserId } from '../domain/ids.js';
import type { Deps } from './deps.js';

/** What the workspace says of each of them now. */
export async function readPeople(
  deps: Pick<Deps, 'directory'>,
  userIds: readonly UserId[],
): Promise<Map<UserId, PersonFound>> {
  const read = [...new Set(userIds)].map(async (userId): Promise<[UserId, PersonFound]> => [
    userId,
    await deps.directory.person(userId),
  ]);
  return new Map(await Promise.all(read));
}
