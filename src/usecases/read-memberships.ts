import type { Catalog, Group } from '../domain/catalog.js';
import { inAllOf, inAnyOf, inFirstOnly } from '../domain/person.js';
import type { GroupMembers, Memberships } from '../domain/person.js';
import type { AccessRequest } from '../domain/request.js';
import type { Deps } from './deps.js';

/** Whose request it is: the group of a manager is another one for each. */
type AskedBy = Pick<AccessRequest, 'requester' | 'beneficiary'>;

type Reading = {
  readonly deps: Pick<Deps, 'directory'>;
  readonly catalog: Catalog;
  readonly about: AskedBy | null;
};

/** Who is in each of these groups of the catalog. What can't be read has no members. */
export async function readMemberships(
  deps: Pick<Deps, 'directory'>,
  catalog: Catalog,
  names: readonly string[],
  about: AskedBy | null = null,
): Promise<Memberships> {
  const read = [...new Set(names)].map(async (name): Promise<[string, GroupMembers]> => [
    name,
    await readNamed({ deps, catalog, about }, name),
  ]);
  return new Map(await Promise.all(read));
}

async function readNamed(reading: Reading, name: string): Promise<GroupMembers> {
  const group = reading.catalog.groups.get(name);
  return group === undefined
    ? { readable: false, why: 'the catalog no longer has this group' }
    : await readGroup(reading, group);
}

async function readGroup(reading: Reading, group: Group): Promise<GroupMembers> {
  const readEach = async (names: readonly string[]): Promise<GroupMembers[]> =>
    await Promise.all(names.map(async (name) => await readNamed(reading, name)));
  switch (group.kind) {
    case 'any-of':
      return inAnyOf(await readEach(group.groups));
    case 'all-of':
      return inAllOf(await readEach(group.groups));
    case 'except':
      return inFirstOnly(await readGroup(reading, group.from), await readEach(group.without));
    case 'manager':
      return managerOf(reading, group.of);
    case 'users':
    case 'usergroup':
    case 'channel':
    case 'on-call':
      return await reading.deps.directory.members(group);
    default:
      return group satisfies never;
  }
}

function managerOf({ catalog, about }: Reading, of: keyof AskedBy): GroupMembers {
  if (about === null) {
    return { readable: true, userIds: new Set() };
  }
  const manager = catalog.managers.get(about[of]);
  return manager === undefined
    ? { readable: false, why: 'the catalog names no manager for them', noManagerOf: about[of] }
    : { readable: true, userIds: new Set([manager]) };
}
