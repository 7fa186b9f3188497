import { expect, test } from 'vitest';
import type { EntitlementState } from '../../src/domain/entitlement.js';
import { RULES } from '../support/converge-model/rules.js';
import type { Rules } from '../support/converge-model/rules.js';
import { startOf } from '../support/converge-model/start.js';
import type { Bounds } from '../support/converge-model/start.js';
import { walk } from '../support/converge-model/walk.js';

/**
 * Every interleaving, within bounds, of two workers that converge the same access while people approve, prolong
 * and end it, processes die, answers are lost, calls land late, somebody changes the target by hand, and the clock
 * runs on while a worker stands still. From each state that can come about, all goes well from then on, and what
 * is ours must be gone in time. `states` is what a walk must at least have seen, so that it cannot pass idly.
 */
const MOST_STATES = 1_000_000;

test.each<[string, number, Bounds]>([
  [
    'two overlapping grants, one crash, one lost answer',
    20_000,
    { windows: [2, 3], delays: 1, crashes: 1, cuts: 1 },
  ],
  [
    'one grant that is prolonged or ended early, one lost answer',
    20_000,
    { windows: [3], delays: 3, cuts: 1, earlyEnds: 1, prolongations: 1 },
  ],
  [
    'a short and a long grant, one of which is ended early, and one crash',
    14_000,
    { windows: [2, 4], delays: 1, crashes: 1, earlyEnds: 1 },
  ],
  [
    'a worker that stands still past its lease, one crash, one lost answer',
    25_000,
    { windows: [4], delays: 4, crashes: 1, cuts: 1 },
  ],
  [
    'two workers of one process, which dies and voids their leases',
    6_000,
    { windows: [2, 3], crashes: 1, cuts: 1, oneProcess: true },
  ],
  [
    'a grant of two parts, one call that fails, one crash',
    20_000,
    { windows: [2], parts: 2, errors: 1, crashes: 1 },
  ],
  [
    'standing access in a target that keeps no marks',
    5_000,
    { windows: [2, 3], delays: 4, crashes: 1, cuts: 1, handsOn: 1, standing: true, marks: false },
  ],
  ['a target that is changed by hand, and one crash', 4_000, { windows: [2, 3], crashes: 1, handsOn: 1 }],
  [
    'revocations that take effect late',
    7_000,
    { windows: [2, 3], crashes: 1, cuts: 1, lateRevocations: true },
  ],
  [
    'a grant that begins while another one runs, one crash',
    5_000,
    { windows: [3, 3], starts: [0, 2], delays: 1, crashes: 1 },
  ],
  [
    'a grant that begins later and may be ended early, one crash, one lost answer',
    10_000,
    { windows: [3], starts: [2], delays: 2, crashes: 1, cuts: 1, earlyEnds: 1 },
  ],
  [
    'a grant of two parts that begins later, one call that fails, one crash',
    10_000,
    { windows: [3], starts: [1], parts: 2, errors: 1, crashes: 1 },
  ],
  [
    'a grant that was approved after its start, beside one that begins when another ends',
    5_000,
    { windows: [3, 2, 2], starts: [-1, 2, 0], cuts: 1 },
  ],
])('no access outlives its window: %s', (_what, atLeast, bounds) => {
  const { states, broken } = walk(RULES, startOf(bounds), MOST_STATES);

  expect(broken).toBeNull();
  expect(states).toBeGreaterThan(atLeast);
});

const still: Bounds = { windows: [2, 3], delays: 5 };
const cutOff: Bounds = { windows: [4], delays: 5, cuts: 1 };
const failing: Bounds = { windows: [2], errors: 2, cuts: 1 };

