import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  asEntitlementId,
  asGrantId,
  asMessageId,
  asNoticeId,
  asRequestId,
  asUserId,
} from '../../src/domain/ids.js';
import type { Waiting } from '../../src/domain/request.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { NOT_WAITING, tendAt } from '../../src/domain/unanswered.js';
import type { Due, DueCursor, DueKind, Store } from '../../src/ports.js';
import type { TestStore } from '../support/open-store.js';
import { openTestStore } from '../support/open-store.js';
import {
  aDeniedRequest,
  aGrant,
  aMessage,
  aRequest,
  anApprovedRequest,
  anEntitlement,
  anOpeningGrant,
  anOwedNotice,
  mia,
  start,
} from '../support/rows.js';

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  ({ store } = opened);
});

afterEach(() => opened.close());

async function dueAt(kind: DueKind, at: number, after: DueCursor | null = null): Promise<Due[]> {
  return await store.due(kind, { before: at, now: at, after, limit: 10 });
}

/** One that waits for `nextAt` on an account of its own. */
function waitingEntitlement(name: string, overrides: Parameters<typeof anEntitlement>[0] = {}) {
  return anEntitlement({
    id: asEntitlementId(name),
    account: { id: name, name },
    nextAt: start,
    ...overrides,
  });
}

describe('what is due', () => {
  test('is a pending request at its expiry, and no other request', async () => {
    await store.commit({
      at: start,
      requests: [
        aRequest({ id: asRequestId('req-open') }),
        aDeniedRequest({ id: asRequestId('req-denied') }),
      ],
      audit: [],
    });

    expect(await dueAt('request', start + HOUR_MS - 1)).toEqual([]);
    expect(await dueAt('request', start + HOUR_MS)).toEqual([
      { kind: 'request', id: 'req-open', version: 1, at: start + HOUR_MS },
    ]);
  });

  test('is a pending request when the first is due of its nudge, its escalation and its expiry', async () => {
    const due = (id: string, waiting: Partial<Waiting>) =>
      aRequest({
        id: asRequestId(id),
        beneficiary: asUserId(id),
        waiting: { ...NOT_WAITING, ...waiting },
      });
    const nudged = due('nudge', { nudgeAt: start + 1, escalateAt: start + 5 });
    const requests = [
      nudged,
      due('escalation', { nudgeAt: start + 4, escalateAt: start + 2 }),
      due('expiry', { nudgeAt: start + 2 * HOUR_MS, escalateAt: start + 3 * HOUR_MS }),
    ];
    await store.commit({ at: start, requests, audit: [] });

    const found = await dueAt('request', start + HOUR_MS);
    expect(found.map(({ id, at }) => [id, at])).toEqual(requests.map((one) => [one.id, tendAt(one)]));
    expect(await store.nextDueAt(start + 1)).toBe(start + 2);

    // Decided, it waits for nothing.
    await store.commit({
      at: start,
      requests: [{ ...nudged, version: 1, state: 'denied', decidedAt: start }],
      audit: [],
    });
    expect(await dueAt('request', start + 1)).toEqual([]);
  });

  test.each([
    ['an active grant at its reminder', aGrant(), 1],
    ['not a grant without a reminder left', aGrant({ remindAt: null }), 0],
    ['not a grant that is still opening', anOpeningGrant(), 0],
  ])('is %s', async (_, grant, count) => {
    await store.commit({ at: start, requests: [anApprovedRequest()], grants: [grant], audit: [] });

    expect(await dueAt('grant', start + 26 * MINUTE_MS)).toHaveLength(count);
    expect(await dueAt('grant', start + 26 * MINUTE_MS - 1)).toEqual([]);
    expect(await store.nextDueAt()).toBe(count === 1 ? start + 26 * MINUTE_MS : null);
  });

  test('is an entitlement, with its connector and its direction', async () => {
    await store.commit({
      at: start,
      entitlements: [waitingEntitlement('ent-1'), waitingEntitlement('ent-2', { nextAt: null })],
      audit: [],
    });

    expect(await dueAt('entitlement', start)).toEqual([
      {
        kind: 'entitlement',
        id: 'ent-1',
        version: 1,
        at: start,
        connector: 'orders-db',
        direction: 'revocations',
      },
    ]);
  });

  test('is a card and a notice with something to send', async () => {
    await store.commit({
      at: start,
      messages: [aMessage(), aMessage({ id: asMessageId('msg-2'), nextAt: null })],
      notices: [anOwedNotice()],
      audit: [],
    });

    expect(await dueAt('message', start)).toEqual([{ kind: 'message', id: 'msg-1', version: 1, at: start }]);
    expect(await dueAt('notice', start)).toEqual([{ kind: 'notice', id: 'notice-1', version: 1, at: start }]);
  });

  test.each(['request', 'grant', 'entitlement', 'message', 'notice'] as const)(
    'comes in pages of %s rows by moment and id, none twice and none left out',
    async (kind) => {
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
      // Three moments, so that pages also end between rows of one moment.
      const moment = (place: number) => start + Math.floor(place / 3);
      await store.commit({
        at: start,
        requests: names.map((name, place) =>
          aRequest({ id: asRequestId(name), beneficiary: asUserId(name), expiresAt: moment(place) }),
        ),
        grants: names.map((name, place) => ({
          ...aGrant({ remindAt: moment(place) }),
          id: asGrantId(name),
          requestId: asRequestId(name),
        })),
        entitlements: names.map((name, place) => waitingEntitlement(name, { nextAt: moment(place) })),
        messages: names.map((name, place) => aMessage({ id: asMessageId(name), nextAt: moment(place) })),
        audit: [],
      });
      for (const [place, name] of names.entries()) {
        await store.commit({
          at: moment(place),
          notices: [anOwedNotice({ id: asNoticeId(name), occasion: name })],
          audit: [],
        });
      }

      const seen: string[] = [];
      let after: DueCursor | null = null;
      for (;;) {
        const page: Due[] = await store.due(kind, { before: start + 9, now: start, after, limit: 2 });
        const last = page.at(-1);
        if (last === undefined) {
          break;
        }
        seen.push(...page.map((row) => row.id));
        after = { at: last.at, id: last.id };
      }

      expect(seen).toEqual(names);
    },
  );
});

