import { describe, expect, test } from 'vitest';
import type { RevealedSecret } from '../../src/domain/asking.js';
import { Secret } from '../../src/secret.js';
import { secretView } from '../../src/slack/blocks/secrets.js';
import { activeGrant } from '../../src/examples/views.js';
import type { Evidence } from './evidence-type.js';
import { brokenInvariants, invariants } from './invariants.js';
import type { SeenEvent } from './observer.js';
import { makeSchedule } from './schedule.js';
import { credentialsIn } from '../support/shown-secrets.js';
import { changesIn, passwordsIn } from './target-evidence.js';

/** A world in which all is well, and every way to break it that an invariant has to see. */

const START = 1_000_000;
const whom = { role: 'app_readonly', account: 'dana' };

type Grant = Evidence['grants'][number];
type Request = Evidence['requests'][number];

const past: Grant = {
  id: 'G-PAST',
  requestId: 'R-PAST',
  state: 'ended',
  beneficiary: 'U03DANA',
  startsAt: START,
  endsAt: START + 5_000,
  endCause: 'window',
  endedBy: null,
};
const open: Grant = {
  ...past,
  id: 'G-OPEN',
  requestId: 'R-OPEN',
  state: 'active',
  startsAt: START + 40_000,
  endsAt: START + 900_000,
  endCause: null,
};
const request: Request = {
  id: 'R-PAST',
  state: 'approved',
  reason: 'job-1',
  requester: 'U03DANA',
  beneficiary: 'U03DANA',
  policy: 'standard',
  grantId: 'G-PAST',
  extendsGrant: null,
};
const denied: Request = { ...request, id: 'R-NO', state: 'denied', reason: 'job-3', grantId: null };

function event(seq: number, at: number, kind: string, about: Partial<SeenEvent> = {}): SeenEvent {
  return {
    seq,
    at: START + at,
    kind,
    after: START + at,
    before: START + at + 100,
    actor: { kind: 'hallpass', name: null },
    requestId: null,
    grantId: null,
    entitlementId: null,
    facts: kind.startsWith('entitlement.') ? whom : {},
    ...about,
  };
}

