import type { SQL } from 'drizzle-orm';
import { sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';

export type Drizzle = BetterSQLite3Database;

/** A value that is given each time a prepared statement runs. */
export function slot(name: string): SQL {
  return sql`${sql.placeholder(name)}`;
}

/** A row that no build of Hallpass writes: somebody has edited the database, or a CHECK is missing. */
export class ImpossibleRow extends Error {
  constructor(table: string, id: string, why: string) {
    super(`Row ${id} of ${table} cannot be: ${why}.`);
    this.name = 'ImpossibleRow';
  }
}

/** The change was computed from rows that are no longer so; the transaction is rolled back. */
export class StaleRow extends Error {
  constructor() {
    super('A row has changed since it was read.');
    this.name = 'StaleRow';
  }
}

interface Writes<Row> {
  readonly insert: { run(row: Row): unknown };
  /** Sets the row's columns and the next version where id and version match. */
  readonly update: { run(row: Row): { readonly changes: number } };
}

/** Version 0 is a new row; any other must be the version that stands. */
export function writeRow<Row extends { readonly version: number }>(writes: Writes<Row>, row: Row): void {
  if (row.version === 0) {
    writes.insert.run(row);
  } else if (writes.update.run(row).changes === 0) {
    throw new StaleRow();
  }
}
