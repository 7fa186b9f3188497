import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createStore } from '../../src/store/create-store.js';
import type { Database } from '../../src/store/open-database.js';
import { openDatabase } from '../../src/store/open-database.js';
import { makeFolder } from '../support/open-store.js';

/**
 * The plans of the statements as the store prepares them, with their parameters unbound: a plan made for
 * known values could use a partial index that the real statement cannot.
 */
let database: Database;
let plans: { readonly sql: string; readonly plan: string }[];
let remove: () => void;

beforeEach(async () => {
  const made = makeFolder();
  ({ remove } = made);
  database = await openDatabase({ path: join(made.folder, 'hallpass.db'), role: 'start' });
  const { connection } = database;
  const prepared: string[] = [];
  const prepare = connection.prepare.bind(connection);
  const recorded = new Proxy(connection, {
    get(target, property) {
      if (property === 'prepare') {
        return (sql: string) => {
          prepared.push(sql);
          return prepare(sql);
        };
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  createStore({ database: { ...database, connection: recorded } });
  plans = prepared.map((sql) => ({ sql, plan: planOf(sql) }));
});

afterEach(() => {
  database.close();
  remove();
});

function planOf(sql: string): string {
  return database.connection
    .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql.replaceAll(/\?|@\w+/g, 'abs(?)')}`)
    .all()
    .map((row) => row.detail)
    .join('\n');
}
