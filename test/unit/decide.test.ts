import { describe, expect, test } from 'vitest';
import type { Policy, Role } from '../../src/domain/catalog.js';
import { decide } from '../../src/domain/decide.js';
import type { DecisionFacts, Vote } from '../../src/domain/decide.js';
import { asChannelId, asRequestId, asUserId } from '../../src/domain/ids.js';
import type { UserId } from '../../src/domain/ids.js';
import type { GroupMembers } from '../../src/domain/person.js';
import type { Decision, PendingRequest, TermsEntitlement } from '../../src/domain/request.js';
import { MINUTE_MS } from '../../src/domain/time.js';
import { NOT_WAITING } from '../../src/domain/unanswered.js';

const dana = asUserId('U03DANA');
const lee = asUserId('U04LEE');
const mia = asUserId('U01MIA');
const sam = asUserId('U02SAM');
const stranger = asUserId('U09MAX');
const now = 1_800_000_000_000;

const policy: Policy = {
  name: 'standard',
  request: ['engineers'],
  approve: [{ name: null, from: ['leads'], count: 1 }],
  autoApprove: [],
  extend: { kind: 'approval' },
  inOrder: false,
  denials: 1,
  forOthers: true,
  minMs: MINUTE_MS,
  defaultMs: 30 * MINUTE_MS,
  maxMs: 240 * MINUTE_MS,
  startWithinMs: 60 * MINUTE_MS,
  channel: asChannelId('C0APPROVALS'),
  announce: null,
  notify: 'mention',
  unansweredAfterMs: 60 * MINUTE_MS,
  nudgeMs: [],
  escalate: null,
  reasonRequired: true,
  reasonMinLength: 0,
  ticket: null,
  approversMayHold: true,
  denyReasonRequired: false,
  onLostEligibility: 'end',
  remindBeforeMs: null,
  emergency: null,
};
const role: Role = {
  resource: 'prod-db',
  name: 'readonly',
  title: 'Orders database',
  policy: 'standard',
  tier: 'standard',
  request: null,
  window: null,
  maxActive: null,
  parts: [],
  entitlements: [{ connector: 'orders-db', role: 'app_readonly' }],
};
const request: PendingRequest = {
  id: asRequestId('R-1'),
  version: 1,
  workspace: { teamId: 'T1', enterpriseId: null },
  requester: dana,
  beneficiary: dana,
  resource: 'prod-db',
  role: 'readonly',
  policy: 'standard',
  approvalRule: null,
  catalogSha256: 'aa',
  durationMs: 30 * MINUTE_MS,
  startsAt: null,
  startZone: null,
  reason: 'stuck migration',
  entitlements: [
    {
      connector: 'orders-db',
      role: 'app_readonly',
      account: { id: '16384', name: 'dana' },
      fingerprint: 'cluster-1',
    },
  ],
  termsVersion: 1,
  extendsGrant: null,
  channel: asChannelId('C0APPROVALS'),
  createdAt: now - MINUTE_MS,
  expiresAt: now + MINUTE_MS,
  waiting: NOT_WAITING,
  state: 'pending',
};

/** What the role gives, on another account. */
function holding(name: string): TermsEntitlement[] {
  return request.entitlements.map((one) => ({ ...one, account: { id: '16385', name } }));
}

function people(...userIds: string[]): GroupMembers {
  return { readable: true, userIds: new Set(userIds.map(asUserId)) };
}
const unreadable: GroupMembers = { readable: false, why: 'Slack did not answer' };

/** Whose account in the target is which; null where the map gives none. */
function accountsOf(
  of: readonly (readonly [UserId, string | null])[],
  beneficiary: string | null = 'dana',
): DecisionFacts['accounts'] {
  const usual = [dana, mia, sam, lee].map((one) => [one, one.slice(3).toLowerCase()] as const);
  return new Map([['orders-db', { beneficiary, of: new Map<UserId, string | null>([...usual, ...of]) }]]);
}

function facts(changed: Partial<DecisionFacts> = {}): DecisionFacts {
  return {
    request,
    decisions: [],
    offer: { role, policy },
    catalogSha256: 'bb',
    endingOnly: false,
    clockBehindMs: 0,
    memberships: new Map([
      ['engineers', people('U03DANA', 'U04LEE', 'U01MIA')],
      ['leads', people('U01MIA', 'U02SAM', 'U03DANA')],
    ]),
    standIns: [],
    accounts: accountsOf([]),
    ...changed,
  };
}

