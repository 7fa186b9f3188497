import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { looserIn } from '../../src/catalog/looser-policy.js';
import { checkTable, problemsOf, RIGHT } from '../support/catalog-text.js';
import { merged } from '../support/test-catalog.js';

const ADMIN = '      admin: { entitlements: [{ connector: orders-db, role: app_admin }] }\n';
const bundle = (what: string): string => `${ADMIN}      both: { ${what} }\n`;
const BOTH = 'bundle: [prod-db:readonly, prod-db:admin]';

describe('a bundle in the catalog', () => {
  checkTable([
    ['of two roles', ADMIN, bundle(BOTH), []],
    [
      'of a role that is not there',
      ADMIN,
      bundle('bundle: [prod-db:readonly, prod-db:admn]'),
      ['access.yaml:29:42 unknown role "prod-db:admn"; did you mean "prod-db:admin"?'],
    ],
    [
      'of one role',
      ADMIN,
      bundle('bundle: [prod-db:readonly]'),
      ['access.yaml:29:15 one role is no bundle; name two or more'],
    ],
    [
      'of one role, twice',
      ADMIN,
      bundle('bundle: [prod-db:readonly, prod-db:readonly]'),
      ['access.yaml:29:42 prod-db:readonly stands here twice; remove one of the two'],
    ],
    [
      'of itself',
      ADMIN,
      bundle('bundle: [prod-db:readonly, prod-db:both]'),
      ['access.yaml:29:42 prod-db:both is a bundle itself; name its parts instead'],
    ],
    [
      'of another bundle',
      ADMIN,
      `${bundle(BOTH)}      more: { bundle: [prod-db:both, prod-db:admin] }\n`,
      ['access.yaml:30:24 prod-db:both is a bundle itself; name its parts instead'],
    ],
    [
      'with entitlements of its own',
      ADMIN,
      bundle(`${BOTH}, entitlements: [{ connector: orders-db, role: app_admin }]`),
      ['access.yaml:29:15 a bundle gives what its parts give; remove entitlements, or bundle'],
    ],
    [
      'that is no list',
      ADMIN,
      bundle('bundle: prod-db:readonly'),
      ['access.yaml:29:23 expected a list; write it as [a, b] or with a dash before each'],
    ],
    [
      'or no entitlements at all',
      ADMIN,
      bundle('title: Both'),
      ['access.yaml:29:7 "entitlements" is missing; add it'],
    ],
    [
      'of a critical role that is not critical itself',
      ADMIN,
      ADMIN.replace('{ ent', '{ tier: critical, ent') + bundle(BOTH).slice(ADMIN.length),
      [
        'access.yaml:29:15 its part prod-db:admin is of tier critical, and the bundle of tier standard; write tier: critical',
      ],
    ],
    [
      'of a critical role, and critical',
      ADMIN,
      ADMIN.replace('{ ent', '{ tier: critical, ent') + bundle(`tier: critical, ${BOTH}`).slice(ADMIN.length),
      [],
    ],
    [
      'of a low role, and low with a standard one',
      ADMIN,
      bundle(`tier: low, ${BOTH}`),
      [
        'access.yaml:29:26 its part prod-db:readonly is of tier standard, and the bundle of tier low; write tier: standard',
        'access.yaml:29:26 its part prod-db:admin is of tier standard, and the bundle of tier low; write tier: standard',
      ],
    ],
  ]);

  test('does not hold together what conflicts keep apart', () => {
    const source = stringify(
      merged(parse(RIGHT), {
        conflicts: [['prod-db:readonly', 'prod-db:admin']],
        resources: { 'prod-db': { roles: { both: { bundle: ['prod-db:readonly', 'prod-db:admin'] } } } },
      }),
    );
    expect(problemsOf(source)).toEqual([
      expect.stringContaining(
        'nobody holds prod-db:readonly and prod-db:admin at once (conflicts); leave one of the two out',
      ),
    ]);
  });

  test('is no larger than what one person may hold', () => {
    const limited = (active: number) =>
      `limits: { active: ${active} }\n${RIGHT.replace(ADMIN, bundle(BOTH))}`;
    expect(problemsOf(limited(2))).toEqual([]);
    expect(problemsOf(limited(1))).toEqual([
      'access.yaml:30:15 it counts as 2 accesses, and nobody holds more than 1 (limits.active); raise that, or leave parts out',
    ]);
  });

  test('stands under a policy that is as strict as those of its parts', () => {
    const policy = {
      request: ['engineers'],
      approve: [{ from: ['leads'] }],
      duration: { default: '30m', max: '8h' },
      channel: 'C0APPROVALS',
    };
    const source = stringify(
      merged(parse(RIGHT), {
        policies: { loose: policy },
        resources: {
          'prod-db': {
            roles: { both: { policy: 'loose', bundle: ['prod-db:readonly', 'prod-db:admin'] } },
          },
        },
      }),
    );
    const why =
      'stands under policy "standard", and "loose" is not as strict in approve, duration.max; make it so, or leave the part out';
    expect(problemsOf(source)).toEqual([
      expect.stringContaining(`prod-db:readonly ${why}`),
      expect.stringContaining(`prod-db:admin ${why}`),
    ]);
  });
});