const good: Evidence = {
  appNow: START + 100_000,
  requests: [request, { ...request, id: 'R-OPEN', reason: 'job-2', grantId: 'G-OPEN' }, denied],
  decisions: [
    { requestId: 'R-PAST', approver: 'U01MIA', verdict: 'approve' },
    { requestId: 'R-OPEN', approver: 'U02SAM', verdict: 'approve' },
    { requestId: 'R-NO', approver: 'U01MIA', verdict: 'deny' },
  ],
  grants: [past, open],
  holds: [
    { grantId: 'G-PAST', entitlementId: 'E-1', state: 'released', ...whom },
    { grantId: 'G-OPEN', entitlementId: 'E-1', state: 'held', ...whom },
  ],
  notices: [{ kind: 'request-denied', subject: 'R-NO', person: 'U03DANA', state: 'sent', error: null }],
  cards: [
    { kind: 'request-card', subject: 'R-PAST', channel: 'C0', ts: '1', nextAt: null },
    { kind: 'request-card', subject: 'R-OPEN', channel: 'C0', ts: '2', nextAt: null },
    { kind: 'request-card', subject: 'R-NO', channel: 'C0', ts: '3', nextAt: null },
    { kind: 'grant-card', subject: 'G-PAST', channel: 'D0', ts: '4', nextAt: null },
    { kind: 'grant-card', subject: 'G-OPEN', channel: 'D0', ts: '5', nextAt: null },
  ],
  shown: new Map([
    ['request-card R-PAST', 'The access ended'],
    ['request-card R-OPEN', 'Access until'],
    ['request-card R-NO', 'Denied by mia'],
    ['grant-card G-PAST', 'The access ended'],
    ['grant-card G-OPEN', 'Access until'],
  ]),
  memberships: [
    { ...whom, by: 'hallpass' },
    { ...whom, by: 'hand' },
  ],
  byHand: [whom],
  mode: 'ephemeral',
  ledger: [
    { ...whom, until: START + 65_000, ended: true, cleaned: true },
    { ...whom, until: START + 960_000, ended: false, cleaned: false },
  ],
  changes: [
    { at: START + 1_000, verb: 'GRANT', ...whom },
    { at: START + 6_000, verb: 'REVOKE', ...whom },
    { at: START + 41_000, verb: 'GRANT', ...whom },
  ],
  logins: [{ ...whom, name: 'hp_dana_1', isOpen: true, until: open.endsAt + 60_000 }],
  secrets: [
    {
      ...whom,
      shownAt: START + 2_000,
      to: 'U03DANA',
      goodFrom: START + 2_000,
      goodUntil: START + 6_000,
      tries: [
        { from: START + 2_100, to: START + 2_200, outcome: 'works' },
        { from: START + 8_000, to: START + 8_100, outcome: 'refused' },
      ],
      foundIn: [],
    },
  ],
  sessions: [
    { ...whom, openedAt: START + 2_200, endedAt: START + 6_000 },
    { ...whom, openedAt: START + 42_200, endedAt: null },
  ],
  reveals: [
    { tag: 'job-1', by: 'dana', at: START + 1_900, acknowledged: true, answered: true, slackFailed: false },
  ],
  audit: [
    event(1, 0, 'grant.opening', { grantId: 'G-PAST' }),
    event(2, 900, 'entitlement.granting'),
    event(3, 1_000, 'entitlement.granted'),
    event(4, 5_900, 'entitlement.revoking'),
    event(5, 6_000, 'entitlement.revoked'),
    event(6, 6_000, 'grant.ended', { grantId: 'G-PAST' }),
    event(7, 40_000, 'grant.opening', { grantId: 'G-OPEN' }),
    event(8, 40_900, 'entitlement.granting'),
    event(9, 41_000, 'entitlement.granted'),
  ],
  firstBad: null,
  said: [
    {
      at: START + 7_000,
      channel: 'C0',
      thread: null,
      text: 'The access ended. Request `R-PAST`',
      isNew: false,
      answerLost: false,
    },
    {
      at: START + 7_000,
      channel: 'U03DANA',
      thread: null,
      text: 'Denied by mia. Request `R-NO`',
      isNew: true,
      answerLost: false,
    },
  ],
  asked: [{ tag: 'job-1', at: START, answered: true }],
  typed: new Map([['job-1', 1]]),
  blackouts: [],
  stalls: [],
  approvers: ['U01MIA', 'U02SAM'],
  approvalsNeeded: new Map([['standard', 1]]),
};

test('a world in which all is well breaks nothing', () => {
  expect(brokenInvariants(good)).toEqual([]);
});

const [told] = good.said.slice(1);
const late: Evidence['said'][number] = {
  at: START + 42_000,
  channel: 'C0',
  thread: null,
  text: '',
  isNew: false,
  answerLost: false,
};

const [secret] = good.secrets;
const [login] = good.logins;
const [click] = good.reveals;
if (secret === undefined || login === undefined || click === undefined) {
  throw new Error('The good world has one of each');
}
const secretWith = (change: Partial<Evidence['secrets'][number]>): Partial<Evidence> => ({
  secrets: [{ ...secret, ...change }],
});
const tried = (
  at: number,
  outcome: Evidence['secrets'][number]['tries'][number]['outcome'],
): Partial<Evidence> => secretWith({ tries: [{ from: START + at, to: START + at + 100, outcome }] });

