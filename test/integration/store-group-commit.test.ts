import { afterEach, beforeEach, expect, test } from 'vitest';
import { asGrantId, asRequestId } from '../../src/domain/ids.js';
import type { Store } from '../../src/ports.js';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';
import type { TestStore } from '../support/open-store.js';
import { openTestStore } from '../support/open-store.js';
import { aGrant, aHold, aRequest, anApprovedRequest, anAuditEntry, lee, start } from '../support/rows.js';

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  ({ store } = opened);
});

afterEach(() => opened.close());

function asked(role: string) {
  const request = aRequest({ id: asRequestId(`req-${role}`), role });
  return { at: start, requests: [request], audit: [anAuditEntry({ requestId: request.id })] };
}

/** The roles of the requests that are on record. */
async function recorded(from: Store = store): Promise<string[]> {
  return (await from.pendingOf(asked('any').requests[0]?.requester ?? lee))
    .map(({ role }) => role)
    .toSorted();
}

test('changes that are committed at the same moment all stand, each with its place in the chain', async () => {
  const roles = Array.from({ length: 50 }, (_, place) => `role-${String(place).padStart(2, '0')}`);

  const outcomes = await Promise.all(roles.map(async (role) => await store.commit(asked(role))));

  expect(new Set(outcomes)).toEqual(new Set(['committed']));
  expect(await recorded()).toEqual(roles);
  expect(await store.verifyAudit()).toMatchObject({ events: 50, firstBad: null });
});

test('one that is stale, and one that comes twice, leave the others of that moment as they are', async () => {
  const delivery = 'delivery-1';

  const outcomes = await Promise.all([
    store.commit({ ...asked('a'), delivery }),
    store.commit(asked('a')),
    store.commit({ ...asked('b'), delivery }),
    store.commit(asked('c')),
  ]);

  expect(outcomes).toEqual(['committed', 'stale', 'duplicate-delivery', 'committed']);
  expect(await recorded()).toEqual(['a', 'c']);
  expect(await store.verifyAudit()).toMatchObject({ events: 2, firstBad: null });
});

test('one that is a fault fails alone, at once or only at the end of the transaction', async () => {
  const loose = { at: start, holds: [aHold()], audit: [anAuditEntry()] };
  // Its grant is looked for when everything has been written.
  const dangling = {
    at: start,
    requests: [anApprovedRequest({ id: asRequestId('req-of-none'), grantId: asGrantId('none') })],
    audit: [anAuditEntry()],
  };
  const orphan = { at: start, grants: [aGrant({ requestId: asRequestId('none') })], audit: [] };

  const outcomes = await Promise.allSettled(
    [asked('a'), loose, asked('b'), dangling, asked('c'), orphan].map(
      async (change) => await store.commit(change),
    ),
  );

  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
  ]);
  expect(await recorded()).toEqual(['a', 'b', 'c']);
  expect(await store.verifyAudit()).toMatchObject({ events: 3, firstBad: null });
});

test('what is committed while the store closes is on record', async () => {
  const committing = store.commit(asked('a'));
  await store.close();

  expect(await committing).toBe('committed');
  const again = createStore({ database: await openDatabase({ path: opened.path, role: 'start' }) });
  expect(await recorded(again)).toEqual(['a']);
  await again.close();
});