describe('a lease', () => {
  beforeEach(() =>
    store.commit({
      at: start,
      entitlements: [waitingEntitlement('ent-1', { lease: { by: 'lane', until: start + 100 } })],
      audit: [],
    }),
  );

  test('keeps a row from being due until it ends', async () => {
    expect(await dueAt('entitlement', start + 99)).toEqual([]);
    expect(await dueAt('entitlement', start + 100)).toMatchObject([{ id: 'ent-1', at: start }]);
  });

  test('that ends is the next moment of its row', async () => {
    expect(await store.nextDueAt()).toBe(start + 100);
  });

  test('is void after a start, and whoever held it is stale', async () => {
    await store.voidLeases();

    expect(await dueAt('entitlement', start)).toMatchObject([{ id: 'ent-1', version: 2 }]);
    expect(await store.entitlement(asEntitlementId('ent-1'))).toMatchObject({ lease: null });
    expect(
      await store.commit({
        at: start,
        entitlements: [waitingEntitlement('ent-1', { version: 1 })],
        audit: [],
      }),
    ).toBe('stale');
  });
});

describe('the next moment', () => {
  test('is none when nothing waits', async () => {
    expect(await store.nextDueAt()).toBeNull();
  });

  test.each([
    ['a request', { requests: [aRequest({ expiresAt: start + 7 })] }],
    ['an entitlement', { entitlements: [waitingEntitlement('ent-1', { nextAt: start + 7 })] }],
    ['a card', { messages: [aMessage({ nextAt: start + 7 })] }],
    ['a notice', { at: start + 7, notices: [anOwedNotice()] }],
  ] as const)('is that of %s, when it comes first', async (_, rows) => {
    await store.commit({ at: start, ...rows, audit: [] });
    await store.commit({
      at: start + 500,
      requests: [aRequest({ id: asRequestId('late'), beneficiary: mia, expiresAt: start + 500 })],
      entitlements: [waitingEntitlement('late', { nextAt: start + 500 })],
      messages: [aMessage({ id: asMessageId('late'), nextAt: start + 500 })],
      notices: [anOwedNotice({ id: asNoticeId('late'), occasion: 'late' })],
      audit: [],
    });

    expect(await store.nextDueAt()).toBe(start + 7);
    expect(await store.nextDueAt(start + 6)).toBe(start + 7);
    expect(await store.nextDueAt(start + 7)).toBe(start + 500);
    expect(await store.nextDueAt(start + 500)).toBeNull();
  });
});

