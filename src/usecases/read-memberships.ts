import type { Catalog, Group } from '../domain/catalog.js';
import type { UserId } from '../domain/ids.js';
import { parsePersonRef } from '../domain/person-ref.js';
import { inAllOf, inAnyOf, inFirstOnly, mayTakePart } from '../domain/person.js';
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
      return await managerOf(reading, group.of);
    case 'users':
    case 'usergroup':
    case 'channel':
    case 'on-call':
      return await reading.deps.directory.members(group);
    default:
      return group satisfies never;
  }
}

async function managerOf({ deps, catalog, about }: Reading, of: keyof AskedBy): Promise<GroupMembers> {
  if (about === null) {
    return { readable: true, userIds: new Set() };
  }
  const person = about[of];
  const manager = catalog.managers.get(person);
  if (manager !== undefined) {
    return await onlyActive(deps, manager, person);
  }
  if (catalog.managersFrom === null) {
    return nobody('the catalog names no manager for them', person, false);
  }
  const field = await deps.directory.profileField(person, catalog.managersFrom.slackProfileField);
  const named = field.readable ? managerIn(field.value, person) : field;
  return 'manager' in named ? await onlyActive(deps, named.manager, person) : named;
}

/** Whoever has left approves nothing, and nobody waits for them. */
async function onlyActive(
  { directory }: Pick<Deps, 'directory'>,
  manager: UserId,
  of: UserId,
): Promise<GroupMembers> {
  const found = await directory.person(manager);
  if (found === 'unreadable') {
    return { readable: false, why: 'Slack did not say who their manager is' };
  }
  return found !== 'unknown' && mayTakePart(found)
    ? { readable: true, userIds: new Set([manager]) }
    : nobody('their manager has left', of, true);
}

function nobody(why: string, of: UserId, named: boolean): Extract<GroupMembers, { readable: false }> {
  return { readable: false, why, nobody: { of, named } };
}

/** A Slack profile names people by their ids, several with commas between them. */
function managerIn(
  value: string | null,
  of: UserId,
): { readonly manager: UserId } | Extract<GroupMembers, { readable: false }> {
  const named = (value ?? '').split(',').map((one) => one.trim());
  const [first = ''] = named;
  if (named.length > 1) {
    return nobody('their Slack profile names several managers', of, true);
  }
  if (first === '') {
    return nobody('their Slack profile names no manager', of, false);
  }
  const manager = parsePersonRef(first);
  return manager?.kind === 'id'
    ? { manager: manager.userId }
    : nobody('the manager in their Slack profile is no Slack member', of, true);
}
