import { describe, expect, test } from 'vitest';
import { asGrantId, asRequestId, asStrayId } from '../../../src/domain/ids.js';
import type { Refusal, RefusalCode } from '../../../src/domain/refusal.js';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/time.js';
import { refusalText } from '../../../src/slack/refusal-text.js';
import { APPROVALS, closedRequest, DANA, MIA, NOW } from '../../../src/examples/views.js';

const READER = { viewer: DANA, command: '/access' };
const KEY = { roleKey: 'prod-db:admin' };

/** One of each code; a new code does not compile without its line here. */
const REFUSALS: { readonly [Code in RefusalCode]: Extract<Refusal, { code: Code }> } = {
  'already-handled': { code: 'already-handled' },
  'unknown-resource': { code: 'unknown-resource', typed: 'prod-bd', suggestions: ['prod-db'] },
  'unknown-role': { code: 'unknown-role', resource: 'prod-db', typed: 'root', roles: ['readonly', 'admin'] },
  'not-eligible': { code: 'not-eligible', ...KEY, who: DANA },
  'groups-unreadable': { code: 'groups-unreadable', groups: ['engineers'], why: ['ratelimited'] },
  'directory-unavailable': { code: 'directory-unavailable' },
  'no-part': { code: 'no-part', who: MIA, why: 'guest' },
  'not-for-others': { code: 'not-for-others', ...KEY },
  'duration-too-long': { code: 'duration-too-long', ...KEY, maxMs: 4 * HOUR_MS },
  'duration-too-short': { code: 'duration-too-short', minMs: MINUTE_MS },
  'start-passed': { code: 'start-passed', startsAt: NOW },
  'start-too-far': { code: 'start-too-far', ...KEY, withinMs: 168 * 3_600_000 },
  'nothing-left': { code: 'nothing-left', endsAt: NOW, minMs: 60_000 },
  'reason-missing': { code: 'reason-missing' },
  'reason-too-long': { code: 'reason-too-long', maxLength: 500 },
  'reason-too-short': { code: 'reason-too-short', minLength: 20 },
  'ticket-missing': { code: 'ticket-missing', say: 'a ticket such as OPS-123' },
  'no-account': { code: 'no-account', connector: 'orders-db', who: DANA, detail: { why: 'no-rule' } },
  'account-shared': { code: 'account-shared', connector: 'orders-db', account: 'team' },
  'target-unavailable': { code: 'target-unavailable', connector: 'orders-db' },
  'target-refuses': { code: 'target-refuses', connector: 'orders-db', text: 'role <app> is gone' },
  'too-few-approvers': { code: 'too-few-approvers', ...KEY },
  'not-automatic': {
    code: 'not-automatic',
    ...KEY,
    misses: [
      { rule: 'a', why: { kind: 'groups-unreadable', groups: ['on-call'], why: ['it answered 500'] } },
      { rule: 'b', why: { kind: 'not-in-groups', groups: ['engineers'], who: DANA } },
      { rule: 'c', why: { kind: 'outside-hours', hours: 'Mon–Fri 09:00–18:00 Europe/Berlin' } },
      { rule: 'd', why: { kind: 'too-long', upToMs: HOUR_MS } },
      { rule: 'e', why: { kind: 'used-up', perDay: 3 } },
      { rule: 'f', why: { kind: 'tier', tier: 'critical' } },
    ],
  },
  'no-more-time': { code: 'no-more-time', ...KEY },
  'quorum-denied': { code: 'quorum-denied', by: [MIA] },
  'not-as-held': { code: 'not-as-held', ...KEY },
  'no-manager': { code: 'no-manager', who: MIA },
  'already-pending': {
    code: 'already-pending',
    requestId: asRequestId('r_1'),
    ...KEY,
    durationMs: HOUR_MS,
    startsAt: null,
    isMore: false,
  },
  'past-maximum': { code: 'past-maximum', ...KEY, maxMs: 4 * HOUR_MS, leftMs: HOUR_MS },
  'ending-only': { code: 'ending-only' },
  'clock-behind': { code: 'clock-behind', behindMs: 3_600_000 },
  'unknown-request': { code: 'unknown-request', typed: 'r_9' },
  'not-pending': { code: 'not-pending', request: closedRequest('denied'), by: [MIA] },
  'not-an-approver': { code: 'not-an-approver', ...KEY },
  'self-approval': { code: 'self-approval' },
  'same-account': { code: 'same-account', connector: 'orders-db', account: 'team' },
  'terms-changed': { code: 'terms-changed' },
  'too-many-pending': { code: 'too-many-pending', most: 5 },
  'too-many-requests': { code: 'too-many-requests', most: 20 },
  'too-many-held': { code: 'too-many-held', most: 1 },
  'role-full': { code: 'role-full', ...KEY, most: 2, nextEnd: null },
  'roles-conflict': { code: 'roles-conflict', ...KEY, other: 'audit-db:admin', how: 'held' },
  'approver-cannot-hold': { code: 'approver-cannot-hold', ...KEY, who: MIA },
  'not-for-less': { code: 'not-for-less', askedMs: HOUR_MS, minMs: 60_000 },
  'already-voted': { code: 'already-voted' },
  'counts-as-one': { code: 'counts-as-one', with: MIA },
  'approves-nothing': { code: 'approves-nothing' },
  'own-stand-in': { code: 'own-stand-in' },
  'not-a-stand-in': { code: 'not-a-stand-in', who: MIA, groups: ['dba-leads'] },
  'delegation-passed': { code: 'delegation-passed', untilAt: NOW },
  'delegation-too-long': { code: 'delegation-too-long', mostMs: 30 * 24 * HOUR_MS },
  'no-delegation': { code: 'no-delegation' },
  'not-your-turn': { code: 'not-your-turn', step: 'Database', from: ['dba-leads'] },
  'needed-later': { code: 'needed-later' },
  'no-longer-offered': { code: 'no-longer-offered', ...KEY },
  'deny-reason-missing': { code: 'deny-reason-missing' },
  'not-your-request': { code: 'not-your-request' },
  'nothing-pending': { code: 'nothing-pending' },
  'which-request': {
    code: 'which-request',
    verb: 'nudge',
    choices: [{ requestId: asRequestId('r_1'), ...KEY }],
  },
  'already-nudged': { code: 'already-nudged', at: NOW },
  'not-shown-yet': { code: 'not-shown-yet', channel: APPROVALS },
  'already-claimed': { code: 'already-claimed' },
  'not-your-claim': { code: 'not-your-claim', by: MIA },
  'no-emergency': { code: 'no-emergency', ...KEY },
  'emergency-not-yours': { code: 'emergency-not-yours', ...KEY },
  'already-held': { code: 'already-held', ...KEY, endsAt: NOW },
  'not-a-reviewer': { code: 'not-a-reviewer', ...KEY },
  'own-emergency': { code: 'own-emergency', same: { connector: 'orders-db', account: 'dana' } },
  'already-reviewed': { code: 'already-reviewed' },
  'review-closed': { code: 'review-closed', verdict: 'not-justified' },
  'review-note-missing': { code: 'review-note-missing' },
  'unknown-grant': { code: 'unknown-grant', typed: 'g_9' },
  'grant-over': { code: 'grant-over', grantId: asGrantId('g_1') },
  'grant-not-active': { code: 'grant-not-active', grantId: asGrantId('g_1') },
  'not-your-grant': { code: 'not-your-grant' },
  'may-not-revoke': { code: 'may-not-revoke', ...KEY },
  'revoke-reason-missing': { code: 'revoke-reason-missing' },
  'no-secret': { code: 'no-secret', ...KEY },
  'admins-only': { code: 'admins-only' },
  'no-orphans': { code: 'no-orphans' },
  'unknown-orphan': { code: 'unknown-orphan', typed: 'S-9' },
  'orphan-closed': { code: 'orphan-closed', strayId: asStrayId('S-4F2K1M'), how: 'gone' },
  'orphan-not-offered': { code: 'orphan-not-offered', connector: 'orders-db', role: 'app_owner' },
  'orphan-of-another': { code: 'orphan-of-another', connector: 'orders-db', account: 'dana', who: MIA },
  'dry-run-outdated': { code: 'dry-run-outdated', connector: 'orders-db' },
  'not-an-admin': { code: 'not-an-admin', sees: false },
  'unknown-entitlement': { code: 'unknown-entitlement', typed: 'E-1' },
  'not-stuck': { code: 'not-stuck', connector: 'orders-db', role: 'app_readonly', account: 'dana' },
  'removal-reason-missing': { code: 'removal-reason-missing' },
  'nothing-held': { code: 'nothing-held', which: 'prod-db', own: false },
  'which-grant': {
    code: 'which-grant',
    choices: [{ grantId: asGrantId('g_1'), beneficiary: MIA, ...KEY, upcomingAt: null, endsAt: NOW }],
  },
};

