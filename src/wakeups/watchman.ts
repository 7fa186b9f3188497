import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/time.js';
import type { Clock, Log } from '../ports.js';
import { oneAtATime } from './one-at-a-time.js';

export type Watchman = {
  /** When a pass last ended well. */
  lastPassAt(): Instant | null;
  /** True when three passes in a row have not ended well, or none has yet. */
  isStale(now: Instant): boolean;
  /** A pass that leaves nothing to the wake-ups. Resolves once it has ended. */
  passNow(): Promise<void>;
  /** Arms the wake-ups anew. Resolves once that is done. */
  rearmNow(): Promise<void>;
  /** Resolves once what is under way has ended. */
  stop(): Promise<void>;
};

/** How long a due row is left to its wake-up before the watchman takes it. */
const punctualLagMs = 2 * SECOND_MS;
const passesUntilStale = 3;

/**
 * Finds in the database, again and again, what is due and not under way. The first pass comes at once. Its
 * timers are not unref'd: ending access must go on even when they are all that is left in the process.
 */
export function startWatchman({
  clock,
  pass,
  rearm,
  punctual,
  log,
  everyMs = 5 * SECOND_MS,
  rearmEveryMs = 5 * MINUTE_MS,
}: {
  readonly clock: Clock;
  /** Takes what has been due for longer than `lagMs`. */
  readonly pass: (options: { readonly lagMs: number }) => Promise<void>;
  readonly rearm: () => Promise<void>;
  /** Whether wake-ups can be trusted to come on time at present. */
  readonly punctual: () => boolean;
  readonly log: Log;
  readonly everyMs?: number;
  readonly rearmEveryMs?: number;
}): Watchman {
  let lastPassAt: Instant | null = null;
  let leaveNothing = true;

  const passes = oneAtATime(async () => {
    const urgent = leaveNothing;
    leaveNothing = false;
    try {
      const lagMs = urgent || !punctual() ? 0 : punctualLagMs;
      await pass({ lagMs });
      lastPassAt = clock.now();
    } catch (error) {
      leaveNothing ||= urgent;
      log.error({ err: error }, 'A pass of the watchman failed');
    }
  });
  const rearming = oneAtATime(async () => {
    try {
      await rearm();
    } catch (error) {
      log.error({ err: error }, 'The wake-ups could not be armed anew');
    }
  });

  // One that is still under way is not joined by another: it has not seen the newest rows, the next one will.
  const timers = [
    setInterval(() => {
      if (!passes.isRunning()) {
        void passes.run();
      }
    }, everyMs),
    setInterval(() => void rearming.run(), rearmEveryMs),
  ];
  void passes.run();
  void rearming.run();

  return {
    lastPassAt: () => lastPassAt,
    isStale: (now) => lastPassAt === null || now - lastPassAt > passesUntilStale * everyMs,
    passNow() {
      leaveNothing = true;
      return passes.run();
    },
    rearmNow: () => rearming.run(),
    async stop() {
      timers.forEach((timer) => clearInterval(timer));
      await Promise.all([passes.settled(), rearming.settled()]);
    },
  };
}
