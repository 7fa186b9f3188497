import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadCatalog } from '../../src/catalog/load-catalog.js';
import { onCallGroups, type OnCallGroup, type SlackGroup } from '../../src/domain/catalog.js';
import { asUserId } from '../../src/domain/ids.js';
import type { GroupMembers } from '../../src/domain/person.js';
import { createOnCall } from '../../src/on-call/create-on-call.js';
import { withOnCall } from '../../src/on-call/directory-with-on-call.js';
import type { SlackDirectory } from '../../src/ports.js';
import { readSecretRef } from '../../src/secret-ref.js';
import { json, startAnsweringServer, type AnsweringServer } from '../support/answering-server.js';
import { RIGHT } from '../support/catalog-text.js';
import { testKinds } from '../support/connector-kinds.js';
import { snippetsOf } from '../support/doc-snippets.js';
import { recordingLog } from '../support/recording-log.js';
import { merged } from '../support/test-catalog.js';

const CANARY = 'Token token=canary';
const KNOWN: Readonly<Record<string, string>> = { 'mia@example.com': 'U01MIA', 'sam@example.com': 'U02SAM' };

/** Slack, where the two whom `KNOWN` has are members. */
async function slackMembers(group: SlackGroup): Promise<GroupMembers> {
  const refs = group.kind === 'users' ? group.members : [];
  const ids = refs.map((ref) => (ref.kind === 'id' ? String(ref.userId) : KNOWN[ref.email]));
  const known = ids.filter((id) => id !== undefined && Object.values(KNOWN).includes(id));
  return { readable: true, userIds: new Set(known.map((id) => asUserId(String(id)))) };
}

async function start(env: Readonly<Record<string, string>> = { ONCALL: CANARY }, boundMs?: number) {
  const server = await startAnsweringServer();
  const log = recordingLog();
  const world = { now: Date.parse('2026-11-25T12:00:00Z') };
  const onCall = createOnCall({
    clock: { now: () => world.now },
    log,
    readSecret: (ref) => readSecretRef(ref, env).reveal(),
    ...(boundMs === undefined ? {} : { boundMs }),
  });
  const slack: SlackDirectory = {
    person: async () => 'unknown',
    members: slackMembers,
    profileField: async () => ({ readable: true, value: null }),
  };
  return { server, log, world, directory: withOnCall(slack, onCall) };
}

function groupAt({ origin }: AnsweringServer, change: Partial<OnCallGroup> = {}): OnCallGroup {
  return {
    kind: 'on-call',
    name: 'on-call-db',
    url: `${origin}/now?team=hidden`,
    headers: { authorization: 'env:ONCALL', accept: 'application/json' },
    people: '$.people[*].email',
    each: null,
    allowPrivate: true,
    keepMs: 30_000,
    ...change,
  };
}

const people = (...emails: unknown[]) => json({ people: emails.map((email) => ({ email })) });

test('whoever the answer names is a member, and the header holds the secret as it is now', async () => {
  const { server, directory } = await start();
  server.answer(people('Mia@Example.com', 'U02SAM'));

  expect(await directory.members(groupAt(server))).toEqual({
    readable: true,
    userIds: new Set(['U01MIA', 'U02SAM']),
  });
  expect(server.asked).toMatchObject([
    { path: '/now?team=hidden', headers: { authorization: CANARY, accept: 'application/json' } },
  ]);
});

test('it is asked once, however many ask, and again when the answer is as old as the catalog allows', async () => {
  const { server, directory, world } = await start();
  server.answer(people('mia@example.com'));
  const group = groupAt(server);
  await Promise.all(Array.from({ length: 5 }, async () => await directory.members(group)));
  world.now += 30_000;
  await directory.members(group);
  expect(server.asked).toHaveLength(1);

  server.answer(people('sam@example.com'));
  world.now += 1;

  expect(await directory.members(group)).toMatchObject({ userIds: new Set(['U02SAM']) });
});

test('an empty list is read: nobody is on call', async () => {
  const { server, directory } = await start();
  server.answer(people());

  expect(await directory.members(groupAt(server))).toEqual({ readable: true, userIds: new Set() });
});

test('an address that nobody in Slack has is left out', async () => {
  const { server, directory } = await start();
  server.answer(people('mia@example.com', 'nobody@example.com'));

  expect(await directory.members(groupAt(server))).toMatchObject({ userIds: new Set(['U01MIA']) });
});

