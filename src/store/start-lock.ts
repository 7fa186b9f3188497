import SqliteDatabase from 'better-sqlite3';
import { DatabaseRefused } from './database-refused.js';

export interface StartLock {
  release(): void;
}

/**
 * Held by the one `start` on a database. It is a lock of the operating system on a file of its own, so
 * it goes with the process, also on SIGKILL, and ordinary commits of the command line pass beside it.
 * Nothing else in this process may open the lock file: closing any handle to it would drop the lock.
 */
export function takeStartLock(databasePath: string): StartLock {
  const lock = new SqliteDatabase(`${databasePath}.lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (error instanceof SqliteDatabase.SqliteError && error.code === 'SQLITE_BUSY') {
      throw new DatabaseRefused(
        'already-started',
        `Another Hallpass has started on ${databasePath}. One file takes one Hallpass; stop the other first.`,
        { cause: error },
      );
    }
    throw error;
  }
  return {
    release() {
      lock.close();
    },
  };
}
