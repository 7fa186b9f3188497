import { performance } from 'node:perf_hooks';
import type { Clock } from '../ports.js';

export type TimeSources = {
  /** Milliseconds since 1970; may be set forward or back at any moment. */
  readonly wall: () => number;
  /** Milliseconds since some fixed moment; never set, but it may stand still while the machine sleeps. */
  readonly monotonic: () => number;
};

const systemSources: TimeSources = { wall: () => Date.now(), monotonic: () => performance.now() };

/**
 * The greater of the wall clock and what it once showed plus the time that passed since. When the wall
 * clock is set back it goes on from the highest reading: standing still would prolong every window.
 */
export function createSystemClock({ wall, monotonic }: TimeSources = systemSources): Clock {
  let wallAhead = wall() - monotonic();
  return {
    now() {
      const elapsed = monotonic();
      wallAhead = Math.max(wallAhead, wall() - elapsed);
      // Whole milliseconds: STRICT tables refuse fractions.
      return Math.floor(wallAhead + elapsed);
    },
  };
}