function voteOf(approver: Vote['approver'], changed: Partial<Vote> = {}): Vote {
  return { approver, verdict: 'approve', reason: null, durationMs: null, termsVersion: 1, ...changed };
}

/** A vote on record, on the terms as they are. */
function approvalOf(approver: Vote['approver'], changed: Partial<Decision> = {}): Decision {
  return {
    ...voteOf(approver),
    requestId: request.id,
    inPlaceOf: null,
    catalogSha256: 'bb',
    at: now,
    ...changed,
  };
}

function codeOf(changed: Partial<DecisionFacts>, vote: Vote): string {
  const outcome = decide(facts(changed), vote, now);
  return outcome.ok ? outcome.value.becomes : outcome.refusal.code;
}

describe('a decision', () => {
  test('one approver of the policy approves, on record with the catalog in force', () => {
    const outcome = decide(facts(), voteOf(mia), now);

    expect(outcome).toMatchObject({
      ok: true,
      value: { becomes: 'approved', decision: { approver: mia, catalogSha256: 'bb', at: now } },
    });
  });

  test('nobody approves their own request, even an approver', () => {
    expect(codeOf({}, voteOf(dana))).toBe('self-approval');
  });

  test('nobody approves access that is for themselves, whoever asked', () => {
    const forMia = { ...request, requester: dana, beneficiary: mia };

    expect(codeOf({ request: forMia }, voteOf(mia))).toBe('self-approval');
    expect(codeOf({ request: { ...forMia, requester: sam } }, voteOf(sam))).toBe('self-approval');
  });

  test('nobody approves for the account that is also theirs in the target', () => {
    expect(codeOf({ accounts: accountsOf([[mia, 'dana']]) }, voteOf(mia))).toBe('same-account');
  });

  test('whoever asks for somebody else does not approve as another Slack user of their own account', () => {
    const forLee = { ...request, requester: dana, beneficiary: lee };
    const accounts = accountsOf(
      [
        [dana, 'shared'],
        [mia, 'shared'],
      ],
      'dana',
    );

    expect(codeOf({ request: forLee, accounts }, voteOf(mia))).toBe('same-account');
  });

  test('nobody approves for their own account although somebody else asks for it', () => {
    const forLee = { ...request, requester: dana, beneficiary: lee, entitlements: holding('lee') };
    const accounts = accountsOf([[mia, 'lee']], 'lee');

    expect(codeOf({ request: forLee, accounts }, voteOf(mia))).toBe('same-account');
    expect(codeOf({ request: forLee, accounts: accountsOf([], 'lee') }, voteOf(mia))).toBe('approved');
  });

  test('two Slack users of one account give one approval', () => {
    const two = { ...policy, approve: [{ name: null, from: ['leads'], count: 2 }] };
    const offer = { role, policy: two };
    const decisions = [approvalOf(sam)];

    expect(codeOf({ offer, decisions, accounts: accountsOf([[sam, 'mia']]) }, voteOf(mia))).toBe(
      'already-voted',
    );
    expect(codeOf({ offer, decisions }, voteOf(mia))).toBe('approved');
    const nobodys = accountsOf([
      [dana, null],
      [mia, null],
      [sam, null],
    ]);
    expect(codeOf({ offer, decisions, accounts: nobodys }, voteOf(mia))).toBe('approved');
  });

  describe('with a vote of somebody whose account is another by now', () => {
    const kim = asUserId('U05KIM');
    const two = {
      role,
      policy: { ...policy, denials: 2, approve: [{ name: null, from: ['leads'], count: 2 }] },
    };
    const memberships = new Map([
      ['engineers', people('U03DANA', 'U04LEE')],
      ['leads', people('U01MIA', 'U02SAM', 'U05KIM')],
    ]);
    const after = (
      decisions: readonly Decision[],
      of: readonly (readonly [UserId, string])[],
    ): Partial<DecisionFacts> => ({ offer: two, memberships, decisions, accounts: accountsOf(of) });

    test('counts no approval of what is the account of whoever the request is for or from', () => {
      const forLee = { ...request, requester: dana, beneficiary: lee, entitlements: holding('lee') };
      const ofRequester = after([approvalOf(mia)], [[mia, 'dana']]);
      const ofBeneficiary = {
        ...after([approvalOf(mia)], []),
        request: forLee,
        accounts: accountsOf([[mia, 'lee']], 'lee'),
      };

      expect(codeOf(ofRequester, voteOf(sam))).toBe('voted');
      expect(codeOf(ofBeneficiary, voteOf(sam))).toBe('voted');
      expect(codeOf({ ...ofRequester, decisions: [approvalOf(mia), approvalOf(sam)] }, voteOf(kim))).toBe(
        'approved',
      );
    });

    test('counts two approvals of one account as one', () => {
      const ofOne = after([approvalOf(mia), approvalOf(sam)], [[sam, 'mia']]);
      const three = {
        role,
        policy: { ...policy, approve: [{ name: null, from: ['leads'], count: 3 }] },
      };

      expect(codeOf({ ...ofOne, offer: three }, voteOf(kim))).toBe('voted');
      expect(codeOf({ ...ofOne, offer: three, accounts: accountsOf([]) }, voteOf(kim))).toBe('approved');
    });

    test('counts the denial and not the approval of one account', () => {
      const both = after([approvalOf(mia), approvalOf(sam, { verdict: 'deny' })], [[sam, 'mia']]);

      expect(codeOf(both, voteOf(kim))).toBe('voted');
      expect(codeOf(both, voteOf(kim, { verdict: 'deny' }))).toBe('denied');
    });

    test('gives no more than the shortest time that was given, as the card says, also by an approval that does not count', () => {
      const shorter = [approvalOf(mia, { durationMs: MINUTE_MS }), approvalOf(sam)];
      const outcome = decide(facts(after(shorter, [[mia, 'dana']])), voteOf(kim), now);

      expect(outcome).toMatchObject({ value: { becomes: 'approved', durationMs: MINUTE_MS } });
    });

    test('hears nobody again by whoever stands in for the same account', () => {
      const standIns = [{ delegator: mia, standIn: lee, allowed: true, madeAt: 0 }];

      expect(codeOf({ ...after([approvalOf(sam)], [[mia, 'sam']]), standIns }, voteOf(lee))).toBe(
        'not-an-approver',
      );
      expect(codeOf({ ...after([approvalOf(sam)], []), standIns }, voteOf(lee))).toBe('approved');
    });

    test('hears two who are away as one, where they have one account', () => {
      const standIns = [
        { delegator: mia, standIn: lee, allowed: true, madeAt: 0 },
        { delegator: sam, standIn: kim, allowed: true, madeAt: 0 },
      ];
      const ofOne = {
        ...after([approvalOf(lee)], [[sam, 'mia']]),
        memberships: new Map([
          ['engineers', people('U03DANA')],
          ['leads', people('U01MIA', 'U02SAM')],
        ]),
      };

      expect(codeOf({ ...ofOne, standIns }, voteOf(kim))).not.toBe('approved');
      expect(codeOf({ ...ofOne, standIns: standIns.toReversed() }, voteOf(kim))).not.toBe('approved');
      expect(codeOf({ ...ofOne, standIns, accounts: accountsOf([]) }, voteOf(kim))).toBe('approved');
    });
  });

  test('somebody outside the approvers is refused', () => {
    expect(codeOf({}, voteOf(stranger))).toBe('not-an-approver');
    expect(codeOf({}, voteOf(lee))).toBe('not-an-approver');
  });

  test('approvers that cannot be read are nobody, and the refusal says so', () => {
    const memberships = new Map([
      ['engineers', people('U03DANA')],
      ['leads', unreadable],
    ]);

    expect(codeOf({ memberships }, voteOf(mia))).toBe('groups-unreadable');
  });

  test('a requester who lost the right to ask gets nothing any more', () => {
    const memberships = new Map([
      ['engineers', people('U04LEE')],
      ['leads', people('U01MIA')],
    ]);

    expect(codeOf({ memberships }, voteOf(mia))).toBe('not-eligible');
  });

  test('requesters that cannot be read mean no', () => {
    const memberships = new Map([
      ['engineers', unreadable],
      ['leads', people('U01MIA')],
    ]);

    expect(codeOf({ memberships }, voteOf(mia))).toBe('groups-unreadable');
  });

  test.each<[string, Partial<DecisionFacts>, Partial<Vote>]>([
    ['the button stood under older terms', {}, { termsVersion: 0 }],
    ['the map gives another account now', { accounts: accountsOf([], 'dana2') }, {}],
    ['the map gives no account any more', { accounts: accountsOf([], null) }, {}],
    [
      'the role stands for something else now',
      { offer: { role: { ...role, entitlements: [{ connector: 'orders-db', role: 'app_admin' }] }, policy } },
      {},
    ],
    [
      'the role gives one thing more now',
      {
        offer: {
          role: {
            ...role,
            entitlements: [...role.entitlements, { connector: 'orders-db', role: 'app_admin' }],
          },
          policy,
        },
      },
      {},
    ],
    [
      'the shortest duration is longer now',
      { offer: { role, policy: { ...policy, minMs: request.durationMs + 1 } } },
      {},
    ],
    ['the longest duration is shorter now', { offer: { role, policy: { ...policy, maxMs: MINUTE_MS } } }, {}],
    ['the role has another policy now', { offer: { role, policy: { ...policy, name: 'critical' } } }, {}],
  ])('terms that changed are no terms: %s', (_, changed, vote) => {
    expect(codeOf(changed, voteOf(mia, vote))).toBe('terms-changed');
  });

  test('a role that is no longer offered cannot be approved', () => {
    expect(codeOf({ offer: null }, voteOf(mia))).toBe('no-longer-offered');
  });

  test('with a broken catalog nothing new opens, but a request can still be denied', () => {
    expect(codeOf({ endingOnly: true }, voteOf(mia))).toBe('ending-only');
    expect(codeOf({ endingOnly: true }, voteOf(mia, { verdict: 'deny' }))).toBe('denied');
    expect(codeOf({ clockBehindMs: 60_001 }, voteOf(mia))).toBe('clock-behind');
    expect(codeOf({ clockBehindMs: 60_000 }, voteOf(mia))).toBe('approved');
    expect(codeOf({ clockBehindMs: 60_001 }, voteOf(mia, { verdict: 'deny' }))).toBe('denied');
  });

  test('what is decided stays decided, and what ran out stays so', () => {
    const denied = { ...request, state: 'denied', decidedAt: now } as const;

    expect(codeOf({ request: denied }, voteOf(mia))).toBe('not-pending');
    expect(codeOf({ request: { ...request, expiresAt: now } }, voteOf(mia))).toBe('not-pending');
  });

  test('a denial needs a reason only where the policy demands one', () => {
    const strict = { offer: { role, policy: { ...policy, denyReasonRequired: true } } };

    expect(codeOf({}, voteOf(mia, { verdict: 'deny' }))).toBe('denied');
    expect(codeOf(strict, voteOf(mia, { verdict: 'deny', reason: '  ' }))).toBe('deny-reason-missing');
    expect(codeOf(strict, voteOf(mia, { verdict: 'deny', reason: 'use the replica' }))).toBe('denied');
  });

  test('an approver may give less than was asked for and not under the minimum, never more', () => {
    const less = (durationMs: number) => voteOf(mia, { durationMs });

    expect(decide(facts({}), less(5 * MINUTE_MS), now)).toMatchObject({
      value: { becomes: 'approved', durationMs: 5 * MINUTE_MS, decision: { durationMs: 5 * MINUTE_MS } },
    });
    expect(codeOf({}, less(request.durationMs))).toBe('not-for-less');
    expect(codeOf({}, less(request.durationMs + 1))).toBe('not-for-less');
    expect(codeOf({}, less(MINUTE_MS - 1))).toBe('not-for-less');
    expect(codeOf({}, less(-MINUTE_MS))).toBe('not-for-less');
    expect(codeOf({}, { ...less(5 * MINUTE_MS), verdict: 'deny' })).toBe('denied');
  });

  test('of several approvals the shortest time counts, and only those of the terms as they are', () => {
    const two = { role, policy: { ...policy, approve: [{ name: null, from: ['leads'], count: 2 }] } };
    const first = approvalOf(mia, { durationMs: 7 * MINUTE_MS });

    const together = facts({ offer: two, decisions: [first] });
    expect(decide(together, voteOf(sam), now)).toMatchObject({ value: { durationMs: 7 * MINUTE_MS } });
    const shorter = voteOf(sam, { durationMs: 5 * MINUTE_MS });
    expect(decide(together, shorter, now)).toMatchObject({ value: { durationMs: 5 * MINUTE_MS } });
    const older = facts({ decisions: [{ ...first, termsVersion: 0 }] });
    expect(decide(older, voteOf(sam), now)).toMatchObject({ value: { durationMs: request.durationMs } });
  });

  test('two of two: the first vote waits, the same person does not count twice, the second completes', () => {
    const two = { role, policy: { ...policy, approve: [{ name: null, from: ['leads'], count: 2 }] } };
    const first = approvalOf(mia);

    expect(codeOf({ offer: two }, voteOf(mia))).toBe('voted');
    expect(codeOf({ offer: two, decisions: [first] }, voteOf(mia))).toBe('already-voted');
    expect(codeOf({ offer: two, decisions: [first] }, voteOf(sam))).toBe('approved');
  });

  test('a vote for older terms, or of somebody who left the group, does not count', () => {
    const two = { role, policy: { ...policy, approve: [{ name: null, from: ['leads'], count: 2 }] } };
    const first = approvalOf(mia);
    const withoutMia = new Map([
      ['engineers', people('U03DANA')],
      ['leads', people('U02SAM')],
    ]);

    expect(codeOf({ offer: two, decisions: [{ ...first, termsVersion: 0 }] }, voteOf(sam))).toBe('voted');
    expect(codeOf({ offer: two, decisions: [first], memberships: withoutMia }, voteOf(sam))).toBe('voted');
  });
});

