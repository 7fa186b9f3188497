import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { asEntitlementId } from '../../../src/domain/ids.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/time.js';
import type { Due } from '../../../src/ports.js';
import { createTimerWakeups, type TimerWakeups } from '../../../src/wakeups/in-process-timer.js';
import { recordingLog } from '../../support/recording-log.js';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(async () => {
  await started?.stop();
  const left = vi.getTimerCount();
  vi.useRealTimers();
  if (left > 0) {
    throw new Error(`${left} timers were left running`);
  }
});

let started: TimerWakeups | undefined;

function due(at: number): Due {
  return {
    kind: 'entitlement',
    id: asEntitlementId(`ent_${at}`),
    version: 1,
    at,
    connector: 'orders-db',
    direction: 'revocations',
  };
}

/** A world of rows, each due at a moment; a look takes what is due and notes when. */
function timerOver(rows: number[]) {
  const world = {
    rows,
    /** Due, and taken by somebody else. */
    inHand: [] as number[],
    taken: [] as { at: number; row: number }[],
    looks: 0,
    fail: false,
  };
  const log = recordingLog();
  const timer = createTimerWakeups({
    clock: { now: () => Date.now() },
    nextDueAt: (after = 0) => {
      const later = [...world.inHand, ...world.rows].filter((row) => row > after);
      return Promise.resolve(later.length === 0 ? null : Math.min(...later));
    },
    onDue: () => {
      world.looks += 1;
      if (world.fail) {
        return Promise.reject(new Error('database is locked'));
      }
      const now = Date.now();
      world.taken.push(...world.rows.filter((row) => row <= now).map((row) => ({ at: now, row })));
      world.rows = world.rows.filter((row) => row > now);
      return Promise.resolve();
    },
    log,
  });
  started = timer;
  return { timer, world, log };
}

test('what is overdue at the start is taken at once, and each later row at its moment', async () => {
  const [overdue, soon, later] = [999_000, 1_000_700, 1_000_000 + 3 * MINUTE_MS];
  const { timer, world } = timerOver([overdue, soon, later]);
  timer.start();
  await vi.advanceTimersByTimeAsync(4 * MINUTE_MS);
  expect(world.taken).toEqual([
    { at: 1_000_000, row: overdue },
    { at: soon, row: soon },
    { at: later, row: later },
  ]);
});

test('a row that is armed nearer than the next one is taken at its own moment', async () => {
  const { timer, world } = timerOver([1_000_000 + HOUR_MS / 2]);
  timer.start();
  await vi.advanceTimersByTimeAsync(10);
  const at = Date.now() + 250;
  world.rows.push(at);
  timer.arm([due(at)]);
  await vi.advanceTimersByTimeAsync(300);
  expect(world.taken).toEqual([{ at, row: at }]);
});

test('a row that is armed further away does not put off the next one', async () => {
  const next = 1_000_500;
  const { timer, world } = timerOver([next]);
  timer.start();
  await vi.advanceTimersByTimeAsync(10);
  timer.arm([due(1_000_000 + DAY_MS)]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(world.taken).toEqual([{ at: next, row: next }]);
});

test('a row in 60 days is not taken now, and looked for once an hour until then', async () => {
  const { timer, world } = timerOver([1_000_000 + 60 * DAY_MS]);
  timer.start();
  await vi.advanceTimersByTimeAsync(5 * HOUR_MS + 1);
  expect(world.taken).toEqual([]);
  expect(world.looks).toBe(6);
});

test('rows that stay due, because somebody else has them in hand, are looked at once a second and no more', async () => {
  const log = recordingLog();
  let looks = 0;
  const timer = createTimerWakeups({
    clock: { now: () => Date.now() },
    nextDueAt: (after) => Promise.resolve(after === undefined ? 999_000 : null),
    onDue: () => {
      looks += 1;
      return Promise.resolve();
    },
    log,
  });
  started = timer;
  timer.start();
  await vi.advanceTimersByTimeAsync(10_500);
  expect(looks).toBe(11);
});

test('rows that somebody else has in hand do not put off the next one', async () => {
  const next = 1_000_300;
  const { timer, world } = timerOver([next]);
  world.inHand = [999_000];
  timer.start();
  await vi.advanceTimersByTimeAsync(900);
  expect(world.taken).toEqual([{ at: next, row: next }]);
});

test('a row that becomes due during a look is taken at once, not a second later', async () => {
  const { timer, world } = timerOver([]);
  timer.start();
  await vi.advanceTimersByTimeAsync(10);
  const at = Date.now();
  world.rows.push(at);
  timer.arm([due(at)]);
  await vi.advanceTimersByTimeAsync(0);
  expect(world.taken).toEqual([{ at, row: at }]);
});

test('looks never overlap', async () => {
  let underWay = 0;
  let most = 0;
  const timer = createTimerWakeups({
    clock: { now: () => Date.now() },
    nextDueAt: () => Promise.resolve(null),
    onDue: async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 100));
      underWay -= 1;
    },
    log: recordingLog(),
  });
  started = timer;
  timer.start();
  for (let i = 0; i < 20; i += 1) {
    timer.arm([due(Date.now())]);
    await vi.advanceTimersByTimeAsync(15);
  }
  await vi.advanceTimersByTimeAsync(500);
  expect(most).toBe(1);
});

test('a look that fails is logged and tried again in a second', async () => {
  const { timer, world, log } = timerOver([999_000]);
  world.fail = true;
  timer.start();
  await vi.advanceTimersByTimeAsync(2_500);
  expect(world.looks).toBe(3);
  expect(log.lines.map((line) => line.level)).toEqual(['error', 'error', 'error']);
  world.fail = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(world.taken).toEqual([{ at: 1_003_000, row: 999_000 }]);
});

test('nothing is looked for before the start or after the stop', async () => {
  const { timer, world } = timerOver([999_000]);
  timer.arm([due(999_000)]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(world.looks).toBe(0);
  timer.start();
  await timer.stop();
  timer.arm([due(999_000)]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(world.looks).toBe(0);
});
