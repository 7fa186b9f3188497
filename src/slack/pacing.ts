import type { Clock } from '../ports.js';

/**
 * Slack takes one message a second in a channel, and a few at once. Each channel has its own bucket, so a
 * busy one holds up no other.
 */
export type Pacing = {
  /** How long to wait before this one; a place is kept for it, unless the line is too long: nothing is kept then. */
  reserve(key: string, longestMs: number): { readonly waitMs: number } | { readonly busyMs: number };
  /** How long the line will be too long; 0 when one more finds a place. */
  busyMs(key: string, longestMs: number): number;
  /** Slack said how long nothing more is taken there. */
  pause(key: string, ms: number): void;
  /** How much of that is left. */
  pausedMs(key: string): number;
};

const EVERY_MS = 1_000;
const BURST = 3;
const MANY = 1_000;

export function createPacing(clock: Clock): Pacing {
  /** When the bucket of a key is full again; the further ahead, the more is waiting. */
  const fullAt = new Map<string, number>();
  const pausedUntil = new Map<string, number>();

  function forgetIdle(now: number): void {
    for (const map of [fullAt, pausedUntil]) {
      for (const [key, at] of map) {
        if (at <= now) {
          map.delete(key);
        }
      }
    }
  }

  function next(key: string, now: number): { full: number; waitMs: number } {
    const full = Math.max(now, fullAt.get(key) ?? now) + EVERY_MS;
    const turn = Math.max(now, full - BURST * EVERY_MS, pausedUntil.get(key) ?? now);
    return { full, waitMs: turn - now };
  }

  return {
    reserve(key, longestMs) {
      const now = clock.now();
      if (fullAt.size + pausedUntil.size > MANY) {
        forgetIdle(now);
      }
      const { full, waitMs } = next(key, now);
      if (waitMs > longestMs) {
        return { busyMs: waitMs };
      }
      fullAt.set(key, full);
      return { waitMs };
    },
    busyMs(key, longestMs) {
      const { waitMs } = next(key, clock.now());
      return waitMs > longestMs ? waitMs : 0;
    },
    pause(key, ms) {
      pausedUntil.set(key, clock.now() + ms);
    },
    pausedMs: (key) => Math.max(0, (pausedUntil.get(key) ?? 0) - clock.now()),
  };
}
