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
      /** Nothing is silent: nobody is the manager of this person, for the reason that is given. */
      readonly nobody?: NoManager;
    };

/** `named`: somebody is named, and can't be it. */
export type NoManager = { readonly of: UserId; readonly named: boolean };

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

/** Groups that can't be read now, where others would be known; those of managers whom nobody has are known. */
export function silentGroups(memberships: Memberships, groups: readonly string[]): string[] {
  return unreadableGroups(memberships, groups).filter((name) => nobodyIn(memberships.get(name)) === null);
}

/** Null where it has members, or can't be read. */
export function nobodyIn(members: GroupMembers | undefined): NoManager | null {
  return members?.readable === false ? (members.nobody ?? null) : null;
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
  return combined(parts.map(emptied), (sets) => new Set(sets.flatMap((set) => [...set])));
}

/** Whoever has no manager has nobody in that part, and everybody else in the others. */
function emptied(members: GroupMembers): GroupMembers {
  return nobodyIn(members) === null ? members : { readable: true, userIds: new Set() };
}

/** Whoever is in each of them. */
export function inAllOf(parts: readonly GroupMembers[]): GroupMembers {
  return combined(parts, ([first = new Set(), ...others]) =>
    keep(first, (userId) => others.every((set) => set.has(userId))),
  );
}

/** Whoever is in the first and in none of the others. */
export function inFirstOnly(first: GroupMembers, others: readonly GroupMembers[]): GroupMembers {
  return combined([first, ...others.map(emptied)], ([set = new Set(), ...without]) =>
    keep(set, (userId) => !without.some((one) => one.has(userId))),
  );
}

type UserIds = ReadonlySet<UserId>;

function combined(
  parts: readonly GroupMembers[],
  combine: (sets: readonly UserIds[]) => UserIds,
): GroupMembers {
  const unreadable =
    parts.find((part) => !part.readable && nobodyIn(part) === null) ?? parts.find((part) => !part.readable);
  return (
    unreadable ?? {
      readable: true,
      userIds: combine(parts.flatMap((part) => (part.readable ? [part.userIds] : []))),
    }
  );
}

/** Without whoever does not stay; what can't be read stays unread. */
export function onlyThose(members: GroupMembers, stays: (userId: UserId) => boolean): GroupMembers {
  return members.readable ? { readable: true, userIds: keep(members.userIds, stays) } : members;
}

function keep(set: UserIds, stays: (userId: UserId) => boolean): UserIds {
  return new Set([...set].filter(stays));
}
