import type { UserId } from './ids.js';

/** What the workspace knows of a person, read when it is needed and never kept across a decision. */
export type Person = {
  readonly userId: UserId;
  readonly email: string | null;
  readonly emailConfirmed: boolean;
  readonly deactivated: boolean;
  /** A guest, a bot, or somebody of another organisation: none of them asks, decides or holds. */
  readonly outsider: 'guest' | 'bot' | 'stranger' | null;
  /** Such as `Europe/Berlin`; null where Slack does not say. */
  readonly timeZone: string | null;
};

export function mayTakePart(person: Person): boolean {
  return !person.deactivated && person.outsider === null;
}

/** The members of a group, or the fact that they could not be read: then nobody counts as a member. */
export type GroupMembers =
  | { readonly readable: true; readonly userIds: ReadonlySet<UserId> }
  | {
      readonly readable: false;
      readonly why: string;
      /** Set where it is a manager's group, and nobody is named as this person's manager. */
      readonly noManagerOf?: UserId;
    };

export type Memberships = ReadonlyMap<string, GroupMembers>;

export function isInAny(memberships: Memberships, groups: readonly string[], userId: UserId): boolean {
  return groups.some((name) => {
    const members = memberships.get(name);
    return members?.readable === true && members.userIds.has(userId);
  });
}

export function unreadableGroups(memberships: Memberships, groups: readonly string[]): string[] {
  return groups.filter((name) => memberships.get(name)?.readable !== true);
}

/** Why they could not be read, each reason once. */
export function whyUnreadable(memberships: Memberships, groups: readonly string[]): string[] {
  const whys = groups.flatMap((name) => {
    const members = memberships.get(name);
    return members?.readable === false ? [members.why] : [];
  });
  return [...new Set(whys)];
}

export function isWithoutManager(
  members: GroupMembers | undefined,
): members is GroupMembers & { readonly noManagerOf: UserId } {
  return members?.readable === false && members.noManagerOf !== undefined;
}

/** Everybody in the groups, each once. An unreadable group adds nobody. */
export function membersOf(memberships: Memberships, groups: readonly string[]): UserId[] {
  const all = groups.flatMap((name) => {
    const members = memberships.get(name);
    return members?.readable === true ? [...members.userIds] : [];
  });
  return [...new Set(all)];
}

/** Whoever is in one of them. While one can't be read, nobody knows who that is. */
export function inAnyOf(parts: readonly GroupMembers[]): GroupMembers {
  return combined(parts.map(asPart), (sets) => new Set(sets.flatMap((set) => [...set])));
}

/** That somebody has no manager says who is in a group of managers, and not who else is in one that has others as well. */
function asPart(members: GroupMembers): GroupMembers {
  return members.readable ? members : { readable: false, why: members.why };
}

/** Whoever is in each of them. */
export function inAllOf(parts: readonly GroupMembers[]): GroupMembers {
  return combined(parts, ([first = new Set(), ...others]) =>
    keep(first, (userId) => others.every((set) => set.has(userId))),
  );
}

/** Whoever is in the first and in none of the others. */
export function inFirstOnly(first: GroupMembers, others: readonly GroupMembers[]): GroupMembers {
  return combined([first, ...others.map(asPart)], ([set = new Set(), ...without]) =>
    keep(set, (userId) => !without.some((one) => one.has(userId))),
  );
}

type UserIds = ReadonlySet<UserId>;

function combined(
  parts: readonly GroupMembers[],
  combine: (sets: readonly UserIds[]) => UserIds,
): GroupMembers {
  const unreadable = parts.find((part) => !part.readable);
  return (
    unreadable ?? {
      readable: true,
      userIds: combine(parts.flatMap((part) => (part.readable ? [part.userIds] : []))),
    }
  );
}

function keep(set: UserIds, stays: (userId: UserId) => boolean): UserIds {
  return new Set([...set].filter(stays));
}
