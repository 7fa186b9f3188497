import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { assert, integer, json, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadCatalog, type CatalogOutcome } from '../../src/catalog/load-catalog.js';
import { catalogJsonSchema } from '../../src/catalog/schema.js';
import { findRole, type Catalog } from '../../src/domain/catalog.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { problemsOf, RIGHT, withChange } from '../support/catalog-text.js';
import { connectorKinds } from '../../src/connectors/registry.js';
import { testKinds } from '../support/connector-kinds.js';

/** Each run builds the schema anew, which takes some milliseconds. */
const PROPERTY_TIMEOUT_MS = 60_000;

function load(source: string): CatalogOutcome {
  return loadCatalog({ source, file: 'access.yaml', kinds: testKinds });
}

function loaded(source: string): { catalog: Catalog; warnings: string[] } {
  const outcome = load(source);
  if (!outcome.ok) {
    throw new Error(outcome.problems.map(({ message }) => message).join('\n'));
  }
  return outcome;
}

function fileAtTop(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
}

describe('the example catalog', () => {
  const source = fileAtTop('access.example.yaml');

  test('loads without a problem or a warning', () => {
    expect(loaded(source).warnings).toEqual([]);
  });

  test('names the channel that is told of alarms', () => {
    expect(loaded(source).catalog.alarmChannel).toBe('C07OPSALR');
    expect(loaded(RIGHT).catalog.alarmChannel).toBeNull();
  });

  test('names the schema that editors complete it by', () => {
    expect(source.split('\n')[0]).toBe('# yaml-language-server: $schema=./access.schema.json');
  });

  test('becomes the policies, roles and connectors that it shows', () => {
    const { catalog } = loaded(source);

    expect(findRole(catalog, 'prod-db', null)).toEqual({
      resource: 'prod-db',
      name: 'readonly',
      title: 'Orders database, production (readonly)',
      policy: 'standard',
      tier: 'standard',
      request: null,
      window: null,
      maxActive: null,
      parts: [],
      entitlements: [{ connector: 'orders-db', role: 'app_readonly' }],
    });
    expect(findRole(catalog, 'prod-db', 'admin')?.policy).toBe('critical');
    expect(catalog.policies.get('critical')).toEqual({
      name: 'critical',
      request: ['engineers'],
      approve: [
        { name: 'Database', from: ['dba-leads'], count: 1 },
        { name: 'Security', from: ['security'], count: 1 },
      ],
      autoApprove: [],
      extend: { kind: 'approval' },
      inOrder: false,
      denials: 1,
      forOthers: false,
      minMs: MINUTE_MS,
      defaultMs: 15 * MINUTE_MS,
      maxMs: HOUR_MS,
      startWithinMs: 7 * DAY_MS,
      channel: 'C061EG9SL',
      announce: null,
      notify: 'mention',
      unansweredAfterMs: 4 * HOUR_MS,
      nudgeMs: [10 * MINUTE_MS, 30 * MINUTE_MS],
      escalate: null,
      reasonRequired: true,
      reasonMinLength: 0,
      ticket: null,
      approversMayHold: true,
      denyReasonRequired: true,
      onLostEligibility: 'end',
      remindBeforeMs: [10 * MINUTE_MS, 2 * MINUTE_MS],
      emergency: null,
    });
    expect(catalog.connectors.get('orders-db')).toEqual({
      name: 'orders-db',
      use: 'postgres',
      manage: ['app_readonly', 'app_admin'],
      identity: {
        map: new Map([['U035CHG8K', 'sam_admin']]),
        fromEmail: { part: 'local', domains: ['example.com'] },
      },
      onDrift: 'report',
      endSessions: true,
      settings: { mode: 'function', url: 'env:ORDERS_DB_URL' },
    });
    expect(catalog.connectors.get('playground')?.endSessions).toBeNull();
    expect(catalog.groups.get('dba-leads')).toEqual({
      kind: 'users',
      name: 'dba-leads',
      members: [
        { kind: 'email', email: 'dana@example.com' },
        { kind: 'id', userId: 'U024BE7LH' },
        { kind: 'id', userId: 'U035CHG8K' },
      ],
    });
  });
});

test('access.schema.json is what `hallpass schema` prints', () => {
  expect(fileAtTop('access.schema.json')).toBe(
    `${JSON.stringify(catalogJsonSchema(connectorKinds), null, 2)}\n`,
  );
});

