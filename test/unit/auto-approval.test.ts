import { afterEach, describe, expect, test } from 'vitest';
import { toHours } from '../../src/catalog/hours.js';
import { autoApproval, type AutoFacts } from '../../src/domain/auto-approval.js';
import type { AutoRule } from '../../src/domain/catalog.js';
import { asUserId } from '../../src/domain/ids.js';
import type { UserId } from '../../src/domain/ids.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { submittedBody } from '../../src/slack/blocks/answers.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { checkTable, problemsOf, withChange } from '../support/catalog-text.js';
import { dana, lee, mia, start } from '../support/rows.js';
import { accepted, makeSmallWorld, type SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

const worlds: SmallWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) {
    await world.close();
  }
});

/** The small catalog, with one rule in the policy of `prod-db:readonly` and `playground:viewer`. */
async function worldWith(
  rule: CatalogChange,
  { policy = {}, ...change }: CatalogChange & { readonly policy?: CatalogChange } = {},
): Promise<SmallWorld> {
  const usual = { name: 'Short reads', for: ['engineers'], up_to: '1h', ...rule };
  const standard = { auto_approve: [usual], ...policy };
  const world = await makeSmallWorld({ ...change, policies: { standard } });
  worlds.push(world);
  return world;
}

const ALONE = { policy: { approve: null } };

async function codeOf(asked: ReturnType<SmallWorld['submit']>): Promise<string> {
  const outcome = await asked;
  return outcome.ok ? outcome.value.request.state : outcome.refusal.code;
}

describe('a request that a rule approves', () => {
  test('is open at once, by nobody, and everything says so', async () => {
    const world = await worldWith({});
    const { request, grant, pinged } = accepted(await world.submit());
    expect(request).toMatchObject({ state: 'approved', autoRule: 'Short reads', grantId: grant?.id });
    expect(pinged).toBe(0);

    await world.pass();
    expect([...world.given.keys()]).toEqual(['orders-db/app_readonly/dana']);
    expect(await world.deps.store.decisions(request.id)).toEqual([]);
    const events = await world.deps.store.auditEvents({ after: 0, limit: 100 });
    expect(events.slice(0, 3)).toMatchObject([
      { kind: 'request.submitted', actor: { kind: 'person', userId: dana } },
      { kind: 'request.approved', actor: { kind: 'hallpass' }, facts: { rule: 'Short reads' } },
      { kind: 'grant.opening', actor: { kind: 'hallpass' }, grantId: grant?.id },
    ]);
    const [shown] = world.cards.filter((card) => card.kind === 'request-card');
    expect(shown?.view.request).toMatchObject({ state: 'approved', autoRule: 'Short reads' });
  });

  test('appears where the policy announces such, and what people decide where they are', async () => {
    const world = await worldWith({}, { policy: { announce: 'C0ANNOUNCE' } });
    accepted(await world.submit());
    accepted(await world.submit({ durationMs: 2 * HOUR_MS, requester: lee, beneficiary: lee }));
    await world.pass();

    const places = world.cards.flatMap((card) =>
      card.kind === 'request-card' ? [[card.view.request.state, card.view.request.channel]] : [],
    );
    expect(places).toEqual(
      expect.arrayContaining([
        ['approved', 'C0ANNOUNCE'],
        ['pending', 'C0APPROVALS'],
      ]),
    );
    expect(places).not.toContainEqual(['approved', 'C0APPROVALS']);
  });

  test('ends like any other', async () => {
    const world = await worldWith({});
    accepted(await world.submit());
    await world.pass();
    world.now += HOUR_MS;
    await world.passes(2, SECOND_MS);

    expect([...world.given.keys()]).toEqual([]);
  });

  test('opens later where a later start was asked for', async () => {
    const world = await worldWith({});
    const { grant } = accepted(await world.submit({ startsAt: start + HOUR_MS, startZone: 'Europe/Berlin' }));
    expect(grant?.state).toBe('scheduled');
    await world.passes(1, 2 * SECOND_MS);
    expect([...world.given.keys()]).toEqual([]);
    world.now = start + HOUR_MS;
    await world.passes(1, SECOND_MS);
    expect([...world.given.keys()]).toHaveLength(1);
  });

  test('needs no approvers, who are called when no rule holds', async () => {
    const nobody = { groups: { 'dba-leads': { users: ['U01MIA'] }, leads: { slack_usergroup: 'S0LEADS' } } };
    const world = await worldWith({}, { ...nobody, policy: { approve: [{ from: ['leads'] }] } });
    expect(await codeOf(world.submit())).toBe('approved');
    expect(await codeOf(world.submit({ durationMs: 2 * HOUR_MS, resource: 'playground', role: null }))).toBe(
      'too-few-approvers',
    );
  });

  test('obeys limits and conflicts, as an approval does', async () => {
    const world = await worldWith({}, { limits: { active: 1 } });
    const viewer = { resource: 'playground', role: 'viewer' };
    const outcomes = await Promise.all([codeOf(world.submit()), codeOf(world.submit(viewer))]);
    expect(outcomes.toSorted()).toEqual(['approved', 'too-many-held']);
  });

  test('is written once, however often Slack delivers it', async () => {
    const world = await worldWith({});
    expect(await codeOf(world.submit({ delivery: 'one' }))).toBe('approved');
    expect(await codeOf(world.submit({ delivery: 'one' }))).toBe('already-handled');
  });

  test('is refused while the clock is behind', async () => {
    const world = await worldWith({});
    world.behindMs = HOUR_MS;
    expect(await codeOf(world.submit())).toBe('clock-behind');
  });
});

