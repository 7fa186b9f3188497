import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { missingApprovers, stepsNow } from '../../src/domain/approval.js';
import type { Escalation } from '../../src/domain/catalog.js';
import { asChannelId } from '../../src/domain/ids.js';
import type { Memberships } from '../../src/domain/person.js';
import type { Waiting } from '../../src/domain/request.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import {
  CLAIM_QUIET_MS,
  claimedBy,
  isLookedAt,
  nextNudge,
  NOT_WAITING,
  startWaiting,
  takenOverFrom,
  takeOverOccasion,
  tendAt,
  whatIsDue,
  withoutClaimOf,
} from '../../src/domain/unanswered.js';
import { checkTable } from '../support/catalog-text.js';
import { aRequest, lee, mia, sam, start } from '../support/rows.js';

const nudgeMs = [10 * MINUTE_MS, 30 * MINUTE_MS];
const escalate: Escalation = {
  afterMs: 30 * MINUTE_MS,
  to: ['platform-leads'],
  channel: asChannelId('C0LEADS'),
};
const day = { createdAt: start, expiresAt: start + 24 * HOUR_MS };

function waitingRequest(waiting: Partial<Waiting>, changed: Parameters<typeof aRequest>[0] = {}) {
  return aRequest({ ...day, waiting: { ...NOT_WAITING, ...waiting }, ...changed });
}

/** Minutes after the request, as far as they go within its day. */
function nudgesOf(moments: readonly number[]): number[] {
  const minutes: number[] = [];
  let now = start;
  for (;;) {
    const next = nextNudge({ createdAt: start, nudgeMs: moments, now });
    if (next === null || next >= day.expiresAt) {
      return minutes;
    }
    minutes.push((next - start) / MINUTE_MS);
    now = next;
  }
}

describe('nudges', () => {
  test('come when the policy says, then after gaps that double', () => {
    expect(nudgesOf(nudgeMs)).toEqual([10, 30, 90, 210, 450, 930]);
    expect(nudgesOf([10 * MINUTE_MS])).toEqual([10, 30, 70, 150, 310, 630, 1270]);
  });

  test('do not come where the policy wants none', () => {
    expect(nudgesOf([])).toEqual([]);
    expect(startWaiting({ nudgeMs: [], escalate: null }, start)).toEqual(NOT_WAITING);
  });

  test('one that comes late is not followed at once by those that were due meanwhile', () => {
    const late = start + 29 * MINUTE_MS;
    expect(nextNudge({ createdAt: start, nudgeMs, now: late })).toBe(late + 20 * MINUTE_MS);

    const muchLater = start + 5 * HOUR_MS;
    expect(nextNudge({ createdAt: start, nudgeMs, now: muchLater })).toBe(muchLater + 4 * HOUR_MS);
  });

  test('the next is always after now, and the gaps never shrink', () => {
    const listed = fc
      .uniqueArray(fc.integer({ min: 1, max: 1e8 }), { minLength: 1, maxLength: 5 })
      .map((all) => all.toSorted((left, right) => left - right));
    fc.assert(
      fc.property(listed, fc.integer({ min: 0, max: 1e10 }), (moments, after) => {
        const now = start + after;
        const next = nextNudge({ createdAt: start, nudgeMs: moments, now });
        expect(next).toBeGreaterThan(now);
        const last = moments.at(-1) ?? 0;
        expect((next ?? 0) - now).toBeGreaterThanOrEqual(after >= last ? 2 * last : 1);
      }),
    );
  });
});

