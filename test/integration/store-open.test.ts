import { cpSync, existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { asEntitlementId, asNoticeId, asRequestId } from '../../src/domain/ids.js';
import { createStore } from '../../src/store/create-store.js';
import type { Database, OpenDatabaseInput } from '../../src/store/open-database.js';
import { openDatabase } from '../../src/store/open-database.js';
import { exitOf, firstLine, startChild } from '../support/child-process.js';
import { makeFolder } from '../support/open-store.js';
import { aRequest, anApprovedRequest, aGrant, anAuditEntry, start } from '../support/rows.js';

const migrations = fileURLToPath(new URL('../../migrations', import.meta.url));

let folder: string;
let remove: () => void;
let path: string;
let opened: Database[];

beforeEach(() => {
  ({ folder, remove } = makeFolder());
  path = join(folder, 'data', 'hallpass.db');
  opened = [];
});

afterEach(() => {
  for (const database of opened) {
    database.close();
  }
  remove();
});

async function open(input: Partial<OpenDatabaseInput> = {}): Promise<Database> {
  const database = await openDatabase({ path, role: 'start', ...input });
  opened.push(database);
  return database;
}

function closeAll(): void {
  for (const database of opened.splice(0)) {
    database.close();
  }
}

/** The migrations of this build and one more, as a newer build would have them. */
function newerMigrations(sql: string): string {
  const newer = join(folder, 'newer-migrations');
  cpSync(migrations, newer, { recursive: true });
  const journalPath = join(newer, 'meta', '_journal.json');
  const journal: { entries: { idx: number; when: number; tag: string }[] } = JSON.parse(
    readFileSync(journalPath, 'utf8'),
  );
  const last = journal.entries.at(-1);
  const idx = journal.entries.length;
  const entry = { ...last, idx, when: (last?.when ?? 0) + 1, tag: 'later' };
  writeFileSync(journalPath, JSON.stringify({ ...journal, entries: [...journal.entries, entry] }));
  writeFileSync(join(newer, 'later.sql'), sql);
  return newer;
}

/** As the first build had them. */
function firstMigration(): string {
  const older = join(folder, 'first-migration');
  cpSync(migrations, older, { recursive: true });
  const journalPath = join(older, 'meta', '_journal.json');
  const journal: { entries: unknown[] } = JSON.parse(readFileSync(journalPath, 'utf8'));
  writeFileSync(journalPath, JSON.stringify({ ...journal, entries: journal.entries.slice(0, 1) }));
  return older;
}

/** What drizzle-kit writes when a CHECK changes: the table is made anew, with its children in place. */
const rebuildRequests = `
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE __new_requests AS SELECT * FROM requests;--> statement-breakpoint
DROP TABLE requests;--> statement-breakpoint
ALTER TABLE __new_requests RENAME TO requests;--> statement-breakpoint
CREATE UNIQUE INDEX requests_id ON requests (id);--> statement-breakpoint
PRAGMA foreign_keys=ON;`;

async function fillWithOneGrant(): Promise<void> {
  const store = createStore({ database: await open() });
  await store.commit({ at: start, requests: [aRequest()], audit: [anAuditEntry()] });
  await store.commit({
    at: start,
    requests: [anApprovedRequest({ version: 1 })],
    grants: [aGrant()],
    audit: [anAuditEntry({ kind: 'request.approved' })],
  });
}

describe('opening', () => {
  test('makes the folder and the file, and finds the rows again', async () => {
    await fillWithOneGrant();
    closeAll();

    const store = createStore({ database: await open() });

    expect(await store.request(asRequestId('req-1'))).toMatchObject({ state: 'approved', version: 2 });
  });

  test.each(['start', 'beside'] as const)(
    'commits survive a power cut: synchronous is FULL after every opening as %s',
    async (role) => {
      await fillWithOneGrant();
      closeAll();

      const { connection } = await open({ role });
      const store = createStore({ database: { connection, path, close: () => connection.close() } });
      await store.commit({ at: start, audit: [anAuditEntry()] });

      expect(connection.pragma('synchronous', { simple: true })).toBe(2);
      expect(connection.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(connection.pragma('foreign_keys', { simple: true })).toBe(1);
      expect(connection.pragma('busy_timeout', { simple: true })).toBe(5000);
    },
  );

  test('the command line does not make a database where there is none', async () => {
    await expect(open({ role: 'beside' })).rejects.toMatchObject({ code: 'missing' });
    expect(existsSync(path)).toBe(false);
  });

  test("another program's database is refused and left as it is", async () => {
    const foreign = join(folder, 'foreign.db');
    const other = new SqliteDatabase(foreign);
    other.exec('CREATE TABLE bookmarks (url TEXT)');
    other.close();
    const before = readFileSync(foreign);

    await expect(open({ path: foreign })).rejects.toMatchObject({ code: 'foreign' });

    expect(readFileSync(foreign)).toEqual(before);
  });

  test.each(['start', 'beside'] as const)('what is no database is refused in words (%s)', async (role) => {
    const text = join(folder, 'notes.txt');
    writeFileSync(text, 'remember the milk');

    await expect(open({ path: text, role })).rejects.toMatchObject({ code: 'unreadable' });
    await expect(open({ path: folder, role })).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('set DATABASE_URL'),
    });
    expect(readFileSync(text, 'utf8')).toBe('remember the milk');
  });
});

