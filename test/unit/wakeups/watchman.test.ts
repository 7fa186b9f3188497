import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startWatchman, type Watchman } from '../../../src/wakeups/watchman.js';
import { HeldWork } from '../../support/held-work.js';
import { recordingLog } from '../../support/recording-log.js';

const start = 1_000_000;
let watchman: Watchman | undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: start });
});
afterEach(async () => {
  await watchman?.stop();
  const left = vi.getTimerCount();
  vi.useRealTimers();
  if (left > 0) {
    throw new Error(`${left} timers were left running`);
  }
});

function watching(options: { pass?: () => Promise<void>; rearm?: () => Promise<void> } = {}) {
  const seen = { passes: [] as { at: number; lagMs: number }[], rearmedAt: [] as number[], punctual: true };
  const log = recordingLog();
  const begun = startWatchman({
    clock: { now: () => Date.now() },
    pass: async ({ lagMs }) => {
      seen.passes.push({ at: Date.now() - start, lagMs });
      await options.pass?.();
    },
    rearm: async () => {
      seen.rearmedAt.push(Date.now() - start);
      await options.rearm?.();
    },
    punctual: () => seen.punctual,
    log,
  });
  watchman = begun;
  return { watchman: begun, seen, log };
}

test('the first pass leaves nothing to the wake-ups; then every 5 s one leaves them what is due for 2 s', async () => {
  const { seen } = watching();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen.passes).toEqual([
    { at: 0, lagMs: 0 },
    { at: 5_000, lagMs: 2_000 },
    { at: 10_000, lagMs: 2_000 },
  ]);
});

test('while wake-ups cannot be trusted a pass leaves nothing to them', async () => {
  const { seen } = watching();
  seen.punctual = false;
  await vi.advanceTimersByTimeAsync(5_000);
  seen.punctual = true;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(seen.passes.map((pass) => pass.lagMs)).toEqual([0, 0, 2_000]);
});

test('a pass that is asked for comes at once and leaves nothing', async () => {
  const { seen, watchman: watch } = watching();
  await vi.advanceTimersByTimeAsync(1_000);
  await watch.passNow();
  expect(seen.passes.at(-1)).toEqual({ at: 1_000, lagMs: 0 });
});

test('passes never overlap: a slow one is not joined, and one asked for meanwhile follows it', async () => {
  const slow = new HeldWork();
  const { seen, watchman: watch } = watching({ pass: slow.run });
  await vi.advanceTimersByTimeAsync(12_000);
  expect(seen.passes).toHaveLength(1);
  const asked = watch.passNow();
  slow.end();
  await vi.advanceTimersByTimeAsync(0);
  expect(seen.passes).toEqual([
    { at: 0, lagMs: 0 },
    { at: 12_000, lagMs: 0 },
  ]);
  slow.end();
  await asked;
});

test('a pass that fails is logged, the next one comes, and leaves no more than the failed one would have', async () => {
  const held = new HeldWork();
  const { seen, log } = watching({ pass: held.run });
  await vi.advanceTimersByTimeAsync(0);
  held.fail();
  await vi.advanceTimersByTimeAsync(5_000);
  held.end();
  await vi.advanceTimersByTimeAsync(5_000);
  held.end();
  expect(seen.passes.map((pass) => pass.lagMs)).toEqual([0, 0, 2_000]);
  expect(log.lines.map((line) => line.message)).toEqual(['A pass of the watchman failed']);
});

test('it is stale before its first pass and when 15 s have gone by without a pass that ended well', async () => {
  const held = new HeldWork();
  const { watchman: watch } = watching({ pass: held.run });
  expect(watch.isStale(Date.now())).toBe(true);
  expect(watch.lastPassAt()).toBeNull();
  await vi.advanceTimersByTimeAsync(200);
  held.end();
  await vi.advanceTimersByTimeAsync(0);
  expect(watch.lastPassAt()).toBe(start + 200);
  await vi.advanceTimersByTimeAsync(5_000);
  held.fail();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(watch.isStale(Date.now())).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(watch.isStale(Date.now())).toBe(true);
  held.end();
});

test('wake-ups are armed anew at the start, every 5 minutes, and when asked', async () => {
  const { seen, watchman: watch } = watching();
  await vi.advanceTimersByTimeAsync(100_000);
  await watch.rearmNow();
  await vi.advanceTimersByTimeAsync(500_000);
  expect(seen.rearmedAt).toEqual([0, 100_000, 300_000, 600_000]);
});

test('arming anew that fails is logged and does not touch the passes', async () => {
  const { seen, log } = watching({ rearm: () => Promise.reject(new Error('database is locked')) });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(seen.passes).toHaveLength(2);
  expect(log.lines.map((line) => line.message)).toEqual(['The wake-ups could not be armed anew']);
});

test('stopping waits for the pass under way, and no other follows', async () => {
  const held = new HeldWork();
  const { seen, watchman: watch } = watching({ pass: held.run });
  await vi.advanceTimersByTimeAsync(1);
  let stopped = false;
  const stopping = watch.stop().then(() => (stopped = true));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(stopped).toBe(false);
  held.end();
  await stopping;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(seen.passes).toHaveLength(1);
});