describe('what is due about a request', () => {
  const policy = { nudgeMs, escalate };
  const waiting = startWaiting(policy, start);

  test('is looked at when the first of nudge, escalation and expiry comes', () => {
    expect(tendAt(waitingRequest(waiting))).toBe(start + 10 * MINUTE_MS);
    expect(tendAt(waitingRequest({ ...waiting, nudgeAt: null }))).toBe(start + 30 * MINUTE_MS);
    expect(tendAt(waitingRequest({}))).toBe(day.expiresAt);
    expect(tendAt(waitingRequest(waiting, { expiresAt: start + 1 }))).toBe(start + 1);
  });

  test('is nothing before its moment, and its expiry before anything else', () => {
    const request = waitingRequest(waiting);
    expect(whatIsDue(request, policy, start + 10 * MINUTE_MS - 1)).toEqual({ kind: 'nothing' });
    expect(whatIsDue(request, policy, day.expiresAt)).toEqual({ kind: 'expiry' });
  });

  test('is one nudge, which sets the next', () => {
    const now = start + 10 * MINUTE_MS;
    expect(whatIsDue(waitingRequest(waiting), policy, now)).toEqual({
      kind: 'call',
      nudges: true,
      escalation: null,
      waiting: { ...waiting, nudges: 1, nudgeAt: start + 30 * MINUTE_MS },
    });
  });

  test('is one escalation, for ever, which takes the place of a nudge at the same moment', () => {
    const now = start + 30 * MINUTE_MS;
    const due = whatIsDue(waitingRequest({ ...waiting, nudgeAt: now }), policy, now);
    expect(due).toMatchObject({
      nudges: false,
      escalation: escalate,
      waiting: { nudges: 0, nudgeAt: start + 90 * MINUTE_MS, escalateAt: null, escalatedAt: now },
    });
    const escalated = due.kind === 'call' ? due.waiting : NOT_WAITING;
    expect(whatIsDue(waitingRequest(escalated), policy, now + HOUR_MS)).toMatchObject({
      nudges: true,
      escalation: null,
    });
  });

  test('where an escalation calls on nobody, the nudge comes beside it', () => {
    const elsewhere = { nudgeMs, escalate: { ...escalate, to: [] } };
    const now = start + 30 * MINUTE_MS;
    expect(whatIsDue(waitingRequest({ ...waiting, nudgeAt: now }), elsewhere, now)).toMatchObject({
      nudges: true,
      escalation: { to: [] },
    });
  });

  test.each([
    ['the role is no longer offered', null],
    ['the policy no longer nudges nor escalates', { nudgeMs: [], escalate: null }],
  ])('when %s, all that is left is the expiry', (_, now) => {
    const due = whatIsDue(waitingRequest(waiting), now, start + HOUR_MS);
    expect(due).toMatchObject({ kind: 'call', nudges: false, escalation: null });
    expect(due.kind === 'call' && tendAt(waitingRequest(due.waiting))).toBe(day.expiresAt);
  });
});

describe('a claim', () => {
  const waiting = startWaiting({ nudgeMs, escalate }, start);

  test('puts the next nudge off for a quarter of an hour, and no later one', () => {
    const now = start + 9 * MINUTE_MS;
    const claimed = claimedBy(waiting, mia, now);
    expect(claimed).toMatchObject({ claim: { by: mia, at: now }, nudgeAt: now + CLAIM_QUIET_MS });
    expect(claimed.escalateAt).toBe(waiting.escalateAt);
    const later = { ...waiting, nudgeAt: start + HOUR_MS };
    expect(claimedBy(later, mia, now).nudgeAt).toBe(start + HOUR_MS);
    expect(claimedBy(NOT_WAITING, mia, now).nudgeAt).toBeNull();
  });

  test('is over when it is given back, and stays when somebody else gives it back', () => {
    const claimed = claimedBy(waiting, mia, start);
    expect(withoutClaimOf(claimed, mia).claim).toBeNull();
    expect(withoutClaimOf(claimed, sam)).toEqual(claimed);
  });

  test('keeps nudges away for its time alone', () => {
    const claimed = claimedBy(waiting, mia, start);
    expect(isLookedAt(claimed, start + CLAIM_QUIET_MS - 1)).toBe(true);
    expect(isLookedAt(claimed, start + CLAIM_QUIET_MS)).toBe(false);
    expect(isLookedAt(waiting, start)).toBe(false);
  });

  test('the word of a take-over names from whom', () => {
    expect(takenOverFrom(takeOverOccasion(mia, start))).toBe(mia);
  });
});

describe('the steps of a request', () => {
  const policy = { approve: [{ name: null, from: ['leads'], count: 2 }], escalate };
  const escalated = waitingRequest({ escalatedAt: start });

  test('are the policy’s until it is escalated, whatever the clock says', () => {
    expect(stepsNow(policy, waitingRequest({ escalateAt: start - HOUR_MS }))).toEqual(policy.approve);
  });

  test('are open to the escalation’s groups from then on, each of them', () => {
    expect(stepsNow(policy, escalated)).toEqual([
      { name: null, from: ['leads', 'platform-leads'], count: 2 },
    ]);
  });

  test('are the policy’s where the catalog no longer escalates', () => {
    expect(stepsNow({ ...policy, escalate: null }, escalated)).toEqual(policy.approve);
  });
});

