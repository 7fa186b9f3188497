import { expect, test } from 'vitest';
import { createPacing } from '../../../src/slack/pacing.js';

function pacingAt(start: number) {
  let now = start;
  return {
    pacing: createPacing({ now: () => now }),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('three messages go at once, then one a second', () => {
  const { pacing } = pacingAt(1_000_000);

  const waits = [1, 2, 3, 4, 5].map(() => pacing.reserve('C1', 10_000));

  expect(waits).toEqual([0, 0, 0, 1_000, 2_000].map((waitMs) => ({ waitMs })));
});

test('a busy channel holds up no other', () => {
  const { pacing } = pacingAt(0);
  for (let sent = 0; sent < 6; sent += 1) {
    pacing.reserve('C1', 10_000);
  }

  expect(pacing.reserve('C2', 10_000)).toEqual({ waitMs: 0 });
});

test('where the line is too long no place is taken in it', () => {
  const { pacing, pass } = pacingAt(0);
  for (let sent = 0; sent < 5; sent += 1) {
    pacing.reserve('C1', 2_000);
  }

  expect(pacing.reserve('C1', 2_000)).toEqual({ busyMs: 3_000 });
  expect(pacing.reserve('C1', 2_000)).toEqual({ busyMs: 3_000 });
  expect(pacing.busyMs('C1', 2_000)).toBe(3_000);
  pass(1_000);
  expect(pacing.busyMs('C1', 2_000)).toBe(0);
  expect(pacing.reserve('C1', 2_000)).toEqual({ waitMs: 2_000 });
});

test('a channel that Slack closed for a while is left alone for that long', () => {
  const { pacing, pass } = pacingAt(0);
  pacing.pause('C1', 30_000);

  expect(pacing.reserve('C1', 2_000)).toEqual({ busyMs: 30_000 });
  pass(30_000);
  expect(pacing.reserve('C1', 2_000)).toEqual({ waitMs: 0 });
});