/** A walk that could not fail would prove nothing: each of these rules is broken once, and must be found. */
test.each<[string, RegExp, Bounds, Partial<Rules>]>([
  ['a lease that nobody heeds', /two workers hold the lease/, still, { isLeased: () => false }],
  ['a call that is sent after the lease', /whose lease was over/, still, { lastsForCall: () => true }],
  ['a commit from stale rows', /nobody will look after it/, still, { checksVersions: false }],
  [
    'what was seen recorded by a worker whose lease another one took over',
    /whose lease was over/,
    still,
    { settlesByToken: false },
  ],
  [
    'a grant call that is not preceded by a last look',
    /nobody wants any more/,
    { windows: [2], earlyEnds: 1 },
    { looksAgain: false },
  ],
  [
    'access that is not on record as ours before it is given',
    /before it was on record/,
    failing,
    { claimOurs: (state, now, late) => withRow(RULES.claimOurs(state, now, late), { ours: false }) },
  ],
  [
    'a last moment of a call that is not on record',
    /before it was on record/,
    cutOff,
    { claimOurs: (state, now, late) => withRow(RULES.claimOurs(state, now, late), { lateUntil: null }) },
  ],
  [
    'a late effect that nobody waits for',
    /nobody will look after it/,
    cutOff,
    {
      settleGone: (state, ...rest) =>
        RULES.settleGone({ ...state, entitlement: { ...state.entitlement, lateUntil: null } }, ...rest),
    },
  ],
  [
    'a read-back that counts for the moment at which it is recorded',
    /over while what it gave was there|nobody will look after it/,
    cutOff,
    {
      settleGone: (state, { seen }, now, ...rest) => RULES.settleGone(state, { seen, at: now }, now, ...rest),
    },
  ],
  [
    'a revocation that counts before it is read back',
    /over while what it gave was there/,
    failing,
    {
      settleError: (state, failure, now) =>
        failure.step === 'take'
          ? RULES.settleGone(state, { seen: 'absent', at: now }, now, {}, [])
          : RULES.settleError(state, failure, now),
    },
  ],
  [
    'a grant that counts before it is read back',
    /active in its window, and the access is not there/,
    failing,
    {
      settleError: (state, failure, now) =>
        failure.step === 'open'
          ? RULES.settlePresent(
              state,
              { seen: 'present', at: now, lateUntil: failure.lateUntil, expiresAt: null },
              now,
            )
          : RULES.settleError(state, failure, now),
    },
  ],
  [
    'a revocation that gives up',
    /a grant never ends/,
    failing,
    { settleError: (state, ...rest) => withRow(RULES.settleError(state, ...rest), { nextAt: null }) },
  ],
  [
    'standing access that is taken for ours',
    /standing access was taken away/,
    { windows: [2], standing: true, marks: false },
    {
      settlePresent: (state, ...rest) =>
        withRow(RULES.settlePresent(state, ...rest), { ours: true, nextAt: 0 }),
    },
  ],
  [
    'an early end that moves no row',
    /not taken away in time/,
    { windows: [3], earlyEnds: 1 },
    {
      endEarly: (...given) => {
        const ended = RULES.endEarly(...given);
        return ended.ok ? { ...ended, value: { ...ended.value, entitlements: [] } } : ended;
      },
    },
  ],
  [
    'a start that is forgotten when another grant ends',
    /nobody will be due to open it/,
    { windows: [2, 2], starts: [0, 4] },
    { settleGone: (state, ...rest) => withRow(RULES.settleGone(state, ...rest), { nextAt: null }) },
  ],
  [
    'a window that is opened before it begins',
    /before its window/,
    { windows: [4, 3], starts: [0, 8] },
    {
      begin: (state, now) => {
        const { converged, step } = RULES.begin(withStarts(state, state, now), now);
        return { converged: { ...converged, state: withStarts(converged.state, state, null) }, step };
      },
    },
  ],
])('the walk finds %s', (_what, finding, bounds, broken) => {
  const found = walk({ ...RULES, ...broken }, startOf(bounds), MOST_STATES).broken;

  expect(found?.what).toMatch(finding);
  expect(found?.trace.length).toBeGreaterThan(3);
});

type Converged = ReturnType<Rules['claimOurs']>;

/** With another start, or with that of the original where none is given. */
function withStarts(state: EntitlementState, from: EntitlementState, at: number | null): EntitlementState {
  const holders = state.holders.map((holder, index) => {
    const startsAt = at ?? from.holders[index]?.grant.startsAt ?? holder.grant.startsAt;
    return { ...holder, grant: { ...holder.grant, startsAt } };
  });
  return { ...state, holders };
}

function withRow(converged: Converged, change: Partial<Converged['state']['entitlement']>): Converged {
  const entitlement = { ...converged.state.entitlement, ...change };
  return { ...converged, state: { ...converged.state, entitlement } };
}
