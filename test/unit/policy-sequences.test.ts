/**
 * Random policies, people and clicks. What is held against `decide` here is written down a second time, as
 * plainly as the rule reads, and shares no code with it.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ApprovalStep, Policy, Role } from '../../src/domain/catalog.js';
import { decide } from '../../src/domain/decide.js';
import type { DecisionFacts, Vote } from '../../src/domain/decide.js';
import { asChannelId, asGrantId, asRequestId, asUserId, type UserId } from '../../src/domain/ids.js';
import { partProblem } from '../../src/domain/eligibility.js';
import type { GroupMembers, Person } from '../../src/domain/person.js';
import type { AccessRequest, Decision, PendingRequest, TermsEntitlement } from '../../src/domain/request.js';
import { renew } from '../../src/domain/renewal.js';
import { refuse } from '../../src/domain/result.js';
import { NOT_WAITING } from '../../src/domain/unanswered.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { refusalText } from '../../src/slack/refusal-text.js';

const SEQUENCES = 20_000;
const PEOPLE = ['U01MIA', 'U02SAM', 'U03DANA', 'U04LEE', 'U05KIM', 'U06PAT'].map(asUserId);
const GROUPS = ['leads', 'security', 'owners'];
const ASKERS = 'engineers';
const START = 1_800_000_000_000;

const person = fc.constantFrom(...PEOPLE);
const group = fc.constantFrom(...GROUPS);
const step: fc.Arbitrary<ApprovalStep> = fc.record({
  name: fc.constant(null),
  from: fc.uniqueArray(group, { minLength: 1 }),
  count: fc.constantFrom(1, 1, 1, 2),
});
const rules = fc.record({
  approve: fc.array(step, { minLength: 1, maxLength: 3 }),
  inOrder: fc.boolean(),
  denials: fc.integer({ min: 1, max: 3 }),
  approversMayHold: fc.constantFrom(true, true, true, false),
  maxMs: fc.constantFrom(HOUR_MS, HOUR_MS, HOUR_MS, HOUR_MS / 2),
  escalate: fc.option(
    fc.record({ afterMs: fc.constant(MINUTE_MS), to: fc.constant(['owners']), channel: fc.constant(null) }),
  ),
});
/** What the role gives, and of a bundle what one of its parts says of people. */
const roles = fc.record({
  request: fc.constantFrom(ASKERS, ASKERS, ASKERS, ASKERS, 'leads'),
  gives: fc.constantFrom(['db'], ['db'], ['db', 'cache']),
  part: fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    {
      weight: 1,
      arbitrary: fc.record({
        request: fc.constantFrom(ASKERS, ...GROUPS),
        barred: fc.subarray(['owners'], { maxLength: 1 }),
      }),
    },
  ),
});
/** Who uses whose account in which target. */
const use = fc.record({ who: person, of: person, connector: fc.constantFrom('db', 'cache') });
const cast = fc.record({
  requester: person,
  beneficiary: person,
  engineers: fc.uniqueArray(person, { minLength: 3 }),
  leads: fc.uniqueArray(person, { minLength: 2, maxLength: 3 }),
  security: fc.uniqueArray(person, { minLength: 1, maxLength: 2 }),
  owners: fc.uniqueArray(person, { maxLength: 2 }),
  uses: fc.array(use, { maxLength: 1 }),
  away: fc.array(
    fc.record({ who: person, standIn: person, allowed: fc.constantFrom(true, true, true, false) }),
    {
      minLength: 4,
      maxLength: 8,
    },
  ),
});
/** Approvals are what the dangerous sequences are made of, so they come more often. */
const anyEvent = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      what: fc.constant('vote' as const),
      who: person,
      verdict: fc.constantFrom('approve', 'approve', 'approve', 'deny'),
      termsAgo: fc.constantFrom(0, 0, 0, 0, 0, 0, 1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('moves' as const), who: person, group }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('unreadable' as const), group }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('leaves' as const), who: person }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('reloaded' as const), rules, roles }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('uses' as const), use }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('renewed' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('names' as const),
      who: person,
      standIn: fc.option(person),
      allowed: fc.constantFrom(true, true, false),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('changed' as const) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('escalated' as const) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('later' as const), minutes: fc.nat(40) }) },
);

type Rules = Drawn<typeof rules>;
type Roles = Drawn<typeof roles>;
type Cast = Drawn<typeof cast>;
type Event = Drawn<typeof anyEvent>;
type Drawn<From> = From extends fc.Arbitrary<infer What> ? What : never;