const broken: readonly [
  name: keyof typeof invariants,
  how: string,
  change: Partial<Evidence>,
  says: RegExp,
][] = [
  [
    'nothing of ours outlives its window',
    'the window is over',
    { appNow: START + 900_000 },
    /dana still holds app_readonly/,
  ],
  [
    'nothing of ours outlives its window',
    'no row knows of it',
    { grants: [past] },
    /dana still holds app_readonly/,
  ],
  ['standing access is untouched', 'it is gone', { memberships: [] }, /was given by hand, and is gone/],
  [
    'standing access is untouched',
    'ours is called somebody else’s',
    { byHand: [] },
    /looks given by hand, and was not/,
  ],
  [
    'every grant inside its window is present',
    'it is gone',
    { memberships: [] },
    /G-OPEN is active, and app_readonly of dana is not in place/,
  ],
  [
    'every grant inside its window is present',
    'it never opened',
    { grants: [past, { ...open, state: 'opening' }] },
    /G-OPEN is opening/,
  ],
  [
    'every grant inside its window is present',
    'its start was forgotten',
    { grants: [past, { ...open, state: 'scheduled' }] },
    /G-OPEN is scheduled/,
  ],
  [
    'no window begins before its start',
    'it was opened at the approval',
    { grants: [past, { ...open, startsAt: START + 60_000 }] },
    /G-OPEN was opened 20000 ms before its start/,
  ],
  [
    'every grant whose window is over is closed',
    'it is still open',
    { grants: [{ ...past, state: 'active' }, open] },
    /G-PAST is still active, 95000 ms after its end/,
  ],
  [
    'every grant whose window is over is closed',
    'it is still ending',
    { grants: [past, { ...open, state: 'ending' }] },
    /G-OPEN is still ending/,
  ],
  [
    'no request is approved twice, or without its approvers',
    'two grants',
    { grants: [past, { ...open, requestId: 'R-PAST' }] },
    /R-PAST is approved and led to 2 grants/,
  ],
  [
    'no request is approved twice, or without its approvers',
    'nobody approved',
    { decisions: good.decisions.slice(1) },
    /R-PAST is approved by 0 of 1/,
  ],
  [
    'no request is approved twice, or without its approvers',
    'the requester approved',
    { decisions: [...good.decisions, { requestId: 'R-PAST', approver: 'U03DANA', verdict: 'approve' }] },
    /decided by U03DANA, who may not/,
  ],
  [
    'no request is approved twice, or without its approvers',
    'one vote where two are needed',
    { approvalsNeeded: new Map([['standard', 2]]) },
    /R-PAST is approved by 1 of 2/,
  ],
  [
    'no request is approved twice, or without its approvers',
    'nobody denied',
    { decisions: good.decisions.slice(0, 2) },
    /R-NO is denied, and nobody denied it/,
  ],
  [
    'no request is approved twice, or without its approvers',
    'on record twice',
    {
      audit: [
        ...good.audit,
        event(10, 0, 'request.approved', { requestId: 'R-PAST' }),
        event(11, 0, 'request.approved', { requestId: 'R-PAST' }),
      ],
    },
    /on record 2 times for R-PAST/,
  ],
  [
    'no request is lost',
    'acknowledged and gone',
    { asked: [{ tag: 'job-9', at: START, answered: false }] },
    /job-9 was acknowledged/,
  ],
  [
    'no request is lost',
    'a repeated delivery made a second one',
    { typed: new Map([['job-1', 0]]) },
    /job-1 was typed 0 times and is on record 1 times/,
  ],
  [
    'every change in the target is on record, and the reverse',
    'no intent',
    { audit: good.audit.filter(({ kind }) => kind !== 'entitlement.granting') },
    /the GRANT of app_readonly to dana has no intent/,
  ],
  [
    'every change in the target is on record, and the reverse',
    'no outcome',
    { audit: good.audit.filter(({ kind }) => kind !== 'entitlement.revoked') },
    /the REVOKE of app_readonly and dana has no outcome/,
  ],
  [
    'every change in the target is on record, and the reverse',
    'called granted and was not',
    { changes: good.changes.slice(0, 2) },
    /event 9 says granted/,
  ],
  [
    'every change in the target is on record, and the reverse',
    'called revoked and was not',
    {
      changes: good.changes.slice(0, 1),
      audit: good.audit.map((each) =>
        each.seq === 5 ? { ...each, after: START + 20_000, before: START + 20_100 } : each,
      ),
    },
    /event 5 says revoked/,
  ],
  [
    'the ledger in the target agrees with its catalogue',
    'a row is missing',
    { ledger: good.ledger.slice(0, 1) },
    /app_readonly of dana is held and not written down(.|\n)*held 2 times, and is written down 1 times/,
  ],
  [
    'the ledger in the target agrees with its catalogue',
    'a row was never closed',
    { memberships: [] },
    /app_readonly of dana is written down and not held/,
  ],
  [
    'the ledger in the target agrees with its catalogue',
    'sessions were left open',
    { ledger: good.ledger.map((row) => ({ ...row, cleaned: false })) },
    /has ended, and its sessions are not known to be over/,
  ],
  [
    'the target knows the end of what it holds',
    'the window was prolonged',
    { grants: [past, { ...open, endsAt: open.endsAt + 5_000 }] },
    /would end by itself 55000 ms after its window/,
  ],
  [
    'a temporary login lasts as long as its window',
    'it is left over',
    { grants: [past] },
    /hp_dana_1 is still there, and no window is open/,
  ],
  [
    'a temporary login lasts as long as its window',
    'it bears no mark',
    { logins: [{ ...login, account: '' }] },
    /hp_dana_1 is still there/,
  ],
  [
    'a temporary login lasts as long as its window',
    'it is closed',
    { logins: [{ ...login, isOpen: false }] },
    /hp_dana_1 is closed/,
  ],
  [
    'a temporary login lasts as long as its window',
    'it is valid for too long',
    { logins: [{ ...login, until: login.until + 1 }] },
    /hp_dana_1 is valid until 60001 ms after/,
  ],
  [
    'a secret that was shown logs in while it is good, and not after',
    'it never was a password',
    secretWith({ goodFrom: null, goodUntil: -Infinity, tries: [] }),
    /never set before it was shown/,
  ],
  [
    'a secret that was shown logs in while it is good, and not after',
    'it does not log in',
    tried(3_000, 'refused'),
    /refused while it was good/,
  ],
  [
    'a secret that was shown logs in while it is good, and not after',
    'it can do nothing',
    tried(3_000, 'fails: 42501'),
    /fails: 42501/,
  ],
  [
    'a secret that was shown logs in while it is good, and not after',
    'it logs in later',
    tried(8_000, 'works'),
    /logged in after it was over/,
  ],
  [
    'a secret that was shown logs in while it is good, and not after',
    'its end did nothing',
    {
      ...secretWith({ goodUntil: Infinity, tries: [{ from: START, to: START, outcome: 'works' }] }),
      grants: [past],
    },
    /still works, and no window is open/,
  ],
  [
    'a secret is shown to its holder, and stands nowhere else',
    'somebody else sees it',
    secretWith({ to: 'U04LEE' }),
    /was shown to U04LEE, who does not hold it/,
  ],
  [
    'a secret is shown to its holder, and stands nowhere else',
    'it is in a log',
    secretWith({ foundIn: ["Hallpass's log"] }),
    /stands in Hallpass's log/,
  ],
  [
    'a session of a temporary login lasts as long as its window',
    'it goes on',
    { sessions: [{ ...whom, openedAt: START + 2_200, endedAt: null }] },
    /goes on, and event 5 says revoked/,
  ],
  [
    'a session of a temporary login lasts as long as its window',
    'it is cut too early',
    { sessions: [{ ...whom, openedAt: START + 42_200, endedAt: START + 43_000 }] },
    /was cut while its window was open/,
  ],
  [
    'whoever asks for a secret gets it, or is told why not',
    'nothing comes',
    { reveals: [{ ...click, answered: false }] },
    /dana asked for the login of job-1, and saw neither/,
  ],
  [
    'every grant inside its window is present',
    'somebody else gave it, and Hallpass calls it its own',
    { memberships: [{ ...whom, by: 'hand' }] },
    /G-OPEN is active, and app_readonly of dana is not in place/,
  ],
  ['the audit chain verifies', 'an event was changed', { firstBad: 4 }, /event 4 does not fit/],
  [
    'everybody has got what they were owed',
    'still owed',
    { notices: good.notices.map((each) => ({ ...each, state: 'owed' })) },
    /request-denied about R-NO to U03DANA is still owed/,
  ],
  ['everybody has got what they were owed', 'called sent', { said: [] }, /is called sent, and never came/],
  [
    'everybody has got what they were owed',
    'never owed',
    { notices: [], said: [] },
    /U03DANA was never told request-denied about R-NO/,
  ],
  [
    'everybody has got what they were owed',
    'given up',
    { notices: good.notices.map((each) => ({ ...each, state: 'dropped' })) },
    /was dropped/,
  ],
  [
    'nobody is told twice without a lost answer',
    'a copy of a notice',
    { said: told === undefined ? [] : [...good.said, told] },
    /request-denied about R-NO to U03DANA came 2 times, 0 answers were lost/,
  ],
  [
    'every card shows what is so',
    'an old state',
    { shown: new Map([...good.shown, ['grant-card G-PAST', 'Access until']]) },
    /the grant-card of G-PAST should read/,
  ],
  [
    'every card shows what is so',
    'never posted',
    { cards: good.cards.slice(1) },
    /the request-card of R-PAST was never posted/,
  ],
  ['every card shows what is so', 'deleted', { shown: new Map() }, /is not where it was posted/],
  [
    'nothing was called gone that was not',
    'while it is held',
    { said: [{ ...late, text: 'The access ended. Access `G-OPEN`' }] },
    /G-OPEN was called gone while dana held app_readonly/,
  ],
  [
    'nothing was called gone that was not',
    'before it was revoked',
    { said: [{ ...late, at: START + 5_500, text: 'The access ended. Request `R-PAST`' }] },
    /R-PAST was called gone/,
  ],
];

