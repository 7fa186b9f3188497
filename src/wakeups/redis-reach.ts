import type { Redis } from 'ioredis';
import { SECOND_MS } from '../domain/time.js';
import type { Log } from '../ports.js';
import { oneAtATime } from './one-at-a-time.js';

export type RedisReach = {
  /** Whether Redis took the last write. */
  isReachable(): boolean;
  /** A write failed elsewhere: trust Redis again only once it has taken one. */
  lose(error: unknown): void;
  stop(): Promise<void>;
};

/**
 * Writes a mark, again and again. A write, because a full Redis or a read-only one still answers PING; a
 * mark, because a Redis that has lost it has lost the wake-ups too.
 */
export function watchRedisReach({
  connection,
  markKey,
  onReady,
  onAway,
  log,
  everyMs = SECOND_MS,
}: {
  readonly connection: Redis;
  readonly markKey: string;
  /** Redis takes writes (again), or it was emptied: the wake-ups have to be armed anew. */
  readonly onReady: () => void;
  /** Redis no longer takes writes, or did not at the first try. */
  readonly onAway: () => void;
  readonly log: Log;
  readonly everyMs?: number;
}): RedisReach {
  let reachable: boolean | 'unknown' = 'unknown';
  let stopped = false;

  function lose(error: unknown): void {
    if (reachable === false || stopped) {
      return;
    }
    log.warn({ err: error }, 'Redis is away: due rows are found in the database instead');
    reachable = false;
    onAway();
  }

  function gain(markBefore: string | null): void {
    if (stopped || (reachable === true && markBefore !== null)) {
      return;
    }
    log.info({ emptied: markBefore === null }, 'Redis is ready: wake-ups are armed anew');
    reachable = true;
    onReady();
  }

  async function writeMark(): Promise<{ before: string | null } | null> {
    try {
      return { before: await connection.set(markKey, '1', 'GET') };
    } catch (error) {
      lose(error);
      return null;
    }
  }

  const probe = oneAtATime(async () => {
    const mark = await writeMark();
    if (mark !== null) {
      gain(mark.before);
    }
  });

  function onConnected(): void {
    void probe.run();
  }
  function onClosed(): void {
    lose(new Error('the connection to Redis was closed'));
  }
  connection.on('ready', onConnected);
  connection.on('close', onClosed);
  const timer = setInterval(() => {
    if (connection.status === 'ready' && !probe.isRunning()) {
      void probe.run();
    }
  }, everyMs);

  return {
    isReachable: () => reachable === true,
    lose,
    async stop() {
      stopped = true;
      clearInterval(timer);
      connection.off('ready', onConnected);
      connection.off('close', onClosed);
      await probe.settled();
    },
  };
}