function roleOf({ gives, part }: Roles): Role {
  return {
    resource: 'prod-db',
    name: 'admin',
    title: 'Orders database',
    policy: 'p',
    tier: 'standard',
    request: null,
    window: null,
    maxActive: null,
    parts:
      part === null
        ? []
        : [{ key: 'prod-db:part', maxActive: null, request: [part.request], barred: part.barred }],
    entitlements: gives.map((connector) => ({ connector, role: 'admin' })),
  };
}

function policyOf(changed: Rules, { request }: Roles): Policy {
  return {
    name: 'p',
    request: [request],
    forOthers: true,
    minMs: MINUTE_MS,
    defaultMs: HOUR_MS,
    channel: asChannelId('C0APPROVALS'),
    announce: null,
    notify: 'none',
    unansweredAfterMs: HOUR_MS,
    reasonRequired: true,
    reasonMinLength: 0,
    ticket: null,
    denyReasonRequired: false,
    nudgeMs: [],
    autoApprove: [],
    extend: { kind: 'approval' },
    startWithinMs: HOUR_MS,
    onLostEligibility: 'end',
    remindBeforeMs: null,
    emergency: null,
    ...changed,
  };
}

function requestOf({ requester, beneficiary }: Cast, entitlements: TermsEntitlement[]): PendingRequest {
  return {
    id: asRequestId('r_1'),
    version: 1,
    workspace: { teamId: 'T1', enterpriseId: null },
    requester,
    beneficiary,
    resource: 'prod-db',
    role: 'admin',
    policy: 'p',
    approvalRule: null,
    catalogSha256: 'aa',
    durationMs: HOUR_MS,
    reason: 'why',
    entitlements,
    termsVersion: 1,
    extendsGrant: null,
    channel: asChannelId('C0APPROVALS'),
    createdAt: START,
    expiresAt: START + HOUR_MS,
    waiting: NOT_WAITING,
    startsAt: null,
    startZone: null,
    state: 'pending',
  };
}

/** Who is in which group now, null for one that can't be read; and who is deactivated, whatever groups say. */
type Now = { readonly groups: Map<string, Set<UserId> | null>; readonly gone: Set<UserId> };

/** Groups as they are handed to a decision: without whoever is gone. */
function readable({ groups, gone }: Now, reversed: boolean): Map<string, GroupMembers> {
  const entries = [...groups].map(([name, members]): [string, GroupMembers] => {
    const stay = [...(members ?? [])].filter((who) => !gone.has(who));
    return [
      name,
      members === null
        ? { readable: false, why: 'no answer' }
        : { readable: true, userIds: new Set(reversed ? stay.toReversed() : stay) },
    ];
  });
  return new Map(reversed ? entries.toReversed() : entries);
}

function isIn({ groups, gone }: Now, names: readonly string[], who: UserId): boolean {
  return !gone.has(who) && names.some((name) => groups.get(name)?.has(who) === true);
}

/** The groups of a step: once it is escalated, also those that are called in. */
function groupsFor(from: ApprovalStep['from'], { escalate }: Policy, { waiting }: PendingRequest): string[] {
  return [...from, ...(waiting.escalatedAt === null ? [] : (escalate?.to ?? []))];
}

/** Whoever stands in for somebody, by whom they stand in for. */
type Away = Map<UserId, { readonly standIn: UserId; readonly allowed: boolean; readonly madeAt: number }>;

/** A voter, and by whose groups the vote counts. */
type Voice = { readonly voter: UserId; readonly by: UserId };

/** Whose account each person uses, by target: their own where nothing is said. */
type Uses = Map<string, UserId>;

function accountOf(uses: Uses, connector: string, who: UserId): UserId {
  return uses.get(`${connector} ${who}`) ?? who;
}

function termsFor({ entitlements }: Role, uses: Uses, who: UserId): TermsEntitlement[] {
  return entitlements.map(({ connector, role }) => {
    const name = accountOf(uses, connector, who);
    return { connector, role, account: { id: name, name }, fingerprint: 'one' };
  });
}

/** Every way in which these people can be heard: by themselves, or by whom they stood in for as they voted. */
function voicesOf(
  voters: readonly { readonly approver: UserId; readonly at: number }[],
  away: Away,
): Voice[] {
  return voters.flatMap(({ approver: voter, at }) => [
    { voter, by: voter },
    ...[...away]
      .filter(([, { standIn, allowed, madeAt }]) => allowed && standIn === voter && madeAt <= at)
      .map(([by]) => ({ voter, by })),
  ]);
}

