import type { Catalog } from '../domain/catalog.js';
import type { GroupMembers, Memberships } from '../domain/person.js';
import type { Deps } from './deps.js';

/** Who is in each of these groups of the catalog. What can't be read has no members. */
export async function readMemberships(
  deps: Pick<Deps, 'directory'>,
  catalog: Catalog,
  names: readonly string[],
): Promise<Memberships> {
  const read = [...new Set(names)].map(async (name): Promise<[string, GroupMembers]> => {
    const group = catalog.groups.get(name);
    const members: GroupMembers =
      group === undefined
        ? { readable: false, why: 'the catalog no longer has this group' }
        : await deps.directory.members(group);
    return [name, members];
  });
  return new Map(await Promise.all(read));
}
