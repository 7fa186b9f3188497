import type { Log } from '../ports.js';
import { oneAtATime } from './one-at-a-time.js';

/** Work that is done again and again. */
export type Round = {
  readonly everyMs: number;
  /** Also at once; otherwise for the first time after `everyMs`. */
  readonly atStart: boolean;
  readonly work: () => Promise<void>;
};

/** None of them delays another, and none runs twice at once: one that is still under way is left to end. */
export function startRounds(
  rounds: readonly Round[],
  { log }: { readonly log: Log },
): {
  /** Resolves once what is under way has ended. */
  stop(): Promise<void>;
} {
  const running = rounds.map(({ everyMs, atStart, work }) => {
    const each = oneAtATime(async () => {
      try {
        await work();
      } catch (error) {
        log.error({ err: error }, 'A round of work failed; it is done again at its time');
      }
    });
    const timer = setInterval(() => {
      if (!each.isRunning()) {
        void each.run();
      }
    }, everyMs);
    if (atStart) {
      void each.run();
    }
    return { timer, each };
  });
  return {
    async stop() {
      running.forEach(({ timer }) => clearInterval(timer));
      await Promise.all(running.map(async ({ each }) => await each.settled()));
    },
  };
}
