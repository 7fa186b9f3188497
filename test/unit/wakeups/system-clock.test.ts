import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSystemClock } from '../../../src/wakeups/system-clock.js';

function clockAt(start: { wall: number; monotonic: number }) {
  const time = { ...start };
  return { time, clock: createSystemClock({ wall: () => time.wall, monotonic: () => time.monotonic }) };
}

test('the clock shows the wall clock in whole milliseconds', () => {
  const { time, clock } = clockAt({ wall: 1_000_000, monotonic: 17.25 });
  expect(clock.now()).toBe(1_000_000);
  time.wall += 40;
  time.monotonic += 40.75;
  expect(clock.now()).toBe(1_000_040);
});

test('a wall clock that is set back does not stop time, so a window keeps its length', () => {
  const { time, clock } = clockAt({ wall: 1_000_000, monotonic: 0 });
  const windowEndsAt = clock.now() + 60_000;
  time.wall -= 3_600_000;
  time.monotonic += 60_000;
  expect(clock.now()).toBe(windowEndsAt);
});

test('a wall clock that jumps ahead takes the clock along, and it stays ahead when the jump is undone', () => {
  const { time, clock } = clockAt({ wall: 1_000_000, monotonic: 0 });
  time.wall += 3_600_000;
  expect(clock.now()).toBe(4_600_000);
  time.wall -= 3_600_000;
  time.monotonic += 1_000;
  expect(clock.now()).toBe(4_601_000);
});

test('time that the monotonic clock slept through is seen on the wall clock', () => {
  const { time, clock } = clockAt({ wall: 1_000_000, monotonic: 0 });
  time.wall += 8 * 3_600_000;
  time.monotonic += 5;
  expect(clock.now()).toBe(time.wall);
});

test('whatever the wall clock does, the clock never runs back and is never behind it', () => {
  const step = fc.record({
    wallBy: fc.integer({ min: -10_000_000, max: 10_000_000 }),
    passedMs: fc.double({ min: 0, max: 100_000, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { time, clock } = clockAt({ wall: 1_700_000_000_000, monotonic: 3 });
      let last = clock.now();
      for (const { wallBy, passedMs } of steps) {
        time.wall += wallBy;
        time.monotonic += passedMs;
        const now = clock.now();
        expect(now).toBeGreaterThanOrEqual(last);
        // One millisecond for the rounding of fractions.
        expect(now).toBeGreaterThanOrEqual(time.wall - 1);
        last = now;
      }
    }),
  );
});

test('a wall clock that was set back is behind by as much, until it is set right again', () => {
  const { time, clock } = clockAt({ wall: 1_000_000, monotonic: 0 });
  expect(clock.behindMs()).toBe(0);
  time.wall -= 60_000;
  expect(clock.behindMs()).toBe(60_000);
  time.monotonic += 5_000;
  time.wall += 5_000;
  expect(clock.behindMs()).toBe(60_000);
  time.wall += 60_000;
  expect(clock.behindMs()).toBe(0);
});

test('so is one that stands before the moment from which time has to go on', () => {
  const { clock } = clockAt({ wall: 1_000_000, monotonic: 0 });
  clock.startNotBefore(1_500_000);
  expect(clock.behindMs()).toBe(500_000);
});