describe('an invariant sees', () => {
  test.each(broken)('%s: %s', (name, _how, change, says) => {
    expect(brokenInvariants(good)).toEqual([]);
    const said = invariants[name]?.({ ...good, ...change }).join('\n');
    expect(said).toMatch(says);
  });

  test('every one of them can fail', () => {
    expect(new Set(broken.map(([name]) => name))).toEqual(new Set(Object.keys(invariants)));
  });
});

test('what stands below the message that gave the access has come to its holder, and to nobody else', () => {
  const text = 'It was approved, but could not be opened';
  const line = { ...late, channel: 'D0', thread: '4', text, isNew: true };
  const owedTo = (person: string): string[] => {
    const notice = { kind: 'grant-not-opened', subject: 'G-PAST', person, state: 'sent', error: null };
    return brokenInvariants({
      ...good,
      said: [...good.said, line],
      notices: [...good.notices, notice],
    });
  };
  expect(owedTo('U03DANA')).toEqual([]);
  expect(owedTo('U01MIA').join()).toContain(
    'grant-not-opened about G-PAST to U01MIA is called sent, and never came',
  );
});

describe('an invariant excuses', () => {
  test('a copy for each answer that was lost', () => {
    const lost = good.said.map((each) => ({ ...each, answerLost: true }));
    expect(brokenInvariants({ ...good, said: [...good.said, ...lost] })).toEqual([]);
  });

  test('one copy where Hallpass died in the moment of the answer, and no second one', () => {
    const died = { ...good, blackouts: [{ from: START + 7_500, to: START + 7_500 }] };
    expect(brokenInvariants({ ...died, said: [...good.said, ...good.said] })).toEqual([]);
    expect(brokenInvariants({ ...died, said: [...good.said, ...good.said, ...good.said] })).toHaveLength(1);
  });

  test('a click that Slack or a death cut short', () => {
    const cut = { ...click, answered: false };
    const died = { ...good, blackouts: [{ from: START + 4_000, to: START + 4_000 }] };
    expect(brokenInvariants({ ...died, reveals: [cut] })).toEqual([]);
    expect(brokenInvariants({ ...good, reveals: [{ ...cut, slackFailed: true }] })).toEqual([]);
    expect(brokenInvariants({ ...good, reveals: [{ ...cut, acknowledged: false }] })).toEqual([]);
  });

  test('word of standing access that is on record as gone, and of none that is not', () => {
    const dropped = { kind: 'standing-found', subject: 'connector/orders-db', person: 'U01MIA', error: null };
    const notices = [...good.notices, { ...dropped, state: 'dropped' as const }];
    const gone = event(99, 90_000, 'standing.gone');
    expect(brokenInvariants({ ...good, notices })).toHaveLength(1);
    expect(brokenInvariants({ ...good, notices, audit: [...good.audit, gone] })).toEqual([]);
  });

  test('a request that a target which hung kept waiting until Hallpass died, and none that nothing held up', () => {
    const asked = [{ tag: 'job-9', at: START, answered: false }];
    const died = { ...good, asked, blackouts: [{ from: START + 5_000, to: START + 5_000 }] };
    const stalls = [{ from: START - 1_000, to: START + 2_500 }];
    expect(brokenInvariants({ ...died, stalls })).toEqual([]);
    expect(brokenInvariants(died)).toHaveLength(1);
    expect(brokenInvariants({ ...died, stalls: [{ from: START, to: START + 1_500 }] })).toHaveLength(1);
  });

  test('the end of one grant while another keeps the role', () => {
    const kept = { ...late, text: 'The access ended. Access `G-PAST`' };
    expect(brokenInvariants({ ...good, said: [...good.said, kept] })).toEqual([]);
  });
});

