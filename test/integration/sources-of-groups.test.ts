import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SlackGroup } from '../../src/domain/catalog.js';
import { asChannelId, asUserId } from '../../src/domain/ids.js';
import type { FailureOrder } from '../../src/emulated-slack/failures.js';
import type { SlackWorld } from '../../src/emulated-slack/world.js';
import type { SlackDirectory } from '../../src/ports.js';
import { createStage, startStageWorld } from '../support/slack-stage.js';

let world: SlackWorld;
let directory: SlackDirectory;
let stage: ReturnType<typeof createStage>;

beforeEach(async () => {
  world = await startStageWorld();
  stage = createStage(world, { patienceMs: 400 });
  ({ directory } = stage);
  stage.home.start();
  await world.until(() => stage.home.known() ?? undefined, { what: 'who this app is' });
});
afterEach(async () => {
  stage.home.stop();
  await world.stop();
});

const DANA = asUserId('U03DANA');
const FIELD = 'Xf0BOSS';

const GROUPS: readonly (readonly [what: string, method: string, group: SlackGroup])[] = [
  [
    'an e-mail address',
    'users.lookupByEmail',
    { kind: 'users', name: 'leads', members: [{ kind: 'email', email: 'mia@example.com' }] },
  ],
  ['a user group', 'usergroups.users.list', { kind: 'usergroup', name: 'dba', usergroupId: 'S0DBA' }],
  ['a channel', 'conversations.members', { kind: 'channel', name: 'team', channelId: asChannelId('C0TEAM') }],
];

type Read = { readable: true; found: unknown } | { readable: false; why: string };

/** `logged`: how the line in the log says what could not be read. */
type Source = {
  readonly what: string;
  readonly method: string;
  readonly logged: Readonly<Record<string, string>>;
  readonly read: () => Promise<Read>;
};

const SOURCES: readonly Source[] = [
  ...GROUPS.map(([what, method, group]): Source => ({
    what,
    method,
    logged: { group: group.name },
    read: async () => {
      const members = await directory.members(group);
      return members.readable ? { readable: true, found: [...members.userIds] } : members;
    },
  })),
  {
    what: 'a profile field',
    method: 'users.profile.get',
    logged: { user: DANA },
    read: async () => {
      const field = await directory.profileField(DANA, FIELD);
      return field.readable ? { readable: true, found: field.value } : field;
    },
  },
];

const TROUBLES: readonly (readonly [what: string, order: FailureOrder])[] = [
  ['no answer in time', { with: 'hang' }],
  ['an answer that comes too late', { with: 'slow', ms: 1_500 }],
  ['a cut connection', { with: 'drop_before' }],
  ['401', { with: 'answer', status: 401, body: '{"ok":false,"error":"invalid_auth"}' }],
  ['a token that is refused', { error: 'token_revoked' }],
  ['a scope that is missing', { error: 'missing_scope' }],
  ['429, with a long time to wait', { with: 'rate_limited', retryAfter: 3_600 }],
  ['500', { with: 'http_500' }],
  ['an empty answer', { with: 'answer', status: 200, body: '' }],
  ['an answer without what was asked for', { with: 'answer', status: 200, body: '{"ok":true}' }],
  ['an answer that is not JSON', { with: 'answer', status: 200, body: '<html>canary canary</html>' }],
];

describe.each(SOURCES)('$what', ({ method, logged, read }) => {
  test.each(TROUBLES)('is unreadable at once with %s, and nothing else', async (_trouble, order) => {
    world.fail(method, order);

    const found = await read();

    expect(found).toMatchObject({ readable: false, why: expect.stringMatching(/^[\w' -]{3,60}$/) });
    const why = found.readable ? '' : found.why;
    expect(stage.lines.filter(({ facts }) => facts['why'] === why)).toMatchObject([
      { level: 'warn', facts: { ...logged, why }, message: expect.stringMatching(/^Slack did not say/) },
    ]);
    expect(JSON.stringify(stage.lines)).not.toContain('canary');
  });

  test('is read again as soon as Slack answers', async () => {
    world.fail(method, { error: 'fatal_error', times: 1 });
    expect(await read()).toMatchObject({ readable: false });

    expect(await read()).toMatchObject({ readable: true });
  });
});

test('a profile field is what the profile holds, empty where it holds nothing, and asked for once', async () => {
  world.changePerson('dana', { profileFields: { [FIELD]: 'U01MIA' } });

  const both = await Promise.all([directory.profileField(DANA, FIELD), directory.profileField(DANA, FIELD)]);

  expect(both).toEqual([
    { readable: true, value: 'U01MIA' },
    { readable: true, value: 'U01MIA' },
  ]);
  expect(world.calls('users.profile.get')).toHaveLength(1);
  expect(await directory.profileField(asUserId('U02SAM'), FIELD)).toEqual({ readable: true, value: null });
});

test('somebody whom Slack does not tell of in time is unreadable, and known once it has', async () => {
  world.fail('users.info', { with: 'slow', ms: 1_000, times: 1 });

  expect(await directory.person(DANA)).toBe('unreadable');
  await world.until(() => world.calls('users.info').every(({ answer }) => answer !== undefined), {
    what: 'the late answer',
  });

  expect(await directory.person(DANA)).toMatchObject({ userId: DANA });
  expect(world.calls('users.info')).toHaveLength(1);
});

test('addresses that nobody has confirmed are logged once, and again when they are others', async () => {
  const groupOf = (...emails: string[]): SlackGroup => ({
    kind: 'users',
    name: 'leads',
    members: emails.map((email) => ({ kind: 'email', email })),
  });
  const warnings = () =>
    stage.lines.filter(({ message }) => message.includes('nobody in Slack has confirmed'));

  await directory.members(groupOf('mia@example.com', 'who@example.com'));
  await directory.members(groupOf('who@example.com', 'mia@example.com'));
  expect(warnings()).toHaveLength(1);

  await directory.members(groupOf('mia@example.com', 'where@example.com'));
  expect(warnings()).toHaveLength(2);
});