describe('steps in order', () => {
  const kim = asUserId('U05KIM');
  const ordered: Policy = {
    ...policy,
    inOrder: true,
    approve: [
      { name: 'Database', from: ['leads'], count: 1 },
      { name: 'Security', from: ['security'], count: 1 },
    ],
  };
  const inTurn = (changed: Partial<DecisionFacts> = {}): Partial<DecisionFacts> => ({
    offer: { role, policy: ordered },
    accounts: accountsOf([]),
    memberships: new Map([
      ['engineers', people('U03DANA')],
      ['leads', people('U01MIA', 'U02SAM')],
      ['security', people('U05KIM', 'U02SAM')],
    ]),
    ...changed,
  });

  test('wait for each other, and are then complete', () => {
    expect(codeOf(inTurn(), voteOf(kim))).toBe('not-your-turn');
    expect(codeOf(inTurn(), voteOf(mia))).toBe('voted');
    expect(codeOf(inTurn({ decisions: [approvalOf(mia)] }), voteOf(kim))).toBe('approved');
    expect(codeOf(inTurn({ decisions: [approvalOf(mia)] }), voteOf(asUserId('U02SAM')))).toBe('approved');
  });

  test('can be denied out of turn', () => {
    expect(codeOf(inTurn(), voteOf(kim, { verdict: 'deny' }))).toBe('denied');
  });

  test('do not use up somebody whom a later one cannot do without', () => {
    const memberships = new Map([
      ['engineers', people('U03DANA')],
      ['leads', people('U01MIA', 'U02SAM')],
      ['security', people('U02SAM')],
    ]);

    expect(codeOf(inTurn({ memberships }), voteOf(sam))).toBe('needed-later');
    expect(codeOf(inTurn({ memberships }), voteOf(mia))).toBe('voted');
  });

  test('let whoever stands in for two fill one by the right that no later step needs, in whatever order they were named', () => {
    const memberships = new Map([
      ['engineers', people('U03DANA')],
      ['leads', people('U01MIA', 'U02SAM')],
      ['security', people('U01MIA')],
    ]);
    const standIns = [mia, sam].map((delegator) => ({ delegator, standIn: lee, allowed: true, madeAt: 0 }));
    const both = (decisions: readonly Decision[], named: DecisionFacts['standIns']) =>
      inTurn({ memberships, standIns: named, decisions });

    for (const named of [standIns, standIns.toReversed()]) {
      expect(codeOf(both([], named), voteOf(lee))).toBe('voted');
      expect(codeOf(both([approvalOf(lee)], named), voteOf(mia))).toBe('approved');
      expect(codeOf(both([], named), voteOf(mia))).toBe('needed-later');
    }
  });

  test('do not keep a place for somebody whose vote counts no more', () => {
    const memberships = new Map([
      ['engineers', people('U03DANA')],
      ['leads', people('U01MIA', 'U02SAM')],
      ['security', people('U01MIA')],
    ]);
    const again = inTurn({
      memberships,
      decisions: [approvalOf(sam)],
      accounts: accountsOf([[sam, 'dana']]),
    });

    expect(codeOf(again, voteOf(mia))).toBe('voted');
  });

  test('say that a group is unreadable, rather than that it is not their turn', () => {
    const memberships = new Map([
      ['engineers', people('U03DANA')],
      ['leads', unreadable],
      ['security', people('U05KIM')],
    ]);

    expect(codeOf(inTurn({ memberships }), voteOf(kim))).toBe('groups-unreadable');
  });
});