describe('who can still give an approval that is missing', () => {
  const memberships: Memberships = new Map([
    ['leads', { readable: true, userIds: new Set([mia, sam]) }],
    ['security', { readable: true, userIds: new Set([sam, lee]) }],
  ]);
  const steps = [
    { name: null, from: ['leads'], count: 1 },
    { name: null, from: ['security'], count: 1 },
  ];

  test('is everybody of the steps, without those whose access it is', () => {
    expect(
      missingApprovers({ approve: steps, inOrder: false }, memberships, { voters: [], excluded: [lee] }),
    ).toEqual([mia, sam]);
  });

  test('is nobody who has approved, nor anybody whose approval would fill nothing', () => {
    expect(
      missingApprovers({ approve: steps, inOrder: false }, memberships, { voters: [mia], excluded: [] }),
    ).toEqual([sam, lee]);
    // sam can fill either place, so that with his approval both groups are still needed, one of them.
    expect(
      missingApprovers({ approve: steps, inOrder: false }, memberships, { voters: [sam], excluded: [] }),
    ).toEqual([mia, lee]);
    expect(
      missingApprovers({ approve: steps, inOrder: false }, memberships, { voters: [mia, lee], excluded: [] }),
    ).toEqual([]);
  });
});

describe('what a catalog may say of a request that nobody answers', () => {
  const add = (lines: string) => `    channel: C0APPROVALS\n${lines}`;
  const at = '    channel: C0APPROVALS\n';
  checkTable([
    ['nudges of its own', at, add('    nudge: [5m, 20m]\n'), []],
    ['no nudges', at, add('    nudge: none\n'), []],
    ['an escalation to people', at, add('    escalate: { after: 1h, to: [security] }\n'), []],
    ['an escalation to a channel', at, add('    escalate: { after: 1h, channel: C0LEADS }\n'), []],
    [
      'a nudge that is no duration',
      at,
      add('    nudge: often\n'),
      ['access.yaml:21:12 expected durations such as [10m, 30m], or none'],
    ],
    [
      'a nudge after the expiry',
      at,
      add('    unanswered_after: 1h\n    nudge: [10m, 1h]\n'),
      [
        'access.yaml:22:18 a request expires after 1 h (unanswered_after), so this nudge never comes; shorten it',
      ],
    ],
    ['the usual nudges with a short expiry', at, add('    unanswered_after: 5m\n'), []],
    [
      'an escalation after the expiry that is usual',
      at,
      add('    escalate: { after: 4h, to: [security] }\n'),
      [
        'access.yaml:21:24 a request expires after 4 h (unanswered_after), so this escalation never comes; shorten it',
      ],
    ],
    [
      'an escalation to nobody',
      at,
      add('    escalate: { after: 1h }\n'),
      ['access.yaml:21:5 an escalation reaches somebody; give to, channel or both'],
    ],
    [
      'an escalation to where the card stands already',
      at,
      add('    escalate: { after: 1h, channel: C0APPROVALS }\n'),
      [
        'access.yaml:21:37 the request stands in this channel already; name another one, or remove channel here',
      ],
    ],
    [
      'an escalation to a group that is not there',
      at,
      add('    escalate: { after: 1h, to: [sceurity] }\n'),
      ['access.yaml:21:33 unknown group "sceurity"; did you mean "security"?'],
    ],
    [
      'an escalation to whoever joins a channel',
      at,
      add('    escalate: { after: 1h, to: [team] }\n'),
      [
        'access.yaml:21:33 group "team" is a channel, which people join by themselves, so it cannot approve; use a group of users or of a slack_usergroup',
      ],
    ],
    [
      'an escalation to the manager',
      '  security: { slack_usergroup: S0SEC }',
      '  security: { slack_usergroup: S0SEC }\n  boss: { manager_of: requester }\nmanagers: { U03DANA: U01MIA }',
      [],
    ],
  ]);
});