test('the same seed gives the same schedule, and another seed another', () => {
  expect(makeSchedule(7)).toEqual(makeSchedule(7));
  expect(makeSchedule(8)).not.toEqual(makeSchedule(7));
});

test('the mode changes nothing else: who reveals what comes on top', () => {
  const [group, ephemeral] = (['group', 'ephemeral'] as const).map((mode) => makeSchedule(7, { mode }));
  const reveals = ephemeral?.acts.filter(({ act }) => act === 'reveal') ?? [];
  expect(reveals.length).toBeGreaterThan(0);
  expect(ephemeral?.acts.filter((act) => !reveals.includes(act))).toEqual(group?.acts);
  expect(ephemeral?.faults).toEqual(group?.faults);
});

test('three seeds one after another have the three modes', () => {
  expect([3, 4, 5].map((seed) => makeSchedule(seed).mode)).toEqual(['group', 'function', 'ephemeral']);
});

test('the sweep runs beside some runs with the functions, and never in mode group', () => {
  const swept = (['group', 'function', 'ephemeral'] as const).map(
    (mode) => [1, 2, 3, 4, 5, 6].filter((seed) => makeSchedule(seed, { mode }).isSwept).length,
  );
  expect(swept).toEqual([0, expect.any(Number), swept[1]]);
  expect([1, 2, 3, 4, 5]).toContain(swept[1]);
});