test('where no rule holds, people decide', async () => {
  const world = await worldWith({});
  const request = await world.ask({ durationMs: 2 * HOUR_MS });
  const vote = {
    termsVersion: 1,
    approver: mia,
    verdict: 'approve',
    reason: null,
    durationMs: null,
  } as const;
  const decided = await decideRequest(world.deps, {
    ...vote,
    requestId: request.id,
    delivery: world.delivery(),
  });
  expect(decided).toMatchObject({ value: { request: { state: 'approved', autoRule: null } } });
});

describe('where only rules approve, a refusal says of each why it does not hold', () => {
  test('too long', async () => {
    const world = await worldWith({}, ALONE);
    expect(await world.submit({ durationMs: 2 * HOUR_MS })).toMatchObject({
      refusal: {
        code: 'not-automatic',
        roleKey: 'prod-db:readonly',
        misses: [{ rule: 'Short reads', why: { kind: 'too-long', upToMs: HOUR_MS } }],
      },
    });
  });

  test('a group that can not be read', async () => {
    const groups = { careful: { slack_usergroup: 'S0CAREFUL' } };
    const world = await worldWith({ for: ['careful'] }, { ...ALONE, groups });
    const { members } = world;
    world.members = async (group) =>
      group.name === 'careful' ? { readable: false, why: 'ratelimited' } : await members(group);
    const misses = [{ why: { kind: 'groups-unreadable', groups: ['careful'], why: ['ratelimited'] } }];
    expect(await world.submit()).toMatchObject({ refusal: { code: 'not-automatic', misses } });
  });

  test('a group that can not be read, where people can approve: whoever asks is told why they have to', async () => {
    const groups = { careful: { slack_usergroup: 'S0CAREFUL' } };
    const world = await worldWith({ for: ['careful'] }, { groups });
    const { members } = world;
    world.members = async (group) =>
      group.name === 'careful' ? { readable: false, why: 'ratelimited' } : await members(group);
    const submitted = accepted(await world.submit());

    expect(submitted).toMatchObject({ request: { state: 'pending' }, unreadable: ['careful'] });
    expect(submittedBody(submitted, dana).text).toContain(
      "Not approved automatically: who is in `careful` can't be read now. People decide.",
    );
    const long = { requester: lee, beneficiary: lee, durationMs: 2 * HOUR_MS };
    expect(accepted(await world.submit({ ...long, resource: 'playground', role: 'viewer' }))).toMatchObject({
      unreadable: [],
    });
    world.members = members;
    const other = accepted(await world.submit({ requester: lee, beneficiary: lee }));
    expect(submittedBody(other, lee).text).not.toContain('Not approved automatically');
  });

  test('the time of day at which it would begin', async () => {
    const hours = { days: ['mon', 'tue'], from: '09:00', to: '18:00', zone: 'Europe/Berlin' };
    const world = await worldWith({ hours }, ALONE);
    // Monday, 23 November, 10:00 in Berlin.
    expect(await codeOf(world.submit())).toBe('approved');
    expect(await world.submit({ startsAt: start + 8 * HOUR_MS })).toMatchObject({
      refusal: { misses: [{ why: { kind: 'outside-hours', hours: 'Mon, Tue 09:00–18:00 Europe/Berlin' } }] },
    });
    world.now = start + 8 * HOUR_MS;
    expect(await codeOf(world.submit())).toBe('not-automatic');
  });
});