describe('a quorum of denials', () => {
  const two: Policy = { ...policy, denials: 2, approve: [{ name: null, from: ['leads'], count: 1 }] };
  const denial = (changed: Partial<DecisionFacts> = {}): Partial<DecisionFacts> => ({
    offer: { role, policy: two },
    accounts: accountsOf([]),
    ...changed,
  });

  test('is reached by two different people, and one alone only counts', () => {
    expect(codeOf(denial(), voteOf(mia, { verdict: 'deny' }))).toBe('voted');
    const decisions = [approvalOf(mia, { verdict: 'deny' })];
    expect(codeOf(denial({ decisions }), voteOf(sam, { verdict: 'deny' }))).toBe('denied');
    expect(codeOf(denial({ decisions }), voteOf(mia, { verdict: 'deny' }))).toBe('already-voted');
  });

  test('does not count the denial of somebody who may no longer approve', () => {
    const decisions = [approvalOf(lee, { verdict: 'deny' })];

    expect(codeOf(denial({ decisions }), voteOf(sam, { verdict: 'deny' }))).toBe('voted');
  });

  test('that is not reached does not keep enough approvals from giving it', () => {
    const decisions = [approvalOf(mia, { verdict: 'deny' })];

    expect(codeOf(denial({ decisions }), voteOf(sam))).toBe('approved');
  });
});

