import type { Instant } from '../domain/time.js';
import { createBullmqWakeups, type BullmqSettings, type BullmqWakeups } from './bullmq-wakeups.js';
import { createTimerWakeups } from './in-process-timer.js';

/**
 * BullMQ while Redis takes wake-ups; while it does not, also before the first contact, the timer, so that
 * due rows are found at their moment and not at the watchman's next pass.
 */
export function createRedisWakeups({
  nextDueAt,
  onDue,
  ...settings
}: Omit<BullmqSettings, 'onAway'> & {
  readonly nextDueAt: (after?: Instant) => Promise<Instant | null>;
  readonly onDue: () => Promise<void>;
}): BullmqWakeups {
  const timer = createTimerWakeups({ clock: settings.clock, nextDueAt, onDue, log: settings.log });
  const bullmq = createBullmqWakeups({
    ...settings,
    onReady: () => {
      // A look that is under way may end as it likes.
      void timer.stop();
      settings.onReady();
    },
    onAway: () => timer.start(),
  });
  return {
    ...bullmq,
    arm(rows) {
      bullmq.arm(rows);
      timer.arm(rows);
    },
    start() {
      timer.start();
      bullmq.start();
    },
    async stop(options) {
      await Promise.all([timer.stop(), bullmq.stop(options)]);
    },
  };
}
