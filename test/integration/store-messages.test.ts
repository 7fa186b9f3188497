import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asChannelId, asGrantId, asMessageId, asNoticeId, asRequestId } from '../../src/domain/ids.js';
import { connectorSubject } from '../../src/domain/message.js';
import { DAY_MS } from '../../src/domain/time.js';
import type { Store } from '../../src/ports.js';
import type { TestStore } from '../support/open-store.js';
import { openTestStore } from '../support/open-store.js';
import {
  aDeniedRequest,
  aGrant,
  aMessage,
  aRequest,
  anApprovedRequest,
  anEndedGrant,
  anOwedNotice,
  dana,
  lee,
  mia,
  start,
} from '../support/rows.js';

const req1 = asRequestId('req-1');
const msg1 = asMessageId('msg-1');
const req2 = asRequestId('req-2');
const posted = { channel: asChannelId('C0APPROVALS'), ts: '1764000000.000100' };

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  ({ store } = opened);
});

afterEach(() => opened.close());

describe('a card', () => {
  beforeEach(() => store.commit({ at: start, requests: [aRequest()], messages: [aMessage()], audit: [] }));

  const resting = aMessage({
    id: asMessageId('msg-2'),
    subject: req2,
    posted,
    shown: 'hash-2',
    nextAt: null,
  });
  const drawn = aMessage({ version: 1, posted, shown: 'hash-1', nextAt: null });

  test('that was posted is no longer due', async () => {
    expect(await store.recordMessage(drawn, 1)).toBe('committed');

    expect(await store.message(msg1)).toEqual({ ...drawn, version: 2 });
    expect(await store.due('message', { before: start, now: start, after: null, limit: 10 })).toEqual([]);
  });

  test('that was marked again while it was being posted stays due, and keeps what was posted', async () => {
    await store.commit({ at: start + 5, redraw: [req1], audit: [] });

    expect(await store.recordMessage(drawn, 1)).toBe('committed');

    expect(await store.message(msg1)).toEqual({ ...drawn, version: 2, wanted: 2, nextAt: start + 5 });
  });

  test('that was marked again still waits as long as Slack has asked', async () => {
    await store.commit({ at: start + 5, redraw: [req1], audit: [] });

    await store.recordMessage(
      { ...aMessage({ version: 1 }), attempts: 1, error: 'ratelimited', nextAt: start + 30 },
      1,
    );

    expect(await store.message(msg1)).toMatchObject({
      attempts: 1,
      error: 'ratelimited',
      nextAt: start + 30,
    });
  });

  test('that was marked again while it was being drawn is due for that, not only for its second look', async () => {
    await store.commit({ at: start + 5, redraw: [req1], audit: [] });

    await store.recordMessage({ ...drawn, nextAt: start + 15, lateUntil: start + 15 }, 1);

    expect(await store.message(msg1)).toMatchObject({ nextAt: start + 5, lateUntil: start + 15 });
  });

  test('that was being edited when the process before died expects that edit; one that rests does not', async () => {
    await store.commit({ at: start, messages: [resting], audit: [] });
    await store.recordMessage({ ...drawn, nextAt: start + 1 }, 1);

    await store.expectLateEdits(start + 15);

    expect(await store.message(msg1)).toMatchObject({ lateUntil: start + 15 });
    expect(await store.message(resting.id)).toMatchObject({ lateUntil: null });
  });

  test('is marked for each change of its subject, and due at once', async () => {
    await store.recordMessage(drawn, 1);

    await store.commit({ at: start + 9, redraw: [req1, asRequestId('req-other')], audit: [] });

    expect(await store.messagesOf(req1)).toEqual([{ ...drawn, version: 2, wanted: 2, nextAt: start + 9 }]);
  });

  test('is not posted twice: the second record of one reading is stale', async () => {
    await store.recordMessage(drawn, 1);

    expect(await store.recordMessage({ ...drawn, shown: 'hash-2' }, 1)).toBe('stale');
    expect(await store.message(msg1)).toMatchObject({ shown: 'hash-1' });
  });
});

