import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Entitlement } from '../../src/domain/entitlement.js';
import { asChannelId, asEntitlementId, asNoticeId } from '../../src/domain/ids.js';
import { channelSubject, connectorSubject } from '../../src/domain/message.js';
import { DAY_MS } from '../../src/domain/time.js';
import type { Store } from '../../src/ports.js';
import type { TestStore } from '../support/open-store.js';
import { openTestStore } from '../support/open-store.js';
import { anEntitlement, anOwedNotice, lee, mia, start } from '../support/rows.js';

let opened: TestStore;
let store: Store;
beforeEach(async () => {
  opened = await openTestStore();
  ({ store } = opened);
});
afterEach(() => opened.close());

const MARK = { byHand: { by: { kind: 'operator', name: 'root' }, at: start } } as const;

function failing(id: string, change: Partial<Entitlement> = {}): Entitlement {
  return anEntitlement({
    id: asEntitlementId(id),
    account: { id, name: id },
    nextAt: start + DAY_MS,
    attempts: 3,
    failingSince: start,
    error: { kind: 'unreachable', text: 'Nothing answers.' },
    ...change,
  });
}

async function keep(...entitlements: Entitlement[]): Promise<void> {
  await store.commit({ at: start, entitlements, audit: [] });
}

test('a connector is stuck from so many failures on, unless an admin’s word stands for it', async () => {
  await keep(
    failing('a', { connector: 'stuck', attempts: 4 }),
    failing('b', { connector: 'stuck', failingSince: start - 1, attempts: 1 }),
    failing('c', { connector: 'young', attempts: 2 }),
    failing('d', { connector: 'opening', direction: 'grants' }),
    failing('e', { connector: 'marked', ...MARK }),
    anEntitlement({ id: asEntitlementId('f'), connector: 'well' }),
  );

  expect(await store.stuckConnectors(3)).toEqual(['stuck']);
  expect(await store.stuckConnectors(1)).toEqual(['stuck', 'young']);
});

test('failing revocations come by connector and age, a page at a time, marked ones among them', async () => {
  await keep(
    failing('z', { connector: 'b' }),
    failing('y', { connector: 'a', failingSince: start + 1, ...MARK }),
    failing('x', { connector: 'a' }),
    failing('w', { direction: 'grants' }),
  );

  expect(await store.countFailingRevocations()).toBe(3);
  const pages = [
    await store.failingRevocations({ offset: 0, limit: 2 }),
    await store.failingRevocations({ offset: 2, limit: 2 }),
  ];
  expect(pages.map((page) => page.map(({ id }) => id))).toEqual([['x', 'y'], ['z']]);
  expect(pages[0]?.[1]?.byHand).toEqual(MARK.byHand);
});

test('what is marked is named for its role and connector alone, and no alarm names it', async () => {
  await keep(failing('a', MARK), failing('b'), failing('c', { ...MARK, role: 'app_admin' }));

  const of = { connector: 'orders-db', role: 'app_readonly' };
  expect((await store.markedOf(of, 10)).map(({ id }) => id)).toEqual(['a']);
  expect((await store.failingRevocationsIn('orders-db', 10)).map(({ id }) => id)).toEqual(['b']);
});

test('what is marked is not probed for, keeps its pace, holds no connector in the catalog, and ties no account', async () => {
  await keep(failing('a', MARK));
  const account = { connector: 'orders-db', accountId: 'a' };

  expect(await store.unreachableConnectors()).toEqual([]);
  expect(await store.retryNow('orders-db', start + 1)).toBe(0);
  expect(await store.connectorsInUse()).toEqual([]);
  expect(await store.ownersOf(account)).toEqual([]);

  await keep(failing('b'));
  expect(await store.unreachableConnectors()).toEqual(['orders-db']);
  expect(await store.retryNow('orders-db', start + 1)).toBe(1);
});

test('a notice that was dropped unsaid is owed anew; one that was sent, or could not be, is not', async () => {
  const subject = connectorSubject('orders-db');
  const [unsaid, sent, impossible] = ['unsaid', 'sent', 'impossible'].map((id) =>
    anOwedNotice({ id: asNoticeId(id), kind: 'revocation-stuck', subject, occasion: id, to: mia }),
  );
  const notices = [unsaid, sent, impossible].flatMap((each) => (each === undefined ? [] : [each]));
  await store.commit({ at: start, notices, audit: [] });
  for (const { id } of notices) {
    const notice = await store.notice(id);
    if (notice !== null) {
      const state = id === 'sent' ? 'sent' : 'dropped';
      const error = id === 'impossible' ? 'user_disabled' : null;
      await store.recordNotice({ ...notice, state, nextAt: null, attempts: 2, error });
    }
  }

  await store.commit({ at: start + 5, notices, audit: [] });
  expect(await store.notice(asNoticeId('unsaid'))).toMatchObject({
    state: 'owed',
    createdAt: start + 5,
    nextAt: start + 5,
    attempts: 0,
    version: 3,
  });
  expect((await store.notice(asNoticeId('sent')))?.state).toBe('sent');
  expect((await store.notice(asNoticeId('impossible')))?.state).toBe('dropped');
});

test('a notice may be for a channel, and about one; it goes 30 days after it was owed', async () => {
  const ops = asChannelId('C0OPS');
  const about = anOwedNotice({
    kind: 'alarm-not-shown',
    subject: channelSubject(ops),
    occasion: 'not_in_channel',
    to: lee,
  });
  const alarm = anOwedNotice({
    id: asNoticeId('notice-2'),
    kind: 'revocation-stuck',
    subject: connectorSubject('orders-db'),
    to: ops,
  });
  await store.commit({ at: start, notices: [about, alarm], audit: [] });

  expect(await store.notice(about.id)).toMatchObject(about);
  expect(await store.notice(alarm.id)).toMatchObject(alarm);
  const kept = await store.notice(about.id);
  if (kept !== null) {
    await store.recordNotice({ ...kept, state: 'sent', nextAt: null });
  }
  await store.forget(start + 30 * DAY_MS + 1);
  expect([await store.notice(about.id), (await store.notice(alarm.id))?.state]).toEqual([null, 'owed']);
});