describe('so often for each person', () => {
  const once = { per_day: 1 };
  const viewer = { resource: 'playground', role: 'viewer' };

  test('within 24 hours, on all roles of the policy together', async () => {
    const world = await worldWith(once, ALONE);
    expect(await codeOf(world.submit())).toBe('approved');
    expect(await world.submit(viewer)).toMatchObject({
      refusal: { code: 'not-automatic', misses: [{ why: { kind: 'used-up', perDay: 1 } }] },
    });
    expect(await codeOf(world.submit({ requester: lee, beneficiary: lee }))).toBe('approved');

    world.now = start + DAY_MS - 1;
    expect(await codeOf(world.submit(viewer))).toBe('not-automatic');
    world.now = start + DAY_MS;
    expect(await codeOf(world.submit(viewer))).toBe('approved');
  });

  test('whether they ask or are asked for', async () => {
    const forOthers = { policy: { approve: null, for_others: true } };
    const world = await worldWith(once, forOthers);
    expect(await codeOf(world.submit({ beneficiary: lee }))).toBe('approved');
    expect(await codeOf(world.submit(viewer))).toBe('not-automatic');
    expect(await codeOf(world.submit({ ...viewer, requester: lee, beneficiary: lee }))).toBe('not-automatic');
  });

  test('also of two at the same moment, and then people decide the other', async () => {
    const world = await worldWith(once);
    const outcomes = await Promise.all([codeOf(world.submit()), codeOf(world.submit(viewer))]);
    expect(outcomes.toSorted()).toEqual(['approved', 'pending']);
  });

  test('also of two people who ask for the same one at the same moment', async () => {
    const world = await worldWith(once, { policy: { approve: null, for_others: true } });
    const outcomes = await Promise.all([
      codeOf(world.submit({ beneficiary: lee })),
      codeOf(world.submit({ ...viewer, requester: lee, beneficiary: lee })),
    ]);
    expect(outcomes.toSorted()).toEqual(['approved', 'not-automatic']);
  });

  test('and what people approved does not count', async () => {
    const world = await worldWith(once);
    await world.approve(await world.ask({ durationMs: 2 * HOUR_MS }));
    expect(await codeOf(world.submit(viewer))).toBe('approved');
  });
});

const rule: AutoRule = {
  name: 'r',
  for: ['engineers', 'on-call'],
  tiers: ['low', 'standard'],
  upToMs: HOUR_MS,
  hours: null,
  perDay: null,
};

function whyNot(change: Partial<AutoRule>, facts: Partial<AutoFacts> = {}) {
  const found = autoApproval(
    {
      policy: { autoApprove: [{ ...rule, ...change }] },
      role: { tier: 'standard' },
      request: { requester: dana, beneficiary: dana, durationMs: HOUR_MS, startsAt: null },
      memberships: memberships({ engineers: [dana] }),
      used: new Map([['r', 2]]),
      heldUntil: null,
      ...facts,
    },
    start,
  );
  return found.ok ? found.value.name : found.refusal.map(({ why }) => why.kind).join();
}

function memberships(groups: Record<string, readonly UserId[]>): AutoFacts['memberships'] {
  return new Map(
    Object.entries(groups).map(([name, ids]) => [name, { readable: true, userIds: new Set(ids) }]),
  );
}

