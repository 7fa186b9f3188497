import { isBehind, SECOND_MS, type Instant } from '../domain/time.js';
import type { KeptClock, Log } from '../ports.js';
import { withTimeLimit } from '../time-limit.js';

export type HealthAnswer = { readonly status: 200 | 503; readonly body: Readonly<Record<string, string>> };

export type Health = {
  /** The process answers: nothing more. A restart would not mend Redis, Slack or a disk. */
  live(): HealthAnswer;
  /** 200 only if the database answers, the watchman makes his rounds, and Slack is connected. */
  ready(): Promise<HealthAnswer>;
};

const pingMs = 2 * SECOND_MS;

export function createHealth({
  clock,
  log,
  ping,
  watchman,
  slackConnected,
  endingOnly,
  wakeupsReachable,
}: {
  readonly clock: KeptClock;
  readonly log: Log;
  /** Throws when the database cannot be read and written. */
  readonly ping: () => Promise<void>;
  readonly watchman: { lastPassAt(): Instant | null; isStale(now: Instant): boolean };
  readonly slackConnected: () => boolean;
  readonly endingOnly: () => boolean;
  /** Absent where wake-ups come from the process itself. It never decides: the watchman covers for Redis. */
  readonly wakeupsReachable?: () => boolean;
}): Health {
  async function databaseAnswers(): Promise<boolean> {
    const note = (error: unknown) => log.warn({ err: error }, 'The database does not answer');
    try {
      await withTimeLimit(ping(), { ms: pingMs, what: 'The ping of the database', onLate: note });
      return true;
    } catch (error) {
      note(error);
      return false;
    }
  }

  function describeWatchman(now: Instant): string {
    const lastPassAt = watchman.lastPassAt();
    if (lastPassAt === null) {
      return 'has not made a pass yet';
    }
    const ago = `${Math.round((now - lastPassAt) / SECOND_MS)} s ago`;
    return watchman.isStale(now) ? `stale: the last pass was ${ago}` : `the last pass was ${ago}`;
  }

  function describeClock(behindMs: number): string {
    return isBehind(behindMs)
      ? `stands ${Math.round(behindMs / SECOND_MS)} s before what is on record: nothing new opens until it is set right, or \`hallpass clock accept\` was run while nothing is open`
      : 'goes on from what is on record';
  }

  function describeWakeups(): string {
    if (wakeupsReachable === undefined) {
      return 'a timer in the process';
    }
    return wakeupsReachable() ? 'Redis' : 'Redis is away: due rows are found in the database';
  }

  return {
    live: () => ({ status: 200, body: { status: 'alive' } }),
    async ready() {
      const database = await databaseAnswers();
      const slack = slackConnected();
      const now = clock.now();
      const behindMs = clock.behindMs();
      const ready = database && slack && !watchman.isStale(now);
      return {
        status: ready ? 200 : 503,
        body: {
          status: ready ? 'ready' : 'not ready',
          mode: endingOnly() || isBehind(behindMs) ? 'ending-only' : 'normal',
          database: database ? 'answers' : 'does not answer',
          watchman: describeWatchman(now),
          clock: describeClock(behindMs),
          slack: slack ? 'connected' : 'not connected',
          wakeups: describeWakeups(),
        },
      };
    },
  };
}