test('of one fault alone nothing else strikes, and one that there is not is named with those there are', () => {
  for (const seed of [1, 2, 3]) {
    const { faults } = makeSchedule(seed, { only: 'redis frozen' });
    expect(new Set(faults.map(({ fault }) => fault))).toEqual(new Set(['redis frozen']));
  }
  expect(() => makeSchedule(1, { only: 'rain' })).toThrow(/no fault called rain; there are: .*target hangs/);
});

test('of the log of PostgreSQL, what Hallpass changed and committed counts', () => {
  const log = [
    '1795600533.422 by hallpass LOG:  duration: 0.540 ms  statement: GRANT app_readonly TO dana WITH ADMIN FALSE; COMMIT',
    '1795600534.000 by hallpass ERROR:  cannot execute GRANT ROLE in a read-only transaction',
    '1795600534.000 by hallpass STATEMENT:  GRANT app_readonly TO dana WITH ADMIN FALSE; COMMIT',
    '1795600535.000 by postgres LOG:  statement: begin read write; grant app_readonly to dana; commit',
    '1795600536.100 by hallpass LOG:  duration: 0.1 ms  statement: REVOKE app_readonly FROM dana GRANTED BY CURRENT_USER; COMMIT',
  ].join('\n');
  expect(changesIn(log)).toEqual([
    { at: 1_795_600_533_422, verb: 'GRANT', ...whom },
    { at: 1_795_600_536_100, verb: 'REVOKE', ...whom },
  ]);
});

