import { setImmediate } from 'node:timers';
import type { Database as Connection } from 'better-sqlite3';
import SqliteDatabase from 'better-sqlite3';

/** So many in one transaction: a few milliseconds, then clicks and answers of targets have their turn. */
const MOST_AT_ONCE = 8;

type Waiting = {
  /** Does the work; what it gives is told once it is on the disk. */
  readonly attempt: () => () => void;
  readonly reject: (error: unknown) => void;
};

export type GroupCommit = {
  /**
   * Runs `work`, which writes whole or throws, and answers once that is on the disk. It may run twice: what a
   * rolled back transaction held is done again.
   */
  write<Outcome>(work: () => Outcome): Promise<Outcome>;
  /** Writes at once what waits. */
  flush(): void;
};

/**
 * Writes that are asked for in one turn of the event loop share a transaction: the disk is waited for once,
 * and while it is waited for nothing else in this process goes on. Where the shared one fails each is done
 * alone, so that nobody fails for what another one did.
 */
export function createGroupCommit(connection: Connection): GroupCommit {
  const waiting: Waiting[] = [];
  let scheduled = false;
  const together = connection.transaction((group: readonly Waiting[]) =>
    group.map(({ attempt }) => {
      const tell = attempt();
      if (!connection.inTransaction) {
        throw new Error('SQLite has rolled the transaction back by itself.');
      }
      return tell;
    }),
  );

  function schedule(): void {
    if (!scheduled && waiting.length > 0) {
      scheduled = true;
      setImmediate(() => {
        scheduled = false;
        writeGroup(waiting.splice(0, MOST_AT_ONCE));
        schedule();
      });
    }
  }

  function writeGroup(group: readonly Waiting[]): void {
    if (group.length < 2) {
      group.forEach(writeAlone);
      return;
    }
    let tell: (() => void)[];
    try {
      tell = together.immediate(group);
    } catch (error) {
      if (isLocked(error)) {
        // Each of them would wait for the lock as long again.
        group.forEach(({ reject }) => reject(error));
      } else {
        group.forEach(writeAlone);
      }
      return;
    }
    tell.forEach((one) => one());
  }

  return {
    async write(work) {
      return await new Promise((resolve, reject) => {
        const attempt = (): (() => void) => {
          const outcome = work();
          return () => resolve(outcome);
        };
        waiting.push({ attempt, reject });
        schedule();
      });
    },
    flush() {
      while (waiting.length > 0) {
        writeGroup(waiting.splice(0, MOST_AT_ONCE));
      }
    },
  };
}

function writeAlone({ attempt, reject }: Waiting): void {
  let tell: () => void;
  try {
    tell = attempt();
  } catch (error) {
    reject(error);
    return;
  }
  tell();
}

function isLocked(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