describe('a rule holds as a whole or not at all', () => {
  const forLee = { requester: dana, beneficiary: lee, durationMs: HOUR_MS, startsAt: null };
  test.each<[what: string, is: string, change: Partial<AutoRule>, facts?: Partial<AutoFacts>]>([
    ['all holds', 'r', {}],
    ['some group of several, of which another is unreadable', 'r', { for: ['on-call', 'engineers'] }],
    ['in no group', 'not-in-groups', {}, { memberships: memberships({ engineers: [lee], 'on-call': [] }) }],
    [
      'only the requester is in the groups',
      'not-in-groups',
      {},
      { request: forLee, memberships: memberships({ engineers: [dana], 'on-call': [] }) },
    ],
    ['in none that can be read', 'groups-unreadable', { for: ['on-call'] }],
    ['another tier', 'tier', { tiers: ['low'] }],
    [
      'critical, even where the rule says it',
      'tier',
      { tiers: ['critical'] },
      { role: { tier: 'critical' } },
    ],
    ['a millisecond too long', 'too-long', { upToMs: HOUR_MS - 1 }],
    ['never open', 'outside-hours', { hours: { isOpen: () => false, text: '' } }],
    ['used as often as it may be', 'used-up', { perDay: 2 }],
    ['used less often', 'r', { perDay: 3 }],
    ['held already', 'held', {}, { heldUntil: start }],
  ])('%s: %s', (_what, is, change, facts) => {
    expect(whyNot(change, facts)).toBe(is);
  });

  test('the first that holds counts, and the misses are in the order of the rules', () => {
    const autoApprove = [
      { ...rule, name: 'a', upToMs: 1 },
      { ...rule, name: 'b', tiers: ['low'] as const },
    ];
    expect(whyNot({}, { policy: { autoApprove } })).toBe('too-long,tier');
    expect(whyNot({}, { policy: { autoApprove: [...autoApprove, { ...rule, name: 'c' }] } })).toBe('c');
  });
});

describe('hours', () => {
  const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri'] as const;
  const office = toHours({ days: [...WEEK], from: '09:00', to: '18:00', zone: 'Europe/Berlin' });
  const night = toHours({ days: ['fri'], from: '22:00', to: '06:00', zone: 'Europe/Berlin' });
  const early = toHours({ days: ['sun'], from: '02:00', to: '04:00', zone: 'Europe/Berlin' });
  const sunday = toHours({ days: ['sun'], from: '22:00', to: '01:00', zone: 'America/New_York' });
  const allDay = toHours({ days: ['sat'], from: '00:00', to: '24:00', zone: 'UTC' });

  test.each([
    [office, '2026-11-23T07:59:59Z', false],
    [office, '2026-11-23T08:00:00Z', true],
    [office, '2026-11-23T16:59:59Z', true],
    [office, '2026-11-23T17:00:00Z', false],
    // In summer Berlin is an hour further.
    [office, '2026-07-20T07:00:00Z', true],
    [office, '2026-07-20T16:00:00Z', false],
    [office, '2026-11-22T12:00:00Z', false],
    // Friday night is over on Saturday morning, and there is none from Saturday on.
    [night, '2026-11-27T21:00:00Z', true],
    [night, '2026-11-28T04:59:00Z', true],
    [night, '2026-11-28T05:00:00Z', false],
    [night, '2026-11-28T21:00:00Z', false],
    [night, '2026-11-27T04:00:00Z', false],
    // On 29 March 2026 two o'clock is left out: the clock shows three at once.
    [early, '2026-03-29T00:59:59Z', false],
    [early, '2026-03-29T01:00:00Z', true],
    [early, '2026-03-29T02:00:00Z', false],
    // On 25 October 2026 the hour from two comes twice.
    [early, '2026-10-25T00:00:00Z', true],
    [early, '2026-10-25T01:30:00Z', true],
    [early, '2026-10-25T02:59:59Z', true],
    [early, '2026-10-25T03:00:00Z', false],
    // From Sunday into Monday, where it is Monday already in UTC.
    [sunday, '2026-11-23T03:30:00Z', true],
    [sunday, '2026-11-23T05:59:00Z', true],
    [sunday, '2026-11-23T06:00:00Z', false],
    [allDay, '2026-11-28T23:59:59Z', true],
    [allDay, '2026-11-29T00:00:00Z', false],
  ])('%o at %s: %s', (hours, at, open) => {
    expect(hours.isOpen(Date.parse(at))).toBe(open);
  });

  test('never depend on more than the minute: what is open at its beginning is so until its end', () => {
    for (let at = start; at < start + 7 * DAY_MS; at += 17 * MINUTE_MS) {
      const minute = at - (at % MINUTE_MS);
      expect(night.isOpen(minute + MINUTE_MS - 1)).toBe(night.isOpen(minute));
    }
  });

  test.each([
    [[...WEEK], 'Mon–Fri'],
    [['sun', 'mon'] as const, 'Mon, Sun'],
    [['wed', 'tue', 'mon', 'sat', 'sun'] as const, 'Mon–Wed, Sat, Sun'],
  ])('%s reads %s', (days, text) => {
    const hours = toHours({ days: [...days], from: '09:00', to: '18:00', zone: 'Europe/Berlin' });
    expect(hours.text).toBe(`${text} 09:00–18:00 Europe/Berlin`);
  });
});

