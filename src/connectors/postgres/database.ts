import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Pool, type ClientConfig, type PoolClient } from 'pg';
import type { z } from 'zod';
import { ConnectorError, type Call, type Log } from '../../ports.js';
import { secretForConnection, type ReadSecret } from '../define.js';
import { connectionOptions } from './connection-options.js';
import { toConnectorError, type Progress } from './errors.js';
import { connectTimeoutMs, idleConnectionMs } from './limits.js';
import type { Settings } from './settings.js';

/** A statement that each connection parses and plans once, by its name: that halves what a call costs. */
export type Query<Row> = { readonly name: string; readonly text: string; readonly row: z.ZodType<Row> };

/** One connection, for the length of one call. */
export type Session = {
  rows<Row>(query: Query<Row>, values?: readonly unknown[]): Promise<Row[]>;
  /** Statements that change nothing by themselves. */
  run(sql: string): Promise<void>;
  /** Statements that may have taken effect although their answer never came. */
  change(sql: string): Promise<void>;
};

export type Database = {
  /** Throws ConnectorError and nothing else, also for what `work` throws. */
  use<Value>(call: Call, work: (session: Session) => Promise<Value>): Promise<Value>;
  close(): Promise<void>;
};

export function openDatabase({
  name,
  settings,
  maxConnections,
  readSecret,
  log,
}: {
  name: string;
  settings: Settings;
  maxConnections: number;
  readSecret: ReadSecret;
  log: Log;
}): Database {
  let current: { readonly key: string; readonly pool: Pool } | null = null;
  let closed = false;
  const ending = new Set<Promise<void>>();
  const labels = new WeakMap<PoolClient, string>();

  /** Behind PGlite's socket all connections share one set of prepared statements. */
  function labelOf(client: PoolClient): string {
    const label = labels.get(client) ?? randomBytes(6).toString('hex');
    labels.set(client, label);
    return label;
  }

  function onIdleError(error: Error): void {
    log.debug({ connector: name, error: error.message }, 'An idle connection to PostgreSQL was lost');
  }

  function endCurrent(): void {
    if (current !== null) {
      const end = current.pool.end();
      ending.add(end);
      void end.finally(() => ending.delete(end));
      current = null;
    }
  }

  /** The secret is read for each call: a rotated password then needs no restart, and no failure first. */
  function poolOfNow(): Pool {
    if (closed) {
      throw new ConnectorError('unreachable', 'This connector is closed');
    }
    const url = secretForConnection(readSecret, settings.url);
    const ca = settings.ca === undefined ? null : readAuthority(settings.ca);
    const key = JSON.stringify([url, ca]);
    if (current?.key !== key) {
      const plaintextAccepted = settings.accept_plaintext !== undefined;
      const options = connectionOptions({ url, source: settings.url, ca, plaintextAccepted });
      endCurrent();
      current = { key, pool: openPool(options, maxConnections, onIdleError) };
    }
    return current.pool;
  }

  return {
    use: async (call, work) => {
      const progress: Progress = { connected: false, answered: false, changing: false };
      try {
        const client = await take(poolOfNow(), call.signal);
        progress.connected = true;
        return await onClient(client, call.signal, () => work(sessionOn(client, labelOf(client), progress)));
      } catch (error) {
        throw toConnectorError(error, { ...progress, call, source: settings.url });
      }
    },
    close: async () => {
      closed = true;
      endCurrent();
      await Promise.all(ending);
    },
  };
}

function openPool(options: ClientConfig, maxConnections: number, onIdleError: (error: Error) => void): Pool {
  const pool = new Pool({
    ...options,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleConnectionMs,
    allowExitOnIdle: true,
  });
  // Without a listener, an idle connection that the server closes would end the process.
  pool.on('error', onIdleError);
  return pool;
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConnectorError('unreachable', `The certificate authority in ${path} could not be read`, {
      cause: error,
    });
  }
}

async function take(pool: Pool, signal: AbortSignal): Promise<PoolClient> {
  if (signal.aborted) {
    throw new ConnectorError('retryable', 'The deadline had passed before anything was sent');
  }
  const pending = pool.connect();
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      reject(new Error('Cut off while it connected', { cause: signal.reason }));
      pending.then(
        (client) => {
          client.release();
        },
        // It had failed already, or fails with nobody left to tell.
        () => undefined,
      );
    };
    signal.addEventListener('abort', giveUp, { once: true });
    pending.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', giveUp);
    });
  });
}

/** At the deadline, and after any error, the connection is thrown away: it could be in the midst of anything. */
async function onClient<Value>(
  client: PoolClient,
  signal: AbortSignal,
  work: () => Promise<Value>,
): Promise<Value> {
  let released = false;
  const release = (broken: boolean): void => {
    if (!released) {
      released = true;
      client.off('error', discard);
      client.release(broken);
    }
  };
  const discard = (): void => {
    release(true);
  };
  // The pool listens only while a connection is idle; the running query gets the error as well.
  client.on('error', discard);
  signal.addEventListener('abort', discard, { once: true });
  try {
    signal.throwIfAborted();
    const value = await work();
    release(false);
    return value;
  } finally {
    signal.removeEventListener('abort', discard);
    release(true);
  }
}

function sessionOn(client: PoolClient, label: string, progress: Progress): Session {
  return {
    rows: async ({ name, text, row }, values = []) => {
      const { rows } = await client.query({ name: `hallpass ${label} ${name}`, text, values: [...values] });
      progress.answered = true;
      return row.array().parse(rows);
    },
    run: async (sql) => {
      await client.query(sql);
      progress.answered = true;
    },
    change: async (sql) => {
      progress.changing = true;
      await client.query(sql);
      progress.changing = false;
      progress.answered = true;
    },
  };
}
