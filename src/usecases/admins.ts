import type { UserId } from '../domain/ids.js';
import { membersOf } from '../domain/person.js';
import { withTimeLimit } from '../time-limit.js';
import type { Deps } from './deps.js';
import { readMemberships } from './read-memberships.js';

/** Everybody who is an admin by the catalog in force, as far as the workspace tells in time. */
export async function adminsOf(
  deps: Pick<Deps, 'catalogs' | 'directory' | 'log' | 'callTimeoutMs'>,
): Promise<UserId[]> {
  const { catalog } = deps.catalogs.current();
  const late = (error: unknown): void =>
    deps.log.warn({ err: error }, 'The admins of the catalog could not be read');
  try {
    const read = readMemberships(deps, catalog, catalog.admins);
    const limit = { ms: deps.callTimeoutMs, what: 'Reading the admins', onLate: late };
    return membersOf(await withTimeLimit(read, limit), catalog.admins);
  } catch (error) {
    late(error);
    return [];
  }
}