describe('a vote in the place of somebody who is away', () => {
  const forMia = { delegator: mia, standIn: lee, allowed: true, madeAt: 0 };

  test('approves, and the decision names both', () => {
    const outcome = decide(facts({ standIns: [forMia] }), voteOf(lee), now);

    expect(outcome).toMatchObject({
      ok: true,
      value: { becomes: 'approved', decision: { approver: lee, inPlaceOf: mia } },
    });
  });

  test('names nobody else where they may approve by themselves', () => {
    const outcome = decide(facts({ standIns: [{ ...forMia, standIn: sam }] }), voteOf(sam), now);

    expect(outcome).toMatchObject({ ok: true, value: { decision: { inPlaceOf: null } } });
  });

  test('never rests on the right of whoever the request is from or for', () => {
    const forDana = { delegator: dana, standIn: lee, allowed: true, madeAt: 0 };

    expect(decide(facts({ standIns: [forDana] }), voteOf(lee), now)).toMatchObject({
      refusal: { code: 'not-an-approver' },
    });
    expect(
      decide(facts({ standIns: [forMia], request: { ...request, requester: mia } }), voteOf(lee), now),
    ).toMatchObject({ refusal: { code: 'not-an-approver' } });
  });

  test('never rests on the right of a second Slack user on the same account of the target', () => {
    const accounts = accountsOf([[mia, 'dana']]);

    expect(decide(facts({ standIns: [forMia], accounts }), voteOf(lee), now)).toMatchObject({
      refusal: { code: 'not-an-approver' },
    });
  });

  test('is one voice with theirs, whoever of the two is first', () => {
    const two = { role, policy: { ...policy, approve: [{ name: null, from: ['leads'], count: 2 }] } };
    const after = (approver: typeof mia) =>
      facts({
        standIns: [forMia],
        offer: two,
        decisions: [approvalOf(approver)],
        accounts: accountsOf([]),
      });

    expect(decide(after(mia), voteOf(lee), now)).toMatchObject({
      refusal: { code: 'counts-as-one', with: mia },
    });
    expect(decide(after(lee), voteOf(mia), now)).toMatchObject({
      refusal: { code: 'counts-as-one', with: lee },
    });
    expect(decide(after(lee), voteOf(sam), now)).toMatchObject({ value: { becomes: 'approved' } });
  });

  test('counts for one denial of a quorum, and denies where one is enough', () => {
    const quorum = { role, policy: { ...policy, denials: 2 } };
    const deny = voteOf(lee, { verdict: 'deny', reason: 'no' });

    expect(decide(facts({ standIns: [forMia] }), deny, now)).toMatchObject({ value: { becomes: 'denied' } });
    expect(decide(facts({ standIns: [forMia], offer: quorum }), deny, now)).toMatchObject({
      value: { becomes: 'voted', deniedBy: [lee] },
    });
  });

  test('counts no more once nobody is stood in for', () => {
    const two = { role, policy: { ...policy, approve: [{ name: null, from: ['leads'], count: 2 }] } };
    const outcome = decide(facts({ offer: two, decisions: [approvalOf(lee)] }), voteOf(mia), now);

    expect(outcome).toMatchObject({ value: { becomes: 'voted' } });
  });
});
