import type { Fields } from './fields.js';

export type Person = {
  id: string;
  /** The handle, as in @dana. */
  name: string;
  realName?: string;
  email?: string;
  emailConfirmed?: boolean;
  /** An IANA name; UTC without it, and null where Slack says none. */
  timeZone?: string | null;
  isAdmin?: boolean;
  /** What the fields of the profile hold, by their id. */
  profileFields?: Readonly<Record<string, string>>;
  /** Deactivated in Slack. */
  deleted?: boolean;
  isRestricted?: boolean;
  isUltraRestricted?: boolean;
  isBot?: boolean;
  isStranger?: boolean;
  /** Somebody of another workspace, through Slack Connect or Enterprise Grid. */
  teamId?: string;
};

export type Channel = {
  id: string;
  name: string;
  isPrivate?: boolean;
  isExtShared?: boolean;
  isArchived?: boolean;
  /** Ids or names; everybody without it. */
  members?: readonly string[];
  /** Whether the app was invited; true without it. */
  botIsMember?: boolean;
};

export type UserGroup = {
  id: string;
  handle: string;
  name?: string;
  /** Ids or names. */
  members: readonly string[];
  isDisabled?: boolean;
};

export type Workspace = {
  teamId: string;
  teamName: string;
  teamDomain: string;
  enterpriseId: string | undefined;
  appId: string;
  botId: string;
  botUserId: string;
  botName: string;
};

export type Directory = ReturnType<typeof createDirectory>;

/** Who and what is in the workspace, by id or by name; it may change while the world runs. */
export function createDirectory(
  workspace: Workspace,
  seed: { people: readonly Person[]; channels: readonly Channel[]; userGroups: readonly UserGroup[] },
) {
  const people = new Map(seed.people.map((each) => [each.id, each]));
  const channels = new Map(seed.channels.map((each) => [each.id, each]));
  const userGroups = new Map(seed.userGroups.map((each) => [each.id, each]));

  function findPerson(ref: string): Person | undefined {
    const name = ref.replace(/^@/, '');
    return people.get(name) ?? [...people.values()].find((known) => known.name === name);
  }

  function findChannel(ref: string): Channel | undefined {
    const name = ref.replace(/^#/, '');
    return channels.get(name) ?? [...channels.values()].find((known) => known.name === name);
  }

  function person(ref: string): Person {
    const found = findPerson(ref);
    if (found === undefined) {
      throw new Error(`Nobody is called ${ref} in this workspace`);
    }
    return found;
  }

  function channel(ref: string): Channel {
    const found = findChannel(ref);
    if (found === undefined) {
      throw new Error(`No channel is called ${ref} in this workspace`);
    }
    return found;
  }

  function group(ref: string): UserGroup {
    const found = userGroups.get(ref) ?? [...userGroups.values()].find(({ handle }) => handle === ref);
    if (found === undefined) {
      throw new Error(`No user group is called ${ref} in this workspace`);
    }
    return found;
  }

  function memberIds(refs: readonly string[]): string[] {
    return refs.map((ref) => person(ref).id);
  }

  return {
    workspace,
    findPerson,
    findChannel,
    person,
    channel,
    group,
    findGroup: (id: string): UserGroup | undefined => userGroups.get(id),
    everybody: (): Person[] => [...people.values()],
    everyChannel: (): Channel[] => [...channels.values()],
    everyGroup: (): UserGroup[] => [...userGroups.values()],
    membersOf: (of: Channel): string[] =>
      of.members === undefined
        ? [...people.values()].filter(({ deleted }) => deleted !== true).map(({ id }) => id)
        : memberIds(of.members),
    groupMembers: (of: UserGroup): string[] => memberIds(of.members),
    changePerson(ref: string, change: Partial<Omit<Person, 'id'>>): void {
      const before = person(ref);
      people.set(before.id, { ...before, ...change });
    },
    changeChannel(ref: string, change: Partial<Omit<Channel, 'id'>>): void {
      const before = channel(ref);
      channels.set(before.id, { ...before, ...change });
    },
    changeGroup(ref: string, change: Partial<Omit<UserGroup, 'id'>>): void {
      const before = group(ref);
      userGroups.set(before.id, { ...before, ...change });
    },
  };
}

function offsetSeconds(timeZone: string): number {
  const name = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(new Date())
    .find(({ type }) => type === 'timeZoneName')?.value;
  const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})/.exec(name ?? '') ?? [];
  const seconds = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60;
  return sign === '-' ? -seconds : seconds;
}

/** The user object of users.info, users.list, users.lookupByEmail and the event user_change. */
export function slackUser(
  person: Person,
  workspace: Workspace,
  { withEmail }: { withEmail: boolean },
): Fields {
  const teamId = person.teamId ?? workspace.teamId;
  const timeZone = person.timeZone === undefined ? 'UTC' : person.timeZone;
  const realName = person.realName ?? person.name;
  const isStranger = person.isStranger ?? teamId !== workspace.teamId;
  const showsEmail = withEmail && !isStranger && person.email !== undefined;
  const common = {
    id: person.id,
    team_id: teamId,
    name: person.name,
    deleted: person.deleted ?? false,
    is_bot: person.isBot ?? false,
    is_app_user: false,
    updated: 1_700_000_000,
    profile: {
      real_name: realName,
      real_name_normalized: realName,
      display_name: person.name,
      display_name_normalized: person.name,
      team: teamId,
      ...(showsEmail ? { email: person.email } : {}),
    },
    ...(isStranger ? { is_stranger: true } : {}),
    ...(workspace.enterpriseId === undefined
      ? {}
      : { enterprise_user: { id: person.id, enterprise_id: workspace.enterpriseId, teams: [teamId] } }),
  };
  if (person.deleted === true) {
    return common;
  }
  return {
    ...common,
    real_name: realName,
    ...(timeZone === null ? {} : { tz: timeZone, tz_label: timeZone, tz_offset: offsetSeconds(timeZone) }),
    is_admin: person.isAdmin ?? false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: person.isRestricted ?? false,
    is_ultra_restricted: person.isUltraRestricted ?? false,
    is_email_confirmed: person.emailConfirmed ?? (person.email !== undefined && !isStranger),
    who_can_share_contact_card: 'EVERYONE',
  };
}