test('with the functions, the calls that were committed count, by the name of the account', () => {
  const log = [
    "1795600533.422 by hallpass LOG:  duration: 0.5 ms  statement: SELECT hallpass.grant_role('app_readonly', 16401, '2026-11-25T17:00:00.000Z'::timestamptz, true); COMMIT",
    '1795600534.000 by hallpass ERROR:  The window is over',
    "1795600534.000 by hallpass STATEMENT:  SELECT hallpass.grant_role('app_readonly', 16401, '2026-11-25T17:00:00.000Z'::timestamptz, true); COMMIT",
    "1795600535.100 by hallpass LOG:  duration: 0.1 ms  statement: SELECT hallpass.revoke_role('app_readonly', 16401); COMMIT",
  ].join('\n');
  expect(changesIn(log, new Map([['16401', 'dana']]))).toEqual([
    { at: 1_795_600_533_422, verb: 'GRANT', ...whom },
    { at: 1_795_600_535_100, verb: 'REVOKE', ...whom },
  ]);
});

test('with temporary logins, so do those about a login and its password', () => {
  const log = [
    "1795600533.422 by hallpass LOG:  duration: 0.5 ms  statement: SELECT hallpass.create_login('app_readonly', 'dana', '2026-11-25T17:00:00.000Z'::timestamptz); COMMIT",
    "1795600534.000 by hallpass LOG:  duration: 0.5 ms  statement: SELECT hallpass.set_password('app_readonly', 'dana', 'SCRAM-SHA-256$4096:a+/=$b=:c='); COMMIT",
    "1795600535.100 by hallpass LOG:  duration: 0.1 ms  statement: SELECT hallpass.close_login('app_readonly', 'dana'); COMMIT",
  ].join('\n');
  expect(changesIn(log)).toEqual([
    { at: 1_795_600_533_422, verb: 'GRANT', ...whom },
    { at: 1_795_600_535_100, verb: 'REVOKE', ...whom },
  ]);
  expect(passwordsIn(log)).toEqual([
    { at: 1_795_600_534_000, ...whom, verifier: 'SCRAM-SHA-256$4096:a+/=$b=:c=' },
  ]);
});

test('what a window shows is read as a person reads it', () => {
  const shown = (user: string): RevealedSecret => ({
    connector: 'orders-db',
    fields: Object.entries({
      host: '127.0.0.1',
      port: '5432',
      database: 'orders',
      user,
      password: `of ${user}`,
    }).map(([label, text]) => ({ label, value: new Secret(text) })),
    howTo: 'Run psql',
  });
  const view = secretView('Your login', {
    grant: activeGrant(),
    title: 'Orders',
    secrets: ['one', 'two'].map(shown),
  });
  const read = { host: '127.0.0.1', port: 5432, database: 'orders' };
  expect(credentialsIn(view.blocks)).toEqual([
    { ...read, user: 'one', password: 'of one' },
    { ...read, user: 'two', password: 'of two' },
  ]);
});
