import type { UserId } from './ids.js';

/** What the workspace knows of a person, read when it is needed and never kept across a decision. */
export type Person = {
  readonly userId: UserId;
  readonly email: string | null;
  readonly emailConfirmed: boolean;
  readonly deactivated: boolean;
  /** A guest, a bot, or somebody of another organisation: none of them asks, decides or holds. */
  readonly outsider: 'guest' | 'bot' | 'stranger' | null;
};

export function mayTakePart(person: Person): boolean {
  return !person.deactivated && person.outsider === null;
}

/** The members of a group, or the fact that they could not be read: then nobody counts as a member. */
export type GroupMembers =
  | { readonly readable: true; readonly userIds: ReadonlySet<UserId> }
  | { readonly readable: false; readonly why: string };

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

/** Everybody in the groups, each once. An unreadable group adds nobody. */
export function membersOf(memberships: Memberships, groups: readonly string[]): UserId[] {
  const all = groups.flatMap((name) => {
    const members = memberships.get(name);
    return members?.readable === true ? [...members.userIds] : [];
  });
  return [...new Set(all)];
}
