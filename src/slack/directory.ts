import type { WebClient } from '@slack/web-api';
import type { SlackGroup } from '../domain/catalog.js';
import { asUserId, type UserId } from '../domain/ids.js';
import type { PersonRef } from '../domain/person-ref.js';
import { mayTakePart, type GroupMembers, type Person } from '../domain/person.js';
import type { Clock, Log, ProfileField, SlackDirectory } from '../ports.js';
import type { Home, HomeTeam } from './home-team.js';
import { createShortMemory } from '../short-memory.js';
import { TimeLimitError, withTimeLimit } from '../time-limit.js';
import { slackTrouble } from './slack-error.js';
import { toPerson } from './slack-person.js';

const KEEP_MS = 60_000;
/** How long to wait, right after a start, until Slack has said who this app is. */
const HOME_PATIENCE_MS = 2_000;
/**
 * How long anybody waits for an answer of several calls: somebody stands in front of the screen. The calls go
 * on, and what they bring is there for whoever asks next.
 */
const PATIENCE_MS = 2_500;
/**
 * Up to this many members are looked at one by one, so that deactivated people, guests and bots are not
 * counted or pinged; Slack lets us ask some 100 times a minute. Whoever clicks is looked at in any case.
 */
const LOOKED_AT = 30;
const TOO_LATE = { readable: false, why: 'Slack takes too long' } as const;
const AT_ONCE = 10;
const PAGE = 1_000;
const MOST_PAGES = 50;

/** Not the same as an empty one: whoever `except` leaves out would not be. */
const NO_LIST = 'Slack answered without a list of members';

type Read = Person | 'unknown' | 'unreadable';