describe('one start a file', () => {
  test('a second start is refused, also by another name of the file', async () => {
    await open();
    const link = join(folder, 'link.db');
    symlinkSync(path, link);

    await expect(open()).rejects.toMatchObject({ code: 'already-started' });
    await expect(open({ path: link })).rejects.toThrow(/Another Hallpass has started/);
  });

  test('the command line commits beside it', async () => {
    const started = createStore({ database: await open() });
    const beside = createStore({ database: await open({ role: 'beside' }) });

    expect(await beside.commit({ at: start, requests: [aRequest()], audit: [] })).toBe('committed');

    expect(await started.request(asRequestId('req-1'))).toMatchObject({ version: 1 });
  });

  test('a start that was refused or closed leaves the file free', async () => {
    await open();
    await expect(open()).rejects.toMatchObject({ code: 'already-started' });
    closeAll();

    await expect(open()).resolves.toBeDefined();
  });

  test('a start that was killed leaves the file free', { timeout: 30_000 }, async () => {
    const holder = startChild('./hold-database.ts', [path]);
    onTestFinished(() => {
      holder.kill('SIGKILL');
    });
    expect(await firstLine(holder)).toBe('started');
    await expect(open()).rejects.toMatchObject({ code: 'already-started' });

    holder.kill('SIGKILL');
    await exitOf(holder);

    await expect(open()).resolves.toBeDefined();
  });
});

describe('migrations', () => {
  test('the journal names every file once, in strictly increasing order', () => {
    const journal: { entries: { when: number; tag: string }[] } = JSON.parse(
      readFileSync(join(migrations, 'meta', '_journal.json'), 'utf8'),
    );
    const files = readdirSync(migrations).filter((name) => name.endsWith('.sql'));
    const times = journal.entries.map((entry) => entry.when);

    expect(journal.entries.map((entry) => `${entry.tag}.sql`)).toEqual(files.toSorted());
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  });

  test('every table is STRICT', async () => {
    const { connection } = await open();

    const loose = connection
      .prepare(
        `SELECT name FROM pragma_table_list
         WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'`,
      )
      .pluck()
      .all();

    expect(loose).toEqual(['__drizzle_migrations']);
  });

  test('a new file is not backed up, nor is one that is up to date', async () => {
    await open();
    closeAll();
    await open();

    expect(readdirSync(join(folder, 'data')).filter((name) => name.includes('before'))).toEqual([]);
  });

  test('a table with children is made anew and loses none, and the old file is kept beside', async () => {
    await fillWithOneGrant();
    closeAll();

    const { connection } = await open({ migrationsFolder: newerMigrations(rebuildRequests) });

    expect(connection.prepare('SELECT count(*) FROM grants').pluck().get()).toBe(1);
    expect(connection.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(connection.pragma('foreign_key_check')).toEqual([]);
    const known = readdirSync(migrations).filter((name) => name.endsWith('.sql')).length;
    const backup = new SqliteDatabase(`${path}.before-${known}`, { readonly: true });
    expect(backup.prepare('SELECT state FROM requests').pluck().all()).toEqual(['approved']);
    backup.close();
  });

  test('what the first build wrote, an entitlement that a live grant holds, is read by this one', async () => {
    const { connection: first } = await open({ migrationsFolder: firstMigration() });
    first.exec(`BEGIN;
      INSERT INTO requests VALUES ('req-1', 1, 'approved', 'T', NULL, 'U03DANA', 'U03DANA', 'prod-db', 'readonly',
        'standard', 'sha', 1800000, 'why', '[]', 1, NULL, 'C0A', 1000, 2000, 1500, 'G-1');
      INSERT INTO grants VALUES ('G-1', 1, 'active', 'T', NULL, 'req-1', 'U03DANA', 'U03DANA', 'prod-db', 'readonly',
        'standard', 1500, 1801500, 300000, NULL, 1600, NULL, NULL, NULL, NULL, NULL, NULL);
      INSERT INTO entitlements VALUES ('E-1', 3, 'orders-db', 'app_readonly', '16401', 'dana', 'fp', 'U03DANA', 1,
        'present', 1600, 'revocations', 1801500, 0, NULL, NULL, NULL, NULL, NULL, NULL);
      INSERT INTO grant_entitlements VALUES ('G-1', 'E-1', 'held');
      INSERT INTO outbox VALUES ('n-1', 1, 'grant-reminder', 'G-1', '', 'U03DANA', 'owed', 1600, 1600, 0, NULL);
      COMMIT;`);
    closeAll();

    const store = createStore({ database: await open() });

    const state = await store.entitlementState(asEntitlementId('E-1'));
    expect(state?.entitlement).toMatchObject({ version: 3, owner: 'U03DANA', expiresAt: null, byHand: null });
    expect(state?.holders).toMatchObject([
      { grant: { id: 'G-1', state: 'active' }, hold: { state: 'held' } },
    ]);
    expect(await store.notice(asNoticeId('n-1'))).toMatchObject({ kind: 'grant-reminder', state: 'owed' });
  });

  test('a migration that would leave a row without its parent changes nothing', async () => {
    await fillWithOneGrant();
    closeAll();
    const migrationsFolder = newerMigrations('DELETE FROM requests;');

    await expect(open({ migrationsFolder })).rejects.toThrow(/without its requests; nothing was changed/);

    const store = createStore({ database: await open() });
    expect(await store.request(asRequestId('req-1'))).not.toBeNull();
  });

  test('a database of a newer build is refused, by start and by the command line', async () => {
    await open({ migrationsFolder: newerMigrations('CREATE TABLE later (id TEXT) STRICT;') });
    closeAll();

    await expect(open()).rejects.toMatchObject({ code: 'newer' });
    await expect(open({ role: 'beside' })).rejects.toThrow(/another build of Hallpass/);
  });

  test('the command line does not migrate: a database of an older build is refused', async () => {
    await open();
    const migrationsFolder = newerMigrations('CREATE TABLE later (id TEXT) STRICT;');

    await expect(open({ role: 'beside', migrationsFolder })).rejects.toMatchObject({ code: 'older' });
  });
});
