import { createHash } from 'node:crypto';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../src/domain/audit.js';
import { asEntitlementId, asGrantId } from '../../src/domain/ids.js';
import type { Store } from '../../src/ports.js';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';
import type { TestStore } from '../support/open-store.js';
import { openTestStore } from '../support/open-store.js';
import { anAuditEntry, start } from '../support/rows.js';

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  ({ store } = opened);
});

afterEach(() => opened.close());

async function audit(...entries: AuditEntry[]): Promise<void> {
  expect(await store.commit({ at: start, audit: entries })).toBe('committed');
}

function eventHash(seq: unknown, at: unknown, prev: unknown, body: unknown): string {
  const fields = ['hallpass audit event 1', seq, at, prev, body];
  return createHash('sha256').update(fields.join('\n')).digest('hex');
}

/** What somebody with the file in their hands can do; they can also compute hashes, as event_hash(). */
function tamper(sql: string): void {
  const connection = new SqliteDatabase(opened.path);
  connection.function('event_hash', eventHash);
  connection.pragma('foreign_keys = OFF');
  try {
    connection.exec(sql);
  } finally {
    connection.close();
  }
}

const withoutTriggers = [
  'audit_events_next',
  'audit_events_kept',
  'audit_events_unchanged',
  'audit_texts_unchanged',
]
  .map((name) => `DROP TRIGGER ${name};`)
  .join('\n');

describe('an audit event', () => {
  test('comes back with its place in the chain, its actor, its facts and its text', async () => {
    const entries: AuditEntry[] = [
      anAuditEntry({ text: 'stuck migration 4711' }),
      {
        kind: 'grant.ending',
        actor: { kind: 'operator', name: 'root' },
        grantId: asGrantId('grant-1'),
        facts: { cause: 'revoked', sessions: 2, cut: true, note: null, accounts: ['dana', 'ä"\n'] },
      },
      {
        kind: 'entitlement.revoked',
        actor: { kind: 'hallpass' },
        entitlementId: asEntitlementId('ent-1'),
        facts: {},
      },
    ];
    await audit(...entries);

    const events = await store.auditEvents({ after: 0, limit: 10 });

    const none = { requestId: null, grantId: null, entitlementId: null, text: null };
    expect(events).toEqual(
      entries.map((entry, place) => ({
        ...none,
        ...entry,
        seq: place + 1,
        at: start,
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      })),
    );
    expect((await store.auditEvents({ after: 1, limit: 1 })).map((event) => event.seq)).toEqual([2]);
  });

  test('can be checked by anybody: SHA-256 over separator, seq, at, prev and body', async () => {
    await audit(anAuditEntry(), anAuditEntry());
    const connection = new SqliteDatabase(opened.path, { readonly: true });
    const rows = connection
      .prepare<[], { seq: number; at: number; prev: string; body: string; hash: string }>(
        'SELECT * FROM audit_events ORDER BY seq',
      )
      .all();
    connection.close();

    let prev = '0'.repeat(64);
    for (const row of rows) {
      expect(row.prev).toBe(prev);
      prev = eventHash(row.seq, row.at, row.prev, row.body);
      expect(row.hash).toBe(prev);
    }
    expect(rows[0]?.body).toBe(
      '{"actor":{"kind":"person","name":"U03DANA"},"entitlementId":null,' +
        '"facts":{"durationMs":1800000,"resource":"prod-db","role":"readonly"},' +
        '"grantId":null,"kind":"request.submitted","requestId":"req-1","textDigest":null}',
    );
    expect(await store.verifyAudit()).toEqual({ events: 2, head: prev, firstBad: null });
  });

  test('keeps what a person typed out of the chain, under a digest of its own salt', async () => {
    await audit(anAuditEntry({ text: 'secret of dana' }), anAuditEntry({ text: 'secret of dana' }));
    const connection = new SqliteDatabase(opened.path, { readonly: true });
    const bodies = connection.prepare<[], string>('SELECT body FROM audit_events').pluck().all();
    connection.close();

    expect(bodies.join()).not.toContain('secret');
    expect(new Set(bodies).size).toBe(2);
  });

  test.each([
    ['changed', `UPDATE audit_events SET at = 0 WHERE seq = 1`, /never changed/],
    ['deleted', `DELETE FROM audit_events WHERE seq = 2`, /never deleted/],
    [
      'replaced',
      `INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events WHERE seq = 1`,
      /must follow/,
    ],
    [
      'put behind a gap',
      `INSERT INTO audit_events SELECT 9, at, hash, body, hash FROM audit_events WHERE seq = 2`,
      /must follow/,
    ],
    [
      'put on another than the last',
      `INSERT INTO audit_events SELECT 3, at, prev, body, hash FROM audit_events WHERE seq = 2`,
      /must follow/,
    ],
    ['given another text', `UPDATE audit_texts SET text = 'harmless' WHERE seq = 1`, /never changed/],
  ])('is not %s by a slip of the hand', async (_, sql, refusal) => {
    await audit(anAuditEntry({ text: 'leak' }), anAuditEntry());

    expect(() => tamper(sql)).toThrow(refusal);
    expect(await store.verifyAudit()).toMatchObject({ events: 2, firstBad: null });
  });
});

