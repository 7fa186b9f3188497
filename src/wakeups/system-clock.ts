import { performance } from 'node:perf_hooks';
import type { Instant } from '../domain/time.js';
import type { KeptClock } from '../ports.js';

export type TimeSources = {
  /** Milliseconds since 1970; may be set forward or back at any moment. */
  readonly wall: () => number;
  /** Milliseconds since some fixed moment; never set, but it may stand still while the machine sleeps. */
  readonly monotonic: () => number;
};

export type SystemClock = KeptClock & {
  /** Time goes on from this moment at least, wherever the wall clock stands. */
  startNotBefore(at: Instant): void;
};

const systemSources: TimeSources = { wall: () => Date.now(), monotonic: () => performance.now() };

/**
 * The greater of the wall clock and what it once showed plus the time that passed since. When the wall
 * clock is set back it goes on from the highest reading: standing still would prolong every window.
 */
export function createSystemClock({ wall, monotonic }: TimeSources = systemSources): SystemClock {
  let wallAhead = wall() - monotonic();
  function now(): Instant {
    const elapsed = monotonic();
    wallAhead = Math.max(wallAhead, wall() - elapsed);
    // Whole milliseconds: STRICT tables refuse fractions.
    return Math.floor(wallAhead + elapsed);
  }
  return {
    now,
    behindMs: () => Math.max(0, now() - Math.floor(wall())),
    startNotBefore(at) {
      wallAhead = Math.max(wallAhead, at - monotonic());
    },
  };
}
