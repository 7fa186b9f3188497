import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { asEntitlementId, asGrantId, asMessageId, asNoticeId, asRequestId } from '../../src/domain/ids.js';
import type { Store } from '../../src/ports.js';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';
import { exitOf, startChild } from '../support/child-process.js';
import type { TestStore } from '../support/open-store.js';
import { openTestStore } from '../support/open-store.js';
import {
  aDecision,
  aDeniedRequest,
  aGrant,
  aHold,
  aMessage,
  aRequest,
  anApprovedRequest,
  anAuditEntry,
  anEntitlement,
  anOpeningGrant,
  anOwedNotice,
  lee,
  start,
} from '../support/rows.js';

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  ({ store } = opened);
});

afterEach(() => opened.close());

/** Everything that the tables hold, to show that nothing was written. */
function dump(): Record<string, unknown[]> {
  const connection = new SqliteDatabase(opened.path, { readonly: true });
  const names = connection
    .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
    .pluck()
    .all();
  const tables = names.map((name) => [name, connection.prepare(`SELECT * FROM ${name}`).all()] as const);
  connection.close();
  return Object.fromEntries(tables);
}

async function approve(): Promise<void> {
  await store.commit({ at: start, requests: [aRequest()], messages: [aMessage()], audit: [] });
  const outcome = await store.commit({
    at: start,
    requests: [anApprovedRequest({ version: 1 })],
    grants: [aGrant()],
    entitlements: [anEntitlement()],
    holds: [aHold()],
    decisions: [aDecision()],
    audit: [anAuditEntry({ kind: 'request.approved' })],
  });
  expect(outcome).toBe('committed');
}

describe('a change is applied whole', () => {
  test('rows, decision, hold, card, notice and audit event stand after one commit', async () => {
    const outcome = await store.commit({
      at: start,
      requests: [anApprovedRequest()],
      grants: [anOpeningGrant()],
      entitlements: [anEntitlement()],
      holds: [aHold({ state: 'waiting' })],
      decisions: [aDecision()],
      messages: [aMessage()],
      notices: [anOwedNotice()],
      audit: [anAuditEntry()],
      delivery: 'click-1',
    });

    expect(outcome).toBe('committed');
    expect(await store.request(asRequestId('req-1'))).toEqual(anApprovedRequest({ version: 1 }));
    expect(await store.grant(asGrantId('grant-1'))).toEqual(anOpeningGrant({ version: 1 }));
    expect(await store.entitlement(asEntitlementId('ent-1'))).toEqual(anEntitlement({ version: 1 }));
    expect(await store.holds(asGrantId('grant-1'))).toEqual([aHold({ state: 'waiting' })]);
    expect(await store.decisions(asRequestId('req-1'))).toEqual([aDecision()]);
    expect(await store.message(asMessageId('msg-1'))).toEqual(aMessage({ version: 1 }));
    expect(await store.notice(asNoticeId('notice-1'))).toEqual({
      ...anOwedNotice(),
      version: 1,
      state: 'owed',
      createdAt: start,
      nextAt: start,
      attempts: 0,
      error: null,
    });
    expect(await store.auditEvents({ after: 0, limit: 10 })).toMatchObject([
      { seq: 1, at: start, kind: 'request.submitted' },
    ]);
  });

  test('a fault in its last part leaves nothing of it behind', async () => {
    await approve();
    const before = dump();

    const commit = store.commit({
      at: start,
      requests: [aRequest({ id: asRequestId('req-2'), beneficiary: lee })],
      grants: [aGrant({ version: 1, remindAt: null })],
      messages: [aMessage({ id: asMessageId('msg-2') })],
      notices: [anOwedNotice()],
      redraw: [asRequestId('req-1')],
      audit: [anAuditEntry({ facts: { attempts: Number.NaN } })],
      delivery: 'click-2',
    });

    await expect(commit).rejects.toThrow(/NaN cannot be audited/);
    expect(dump()).toEqual(before);
  });

  test('a row that no state machine makes is a fault, not stale', async () => {
    const backwards = aGrant({ startsAt: start + 1, endsAt: start });

    const commit = store.commit({ at: start, requests: [aRequest()], grants: [backwards], audit: [] });

    await expect(commit).rejects.toThrow(/grants_window/);
  });

  test('a grant without its request is a fault', async () => {
    await expect(store.commit({ at: start, grants: [aGrant()], audit: [] })).rejects.toThrow(/FOREIGN KEY/);
    await expect(store.commit({ at: start, requests: [anApprovedRequest()], audit: [] })).rejects.toThrow(
      /FOREIGN KEY/,
    );
  });

  test('a hold without its grant or its entitlement is a fault: nothing would guard it', async () => {
    await approve();

    const commit = store.commit({ at: start, holds: [aHold({ state: 'released' })], audit: [] });

    await expect(commit).rejects.toThrow(/without its grant or its entitlement/);
  });
});