const APPROVE = '    approve: [{ from: [leads], count: 1 }, { from: [security] }]\n';
const RULE = '{ name: a, for: [engineers], up_to: 1h }';
const HOURS = "days: [mon], from: '09:00', to: '18:00', zone: Europe/Berlin";

describe('rules in the catalog', () => {
  const rules = (text: string): string => `${APPROVE}    auto_approve: [${text}]\n`;
  checkTable([
    ['a policy that nobody approves', APPROVE, '', ['access.yaml:16:3 "approve" is missing; add it']],
    ['rules alone', APPROVE, `    auto_approve: [${RULE}]\n`, []],
    ['a channel for what they approve', APPROVE, `    announce: C0LOG\n    auto_approve: [${RULE}]\n`, []],
    [
      'a channel for nothing',
      APPROVE,
      `${APPROVE}    announce: C0LOG\n`,
      [
        'access.yaml:19:5 nothing is approved by a rule under this policy; add auto_approve, or remove announce',
      ],
    ],
    [
      'everything that a rule can say',
      APPROVE,
      rules(`{ name: a, for: [engineers], tiers: [low], up_to: 1h, hours: { ${HOURS} }, per_day: 3 }`),
      [],
    ],
    [
      'a rule without a name',
      APPROVE,
      rules('{ for: [engineers], up_to: 1h }'),
      ['access.yaml:19:20 "name" is missing; add it'],
    ],
    [
      'two rules of one name',
      APPROVE,
      rules(`${RULE}, ${RULE}`),
      ['access.yaml:19:70 another rule is called "a" as well; rename one of the two'],
    ],
    [
      'a critical tier',
      APPROVE,
      rules('{ name: a, for: [engineers], up_to: 1h, tiers: [critical] }'),
      ['access.yaml:19:68 expected low or standard; critical access is never approved automatically'],
    ],
    [
      'members of a channel',
      APPROVE,
      rules('{ name: a, for: [team], up_to: 1h }'),
      [
        'access.yaml:19:37 group "team" is a channel, which people join by themselves, so it cannot get access automatically; use a group of users or of a slack_usergroup',
      ],
    ],
    [
      'an unknown group',
      APPROVE,
      rules('{ name: a, for: [engineer], up_to: 1h }'),
      ['access.yaml:19:37 unknown group "engineer"; did you mean "engineers"?'],
    ],
    [
      'a zone that there is not',
      APPROVE,
      rules(`{ name: a, for: [engineers], up_to: 1h, hours: { ${HOURS.replace('Berlin', 'Bern')} } }`),
      ['access.yaml:19:116 unknown time zone "Europe/Bern"; did you mean Europe/Berlin?'],
    ],
    [
      'a zone like none that there is',
      APPROVE,
      rules(`{ name: a, for: [engineers], up_to: 1h, hours: { ${HOURS.replace('Europe/Berlin', 'here')} } }`),
      ['access.yaml:19:116 unknown time zone "here"; write its IANA name, such as Europe/Berlin'],
    ],
    [
      'an hour that no day has',
      APPROVE,
      rules(`{ name: a, for: [engineers], up_to: 1h, hours: { ${HOURS.replace('09:00', '25:00')} } }`),
      ["access.yaml:19:88 there is no such time of day; write two digits each, such as '09:00'"],
    ],
    [
      'a time that there is not',
      APPROVE,
      rules(`{ name: a, for: [engineers], up_to: 1h, hours: { ${HOURS.replace('09:00', '9am')} } }`),
      ["access.yaml:19:88 expected a time of day such as '09:00'; write it in quotes"],
    ],
    [
      'no time at all',
      APPROVE,
      rules(`{ name: a, for: [engineers], up_to: 1h, hours: { ${HOURS.replace('18:00', '09:00')} } }`),
      [
        "access.yaml:19:60 from and to are the same time, which is no time at all; for the whole day write '00:00' to '24:00'",
      ],
    ],
  ]);

  test('managers, who are known only once somebody asks', () => {
    const source = withChange(APPROVE, rules('{ name: a, for: [boss], up_to: 1h }'));
    const groups = withChange('groups:\n', 'groups:\n  boss: { manager_of: requester }\n', source);
    expect(problemsOf(groups)).toEqual([
      'access.yaml:20:37 group "boss" is made of managers, who are known only once somebody asks, so they cannot get access automatically; name them in approve',
    ]);
  });

  test('a critical role that nobody approves', () => {
    const source = withChange(APPROVE, `    auto_approve: [${RULE}]\n`);
    const roles = withChange('admin: { ', 'admin: { tier: critical, ', source);
    expect(problemsOf(roles)).toEqual([
      'access.yaml:28:22 critical access needs two approvers, and policy "standard" asks for none; use a policy with two, or another tier',
    ]);
  });
});