/** Whether each place can be given to another voter by the groups of another person, tried one way after the other. */
function canFill(
  places: readonly (readonly string[])[],
  now: Now,
  voices: readonly Voice[],
  isSame: (one: UserId, other: UserId) => boolean,
): boolean {
  const [place, ...others] = places;
  if (place === undefined) {
    return true;
  }
  // By the right of somebody who votes themselves in another's place, a stand-in is heard; by that of their twin, not.
  const areTwins = (one: UserId, other: UserId): boolean => one !== other && isSame(one, other);
  return voices.some(
    ({ voter, by }) =>
      isIn(now, place, by) &&
      canFill(
        others,
        now,
        voices.filter(
          (other) =>
            !isSame(voter, other.voter) &&
            !isSame(by, other.by) &&
            !areTwins(voter, other.by) &&
            !areTwins(by, other.voter),
        ),
        isSame,
      ),
  );
}

type Story = {
  policy: Policy;
  role: Role;
  readonly now: Now;
  readonly away: Away;
  readonly uses: Uses;
  request: PendingRequest;
  decisions: Decision[];
  at: number;
  closed: 'approved' | 'denied' | null;
  /** How many votes rested on somebody else's groups. */
  inPlaceOf: number;
  readonly wrong: string[];
  readonly refused: string[];
};

/** Everything that would be wrong with this approval; empty when it is as it should be. */
function wrongWith(
  { policy, role, request, now, away, uses, at }: Story,
  votes: readonly Decision[],
): string[] {
  const approvals = votes.filter(({ verdict }) => verdict === 'approve');
  const approvers = approvals.map(({ approver }) => approver);
  const denied = votes.filter(({ verdict }) => verdict === 'deny').map(({ approver }) => approver);
  const places = policy.approve.flatMap((one) =>
    Array.from({ length: one.count }, () => groupsFor(one.from, policy, request)),
  );
  const isSame = samePerson(request, uses);
  const isOther = (who: UserId): boolean =>
    !isSame(who, request.requester) &&
    !isSame(who, request.beneficiary) &&
    !request.entitlements.some(({ connector, account }) => accountOf(uses, connector, who) === account.name);
  const approves = (groups: readonly string[]): boolean =>
    voicesOf([{ approver: request.beneficiary, at }], away).some(({ by }) => isIn(now, groups, by));
  const approving = [...policy.approve.flatMap(({ from }) => from), ...(policy.escalate?.to ?? [])];
  const asked = request.entitlements.map(({ connector, account }) => `${connector} ${account.name}`);
  const offered = termsFor(role, uses, request.beneficiary).map(
    ({ connector, account }) => `${connector} ${account.name}`,
  );
  const othersVoices = voicesOf(approvals, away).filter(
    ({ voter, by }) => isOther(voter) && isOther(by) && !denied.includes(by),
  );
  const denials = Array.from({ length: policy.denials }, () => places.flat());
  const denying = voicesOf(
    votes.filter(({ verdict }) => verdict === 'deny'),
    away,
  ).filter(({ voter, by }) => isOther(voter) && isOther(by));
  return [
    ...(canFill(denials, now, denying, isSame) ? ['what as many have denied as it takes'] : []),
    ...(canFill(places, now, othersVoices, isSame) ? [] : ['fewer different people than the steps ask']),
    ...(approvers.includes(request.requester) ? ['the own vote of the requester'] : []),
    ...(approvers.includes(request.beneficiary) ? ['the own vote of the beneficiary'] : []),
    ...(new Set(approvers).size < approvers.length ? ['a person twice'] : []),
    ...(at >= request.expiresAt ? ['after it expired'] : []),
    ...([policy, ...role.parts].every((one) => isIn(now, one.request, request.beneficiary))
      ? []
      : ['for somebody who may not have it']),
    ...(!policy.approversMayHold && approves(approving) ? ['for somebody who approves it'] : []),
    ...(role.parts.some(({ barred }) => approves(barred)) ? ['for somebody who approves a part of it'] : []),
    ...(asked.toSorted().join() === offered.toSorted().join() ? [] : ['something else than the role gives']),
  ];
}

/** Whether two are one person, by themselves or by an account of theirs. */
function samePerson({ entitlements }: PendingRequest, uses: Uses) {
  return (one: UserId, other: UserId): boolean =>
    one === other ||
    entitlements.some(
      ({ connector }) => accountOf(uses, connector, one) === accountOf(uses, connector, other),
    );
}

