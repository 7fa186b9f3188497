import type { Database as Connection } from 'better-sqlite3';
import type { MigrationMeta } from 'drizzle-orm/migrator';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { DatabaseRefused } from './database-refused.js';

/** The table in which drizzle keeps what was applied. */
const appliedTable = '__drizzle_migrations';

export type MigrationPlan = {
  /** How many migrations the database has. 0 with an empty file. */
  readonly applied: number;
  readonly pending: readonly MigrationMeta[];
};

/** Refuses a file that another program made, or that a newer build has migrated. */
export function planMigrations(connection: Connection, folder: string): MigrationPlan {
  const known = readMigrationFiles({ migrationsFolder: folder });
  const applied = appliedMigrations(connection);
  if (applied.some((when, place) => known[place]?.folderMillis !== when)) {
    throw new DatabaseRefused(
      'newer',
      `${connection.name} was migrated by another build of Hallpass (${applied.length} migrations; this build ` +
        `knows ${known.length}). Start the newer build, or restore the backup that it made beside the file.`,
    );
  }
  return { applied: applied.length, pending: known.slice(applied.length) };
}

function appliedMigrations(connection: Connection): number[] {
  const tables = connection
    .prepare<[], { name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
    .all()
    .map((table) => table.name);
  if (tables.length === 0) {
    return [];
  }
  if (!tables.includes(appliedTable)) {
    throw new DatabaseRefused('foreign', `${connection.name} is a database, but not one of Hallpass.`);
  }
  return connection
    .prepare<[], { when: number }>(`SELECT created_at AS "when" FROM ${appliedTable} ORDER BY created_at`)
    .all()
    .map((row) => row.when);
}

/**
 * Applies what is pending, all or nothing. drizzle's own migrate() is not used: it turns foreign keys off
 * inside its transaction, where SQLite ignores that, so a rebuilt table loses or keeps back its child
 * rows; and it commits before anybody could check them.
 */
export function applyMigrations(connection: Connection, pending: readonly MigrationMeta[]): void {
  connection.pragma('foreign_keys = OFF');
  try {
    connection
      .transaction(() => {
        connection.exec(
          `CREATE TABLE IF NOT EXISTS ${appliedTable} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)`,
        );
        const record = connection.prepare(`INSERT INTO ${appliedTable} (hash, created_at) VALUES (?, ?)`);
        for (const migration of pending) {
          for (const statement of migration.sql) {
            connection.exec(statement);
          }
          record.run(migration.hash, migration.folderMillis);
        }
        refuseDanglingRows(connection);
      })
      .immediate();
  } finally {
    connection.pragma('foreign_keys = ON');
  }
}

function refuseDanglingRows(connection: Connection): void {
  const dangling = connection
    .prepare<[], { table: string; parent: string }>(`SELECT "table", parent FROM pragma_foreign_key_check`)
    .get();
  if (dangling !== undefined) {
    throw new Error(
      `The migration would leave a row of ${dangling.table} without its ${dangling.parent}; nothing was changed.`,
    );
  }
}
