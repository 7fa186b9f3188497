import type { Instant } from '../domain/time.js';
import type { Clock, Due, Log, Wakeups } from '../ports.js';
import type { Secret } from '../secret.js';
import { createTimerWakeups } from './in-process-timer.js';
import { createRedisWakeups } from './redis-wakeups.js';
import type { WakeupHint } from './wakeup-jobs.js';

export type RunningWakeups = Wakeups & {
  readonly kind: 'BullMQ on Redis' | 'a timer in the process';
  start(): void;
  stop(options: { readonly withinMs: number }): Promise<void>;
  /** Whether a wake-up that is armed now can be trusted to come on time. */
  isReachable(): boolean;
};

/** BullMQ where there is a Redis; without one a timer in the process, fully supported. */
export function createWakeups(parts: {
  readonly redisUrl: Secret | null;
  readonly redisKeyPrefix?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly nextDueAt: (after?: Instant) => Promise<Instant | null>;
  /** Looks for due rows in the database. */
  readonly onDue: () => Promise<void>;
  /** Takes a row that is due already when it is armed: that needs no alarm. */
  readonly onDueNow: (due: Due) => void;
  readonly onWake: (hint: WakeupHint) => Promise<void>;
  readonly onReady: () => void;
}): RunningWakeups {
  const { redisUrl, clock, log, nextDueAt, onDue, onDueNow, onWake, onReady } = parts;
  /** Most of what is armed was made due by that very commit: the way through a queue would only take time. */
  const inTwo = (alarms: Wakeups): Wakeups => ({
    arm(rows) {
      const now = clock.now();
      rows.filter(({ at }) => at <= now).forEach(onDueNow);
      alarms.arm(rows.filter(({ at }) => at > now));
    },
  });
  if (redisUrl === null) {
    const timer = createTimerWakeups({ clock, nextDueAt, onDue, log });
    return { ...timer, ...inTwo(timer), kind: 'a timer in the process', isReachable: () => true };
  }
  const inspectNow = async () => {
    for (const complaint of await redis.inspect()) {
      log.warn({ complaint }, 'Redis is not set up for wake-ups that must not get lost');
    }
  };
  const redis = createRedisWakeups({
    redisUrl: redisUrl.reveal(),
    ...(parts.redisKeyPrefix === undefined ? {} : { prefix: parts.redisKeyPrefix }),
    clock,
    log,
    nextDueAt,
    onDue,
    onWake,
    onReady: () => {
      onReady();
      inspectNow().catch((error: unknown) => log.warn({ err: error }, 'Redis could not be inspected'));
    },
  });
  return { ...redis, ...inTwo(redis), kind: 'BullMQ on Redis' };
}