function newStory(changed: Rules, given: Roles, people: Cast): Story {
  const { engineers, leads, security, owners } = people;
  const groups = new Map([
    [ASKERS, new Set(engineers)],
    ['leads', new Set(leads)],
    ['security', new Set(security)],
    ['owners', new Set(owners)],
  ]);
  const now: Now = { groups, gone: new Set() };
  const away: Away = new Map(
    people.away
      .filter(({ who, standIn }) => who !== standIn)
      .map(({ who, standIn, allowed }) => [who, { standIn, allowed, madeAt: START }]),
  );
  const uses: Uses = new Map(people.uses.map(({ who, of, connector }) => [`${connector} ${who}`, of]));
  const role = roleOf(given);
  const request = requestOf(people, termsFor(role, uses, people.beneficiary));
  const policy = policyOf(changed, given);
  return {
    policy,
    role,
    now,
    away,
    uses,
    request,
    decisions: [],
    at: START,
    closed: null,
    inPlaceOf: 0,
    wrong: [],
    refused: [],
  };
}

function goOn(story: Story, event: Event): void {
  story.at += 1;
  switch (event.what) {
    case 'later':
      story.at += event.minutes * MINUTE_MS;
      break;
    case 'leaves':
      story.now.gone.add(event.who);
      break;
    case 'reloaded':
      story.policy = policyOf(event.rules, event.roles);
      story.role = roleOf(event.roles);
      break;
    case 'uses':
      story.uses.set(`${event.use.connector} ${event.use.who}`, event.use.of);
      break;
    case 'renewed': {
      const { role, policy, uses, request } = story;
      const terms = termsFor(role, uses, request.beneficiary);
      const renewal = renew(request, { role, policy }, terms, 'bb', story.at);
      story.request = renewal.kind === 'renewed' ? renewal.request : story.request;
      break;
    }
    case 'changed':
      story.request = { ...story.request, termsVersion: story.request.termsVersion + 1 };
      break;
    case 'escalated':
      story.request = {
        ...story.request,
        waiting: { ...story.request.waiting, escalatedAt: story.at },
      };
      break;
    case 'unreadable':
      story.now.groups.set(event.group, null);
      break;
    case 'moves': {
      const members = story.now.groups.get(event.group) ?? new Set<UserId>();
      const wasMember = members.delete(event.who);
      story.now.groups.set(event.group, wasMember ? members : members.add(event.who));
      break;
    }
    case 'names': {
      const before = story.away.get(event.who);
      story.away.delete(event.who);
      if (event.standIn !== null && event.standIn !== event.who) {
        const { standIn, allowed } = event;
        const madeAt = before?.standIn === standIn ? before.madeAt : story.at;
        story.away.set(event.who, { standIn, allowed, madeAt });
      }
      break;
    }
    case 'vote':
      click(story, {
        approver: event.who,
        verdict: event.verdict === 'deny' ? 'deny' : 'approve',
        reason: null,
        durationMs: null,
        termsVersion: story.request.termsVersion - event.termsAgo,
      });
      break;
    default:
      event satisfies never;
  }
}

function click(story: Story, vote: Vote): void {
  const { policy, request, now, away, uses, at, wrong } = story;
  const outcome = decided(story, vote, false);
  const reversed = decided(story, vote, true);
  if (nameOf(outcome) !== nameOf(reversed)) {
    wrong.push(`${nameOf(outcome)}, and ${nameOf(reversed)} with the keys in another order`);
  }
  if (!outcome.ok) {
    story.refused.push(outcome.refusal.code);
    if (refusalText(outcome.refusal, { viewer: vote.approver, command: '/access' }) === null) {
      wrong.push(`${outcome.refusal.code} without a text`);
    }
    return;
  }
  const groups = policy.approve.flatMap((one) => groupsFor(one.from, policy, request));
  wrong.push(
    ...(story.closed === null ? [] : [`a vote although it was ${story.closed}`]),
    ...(at < request.expiresAt ? [] : ['a vote after it expired']),
    ...(vote.termsVersion === request.termsVersion ? [] : ['a vote on other terms']),
    ...(voicesOf([{ approver: vote.approver, at }], away).some(
      ({ by }) => by !== request.requester && by !== request.beneficiary && isIn(now, groups, by),
    )
      ? []
      : ['a vote of somebody outside the groups, who stands in for nobody in them']),
    ...(now.gone.has(vote.approver) ? ['a vote of somebody deactivated'] : []),
  );
  story.decisions = [...story.decisions, outcome.value.decision];
  const { inPlaceOf } = outcome.value.decision;
  story.inPlaceOf += inPlaceOf === null ? 0 : 1;
  wrong.push(
    ...(inPlaceOf !== null && away.get(inPlaceOf)?.standIn !== vote.approver
      ? ['a vote in the place of somebody who named nobody']
      : []),
  );
  const votes = story.decisions.filter(({ termsVersion }) => termsVersion === request.termsVersion);
  if (outcome.value.becomes === 'approved') {
    wrong.push(...wrongWith(story, votes));
    wrong.push(...(outcome.value.durationMs <= policy.maxMs ? [] : ['more time than the rules give now']));
    wrong.push(...(now.gone.has(request.beneficiary) ? ['for somebody deactivated'] : []));
    story.closed = 'approved';
  }
  if (outcome.value.becomes === 'denied') {
    const places = Array.from({ length: policy.denials }, () => groups);
    const denials = votes.filter(({ verdict }) => verdict === 'deny');
    const enough = canFill(places, now, voicesOf(denials, away), samePerson(request, uses));
    wrong.push(...(enough ? [] : ['denied by fewer than it takes']));
    story.closed = 'denied';
  }
}

