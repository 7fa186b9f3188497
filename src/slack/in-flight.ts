import { abortablePause } from './pause.js';

/** Work that Bolt does not wait for when it stops. */
export type InFlight = {
  track(work: Promise<void>): Promise<void>;
  /** Resolves when nothing is left, or after the time; answers how many were left. */
  settled(withinMs: number): Promise<number>;
};

export function createInFlight(): InFlight {
  const running = new Set<Promise<void>>();
  return {
    async track(work) {
      running.add(work);
      try {
        await work;
      } finally {
        running.delete(work);
      }
    },
    async settled(withinMs) {
      const patience = new AbortController();
      const late = abortablePause(withinMs, patience.signal);
      const isLate = late.then(() => true);
      while (running.size > 0) {
        // Work under way may still be joined by more of it, so it is looked at again.
        const all = Promise.allSettled(running).then(() => false);
        if (await Promise.race([all, isLate])) {
          break;
        }
      }
      patience.abort();
      await late;
      return running.size;
    },
  };
}