test('the digest is that of the text, to the byte', () => {
  const digest = createHash('sha256').update(`${RIGHT}# été\n`, 'utf8').digest('hex');

  expect(loaded(`${RIGHT}# été\n`).catalog.sha256).toBe(digest);
});

test('what is left out has its default', () => {
  expect(loaded(RIGHT).catalog).toMatchObject({ auditors: [] });
  expect(loaded(RIGHT).catalog.policies.get('standard')).toMatchObject({
    approve: [{ name: null, count: 1 }, { count: 1 }],
    inOrder: false,
    denials: 1,
    forOthers: false,
    notify: 'mention',
    startWithinMs: 7 * DAY_MS,
    unansweredAfterMs: 4 * HOUR_MS,
    nudgeMs: [10 * MINUTE_MS, 30 * MINUTE_MS],
    escalate: null,
    reasonRequired: true,
    denyReasonRequired: false,
    remindBeforeMs: null,
    emergency: null,
  });
});

test('the only role of a resource is its default, and bears its title', () => {
  const admin = '      admin: { entitlements: [{ connector: orders-db, role: app_admin }] }\n';
  const source = withChange(admin, '', withChange('    default_role: readonly\n', ''));

  expect(findRole(loaded(source).catalog, 'prod-db', null)).toMatchObject({
    name: 'readonly',
    title: 'Orders',
  });
});

test("a role's own title stands beside the resource's", () => {
  const source = withChange('admin: { ', 'admin: { title: Full rights, ');

  expect(findRole(loaded(source).catalog, 'prod-db', 'admin')?.title).toBe('Orders (Full rights)');
});

test('mistakes of every sort are told at once, in the order of the file', () => {
  const source = [
    ['admins: [leads]', 'admins: [leds]\nadmins: [leds]'],
    ['env:ORDERS_DB_URL', 'postgres://bot:canary@db/orders'],
    ['default: 30m', 'default: 5h'],
    ['count: 1', 'count: 3'],
    ['title: Orders', 'titel: Orders'],
    ['role: app_admin }', 'role: app_owner }'],
  ].reduce((text, [from = '', to = '']) => withChange(from, to, text), RIGHT);

  expect(problemsOf(source)).toEqual([
    'access.yaml:8:1 this key stands here twice; remove one of the two',
    'access.yaml:8:10 unknown group "leds"; did you mean "leads"?',
    'access.yaml:12:10 expected env:NAME or file:/path, because a secret never stands in the catalog; move the value into the environment or a file, and change it if the catalog was shared',
    'access.yaml:19:39 needs 3 approvals from groups that hold 2; lower count, or add people',
    'access.yaml:20:26 the default is longer than the maximum of 4 h; shorten it, or raise max',
    'access.yaml:23:3 "title" is missing; add it',
    'access.yaml:24:5 unknown key "titel"; did you mean "title"?',
    'access.yaml:29:61 "app_owner" is not among the roles that connector "orders-db" manages; add it to manage there, or use one of app_readonly, app_admin',
  ]);
});

test.each([
  ['an empty file', '', 'access.yaml:1:1 the catalog is empty; begin with a copy of access.example.yaml'],
  ['a list', '- 1', 'access.yaml:1:1 expected keys and values; write each as key: value'],
  ['prose', 'just words', 'access.yaml:1:1 expected keys and values; write each as key: value'],
  ['a hundred thousand brackets', '['.repeat(100_000), 'nested too deeply'],
  ['a file that is far too long', '#'.repeat(1_000_001), 'longer than 1000000 characters'],
])('%s is no catalog', (_what, source, says) => {
  expect(problemsOf(source).join('\n')).toContain(says);
});

test('the mark that some editors put before a file moves nothing', () => {
  expect(problemsOf(`\uFEFF${withChange('version: 1', 'version: 2')}`)).toEqual([
    'access.yaml:1:10 this Hallpass reads version 1; write 1',
  ]);
});

test('a long list of names is cut short', () => {
  const groups = Array.from({ length: 200 }, (_, index) => `  crew-${index}: { users: [U9A] }\n`);
  const source = withChange('  team:', `${groups.join('')}  team:`, withChange('[leads]', '[nobody-at-all]'));

  expect(problemsOf(source)[0]).toMatch(/expected one of engineers, leads, crew-0, .*crew-9, …$/);
});

