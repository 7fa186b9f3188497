import SqliteDatabase from 'better-sqlite3';
import { waitFor } from '../../test/support/wait-for.js';

/** How long a call to the target takes. */
export const CALL_MS = 10;

const PATIENCE_MS = 120_000;

/** Once all of these grants are over: how long after its end each was read back as gone. Milliseconds. */
export async function lateness(databaseFile: string, name: string, count: number): Promise<number[]> {
  return await whenAll(
    databaseFile,
    count,
    `
    select closed_at - ends_at from grants where id glob 'G-${name}-*' and state = 'ended'`,
  );
}

/** Once the first call of all of them is on record: when that was. */
export async function takenUpAt(databaseFile: string, name: string, count: number): Promise<number[]> {
  return await whenAll(
    databaseFile,
    count,
    `
    select ending_at from grants where id glob 'G-${name}-*' and ending_at is not null`,
  );
}

async function whenAll(databaseFile: string, count: number, sql: string): Promise<number[]> {
  const connection = new SqliteDatabase(databaseFile, { readonly: true });
  const select = connection.prepare<[], number>(sql).pluck();
  try {
    return await waitFor(
      `${count} ends`,
      () => {
        const found = select.all();
        return found.length === count && found;
      },
      { withinMs: PATIENCE_MS },
    );
  } finally {
    connection.close();
  }
}
