import { expect, test } from 'vitest';
import { holds, median, percentile, type Figure } from '../../../bench/figures.js';
import { table } from '../../../bench/table.js';

const hundred = Array.from({ length: 100 }, (_, place) => 100 - place);

function figure(value: number, bound: Figure['bound']): Figure {
  return {
    what: 'end → gone',
    value,
    unit: 'ms',
    floor: { what: 'a bare timer', value: 21, unit: 'ms' },
    bound,
  };
}

test('a percentile is a value that was measured, and not one between two', () => {
  expect([50, 99, 100].map((percent) => percentile(hundred, percent))).toEqual([50, 99, 100]);
  expect(percentile([7], 1)).toBe(7);
  expect(median([3, 1, 2])).toBe(2);
});

test('there is no percentile of nothing', () => {
  expect(() => percentile([], 50)).toThrow('nothing');
});

test('a bound holds up to its limit, from either side, and what has none holds', () => {
  const most = { side: 'at most', limit: 250 } as const;
  const least = { side: 'at least', limit: 50 } as const;

  expect([250, 250.1].map((value) => holds(figure(value, most)))).toEqual([true, false]);
  expect([50, 49.9].map((value) => holds(figure(value, least)))).toEqual([true, false]);
  expect(holds(figure(1_000_000, null))).toBe(true);
});

test('the table shows each value beside its floor and its bound, and what is missed stands out', () => {
  const text = table([
    figure(38.2, { side: 'at most', limit: 250 }),
    figure(581, { side: 'at most', limit: 250, text: 'by design' }),
    figure(5, null),
  ]);

  expect(text).toBe(
    [
      '| what       | measured | floor                | bound                | holds |',
      '| ---------- | -------- | -------------------- | -------------------- | ----- |',
      '| end → gone | 38.2 ms  | 21.0 ms a bare timer | ≤ 250 ms             | yes   |',
      '| end → gone | 581 ms   | 21.0 ms a bare timer | ≤ 250 ms (by design) | NO    |',
      '| end → gone | 5.00 ms  | 21.0 ms a bare timer |                      |       |',
    ].join('\n'),
  );
});
