import { assert, integer, property, stringMatching } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, formatRoughly, parseDuration } from '../../src/domain/duration.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';

describe('a duration is understood however it is written', () => {
  test.each([
    ['30m', 30 * MINUTE_MS],
    ['45m', 45 * MINUTE_MS],
    ['2h', 2 * HOUR_MS],
    ['1h30m', 90 * MINUTE_MS],
    ['1 H 30 M', 90 * MINUTE_MS],
    ['  1h  30m ', 90 * MINUTE_MS],
    ['90min', 90 * MINUTE_MS],
    ['90 mins', 90 * MINUTE_MS],
    ['1 minute', MINUTE_MS],
    ['2 hours', 2 * HOUR_MS],
    ['2hrs', 2 * HOUR_MS],
    ['1.5h', 90 * MINUTE_MS],
    ['1d', DAY_MS],
    ['2 Days 4 hours', 2 * DAY_MS + 4 * HOUR_MS],
    ['20s', 20 * SECOND_MS],
    ['1m 30 sec', 90 * SECOND_MS],
  ])('%j', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});

describe('what is no duration is not guessed at', () => {
  test.each([
    '',
    ' ',
    '30',
    '0m',
    '0h0m',
    'm',
    '30x',
    '30m1h',
    '30m30m',
    '-30m',
    '1e3m',
    '1,5h',
    '1000000m',
    'stuck',
    '30m stuck',
    'PT30M',
    '1:30',
  ])('%j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe('a duration is shown in the fewest words', () => {
  test.each([
    [30 * MINUTE_MS, '30 min'],
    [90 * MINUTE_MS, '1 h 30 min'],
    [2 * DAY_MS, '2 d'],
    [DAY_MS + HOUR_MS + MINUTE_MS, '1 d 1 h 1 min'],
    [20 * SECOND_MS, '20 s'],
    [29.6 * SECOND_MS, '30 s'],
    [0, '0 min'],
    [-5, '0 min'],
  ])('%d ms', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('what was measured is shown roughly', () => {
  test.each([
    [365 * DAY_MS - SECOND_MS, '365 d'],
    [2 * DAY_MS + 3 * HOUR_MS + 5 * MINUTE_MS, '2 d 3 h'],
    [90 * MINUTE_MS + 20 * SECOND_MS, '1 h 30 min'],
    [DAY_MS - 1, '1 d'],
    [61.4 * SECOND_MS, '1 min 1 s'],
  ])('%d ms', (ms, text) => {
    expect(formatRoughly(ms)).toBe(text);
  });
});

test('every whole minute up to a year is read back from how it is shown', () => {
  assert(
    property(integer({ min: 1, max: 366 * 24 * 60 }), (minutes) => {
      expect(parseDuration(formatDuration(minutes * MINUTE_MS))).toBe(minutes * MINUTE_MS);
    }),
  );
});

test('no text makes the parser crash, and what it reads is a whole number of milliseconds', () => {
  assert(
    property(stringMatching(/^[\d .dhmsDHMS]{0,12}$/), (text) => {
      const ms = parseDuration(text);
      expect(ms === null || (Number.isSafeInteger(ms) && ms > 0)).toBe(true);
    }),
  );
});
