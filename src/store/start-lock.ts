import { existsSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { DatabaseRefused } from './database-refused.js';

/** Whoever only asks whether somebody holds it is in the way for a moment. */
const PATIENCE_MS = 500;

export interface StartLock {
  release(): void;
}

/**
 * Held by the one `start` on a database. It is a lock of the operating system on a file of its own, so
 * it goes with the process, also on SIGKILL, and ordinary commits of the command line pass beside it.
 * Nothing else in this process may open the lock file: closing any handle to it would drop the lock.
 */
export function takeStartLock(databasePath: string): StartLock {
  const lock = new SqliteDatabase(lockFile(databasePath), { timeout: PATIENCE_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (isBusy(error)) {
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

/** Whether some process holds it. For the command line, which takes nothing. */
export function isStartLocked(databasePath: string): boolean {
  const file = lockFile(databasePath);
  if (!existsSync(file)) {
    return false;
  }
  const lock = new SqliteDatabase(file, { timeout: 0, readonly: true });
  try {
    lock.prepare('select count(*) from sqlite_master').get();
    return false;
  } catch (error) {
    if (isBusy(error)) {
      return true;
    }
    throw error;
  } finally {
    lock.close();
  }
}

function lockFile(databasePath: string): string {
  return `${databasePath}.lock`;
}

function isBusy(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError && error.code === 'SQLITE_BUSY';
}
