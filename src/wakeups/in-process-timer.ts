import { HOUR_MS, SECOND_MS, type Instant } from '../domain/time.js';
import type { Clock, Log, Wakeups } from '../ports.js';
import { oneAtATime } from './one-at-a-time.js';

export type TimerWakeups = Wakeups & {
  /** Looks for due rows at once, then at every due moment. */
  start(): void;
  /** Resolves once a look that is under way has ended. */
  stop(): Promise<void>;
};

// setTimeout fires at once beyond 24.8 days, and a clock that is set forward should not wait for long.
const longestWaitMs = HOUR_MS;
const retryMs = SECOND_MS;

/**
 * One timer, set to the next due row. It may fire early or late: `onDue` looks at the rows. The timer is
 * not unref'd, because ending access must go on even when it is all that is left in the process.
 */
export function createTimerWakeups({
  clock,
  nextDueAt,
  onDue,
  log,
}: {
  readonly clock: Clock;
  readonly nextDueAt: (after?: Instant) => Promise<Instant | null>;
  readonly onDue: () => Promise<void>;
  readonly log: Log;
}): TimerWakeups {
  let timer: { readonly at: Instant; readonly handle: NodeJS.Timeout } | null = null;
  let running = false;
  const look = oneAtATime(lookForDueRows);

  function setNearer(at: Instant): void {
    if (!running || (timer !== null && timer.at <= at)) {
      return;
    }
    clearTimeout(timer?.handle);
    const waitMs = Math.min(Math.max(0, at - clock.now()), longestWaitMs);
    timer = { at, handle: setTimeout(fire, waitMs) };
  }

  function fire(): void {
    timer = null;
    void look.run();
  }

  async function lookForDueRows(): Promise<void> {
    const beganAt = clock.now();
    try {
      await onDue();
      const first = await nextDueAt();
      // What was due before this look and still is, somebody else has in hand: don't spin on it, and don't
      // let it put off what comes next.
      const isInHand = first !== null && first <= beganAt;
      const next = isInHand ? await nextDueAt(beganAt) : first;
      if (isInHand) {
        setNearer(clock.now() + retryMs);
      }
      if (next !== null) {
        setNearer(next);
      }
    } catch (error) {
      log.error({ err: error }, 'The timer could not look for due rows');
      setNearer(clock.now() + retryMs);
    }
  }

  return {
    arm(rows) {
      for (const { at } of rows) {
        setNearer(at);
      }
    },
    start() {
      running = true;
      setNearer(clock.now());
    },
    async stop() {
      running = false;
      clearTimeout(timer?.handle);
      timer = null;
      await look.settled();
    },
  };
}