describe('aliases', () => {
  test('save writing, and what they stand for is checked', () => {
    const source = withChange(
      'request: [engineers, team]',
      'request: *who',
      withChange('[leads]', '&who [leads]'),
    );

    expect(loaded(source).catalog.policies.get('standard')?.request).toEqual(['leads']);
    expect(problemsOf(withChange('&who [leads]', '&who [leds]', source))).toEqual([
      'access.yaml:7:15 unknown group "leds"; did you mean "leads"?',
      'access.yaml:7:15 unknown group "leds"; did you mean "leads"?',
    ]);
  });

  test('cannot make a small file enormous', () => {
    const levels = Array.from(
      { length: 60 },
      (_, level) => `l${level + 1}: &l${level + 1} [*l${level}, *l${level}]`,
    );

    expect(problemsOf(['l0: &l0 [x]', ...levels].join('\n'))).toEqual([
      expect.stringContaining('more than 100 aliases; write the values out'),
    ]);
  });
});

describe('what is doubtful is said, and does not stop anything', () => {
  test.each([
    [
      'a group that nothing names',
      '  team: { channel: C0TEAM }',
      '  team: { channel: C0TEAM }\n  spare: { users: [U9A] }',
      '6:3 group "spare" is used nowhere; use it or remove it',
    ],
    [
      'no channel for alarms',
      'engineers',
      'engineers',
      '7:1 only direct messages to the admins tell of a failing revocation; add alarm_channel with the id of a channel that somebody always reads',
    ],
    [
      'local parts of two domains',
      'domains: [example.com]',
      'domains: [example.com, example.org]',
      '14:66 with part: local, people of the same name in two domains mean one account; use part: whole, or one domain',
    ],
    [
      'a connector without accounts',
      '    identity: { map: { U04LEE: lee }, from_email: { part: local, domains: [example.com] } }\n',
      '',
      '9:3 nobody has an account in connector "orders-db"; add identity with map or from_email',
    ],
    [
      'reviewers who are called on all the time',
      '    approve: [{ from: [leads]',
      '    emergency: { for: [engineers], up_to: 1h, channel: C0ALERT, review: { by: [leads], nag: 1s } }\n    approve: [{ from: [leads]',
      '18:93 reviewers are called on every 1 s, day and night, until the review is closed; lengthen it, or leave it out for 24h',
    ],
    [
      'a rule for less time than anybody can ask for',
      '    approve: [{ from: [leads]',
      '    auto_approve: [{ name: Short, for: [engineers], up_to: 30s }]\n    approve: [{ from: [leads]',
      '18:60 no window is shorter than 1 min (duration.min), so this rule never holds; lengthen it',
    ],
    [
      'requesters whom nobody could approve',
      '    request: [engineers, team]\n    approve: [{ from: [leads], count: 1 }',
      '    request: [engineers, leads]\n    approve: [{ from: [leads], count: 2 }',
      '18:5 nobody approves their own request, so nobody could approve for U01MIA, U02SAM; add other approvers',
    ],
  ])('%s', (_what, from, to, says) => {
    expect(loaded(withChange(from, to)).warnings).toContain(`access.yaml:${says}`);
  });
});

test(
  'no text makes the loader crash',
  () => {
    assert(
      property(string({ unit: 'binary', maxLength: 200 }), (source) => {
        expect(load(source).ok).toBe(false);
      }),
      { numRuns: 100 },
    );
    assert(
      property(json(), (source) => {
        expect(load(source).ok).toBe(false);
      }),
      { numRuns: 50 },
    );
  },
  PROPERTY_TIMEOUT_MS,
);

test(
  'no slip of the hand makes the loader crash, and what is wrong has a place in the file',
  () => {
    const slips = string({ unit: 'binary-ascii', maxLength: 6 });
    assert(
      property(
        integer({ min: 0, max: RIGHT.length }),
        integer({ min: 0, max: 12 }),
        slips,
        (at, removed, typed) => {
          const source = RIGHT.slice(0, at) + typed + RIGHT.slice(at + removed);
          const outcome = load(source);
          const lines = source.split(/\r\n|\n/).length;
          const places = outcome.ok ? [] : outcome.problems;
          expect(outcome.ok || places.length > 0).toBe(true);
          expect(places.every(({ line, column }) => line >= 1 && line <= lines && column >= 1)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  },
  PROPERTY_TIMEOUT_MS,
);
