import type { UserId } from '../domain/ids.js';
import { membersOf } from '../domain/person.js';
import type { Deps } from './deps.js';
import { readMemberships } from './read-memberships.js';

/** The admins of the catalog, as far as their groups can be read. */
export async function readAdmins(deps: Pick<Deps, 'directory' | 'catalogs'>): Promise<UserId[]> {
  const { catalog } = deps.catalogs.current();
  return membersOf(await readMemberships(deps, catalog, catalog.admins), catalog.admins);
}