/** People and groups as Slack knows them now, or at most 60 s ago. */
export function createDirectory(parts: {
  readonly client: WebClient;
  readonly home: HomeTeam;
  readonly clock: Clock;
  readonly log: Log;
  readonly patienceMs?: number;
}): SlackDirectory {
  const { client, home, clock, log, patienceMs = PATIENCE_MS } = parts;
  const memory = { clock, keepMs: KEEP_MS };
  const people = createShortMemory<Read>({
    ...memory,
    worthKeeping: (person) => person !== 'unreadable',
  });
  const byEmail = createShortMemory<UserId | 'unknown' | 'unreadable'>({
    ...memory,
    worthKeeping: (found) => found !== 'unreadable',
  });
  const memberships = createShortMemory<GroupMembers>({
    ...memory,
    worthKeeping: (members) => members.readable,
  });

  const fields = createShortMemory<ProfileField>({
    ...memory,
    worthKeeping: (field) => field.readable,
  });
  /** What each group left out when it was last read. */
  const leftOut = new Map<string, string>();

  /** `late` in place of what takes too long. */
  async function inTime<Value, Late>(work: Promise<Value>, late: Late): Promise<Value | Late> {
    try {
      return await withTimeLimit(work, {
        ms: patienceMs,
        what: 'Asking Slack',
        onLate: (error) => log.warn({ err: error }, 'Asking Slack went wrong after nobody waited any more'),
      });
    } catch (error) {
      if (!(error instanceof TimeLimitError)) {
        throw error;
      }
      return late;
    }
  }

  async function personNow(userId: UserId, { afresh } = { afresh: false }): Promise<Read> {
    if (afresh) {
      people.forget(userId);
    }
    return people.get(userId, async () => readPerson(userId));
  }

  async function readPerson(id: string): Promise<Read> {
    const known = await home.within(HOME_PATIENCE_MS);
    if (known === null) {
      return 'unreadable';
    }
    try {
      const { user } = await client.users.info({ user: id });
      return user === undefined ? 'unreadable' : toPerson(user, known);
    } catch (error) {
      return unknownOrUnreadable(error, { user: id }, ['user_not_found', 'user_not_visible']);
    }
  }

  async function readByEmail(email: string): Promise<UserId | 'unknown' | 'unreadable'> {
    try {
      const { user } = await client.users.lookupByEmail({ email });
      if (user?.id === undefined) {
        return 'unreadable';
      }
      // An address that nobody has proved to own, or another one than was asked for, makes nobody a member.
      const isTheirs = user.profile?.email?.toLowerCase() === email.toLowerCase();
      return user.is_email_confirmed === true && isTheirs ? asUserId(user.id) : 'unknown';
    } catch (error) {
      return unknownOrUnreadable(error, {}, ['users_not_found']);
    }
  }

  function unknownOrUnreadable(
    error: unknown,
    facts: Readonly<Record<string, unknown>>,
    unknownCodes: readonly string[],
  ): 'unknown' | 'unreadable' {
    const trouble = slackTrouble(error);
    if (trouble === null) {
      throw error;
    }
    if (unknownCodes.includes(trouble.code)) {
      return 'unknown';
    }
    log.warn({ ...facts, error: trouble.code }, 'Slack did not say who somebody is');
    return 'unreadable';
  }

  async function readMembers(group: SlackGroup): Promise<GroupMembers> {
    try {
      const ids = await readIds(group);
      return typeof ids === 'string'
        ? { readable: false, why: ids }
        : { readable: true, userIds: new Set(await onlyActive(ids)) };
    } catch (error) {
      const trouble = slackTrouble(error);
      if (trouble === null) {
        throw error;
      }
      return { readable: false, why: trouble.code };
    }
  }

  /** A text says why they could not be read. */
  async function readIds(group: SlackGroup): Promise<UserId[] | string> {
    switch (group.kind) {
      case 'users':
        return readListed(group.name, group.members);
      case 'usergroup':
        return readUsergroup(group.usergroupId);
      case 'channel':
        return readChannel(group.channelId);
      default:
        return group satisfies never;
    }
  }

  async function readListed(name: string, members: readonly PersonRef[]): Promise<UserId[] | string> {
    const found = await fewAtOnce(members, async (member) =>
      member.kind === 'id'
        ? member.userId
        : byEmail.get(member.email.toLowerCase(), async () => readByEmail(member.email)),
    );
    if (found.includes('unreadable')) {
      return 'an e-mail address could not be looked up';
    }
    const left = members.filter((_, index) => found[index] === 'unknown');
    const unchanged = leftOut.get(name) === JSON.stringify(left);
    leftOut.set(name, JSON.stringify(left));
    if (left.length > 0 && !unchanged) {
      const facts = { group: name, left: left.length };
      log.warn(facts, 'A group names e-mail addresses that nobody in Slack has confirmed');
    }
    return found.filter((each): each is UserId => each !== 'unknown' && each !== 'unreadable');
  }

  async function readUsergroup(usergroupId: string): Promise<UserId[] | string> {
    const known = await home.within(HOME_PATIENCE_MS);
    if (known === null) {
      return 'Slack did not say yet who this app is';
    }
    const { users } = await client.usergroups.users.list({ usergroup: usergroupId, ...teamOf(known) });
    return users === undefined ? NO_LIST : users.map(asUserId);
  }

  async function readChannel(channelId: string): Promise<UserId[] | string> {
    const ids: UserId[] = [];
    let cursor = '';
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer = await client.conversations.members({
        channel: channelId,
        limit: PAGE,
        ...(cursor === '' ? {} : { cursor }),
      });
      if (answer.members === undefined) {
        return NO_LIST;
      }
      ids.push(...answer.members.map(asUserId));
      cursor = answer.response_metadata?.next_cursor ?? '';
      if (cursor === '') {
        return ids;
      }
    }
    return 'the channel has too many members';
  }

  async function readField(userId: UserId, fieldId: string): Promise<ProfileField> {
    try {
      const { profile } = await client.users.profile.get({ user: userId });
      return profile === undefined
        ? { readable: false, why: 'Slack answered without a profile' }
        : { readable: true, value: profile.fields?.[fieldId]?.value ?? null };
    } catch (error) {
      const trouble = slackTrouble(error);
      if (trouble === null) {
        throw error;
      }
      return { readable: false, why: trouble.code };
    }
  }

  async function onlyActive(ids: readonly UserId[]): Promise<UserId[]> {
    if (ids.length > LOOKED_AT) {
      return [...ids];
    }
    const seen = await fewAtOnce(ids, async (id) => ({ id, person: await personNow(id) }));
    // Somebody who cannot be read stays a member: the group itself says so, and nobody acts unread.
    return seen
      .filter(({ person }) => person === 'unreadable' || (person !== 'unknown' && mayTakePart(person)))
      .map(({ id }) => id);
  }

  return {
    async person(userId, how) {
      const found = await inTime(personNow(userId, how), TOO_LATE);
      if (typeof found === 'object' && 'readable' in found) {
        log.warn({ user: userId, why: found.why }, 'Slack did not say who somebody is');
        return 'unreadable';
      }
      return found;
    },
    async members(group) {
      // The whole group is the key: a reloaded catalog may give a name other members.
      const read = memberships.get(JSON.stringify(group), async () => readMembers(group));
      const members = await inTime(read, TOO_LATE);
      if (!members.readable) {
        log.warn({ group: group.name, why: members.why }, 'Slack did not say who is in a group');
      }
      return members;
    },
    async profileField(userId, fieldId) {
      const read = fields.get(`${userId} ${fieldId}`, async () => readField(userId, fieldId));
      const field = await inTime(read, TOO_LATE);
      if (!field.readable) {
        log.warn({ user: userId, why: field.why }, "Slack did not say what somebody's profile holds");
      }
      return field;
    },
  };
}

/** An app of a whole organisation has to say which workspace it means. */
function teamOf({ isOrgInstall, teamId }: Home): { team_id?: string } {
  return isOrgInstall && teamId !== null ? { team_id: teamId } : {};
}

async function fewAtOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}