test('a person of whom nothing is known is in no rule', () => {
  expect(
    whyNot({}, { request: { requester: asUserId('U0X'), beneficiary: dana, durationMs: 1, startsAt: null } }),
  ).toBe('groups-unreadable');
});

describe('what is held already', () => {
  const HOUR = { policy: { extend: 'none', duration: { default: '30m', max: '1h' } } };
  const grantOf = async (asking: ReturnType<SmallWorld['submit']>) => accepted(await asking).grant;

  test('is not given for longer by asking anew, and is once it is over', async () => {
    const world = await worldWith({}, HOUR);
    expect(await grantOf(world.submit({ durationMs: HOUR_MS }))).not.toBeNull();
    await world.pass();
    world.now = start + HOUR_MS - MINUTE_MS;

    const again = accepted(await world.submit({ durationMs: HOUR_MS }));
    expect(again).toMatchObject({ grant: null, request: { state: 'pending' } });
  });

  test('is not given once more where the same is sent twice', async () => {
    const world = await worldWith({}, HOUR);
    await Promise.all([world.submit(), world.submit()]);

    expect(await world.deps.store.countLiveGrants({ beneficiary: dana })).toBe(1);
  });

  test('is not given for longer by another role that gives the same', async () => {
    const look = { entitlements: [{ connector: 'orders-db', role: 'app_readonly' }] };
    const world = await worldWith({}, { ...ALONE, resources: { 'prod-db': { roles: { look } } } });
    expect(await codeOf(world.submit())).toBe('approved');
    expect(await codeOf(world.submit({ role: 'look' }))).toBe('not-automatic');
  });

  test('is not given by windows that follow one another, and is where there is time between them', async () => {
    const world = await worldWith({}, ALONE);
    const at = (hours: number) => ({ startsAt: start + hours * HOUR_MS, durationMs: HOUR_MS });
    expect(await codeOf(world.submit(at(1)))).toBe('approved');
    expect(await world.submit(at(2))).toMatchObject({
      refusal: { code: 'not-automatic', misses: [{ why: { kind: 'held', until: start + 2 * HOUR_MS } }] },
    });
    expect(await codeOf(world.submit(at(4)))).toBe('approved');
  });
});

describe('how often a rule approves, where bundles have it as well', () => {
  const often = [{ name: 'Short', for: ['engineers'], up_to: '1h', per_day: 1 }];
  const twin = {
    request: ['engineers'],
    approve: [{ from: ['dba-leads'], count: 1 }],
    duration: { default: '30m', max: '4h' },
    channel: 'C0APPROVALS',
    auto_approve: often,
  };
  const editor = { entitlements: [{ connector: 'playground', role: 'editor' }] };
  const open = async (bundle: readonly string[], playground: CatalogChange = {}) => {
    const world = await makeSmallWorld({
      policies: { standard: { auto_approve: often }, twin },
      resources: {
        playground: { default_role: 'viewer', roles: { editor }, ...playground },
        support: { title: 'Support', policy: 'twin', roles: { all: { bundle } } },
      },
    });
    worlds.push(world);
    const given = async (resource: string, role: string) => {
      world.now += 5 * HOUR_MS;
      return accepted(await world.submit({ resource, role })).grant !== null;
    };
    return given;
  };

  test('counts a bundle beside its parts', async () => {
    const given = await open(['prod-db:readonly', 'playground:viewer']);
    expect(await given('prod-db', 'readonly')).toBe(true);
    expect(await given('support', 'all')).toBe(false);
  });

  test('counts it beside other roles of the policy of its parts', async () => {
    const given = await open(['playground:viewer', 'playground:editor']);
    expect(await given('support', 'all')).toBe(true);
    expect(await given('prod-db', 'readonly')).toBe(false);
  });

  test('counts no role of another policy beside them', async () => {
    const given = await open(['prod-db:readonly', 'playground:editor'], { policy: 'twin' });
    expect(await given('playground', 'viewer')).toBe(true);
    expect(await given('prod-db', 'readonly')).toBe(true);
  });
});