describe('a policy is not as strict as another', () => {
  const policy = {
    request: ['engineers'],
    approve: [{ from: ['leads', 'security'] }],
    duration: { default: '30m', max: '4h' },
    channel: 'C0APPROVALS',
  };
  const rule = [{ name: 'Short', for: ['engineers'], up_to: '1h' }];
  const emergency = { for: ['engineers'], up_to: '1h', channel: 'C0ALERT', review: { by: ['leads'] } };
  const ticket = { pattern: '[A-Z]+-[0-9]+' };
  const steps = (...approve: { from: string[]; count?: number }[]) => ({ approve });
  const looser = (own: object, theirs: object) => looserIn({ ...policy, ...own }, { ...policy, ...theirs });

  test.each<[string, object, object]>([
    ['approve', {}, steps({ from: ['leads', 'security'], count: 2 })],
    ['approve', {}, steps({ from: ['leads'] })],
    ['approve', steps({ from: ['leads'] }), steps({ from: ['leads'] }, { from: ['leads'] })],
    ['approve', { approve: undefined, auto_approve: rule }, { auto_approve: rule }],
    ['in_order', {}, { in_order: true }],
    ['deny', { deny: 2 }, {}],
    ['for_others', { for_others: true }, {}],
    ['duration.max', { duration: { default: '30m', max: '5h' } }, {}],
    ['start_within', {}, { start_within: '1d' }],
    ['auto_approve', { auto_approve: rule }, {}],
    ['auto_approve', { auto_approve: [{ ...rule[0], up_to: '2h' }] }, { auto_approve: rule }],
    ['extend', {}, { extend: 'none' }],
    ['extend', { extend: { automatically: '1h' } }, {}],
    ['escalate.to', { escalate: { after: '1h', to: ['security'] } }, {}],
    ['emergency', { emergency }, {}],
    ['on_lost_eligibility', { on_lost_eligibility: 'keep' }, {}],
    ['reason', { reason: 'optional' }, {}],
    ['reason_min_length', { reason_min_length: 5 }, { reason_min_length: 20 }],
    ['ticket', {}, { ticket }],
  ])('in %s', (key, own, theirs) => {
    expect(looser(own, theirs)).toEqual([key]);
  });

  test.each<[string, object, object]>([
    ['the same', { auto_approve: rule, emergency, ticket }, { auto_approve: rule, emergency, ticket }],
    ['more approvals', steps({ from: ['leads'], count: 2 }), {}],
    [
      'one step for two',
      steps({ from: ['leads'], count: 2 }),
      steps({ from: ['leads'] }, { from: ['leads'] }),
    ],
    ['no rules', {}, { auto_approve: rule, emergency }],
    ['people instead of rules', {}, { approve: undefined, auto_approve: rule }],
    ['no more time', { extend: 'none' }, { extend: { automatically: '1h' } }],
    ['more time by an approval', {}, { extend: { automatically: '1h' } }],
    ['an escalation that only shows the card', { escalate: { after: '1h', channel: 'C0LEADS' } }, {}],
    ['a shorter time', { duration: { default: '30m', max: '1h' } }, {}],
  ])('except: %s', (_what, own, theirs) => {
    expect(looser(own, theirs)).toEqual([]);
  });
});
