import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SlackGroup } from '../../src/domain/catalog.js';
import { asChannelId, asUserId } from '../../src/domain/ids.js';
import type { SlackWorld } from '../../src/emulated-slack/world.js';
import type { Directory } from '../../src/ports.js';
import { createStage, startStageWorld } from '../support/slack-stage.js';

let world: SlackWorld;
let directory: Directory;
let stopHome: () => void;

beforeEach(async () => {
  world = await startStageWorld();
  const stage = createStage(world);
  ({ directory } = stage);
  stage.home.start();
  stopHome = () => stage.home.stop();
});
afterEach(async () => {
  stopHome();
  await world.stop();
});

const DANA = asUserId('U03DANA');

describe('a person', () => {
  test('is a member with a confirmed address', async () => {
    expect(await directory.person(DANA)).toEqual({
      userId: 'U03DANA',
      email: 'dana@example.com',
      emailConfirmed: true,
      deactivated: false,
      outsider: null,
      timeZone: 'Europe/Berlin',
    });
  });

  test('is a guest, a bot, a stranger or deactivated where Slack says so', async () => {
    world.changePerson('sam', { isBot: true });
    world.changePerson('mia', { deleted: true });

    const people = await Promise.all(
      ['U04GUS', 'U02SAM', 'U05OUT', 'U01MIA'].map(async (id) => directory.person(asUserId(id))),
    );

    expect(people).toMatchObject([
      { outsider: 'guest' },
      { outsider: 'bot' },
      { outsider: 'stranger' },
      { deactivated: true },
    ]);
  });

  test('has no confirmed address when Slack does not say so', async () => {
    world.changePerson('dana', { emailConfirmed: false });

    expect(await directory.person(DANA)).toMatchObject({ emailConfirmed: false });
  });

  test('nobody knows is told apart from one who cannot be read', async () => {
    expect(await directory.person(asUserId('U0NOBODY'))).toBe('unknown');
    world.fail('users.info', { error: 'fatal_error' });
    expect(await directory.person(DANA)).toBe('unreadable');
    world.heal();
    expect(await directory.person(DANA)).toMatchObject({ userId: 'U03DANA' });
  });

  test('is asked for once, however many ask at the same moment', async () => {
    await Promise.all(Array.from({ length: 20 }, async () => directory.person(DANA)));

    expect(world.calls('users.info')).toHaveLength(1);
  });
});

describe('the members of a group', () => {
  const members = async (group: SlackGroup): Promise<string[] | string> => {
    const found = await directory.members(group);
    return found.readable ? [...found.userIds].toSorted() : found.why;
  };

  test('are listed by id or by address', async () => {
    const group: SlackGroup = {
      kind: 'users',
      name: 'engineers',
      members: [
        { kind: 'id', userId: DANA },
        { kind: 'email', email: 'Mia@Example.com' },
        { kind: 'email', email: 'nobody@example.com' },
      ],
    };

    expect(await members(group)).toEqual(['U01MIA', 'U03DANA']);
  });

  test('are those of a Slack user group, or of a channel', async () => {
    expect(await members({ kind: 'usergroup', name: 'dba', usergroupId: 'S0DBA' })).toEqual([
      'U01MIA',
      'U02SAM',
    ]);
    const team: SlackGroup = { kind: 'channel', name: 'team', channelId: asChannelId('C0TEAM') };
    // gus is a guest, and does not count.
    expect(await members(team)).toEqual(['U01MIA', 'U03DANA']);
  });

  test('do not count when they are deactivated', async () => {
    world.changePerson('sam', { deleted: true });

    expect(await members({ kind: 'usergroup', name: 'dba', usergroupId: 'S0DBA' })).toEqual(['U01MIA']);
  });

  test('are unreadable when Slack does not say, and that is not remembered', async () => {
    const group: SlackGroup = { kind: 'usergroup', name: 'dba', usergroupId: 'S0DBA' };
    world.fail('usergroups.users.list', { error: 'missing_scope' });
    expect(await members(group)).toBe('missing_scope');

    world.heal();
    expect(await members(group)).toEqual(['U01MIA', 'U02SAM']);
  });

  test('are unreadable when one address cannot be looked up', async () => {
    world.fail('users.lookupByEmail', { with: 'rate_limited', retryAfter: 30 });
    const group: SlackGroup = {
      kind: 'users',
      name: 'leads',
      members: [{ kind: 'email', email: 'mia@example.com' }],
    };

    expect(await members(group)).toBe('an e-mail address could not be looked up');
  });
});