/** As a click is decided: nobody who is gone takes part. */
function decided(story: Story, vote: Vote, reversed: boolean): ReturnType<typeof decide> {
  const { requester, beneficiary } = story.request;
  const noPart = [vote.approver, requester, beneficiary]
    .map((who) => partProblem(who, { ...personOf(who), deactivated: story.now.gone.has(who) }))
    .find((problem) => problem !== null);
  return noPart === undefined || noPart === null
    ? decide(factsOf(story, reversed), vote, story.at)
    : refuse(noPart);
}

function personOf(userId: UserId): Person {
  return {
    userId,
    email: null,
    emailConfirmed: false,
    deactivated: false,
    outsider: null,
    timeZone: null,
  };
}

/** The same with each map and list of names the other way round. */
function reversedPolicy(policy: Policy): Policy {
  const approve = policy.approve.map((one) => ({ ...one, from: one.from.toReversed() }));
  return { ...policy, approve };
}

function factsOf(
  { request, closed, policy, role, decisions, now, away, uses, at }: Story,
  reversed: boolean,
): DecisionFacts {
  const standIns = [...away].map(([delegator, named]) => ({ delegator, ...named }));
  const { state: _pending, ...core } = request;
  const closedAs: Record<'approved' | 'denied', AccessRequest> = {
    approved: {
      ...core,
      state: 'approved',
      decidedAt: at,
      grantId: asGrantId('g_1'),
      autoRule: null,
      review: null,
    },
    denied: { ...core, state: 'denied', decidedAt: at },
  };
  return {
    request: closed === null ? request : closedAs[closed],
    decisions,
    offer: { role, policy: reversed ? reversedPolicy(policy) : policy },
    catalogSha256: 'bb',
    endingOnly: false,
    clockBehindMs: 0,
    memberships: readable(now, reversed),
    standIns: reversed ? standIns.toReversed() : standIns,
    accounts: new Map(
      ['db', 'cache'].map((connector) => [
        connector,
        {
          beneficiary: accountOf(uses, connector, request.beneficiary),
          of: new Map(PEOPLE.map((who) => [who, accountOf(uses, connector, who)])),
        },
      ]),
    ),
  };
}

function nameOf(outcome: ReturnType<typeof decide>): string {
  return outcome.ok ? outcome.value.becomes : outcome.refusal.code;
}

test('no sequence of clicks approves what nobody agreed to, and every no has a text', () => {
  const reached = { approved: 0, denied: 0, inPlaceOf: 0, refused: new Set<string>() };
  fc.assert(
    fc.property(
      rules,
      roles,
      cast,
      fc.array(anyEvent, { minLength: 1, maxLength: 14 }),
      (changed, given, people, events) => {
        const story = newStory(changed, given, people);
        for (const one of events) {
          goOn(story, one);
        }
        expect(story.wrong).toEqual([]);
        reached.approved += story.closed === 'approved' ? 1 : 0;
        reached.denied += story.closed === 'denied' ? 1 : 0;
        reached.inPlaceOf += story.closed === 'approved' ? story.inPlaceOf : 0;
        story.refused.forEach((code) => reached.refused.add(code));
      },
    ),
    { numRuns: SEQUENCES, seed: 4 },
  );
  // What refuses everything would hold as well.
  expect(reached.approved).toBeGreaterThan(SEQUENCES / 100);
  expect(reached.denied).toBeGreaterThan(SEQUENCES / 100);
  expect(reached.inPlaceOf).toBeGreaterThan(SEQUENCES / 200);
  expect([...reached.refused]).toEqual(
    expect.arrayContaining([
      'not-an-approver',
      'self-approval',
      'already-voted',
      'terms-changed',
      'not-pending',
      'not-eligible',
      'groups-unreadable',
      'approver-cannot-hold',
      'not-your-turn',
      'needed-later',
      'no-part',
      'counts-as-one',
      'same-account',
    ]),
  );
}, 60_000);