describe('the chain', () => {
  test('that is empty is whole', async () => {
    expect(await store.verifyAudit()).toEqual({ events: 0, head: '0'.repeat(64), firstBad: null });
  });

  test('stays whole when a text is erased', async () => {
    await audit(anAuditEntry({ text: 'my phone number' }), anAuditEntry());

    tamper('DELETE FROM audit_texts WHERE seq = 1');

    expect(await store.verifyAudit()).toMatchObject({ events: 2, firstBad: null });
    expect(await store.auditEvents({ after: 0, limit: 1 })).toMatchObject([{ seq: 1, text: null }]);
  });

  test.each([
    ['an edited body', `UPDATE audit_events SET body = replace(body, 'prod-db', 'test-db') WHERE seq = 4`, 4],
    ['a body that is no longer one', `UPDATE audit_events SET body = '{}' WHERE seq = 4`, 4],
    ['an edited moment', `UPDATE audit_events SET at = at - 1 WHERE seq = 4`, 4],
    ['an edited hash', `UPDATE audit_events SET hash = prev WHERE seq = 4`, 4],
    ['a broken link', `UPDATE audit_events SET prev = '${'f'.repeat(64)}' WHERE seq = 4`, 4],
    ['an event taken out', `DELETE FROM audit_events WHERE seq = 4`, 4],
    ['the first event taken out', `DELETE FROM audit_events WHERE seq = 1`, 1],
    [
      'an event taken out and the rest moved up',
      `DELETE FROM audit_events WHERE seq = 4; UPDATE audit_events SET seq = seq - 1 WHERE seq > 4`,
      4,
    ],
    [
      'two events in each other’s place',
      `UPDATE audit_events SET seq = 99 WHERE seq = 4; UPDATE audit_events SET seq = 4 WHERE seq = 5;
       UPDATE audit_events SET seq = 5 WHERE seq = 99`,
      4,
    ],
    [
      'an event put in between',
      `UPDATE audit_events SET seq = -seq WHERE seq >= 4; UPDATE audit_events SET seq = 1 - seq WHERE seq < 0;
       INSERT INTO audit_events SELECT 4, at, hash, body, hash FROM audit_events WHERE seq = 3`,
      4,
    ],
    [
      'an event rewritten with its hash, in the one after it,',
      `UPDATE audit_events SET at = 0, hash = event_hash(seq, 0, prev, body) WHERE seq = 4`,
      5,
    ],
    [
      'an event taken out and the next one linked anew',
      `UPDATE audit_events SET (prev, hash) = (
         SELECT hash, event_hash(5, audit_events.at, hash, audit_events.body) FROM audit_events AS third WHERE seq = 3
       ) WHERE seq = 5;
       DELETE FROM audit_events WHERE seq = 4`,
      4,
    ],
    ['an edited text', `UPDATE audit_texts SET text = 'harmless' WHERE seq = 4`, 4],
    ['an edited salt', `UPDATE audit_texts SET salt = '${'0'.repeat(32)}' WHERE seq = 4`, 4],
    ['a text that was never typed', `INSERT INTO audit_texts VALUES (5, '00', 'forged')`, 5],
  ])('names the first event that %s spoils', async (_, sql, firstBad) => {
    await audit(...[1, 2, 3].map(() => anAuditEntry()), anAuditEntry({ text: 'leak' }), anAuditEntry());
    await audit(anAuditEntry());
    expect(await store.verifyAudit()).toMatchObject({ events: 6, firstBad: null });

    tamper(`${withoutTriggers}\n${sql}`);

    expect(await store.verifyAudit()).toMatchObject({ events: firstBad - 1, firstBad });
  });

  test('is walked in pages, and others have their turn between them', async () => {
    await audit(...Array.from({ length: 1_600 }, () => anAuditEntry({ text: 'why' })));
    let turns = 0;
    const takeTurn = (): void => {
      turns += 1;
      next = setImmediate(takeTurn);
    };
    let next = setImmediate(takeTurn);

    const result = await store.verifyAudit();
    clearImmediate(next);

    expect(result).toMatchObject({ events: 1_600, firstBad: null });
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  test('goes on after another connection has added to it', async () => {
    const beside = createStore({ database: await openDatabase({ path: opened.path, role: 'beside' }) });

    await audit(anAuditEntry());
    await beside.commit({ at: start, audit: [anAuditEntry()] });
    await audit(anAuditEntry());
    await beside.close();

    expect(await store.verifyAudit()).toMatchObject({ events: 3, firstBad: null });
  });
});
