import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Database as Connection } from 'better-sqlite3';
import SqliteDatabase from 'better-sqlite3';
import { DatabaseRefused } from './database-refused.js';
import type { MigrationPlan } from './migrate.js';
import { applyMigrations, planMigrations } from './migrate.js';
import { isStartLocked, takeStartLock } from './start-lock.js';

export interface Database {
  readonly connection: Connection;
  /** Absolute, without symbolic links. */
  readonly path: string;
  close(): void;
}

export type OpenDatabaseInput = {
  readonly path: string;
  /**
   * `start`: the one long-running Hallpass; makes and migrates the file. `beside`: the command line;
   * takes the file as it is and commits like anybody.
   */
  readonly role: 'start' | 'beside';
  /** Where the migrations are; those of this build, except in tests of migrating. */
  readonly migrationsFolder?: string;
};

/** How long a statement waits for another connection's commit. Milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

const ownMigrations = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Throws DatabaseRefused when this build must not work on the file. */
export async function openDatabase(input: OpenDatabaseInput): Promise<Database> {
  const folder = input.migrationsFolder ?? ownMigrations;
  try {
    return input.role === 'start' ? await openToStart(input.path, folder) : openBeside(input.path, folder);
  } catch (error) {
    throw isUnreadable(error)
      ? new DatabaseRefused(
          'unreadable',
          `${input.path} can't be opened as a database: ${error.message}. Look at what it is, and at who may read and write it and its folder; or set DATABASE_URL to another file.`,
          { cause: error },
        )
      : error;
  }
}

/** With all the tables, and gone when it is closed: for what is tried and not kept. */
export function openInMemory(): Database {
  const connection = new SqliteDatabase(':memory:');
  connection.pragma('foreign_keys = ON');
  applyMigrations(connection, planMigrations(connection, ownMigrations).pending);
  return {
    connection,
    path: ':memory:',
    close() {
      connection.close();
    },
  };
}

/** A folder, a file that this user may not open, or one that is something else. */
function isUnreadable(error: unknown): error is Error {
  return error instanceof SqliteDatabase.SqliteError && /^SQLITE_(NOTADB|CANTOPEN)/.test(error.code);
}

async function openToStart(path: string, migrationsFolder: string): Promise<Database> {
  // The rows name people and what they may reach: nobody else on the machine reads the folder.
  mkdirSync(dirname(resolve(path)), { recursive: true, mode: 0o700 });
  const realPath = withoutLinks(path);
  const lock = takeStartLock(realPath);
  try {
    const connection = new SqliteDatabase(realPath, { timeout: BUSY_TIMEOUT_MS });
    try {
      // First of all: a file that is refused stays as it is.
      const plan = planMigrations(connection, migrationsFolder);
      makeDurable(connection);
      await migrate(connection, plan);
      assertDurable(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
    return {
      connection,
      path: realPath,
      close() {
        connection.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openBeside(path: string, migrationsFolder: string): Database {
  if (!existsSync(path)) {
    throw new DatabaseRefused(
      'missing',
      `There is no database at ${path}. Set DATABASE_URL to where it is; \`hallpass start\` makes one.`,
    );
  }
  const realPath = withoutLinks(path);
  const connection = new SqliteDatabase(realPath, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    if (planMigrations(connection, migrationsFolder).pending.length > 0) {
      throw new DatabaseRefused(
        'older',
        `${realPath} is of an older build of Hallpass. \`hallpass start\` of this build migrates it.`,
      );
    }
    makeDurable(connection);
    assertDurable(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
  return {
    connection,
    path: realPath,
    close() {
      connection.close();
    },
  };
}

/** Whether a Hallpass runs on this file. */
export function isStarted(path: string): boolean {
  return existsSync(path) && isStartLocked(withoutLinks(path));
}

/** Two names of one file must come to one lock. */
function withoutLinks(path: string): string {
  const whole = resolve(path);
  return existsSync(whole) ? realpathSync(whole) : join(realpathSync(dirname(whole)), basename(whole));
}

function makeDurable(connection: Connection): void {
  connection.pragma('journal_mode = WAL');
  // This build of SQLite falls back to NORMAL in WAL mode, on every connection: a power cut would take
  // commits that people were told about.
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
  // What a change undoes when it fails alone in its group: never read after a crash, and costly as a file.
  connection.pragma('temp_store = MEMORY');
}

/** After the first writes: before them `synchronous` may still read FULL where NORMAL is in force. */
function assertDurable(connection: Connection): void {
  const wanted = { journal_mode: 'wal', synchronous: 2, foreign_keys: 1, busy_timeout: BUSY_TIMEOUT_MS };
  for (const [pragma, value] of Object.entries(wanted)) {
    const found = connection.pragma(pragma, { simple: true });
    if (found !== value) {
      throw new Error(`SQLite has ${pragma} at ${String(found)} instead of ${value} on ${connection.name}.`);
    }
  }
}

async function migrate(connection: Connection, plan: MigrationPlan): Promise<void> {
  if (plan.pending.length === 0) {
    return;
  }
  if (plan.applied > 0) {
    await backUp(connection, `${connection.name}.before-${plan.applied}`);
  }
  applyMigrations(connection, plan.pending);
}

/** Under its name only when it is whole and on the disk. */
async function backUp(connection: Connection, path: string): Promise<void> {
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, { force: true });
  await connection.backup(unfinished);
  const file = openSync(unfinished, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
}
