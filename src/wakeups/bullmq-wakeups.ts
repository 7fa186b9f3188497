import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/time.js';
import type { Clock, Due, Log, Wakeups } from '../ports.js';
import { withTimeLimit } from '../time-limit.js';
import { connectForArming, letGo, redisCallMs, WorkingConnection } from './redis-connection.js';
import { inspectRedis } from './redis-inspection.js';
import { watchRedisReach, type RedisReach } from './redis-reach.js';
import { seldom } from './seldom.js';
import { jobIdOf, queueNames, queueOf, readHint, type QueueName, type WakeupHint } from './wakeup-jobs.js';

export type BullmqWakeups = Wakeups & {
  /** Returns at once; connects, and reconnects for ever, in the background. */
  start(): void;
  stop(options: { readonly withinMs: number }): Promise<void>;
  /** Whether Redis took the last write: only then will wake-ups come on time. */
  isReachable(): boolean;
  /** What is wrong with this Redis, in words for whoever runs it; empty when nothing is. */
  inspect(): Promise<string[]>;
};

export type BullmqSettings = {
  readonly redisUrl: string;
  /** Of every key. On a Redis Cluster it needs a hash tag: `{hallpass}`. */
  readonly prefix?: string;
  readonly clock: Clock;
  /** Only hands the row over: whatever it awaits holds up the wake-ups behind it. */
  readonly onWake: (hint: WakeupHint) => Promise<void>;
  /** Redis takes wake-ups, for the first time or again, or it was emptied: arm all that come soon. */
  readonly onReady: () => void;
  /** Redis takes no wake-ups for the time being. */
  readonly onAway: () => void;
  readonly log: Log;
};

type Parts = {
  readonly arming: Redis;
  readonly working: WorkingConnection;
  readonly queues: ReadonlyMap<QueueName, Queue>;
  readonly workers: readonly Worker[];
  readonly reach: RedisReach;
};

const pageSize = 500;
/** Rows due within this go before others, so that arming everything anew makes nothing late. */
const soonMs = MINUTE_MS;

/** An alarm clock on Redis. It may lose every alarm at any moment; the watchman stands behind it. */
export function createBullmqWakeups(settings: BullmqSettings): BullmqWakeups {
  const { clock, log } = settings;
  let parts: Parts | null = null;
  let adding = false;
  const soon: Due[] = [];
  const later: Due[] = [];

  async function addAll({ queues, reach }: Parts): Promise<void> {
    adding = true;
    for (let page = nextPage(); page.length > 0; page = nextPage()) {
      try {
        await addPage(queues, page, settings);
      } catch (error) {
        reach.lose(error);
        const dropped = page.length + soon.splice(0).length + later.splice(0).length;
        log.debug({ rows: dropped, err: error }, 'Wake-ups not armed');
      }
    }
    adding = false;
  }

  function nextPage(): Due[] {
    return soon.length > 0 ? soon.splice(0, pageSize) : later.splice(0, pageSize);
  }

  return {
    start() {
      parts ??= open(settings);
    },
    arm(rows) {
      if (parts === null || !parts.reach.isReachable()) {
        log.debug({ rows: rows.length }, 'Wake-ups not armed: Redis is away');
        return;
      }
      const soonUntil = clock.now() + soonMs;
      for (const row of rows) {
        (row.at <= soonUntil ? soon : later).push(row);
      }
      if (!adding) {
        void addAll(parts);
      }
    },
    isReachable: () => parts?.reach.isReachable() ?? false,
    async inspect() {
      return parts === null ? ['Redis is not connected yet.'] : inspectRedis(parts.arming);
    },
    async stop({ withinMs }) {
      const closing = parts;
      parts = null;
      if (closing !== null) {
        await close(closing, withinMs, log);
      }
    },
  };
}

function open({ redisUrl, prefix = 'hallpass', clock, onWake, onReady, onAway, log }: BullmqSettings): Parts {
  const onError = seldom({ clock, log });
  const arming = connectForArming(redisUrl, onError);
  const working = new WorkingConnection(redisUrl, onError);
  const queues = new Map<QueueName, Queue>();
  const workers: Worker[] = [];
  for (const name of queueNames) {
    // Its version check is one INFO; if that one fails, the queue refuses every job for ever.
    const queue = new Queue(name, { connection: arming, prefix, skipVersionCheck: true });
    queues.set(name, queue.on('error', onError));
    const worker = new Worker(name, (job) => wake(job.data, onWake, log), {
      connection: working,
      prefix,
      concurrency: 50,
      // A process killed while it handed a row over delays that wake-up by this, however often it dies.
      lockDuration: 15 * SECOND_MS,
      stalledInterval: 5 * SECOND_MS,
      maxStalledCount: 1_000,
      runRetryDelay: SECOND_MS,
    });
    workers.push(worker.on('error', onError));
  }
  const reach = watchRedisReach({ connection: arming, markKey: `${prefix}:armed`, onReady, onAway, log });
  return { arming, working, queues, workers, reach };
}

async function wake(data: unknown, onWake: BullmqSettings['onWake'], log: Log): Promise<void> {
  const hint = readHint(data);
  if (hint === null) {
    log.warn({}, 'A job in Redis is not a wake-up of Hallpass; it is dropped');
    return;
  }
  try {
    await onWake(hint);
  } catch (error) {
    // The row stays due, and the watchman finds it.
    log.error({ ...hint, err: error }, 'A wake-up failed');
  }
}

async function addPage(
  queues: ReadonlyMap<QueueName, Queue>,
  page: readonly Due[],
  { clock, log }: BullmqSettings,
): Promise<void> {
  const now = clock.now();
  const adds = [...queues].map(async ([name, queue]) => {
    const jobs = page.filter((row) => queueOf(row) === name).map((row) => toJob(row, now));
    if (jobs.length === 0) {
      return;
    }
    await withTimeLimit(queue.addBulk(jobs), {
      ms: redisCallMs,
      what: `Arming ${jobs.length} wake-ups`,
      onLate: (error) => log.debug({ queue: name, err: error }, 'Wake-ups that took too long to arm failed'),
    });
  });
  await Promise.all(adds);
}

function toJob(row: Due, now: Instant) {
  const data: WakeupHint = { kind: row.kind, id: row.id };
  return {
    name: 'wake',
    data,
    opts: {
      jobId: jobIdOf(row),
      // One millisecond more, for two clocks that round differently: a wake-up that comes early finds
      // nothing due, and then the row waits for the watchman.
      delay: row.at <= now ? 0 : row.at - now + 1,
      attempts: 1,
      removeOnComplete: true,
      removeOnFail: true,
    },
  };
}

async function close(parts: Parts, withinMs: number, log: Log): Promise<void> {
  const { arming, working, queues, workers, reach } = parts;
  // Without Redis an orderly close never ends; and once begun it cannot be turned into a forced one.
  const force = !reach.isReachable();
  const closing = Promise.all([
    reach.stop(),
    ...workers.map((worker) => worker.close(force)),
    ...[...queues.values()].map((queue) => queue.close()),
  ]);
  try {
    await withTimeLimit(closing, {
      ms: withinMs,
      what: 'Closing the wake-ups',
      onLate: (error) => log.debug({ err: error }, 'Closing the wake-ups failed after its time was over'),
    });
  } catch (error) {
    log.warn({ err: error }, 'The wake-ups were not closed in good order');
  } finally {
    [arming, working, ...working.copies].forEach(letGo);
  }
}
