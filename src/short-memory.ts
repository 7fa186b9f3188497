import type { Clock } from './ports.js';

/** Answers from outside, kept for a short while; whoever asks meanwhile waits for the same call. */
export type ShortMemory<Value> = {
  /** `keepMs`: for how long this one may be kept, where that is less than for all of them. */
  get(key: string, load: () => Promise<Value>, keepMs?: number): Promise<Value>;
  /** What is known is not good enough any more: the next one to ask loads it. */
  forget(key: string): void;
};

/** Entries beyond this many are looked through for old ones. */
const MANY = 1_000;

export function createShortMemory<Value>(parts: {
  readonly clock: Clock;
  readonly keepMs: number;
  /** What failed is not remembered. */
  readonly worthKeeping: (value: Value) => boolean;
}): ShortMemory<Value> {
  const { clock, keepMs, worthKeeping } = parts;
  // The age counts from before the call: what was read for us may be that old.
  const entries = new Map<string, { readonly since: number; readonly value: Promise<Value> }>();

  function forgetOld(now: number): void {
    for (const [key, { since }] of entries) {
      if (now - since > keepMs) {
        entries.delete(key);
      }
    }
  }

  async function loadAndKeep(key: string, load: () => Promise<Value>): Promise<Value> {
    let isKept = false;
    try {
      const value = await load();
      isKept = worthKeeping(value);
      return value;
    } finally {
      if (!isKept) {
        entries.delete(key);
      }
    }
  }

  return {
    forget: (key) => void entries.delete(key),
    async get(key, load, keepThisMs = keepMs) {
      const now = clock.now();
      const known = entries.get(key);
      if (known !== undefined && now - known.since <= keepThisMs) {
        return known.value;
      }
      if (entries.size >= MANY) {
        forgetOld(now);
      }
      const value = loadAndKeep(key, load);
      entries.set(key, { since: now, value });
      return value;
    },
  };
}