describe('a change computed from old rows is stale, and writes nothing', () => {
  test.each([
    ['a request', { requests: [aDeniedRequest({ version: 1 })] }],
    ['a grant', { grants: [aGrant({ version: 7 })] }],
    ['an entitlement', { entitlements: [anEntitlement({ version: 7 })] }],
    ['a card', { messages: [aMessage({ version: 7 })] }],
    ['a request relied on', { reliesOn: [{ table: 'requests', id: asRequestId('req-1'), version: 1 }] }],
    ['a grant relied on', { reliesOn: [{ table: 'grants', id: asGrantId('grant-1'), version: 2 }] }],
    [
      'an entitlement relied on',
      { reliesOn: [{ table: 'entitlements', id: asEntitlementId('x'), version: 1 }] },
    ],
  ] as const)('%s', async (_, rows) => {
    await approve();
    const before = dump();

    const outcome = await store.commit({
      at: start,
      ...rows,
      notices: [anOwedNotice()],
      redraw: [asRequestId('req-1')],
      audit: [anAuditEntry()],
      delivery: 'click-2',
    });

    expect(outcome).toBe('stale');
    expect(dump()).toEqual(before);
  });

  test.each([
    ['a second pending request on one role', { requests: [aRequest({ id: asRequestId('req-2') })] }],
    [
      'a prolongation beside a pending request on the role',
      { requests: [aRequest({ id: asRequestId('req-2'), extendsGrant: asGrantId('grant-0') })] },
    ],
    ['an entitlement that stands', { entitlements: [anEntitlement({ id: asEntitlementId('ent-2') })] }],
    ['a second vote of one approver', { decisions: [aDecision({ requestId: asRequestId('req-0') })] }],
    ['an id that is taken', { messages: [aMessage()] }],
  ] as const)('%s', async (_, rows) => {
    await store.commit({
      at: start,
      requests: [anApprovedRequest({ id: asRequestId('req-0'), grantId: asGrantId('grant-0') }), aRequest()],
      grants: [aGrant({ id: asGrantId('grant-0'), requestId: asRequestId('req-0') })],
      entitlements: [anEntitlement()],
      decisions: [aDecision({ requestId: asRequestId('req-0') })],
      messages: [aMessage()],
      audit: [],
    });
    const before = dump();

    const outcome = await store.commit({ at: start, ...rows, audit: [anAuditEntry()], delivery: 'click-2' });

    expect(outcome).toBe('stale');
    expect(dump()).toEqual(before);
  });

  test('a request that closes makes room for the next one in the same change', async () => {
    await store.commit({ at: start, requests: [aRequest()], audit: [] });

    const outcome = await store.commit({
      at: start,
      requests: [aRequest({ id: asRequestId('req-2') }), aDeniedRequest({ version: 1 })],
      audit: [],
    });

    expect(outcome).toBe('committed');
  });

  test('rows that were relied on and stand let the change through, and keep their version', async () => {
    await approve();

    const outcome = await store.commit({
      at: start,
      reliesOn: [
        { table: 'requests', id: asRequestId('req-1'), version: 2 },
        { table: 'grants', id: asGrantId('grant-1'), version: 1 },
        { table: 'entitlements', id: asEntitlementId('ent-1'), version: 1 },
      ],
      audit: [anAuditEntry()],
    });

    expect(outcome).toBe('committed');
    expect(await store.grant(asGrantId('grant-1'))).toMatchObject({ version: 1 });
  });
});

describe('a delivery that comes twice', () => {
  test('changes nothing the second time', async () => {
    await store.commit({ at: start, requests: [aRequest()], audit: [anAuditEntry()], delivery: 'click-1' });
    const before = dump();

    const outcome = await store.commit({
      at: start + 1,
      requests: [aDeniedRequest({ version: 1 })],
      audit: [anAuditEntry()],
      delivery: 'click-1',
    });

    expect(outcome).toBe('duplicate-delivery');
    expect(dump()).toEqual(before);
  });

  test('counts as new after it was stale, for the use case decides again', async () => {
    await store.commit({ at: start, requests: [aRequest()], audit: [] });
    const denial = { at: start, audit: [anAuditEntry()], delivery: 'click-1' };

    expect(await store.commit({ ...denial, requests: [aDeniedRequest({ version: 9 })] })).toBe('stale');
    expect(await store.commit({ ...denial, requests: [aDeniedRequest({ version: 1 })] })).toBe('committed');
  });
});

describe('two connections at once', () => {
  test('of two changes of one row, the second is stale', async () => {
    await approve();
    const other = createStore({ database: await openDatabase({ path: opened.path, role: 'beside' }) });
    const early = { ...aGrant({ version: 1 }), remindAt: null };

    const outcomes = [
      await store.commit({ at: start, grants: [early], audit: [anAuditEntry()] }),
      await other.commit({ at: start, grants: [early], audit: [anAuditEntry()] }),
    ];
    await other.close();

    expect(outcomes).toEqual(['committed', 'stale']);
    expect(await store.auditEvents({ after: 0, limit: 10 })).toHaveLength(2);
  });

  test(
    'no change is lost between two processes, and the audit stays one chain',
    { timeout: 30_000 },
    async () => {
      await approve();
      const [grant] = await store.liveGrants({}, { offset: 0, limit: 1 });
      const children = [1, 2].map(() => startChild('./prolong-grant.ts', [opened.path, 'grant-1', '40']));
      onTestFinished(() => {
        for (const child of children) {
          child.kill('SIGKILL');
        }
      });

      expect(await Promise.all(children.map(exitOf))).toEqual([0, 0]);

      expect(await store.grant(asGrantId('grant-1'))).toMatchObject({
        version: 81,
        endsAt: (grant?.endsAt ?? 0) + 80,
      });
      expect(await store.verifyAudit()).toMatchObject({ events: 81, firstBad: null });
    },
  );

  test('a lock that is held for too long is a fault', { timeout: 15_000 }, async () => {
    const other = new SqliteDatabase(opened.path);
    other.exec('BEGIN IMMEDIATE');

    await expect(store.commit({ at: start, audit: [anAuditEntry()] })).rejects.toThrow(/database is locked/);

    other.close();
  });
});