describe('a connector that is back', () => {
  const away = {
    attempts: 3,
    failingSince: start,
    error: { kind: 'unreachable', text: 'connection refused' },
    nextAt: start + HOUR_MS,
  } as const;

  test('has its waiting rows due now, and others are left alone', async () => {
    await store.commit({
      at: start,
      entitlements: [
        waitingEntitlement('away', away),
        waitingEntitlement('elsewhere', { ...away, connector: 'okta' }),
        waitingEntitlement('refused', { ...away, error: { kind: 'final', text: 'permission denied' } }),
        waitingEntitlement('leased', { ...away, lease: { by: 'lane', until: start + 100 } }),
        waitingEntitlement('untried', { nextAt: start + HOUR_MS }),
      ],
      audit: [],
    });

    expect(await store.retryNow('orders-db', start + 50)).toBe(1);

    expect(await dueAt('entitlement', start + 50)).toMatchObject([
      { id: 'away', version: 2, at: start + 50 },
    ]);
    expect(await store.entitlement(asEntitlementId('away'))).toMatchObject({
      attempts: 3,
      error: away.error,
    });
  });

  test('is asked about while a row waits for it, also where another one has failed for longer', async () => {
    const refused = { ...away, failingSince: start - 1, error: { kind: 'final', text: 'no' } as const };
    await store.commit({
      at: start,
      entitlements: [
        waitingEntitlement('refused', refused),
        waitingEntitlement('away', away),
        waitingEntitlement('away too', away),
        waitingEntitlement('refused elsewhere', { ...refused, connector: 'okta' }),
        waitingEntitlement('settled', { ...away, connector: 'github', nextAt: null }),
      ],
      audit: [],
    });

    expect(await store.unreachableConnectors()).toEqual(['orders-db']);
  });

  test('has all of them due, however many', async () => {
    const many = Array.from({ length: 450 }, (_, place) => waitingEntitlement(`ent-${place}`, away));
    await store.commit({ at: start, entitlements: many, audit: [] });

    expect(await store.retryNow('orders-db', start + 50)).toBe(450);
    expect(await store.retryNow('orders-db', start + 50)).toBe(0);
  });
});

test('failing rows of a connector and direction come with the oldest failure first', async () => {
  const failing = (since: number) => ({
    attempts: 1,
    failingSince: since,
    error: { kind: 'retryable', text: 'busy' } as const,
  });
  await store.commit({
    at: start,
    entitlements: [
      waitingEntitlement('younger', failing(start + 2)),
      waitingEntitlement('older', failing(start + 1)),
      waitingEntitlement('well'),
      waitingEntitlement('opening', { ...failing(start), direction: 'grants' }),
      waitingEntitlement('elsewhere', { ...failing(start), connector: 'okta' }),
    ],
    audit: [],
  });

  const failingEnds = await store.failingRevocationsIn('orders-db', 10);

  expect(failingEnds.map((row) => row.id)).toEqual(['older', 'younger']);
  expect((await store.failingRevocationsIn('orders-db', 1)).map((row) => row.id)).toEqual(['older']);
});
