/**
 * Very many rows, quickly: one of each is written by the real store, and SQLite makes the others after it. So
 * a new column needs no word here.
 */
import { copyFileSync, rmSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import type { Database as Connection } from 'better-sqlite3';
import { asChannelId, asEntitlementId, asGrantId, asRequestId, asUserId } from '../../src/domain/ids.js';
import type { Change } from '../../src/domain/change.js';
import { newCard } from '../../src/domain/message.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';
import {
  aGrant,
  aHold,
  anApprovedRequest,
  anEndedGrant,
  anEntitlement,
  aRequest,
} from '../../test/support/rows.js';
import { CHANNEL, HOLDERS } from './place.js';

/** Expressions of SQL over `n`, which counts from 0. */
type Given = Readonly<Record<string, string>>;

export type Grants = {
  /** Of their ids. No prefix begins with another. */
  readonly name: string;
  readonly count: number;
  /** An expression over `n`. */
  readonly endsAt: string;
};

const model = asGrantId('model');
const connector = { connector: 'target', role: 'reader', fingerprint: 'simulate:target' } as const;

/** Migrated, and empty. */
export async function makeDatabase(path: string): Promise<void> {
  (await openDatabase({ path, role: 'start' })).close();
}

/** In the place of a database that a killed process left: its journal must not be played into this one. */
export function putDatabase(template: string, path: string): void {
  for (const journal of [`${path}-wal`, `${path}-shm`]) {
    rmSync(journal, { force: true });
  }
  copyFileSync(template, path);
}

/** Grants that run, each with an account of its own, its request, and two cards that Slack was never shown. */
export async function seedRunning(path: string, grants: Grants): Promise<void> {
  const { name, count, endsAt } = grants;
  const request = anApprovedRequest({ id: asRequestId('model'), grantId: model, ...expiry() });
  const grant = aGrant({ id: model, requestId: request.id, remindAt: null });
  const entitlement = anEntitlement({ id: asEntitlementId('model'), ...connector });
  const card = {
    ...newCard({ kind: 'grant-card', subject: model, to: grant.beneficiary, at: 0 }),
    nextAt: null,
  };
  const rows = { requests: [request], grants: [grant], entitlements: [entitlement] };
  const holds = [aHold({ grantId: model, entitlementId: entitlement.id })];
  await multiply(path, { ...rows, holds, messages: [card] }, (copy) => {
    copy('requests', count, { ...ids(name), ...who, terms: termsOf(name), grant_id: `'G-${name}-' || n` });
    const window = {
      starts_at: `${endsAt} - ${HOUR_MS}`,
      active_at: `${endsAt} - ${HOUR_MS}`,
      ends_at: endsAt,
    };
    const opened = { open_before: `${endsAt} - ${HOUR_MS - 5 * MINUTE_MS}`, request_id: `'R-${name}-' || n` };
    copy('grants', count, { id: `'G-${name}-' || n`, ...who, ...window, ...opened });
    const account = { account_id: `'sim:seeded-${name}-' || n`, account_name: `'seeded-${name}-' || n` };
    copy('entitlements', count, { id: `'E-${name}-' || n`, owner, ...account, next_at: endsAt });
    copy('grant_entitlements', count, {
      grant_id: `'G-${name}-' || n`,
      entitlement_id: `'E-${name}-' || n`,
    });
    copy('messages', count, {
      id: `'G-${name}-' || n || '.card'`,
      subject: `'G-${name}-' || n`,
      recipient: owner,
    });
    copy('messages', count, {
      id: `'R-${name}-' || n || '.card'`,
      subject: `'R-${name}-' || n`,
      kind: `'request-card'`,
      recipient: `'${CHANNEL}'`,
    });
  });
}

/** Grants of the past: each entitlement was held many times. */
export async function seedEnded(path: string, grants: Grants): Promise<void> {
  const { name, count, endsAt } = grants;
  const request = anApprovedRequest({ id: asRequestId('model'), grantId: model, ...expiry() });
  const grant = anEndedGrant({ id: model, requestId: request.id });
  const entitlement = anEntitlement({
    id: asEntitlementId('model'),
    ...connector,
    ours: false,
    seen: 'absent',
    nextAt: null,
  });
  const held = Math.ceil(count / 200);
  const holds = [aHold({ grantId: model, entitlementId: entitlement.id, state: 'released' })];
  await multiply(
    path,
    { requests: [request], grants: [grant], entitlements: [entitlement], holds },
    (copy) => {
      copy('requests', count, { ...ids(name), ...who, terms: termsOf(name), grant_id: `'G-${name}-' || n` });
      const window = {
        starts_at: `${endsAt} - ${HOUR_MS}`,
        active_at: `${endsAt} - ${HOUR_MS}`,
        ends_at: endsAt,
      };
      const closed = { ending_at: endsAt, closed_at: `${endsAt} + 25`, request_id: `'R-${name}-' || n` };
      copy('grants', count, { id: `'G-${name}-' || n`, ...who, ...window, ...closed });
      const account = { account_id: `'sim:seeded-${name}-' || n`, account_name: `'seeded-${name}-' || n` };
      copy('entitlements', held, { id: `'E-${name}-' || n`, owner, ...account });
      copy('grant_entitlements', count, {
        grant_id: `'G-${name}-' || n`,
        entitlement_id: `'E-${name}-' || (n % ${held})`,
      });
    },
  );
}

/** Pending requests, each of a person of its own, with a card that Slack was never shown. `owner`: over `n`. */
export async function seedPending(path: string, pending: { count: number; owner: string }): Promise<void> {
  const { count, owner: person } = pending;
  const request = aRequest({ id: asRequestId('model'), ...expiry() });
  const card = {
    ...newCard({ kind: 'request-card', subject: request.id, to: asChannelId(CHANNEL), at: 0 }),
    nextAt: null,
  };
  await multiply(path, { requests: [request], messages: [card] }, (copy) => {
    const terms = termsFor(`'sim:' || lower(${person})`, `lower(${person})`);
    copy('requests', count, { ...ids('pending'), requester: person, beneficiary: person, terms });
    copy('messages', count, { id: `'R-pending-' || n || '.card'`, subject: `'R-pending-' || n` });
  });
}

const owner = `printf('U0H%04d', n % ${HOLDERS})`;
const who = { requester: owner, beneficiary: owner };

function ids(name: string): Given {
  return { id: `'R-${name}-' || n` };
}

function termsOf(name: string): string {
  return termsFor(`'sim:seeded-${name}-' || n`, `'seeded-${name}-' || n`);
}

function termsFor(accountId: string, accountName: string): string {
  const account = `'account', json_object('id', ${accountId}, 'name', ${accountName})`;
  const target = `'connector', 'target', 'role', 'reader', 'fingerprint', '${connector.fingerprint}'`;
  return `json_array(json_object(${target}, ${account}))`;
}

function expiry() {
  return { channel: asChannelId(CHANNEL), requester: asUserId('U0H0000'), expiresAt: Date.now() + HOUR_MS };
}

type Copy = (table: string, count: number, given: Given) => void;

async function multiply(path: string, rows: Partial<Change>, fill: (copy: Copy) => void): Promise<void> {
  const store = createStore({ database: await openDatabase({ path, role: 'start' }) });
  await store.commit({ at: Date.now(), audit: [], ...rows });
  await store.close();
  const connection = new SqliteDatabase(path);
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = OFF');
  connection.pragma('foreign_keys = OFF');
  connection.transaction(() => {
    fill((table, count, given) => copyRows(connection, table, count, given));
    removeModels(connection);
  })();
  connection.pragma('wal_checkpoint(TRUNCATE)');
  connection.close();
}

const TABLES = {
  requests: 'id',
  grants: 'id',
  entitlements: 'id',
  grant_entitlements: 'grant_id',
  messages: 'subject',
};

function copyRows(connection: Connection, table: string, count: number, given: Given): void {
  const columns = connection
    .prepare<[], string>(`select name from pragma_table_info('${table}')`)
    .pluck()
    .all();
  const values = columns.map((column) => given[column] ?? `model."${column}"`);
  const key = Object.entries(TABLES).find(([name]) => name === table)?.[1];
  connection.exec(`
    with recursive counter(n) as (select 0 union all select n + 1 from counter where n + 1 < ${count})
    insert into ${table} (${columns.map((column) => `"${column}"`).join(', ')})
    select ${values.join(', ')} from counter, (select * from ${table} where ${key} = 'model' limit 1) as model`);
}

function removeModels(connection: Connection): void {
  for (const [table, key] of Object.entries(TABLES)) {
    connection.exec(`delete from ${table} where ${key} = 'model'`);
  }
}