const SPOKEN = Object.values(REFUSALS).filter(({ code }) => code !== 'already-handled');

describe('every refusal', () => {
  test.each(SPOKEN.map((refusal) => [refusal.code, refusal] as const))(
    '%s says in whole sentences what is so',
    (_code, refusal) => {
      const text = refusalText(refusal, READER) ?? '';

      expect(text).toMatch(/^[`<A-Z].*[.?]$/s);
      expect(text).not.toMatch(/undefined|null|NaN|\[object/);
      // Only our own markup: mentions and moments.
      expect(text.replaceAll(/<@U\w+>|<#C\w+>|<!date\^[^>]*>/g, '')).not.toMatch(/[<>]/);
    },
  );

  test('a delivery that was answered before is not answered again', () => {
    expect(refusalText(REFUSALS['already-handled'], READER)).toBeNull();
  });
});

describe('a refusal says what to do next', () => {
  test.each<[refusal: Refusal, says: string]>([
    [REFUSALS['unknown-resource'], 'There is no `prod-bd`. Did you mean `prod-db`? `/access list` shows'],
    [REFUSALS['unknown-role'], 'It has `readonly` and `admin`.'],
    [
      REFUSALS['already-pending'],
      'waiting already, for 1 h: `r_1`. Wait for its decision, or first `/access cancel r_1`',
    ],
    [REFUSALS['not-automatic'], 'could not be read (it answered 500), so try again in a minute; b: only for'],
    [REFUSALS['not-automatic'], 'b: only for `engineers`, and you are in none of them; c: only for a window'],
    [REFUSALS['not-automatic'], 'e: at most 3 times within 24 hours, and that is used up; and 1 more.'],
    [
      REFUSALS['nothing-held'],
      'There is nothing under `prod-db` that you could end: nobody holds it now, or its approvers',
    ],
    [{ code: 'nothing-held', which: 'prod-db', own: true }, 'You don’t hold `prod-db` now. `/access mine`'],
    [{ code: 'nothing-held', which: null, own: true }, 'You hold nothing now.'],
    [REFUSALS['no-more-time'], 'Ask for new access when this has ended.'],
    [REFUSALS['which-request'], '`/access nudge r_1`'],
    [REFUSALS['already-nudged'], 'that can be done once'],
    [REFUSALS['not-your-claim'], '<@U01MIA> is looking at this request. *Take over*'],
    [{ code: 'not-your-claim', by: null }, 'Nobody is looking at this request now. *Claim*'],
    [REFUSALS['no-account'], 'add `U03DANA: &lt;account&gt;` under `connectors.orders-db.identity.map`'],
    [REFUSALS['not-pending'], 'was denied by <@U01MIA> <!date'],
    [REFUSALS['target-refuses'], 'role &lt;app&gt; is gone'],
    [{ ...REFUSALS['past-maximum'], leftMs: 0 }, 'Ask for new access when it has ended.'],
    [REFUSALS['revoke-reason-missing'], '`/access revoke &lt;id or role&gt; &lt;reason&gt;`'],
  ])('$code', (refusal, says) => {
    expect(refusalText(refusal, READER)).toContain(says);
  });

  test('the reader is spoken to, and others are named', () => {
    const guest = (who: typeof DANA) => refusalText({ code: 'no-part', who, why: 'guest' }, READER);

    expect(guest(DANA)).toMatch(/^You are a guest/);
    expect(guest(MIA)).toMatch(/^<@U01MIA> is a guest/);
  });
});