describe('a notice', () => {
  test('is owed once for a subject, a kind, an occasion and a person', async () => {
    const reminder = anOwedNotice({
      kind: 'grant-reminder',
      subject: asGrantId('grant-1'),
      occasion: '17:00',
      to: dana,
    });
    await store.commit({ at: start, notices: [reminder], audit: [] });

    const outcome = await store.commit({
      at: start + 1,
      notices: [
        { ...reminder, id: asNoticeId('notice-2') },
        { ...reminder, id: asNoticeId('notice-3'), occasion: '18:00' },
        { ...reminder, id: asNoticeId('notice-4'), to: lee },
      ],
      audit: [],
    });

    expect(outcome).toBe('committed');
    const owed = await store.noticesOf(asGrantId('grant-1'));
    expect(owed.map((notice) => notice.id)).toEqual(['notice-1', 'notice-3', 'notice-4']);
  });

  test('that was sent is no longer due, and a second sending of one reading is stale', async () => {
    await store.commit({ at: start, notices: [anOwedNotice()], audit: [] });
    const [notice] = await store.noticesOf(req1);
    if (notice === undefined) {
      throw new Error('The notice is missing.');
    }

    expect(await store.recordNotice({ ...notice, state: 'sent', nextAt: null })).toBe('committed');
    expect(await store.recordNotice({ ...notice, state: 'dropped', nextAt: null })).toBe('stale');

    expect(await store.notice(notice.id)).toMatchObject({ state: 'sent', version: 2, nextAt: null });
    expect(await store.due('notice', { before: start, now: start, after: null, limit: 10 })).toEqual([]);
  });

  test('about a connector comes back with its subject', async () => {
    const subject = connectorSubject('orders-db');
    await store.commit({
      at: start,
      notices: [anOwedNotice({ kind: 'revocation-stuck', subject })],
      audit: [],
    });

    expect(await store.noticesOf(subject)).toMatchObject([{ subject: 'connector/orders-db', to: mia }]);
  });

  test('cannot be owed without a next try', async () => {
    await store.commit({ at: start, notices: [anOwedNotice()], audit: [] });
    const [notice] = await store.noticesOf(req1);
    if (notice === undefined) {
      throw new Error('The notice is missing.');
    }

    await expect(store.recordNotice({ ...notice, nextAt: null })).rejects.toThrow(/outbox_owed/);
  });
});

describe('forgetting', () => {
  const later = start + 40 * DAY_MS;

  async function send(id: string): Promise<void> {
    const notice = await store.notice(asNoticeId(id));
    if (notice === null) {
      throw new Error(`There is no ${id}.`);
    }
    await store.recordNotice({ ...notice, state: 'sent', nextAt: null });
  }

  test('a delivery is known for a day', async () => {
    const change = { at: start, audit: [], delivery: 'click-1' };
    await store.commit(change);

    await store.forget(start + DAY_MS);
    expect(await store.commit(change)).toBe('duplicate-delivery');

    await store.forget(start + DAY_MS + 1);
    expect(await store.commit(change)).toBe('committed');
  });

  test('cards and sent notices go 30 days after their subject closed; owed ones and the rows stay', async () => {
    await store.commit({
      at: start,
      requests: [aDeniedRequest()],
      messages: [aMessage()],
      notices: [anOwedNotice(), anOwedNotice({ id: asNoticeId('notice-2'), to: lee })],
      audit: [],
    });
    await send('notice-1');

    await store.forget(start + 29 * DAY_MS);
    expect(await store.messagesOf(req1)).toHaveLength(1);

    await store.forget(later);
    expect(await store.messagesOf(req1)).toEqual([]);
    expect((await store.noticesOf(req1)).map((notice) => notice.id)).toEqual(['notice-2']);
    expect(await store.request(req1)).not.toBeNull();
  });

  test.each([
    ['lives', aGrant({ endsAt: later }), 1],
    ['ended long ago', anEndedGrant(), 0],
  ])('the card of an approved request goes with its grant, which %s', async (_, grant, left) => {
    await store.commit({
      at: start,
      requests: [anApprovedRequest()],
      grants: [grant],
      messages: [
        aMessage(),
        aMessage({ id: asMessageId('msg-2'), kind: 'grant-card', subject: grant.id, to: dana }),
      ],
      audit: [],
    });

    await store.forget(later);

    expect(await store.messagesOf(req1)).toHaveLength(left);
    expect(await store.messagesOf(grant.id)).toHaveLength(left);
  });

  test("a connector's sent alarms go 30 days after they were owed", async () => {
    const subject = connectorSubject('orders-db');
    const alarm = anOwedNotice({ kind: 'revocation-stuck', subject });
    await store.commit({ at: start, notices: [alarm], audit: [] });
    await send('notice-1');

    await store.forget(start + 30 * DAY_MS);
    expect(await store.noticesOf(subject)).toHaveLength(1);

    await store.forget(start + 30 * DAY_MS + 1);
    expect(await store.noticesOf(subject)).toEqual([]);
  });
});