const plain =
  (body: string, status = 200) =>
  (response: ServerResponse) =>
    void response.writeHead(status).end(body);

const UNREADABLE: readonly [what: string, answer: (response: ServerResponse) => void, why: RegExp][] = [
  ['no answer at all', () => undefined, /did not answer within/],
  ['an answer that begins and never ends', (response) => void response.write('{'), /did not answer within/],
  ['a connection that is cut', (response) => void response.destroy(), /can't be reached/],
  ['401', json({ error: 'canary-of-the-answer' }, 401), /status 401: it does not accept the secret/],
  ['403', json({}, 403), /status 403/],
  ['404', json({}, 404), /status 404/],
  ['429', json({}, 429), /status 429: too many calls/],
  ['500', json({}, 500), /status 500/],
  ['204, an empty answer', plain('', 204), /status 204/],
  ['an empty answer with 200', plain(''), /is not JSON/],
  [
    'a redirect',
    (response) => void response.writeHead(302, { location: 'https://169.254.169.254/' }).end(),
    /status 302, a redirect/,
  ],
  ['no JSON', plain('<html>canary-of-the-answer</html>'), /is not JSON/],
  ['more than it reads', plain(`"${'x'.repeat(1_100_000)}"`), /too long/],
  ['another shape', json({ error: { message: 'canary-of-the-answer' } }), /nothing where the catalog looks/],
  ['null in place of the list', json({ people: null }), /nothing where the catalog looks/],
  ['somebody without an address', json({ people: [{ email: 'mia@example.com' }, {}] }), /nothing where/],
  ['a name instead of an address', people('mia@example.com', 'Sam Doe'), /neither by e-mail address/],
  ['a number', people(7), /neither by e-mail address/],
  ['too many', people(...Array.from({ length: 51 }, (_, index) => `p${index}@example.com`)), /more than 50/],
  ['nobody whom Slack knows', people('nobody@example.com'), /is a member of this workspace/],
];

test.each(UNREADABLE)('%s: nobody is a member, and the reason is said', async (_what, answer, why) => {
  const { server, log, directory } = await start({ ONCALL: CANARY }, 300);
  server.answer(answer);

  const found = await directory.members(groupAt(server));

  expect(found).toMatchObject({ readable: false, why: expect.stringMatching(why) });
  expect(JSON.stringify([found, log.lines])).not.toMatch(/canary|hidden/);
});

test('what could not be read is asked for again at once', async () => {
  const { server, directory } = await start();
  server.answer(json({}, 500));
  expect(await directory.members(groupAt(server))).toMatchObject({ readable: false });

  server.answer(people('mia@example.com'));

  expect(await directory.members(groupAt(server))).toMatchObject({ readable: true });
});

test('a secret that is missing, or unfit for a header, keeps it from being read; only the log names it', async () => {
  const without = await start({});
  const unfit = await start({ ONCALL: 'canary\u0001' });

  expect(await without.directory.members(groupAt(without.server))).toMatchObject({
    why: 'a secret that the catalog names for it is missing',
  });
  expect(without.log.lines).toMatchObject([{ facts: { missing: expect.stringContaining('ONCALL') } }]);
  expect(await unfit.directory.members(groupAt(unfit.server))).toMatchObject({
    why: 'a secret that the catalog sends holds what no header may hold',
  });
  expect(JSON.stringify(unfit.log.lines)).not.toContain('canary');
  expect([...without.server.asked, ...unfit.server.asked]).toEqual([]);
});

test('an address of this machine is called only where the catalog allows it', async () => {
  const { server, directory } = await start();

  expect(await directory.members(groupAt(server, { allowPrivate: false }))).toMatchObject({
    readable: false,
    why: expect.stringContaining('loopback'),
  });
  expect(server.asked).toEqual([]);
});

test.each(['../admin', 'a/b', '.', '', 'x?y', { id: 1 }])('%j is no id to ask about', async (id) => {
  const { server, directory } = await start();
  server.answer(json({ now: [id] }));
  const each = { url: `${server.origin}/users/{person}/`, people: '$.email' };

  expect(await directory.members(groupAt(server, { people: '$.now[*]', each }))).toMatchObject({
    readable: false,
  });
  expect(server.asked).toHaveLength(1);
});

/** As the public documentation of each shows its answers. */
const RECIPES: Readonly<Record<string, { answers: Readonly<Record<string, unknown>>; empty: unknown }>> = {
  'api.pagerduty.com': {
    answers: {
      '/oncalls?schedule_ids[]=PI7DH85&include[]=users&limit=100': {
        oncalls: [
          {
            user: { id: 'PT23IWX', type: 'user', summary: 'Mia', email: 'mia@example.com' },
            schedule: { id: 'PI7DH85', type: 'schedule_reference', summary: 'Daily' },
            escalation_policy: { id: 'PT20YPA', type: 'escalation_policy_reference', summary: 'Other' },
            escalation_level: 2,
            start: '2026-11-25T00:00:00Z',
            end: '2026-11-26T00:00:00Z',
          },
        ],
        limit: 100,
        offset: 0,
        more: false,
        total: null,
      },
    },
    empty: { oncalls: [], limit: 100, offset: 0, more: false, total: null },
  },
  'api.opsgenie.com': {
    answers: {
      '/v2/schedules/d875a6b4-9b4e-4219-a0b3-0c26936d18de/on-calls?flat=true': {
        data: {
          _parent: { id: 'd875a6b4-9b4e-4219-a0b3-0c26936d18de', name: 'Databases', enabled: true },
          onCallRecipients: ['mia@example.com'],
        },
        took: 0.053,
        requestId: '50a5ee33',
      },
    },
    empty: { data: { _parent: { id: 'd875a6b4', name: 'Databases', enabled: true }, onCallRecipients: [] } },
  },
  'oncall-prod-us-central-0.grafana.net': {
    answers: {
      '/oncall/api/v1/schedules/SBM7DV7BKFUYU/': {
        id: 'SBM7DV7BKFUYU',
        name: 'Databases',
        type: 'web',
        team_id: null,
        on_call_now: ['U4DNY931HHJS5'],
        slack: { channel_id: 'C0ONE', user_group_id: 'S0ONE' },
      },
      '/oncall/api/v1/users/U4DNY931HHJS5/': {
        id: 'U4DNY931HHJS5',
        email: 'mia@grafana.example.com',
        slack: [{ user_id: 'U01MIA', team_id: 'T0HOME' }],
        username: 'mia',
      },
    },
    empty: { id: 'SBM7DV7BKFUYU', name: 'Databases', type: 'web', team_id: null, on_call_now: [] },
  },
};

/** The recipe as the page has it, but for where the system is. */
function recipeAt(host: string, { origin }: AnsweringServer): OnCallGroup {
  const snippet = snippetsOf('on-call.md').find((text) => text.includes(`https://${host}/`)) ?? '';
  const local = snippet.replaceAll(`https://${host}`, origin);
  const source = merged(
    merged(parse(RIGHT), { groups: { 'dba-leads': { users: ['U01MIA'] } } }),
    parse(local),
  );
  const allowed = { groups: { 'on-call-db': { on_call: { allow_private: 'the server of a test' } } } };
  const outcome = loadCatalog({
    source: stringify(merged(source, allowed)),
    file: 'on-call.md',
    kinds: testKinds,
  });
  const [group] = outcome.ok ? onCallGroups(outcome.catalog) : [];
  if (group === undefined) {
    throw new Error(`on-call.md has no group that ${host} answers for: ${JSON.stringify(outcome)}`);
  }
  return group;
}

test.each(Object.entries(RECIPES))('the recipe for %s reads what it documents', async (host, recipe) => {
  const env = {
    PAGERDUTY_AUTHORIZATION: CANARY,
    OPSGENIE_AUTHORIZATION: CANARY,
    GRAFANA_AUTHORIZATION: CANARY,
  };
  const { server, directory, world } = await start(env);
  server.answer((response, { path, headers }) =>
    json(recipe.answers[path] ?? {}, headers.authorization === CANARY ? 200 : 401)(response),
  );
  const group = recipeAt(host, server);

  expect(await directory.members(group)).toEqual({ readable: true, userIds: new Set(['U01MIA']) });
  expect(server.asked.map(({ path }) => path)).toEqual(Object.keys(recipe.answers));

  server.answer(json(recipe.empty));
  world.now += 60_001;
  expect(await directory.members(group)).toEqual({ readable: true, userIds: new Set() });
});
