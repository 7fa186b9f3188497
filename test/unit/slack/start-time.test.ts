import { describe, expect, test } from 'vitest';
import { localText, parseStart, toInstant } from '../../../src/slack/start-time.js';

/** Wed 25 Nov 2026, 16:30 in Berlin, 10:30 in New York, 04:30 the next day in Auckland. */
const NOW = Date.UTC(2026, 10, 25, 15, 30);
const BERLIN = 'Europe/Berlin';

function meant(typed: string, zone: string | null = BERLIN, now = NOW): string {
  const parsed = parseStart(typed);
  const start = parsed === null ? { problem: 'not understood' } : toInstant(parsed, zone, now);
  return 'at' in start ? new Date(start.at).toISOString().slice(0, 16) : start.problem;
}

describe('a start is the moment that its words mean where they are said', () => {
  test.each<[typed: string, zone: string | null, at: string]>([
    ['at 18:00', BERLIN, '2026-11-25T17:00'],
    ['at 18:00', 'America/New_York', '2026-11-25T23:00'],
    ['at 18:00', 'Asia/Kolkata', 'say tomorrow'],
    ['at 22:30', 'Asia/Kolkata', '2026-11-25T17:00'],
    ['at 18:00', null, '2026-11-25T18:00'],
    ['at 6pm', BERLIN, '2026-11-25T17:00'],
    ['at 6:15 PM', BERLIN, '2026-11-25T17:15'],
    ['today 18:00', BERLIN, '2026-11-25T17:00'],
    ['tomorrow 09:00', BERLIN, '2026-11-26T08:00'],
    ['Tomorrow at 9', BERLIN, '2026-11-26T08:00'],
    ['tomorrow 9am', BERLIN, '2026-11-26T08:00'],
    ['tomorrow at 12am', BERLIN, '2026-11-25T23:00'],
    ['tomorrow 12pm', BERLIN, '2026-11-26T11:00'],
    ['at 09:00 tomorrow', BERLIN, '2026-11-26T08:00'],
    ['tomorrow 09:00', 'Pacific/Auckland', '2026-11-26T20:00'],
    ['on friday 09:00', BERLIN, '2026-11-27T08:00'],
    ['fri 9:00', BERLIN, '2026-11-27T08:00'],
    ['friday at 9', BERLIN, '2026-11-27T08:00'],
    ['at 9:00 on Friday', BERLIN, '2026-11-27T08:00'],
    ['monday 9:00', BERLIN, '2026-11-30T08:00'],
    ['wednesday 18:00', BERLIN, '2026-11-25T17:00'],
    ['tuesday 00:00', BERLIN, '2026-11-30T23:00'],
    ['at 2026-11-27 09:00', BERLIN, '2026-11-27T08:00'],
    ['on 2026-11-27 at 09:00', BERLIN, '2026-11-27T08:00'],
    ['2026-11-27 at 9', BERLIN, '2026-11-27T08:00'],
  ])('%s in %s', (typed, zone, at) => {
    expect(meant(typed, zone)).toContain(at);
  });
});

describe('what is no start is none', () => {
  test.each([
    'at',
    'at 9',
    'at 24:00',
    'at 18:60',
    'at 13pm',
    'at 0am',
    'at 18h',
    '18:00',
    'tomorrow',
    'tomorrow 9',
    'tomorrow morning',
    'someday 09:00',
    'frid 09:00',
    'next friday 09:00',
    'at 2026-02-30 09:00',
    'at 2026-11-27',
    'at 27.11.2026 09:00',
    'in 2h',
  ])('%s', (typed) => {
    expect(parseStart(typed)).toBeNull();
  });
});

describe('a moment that has passed is not taken for another day', () => {
  test.each<[typed: string, says: string]>([
    ['at 09:00', '09:00 has passed (Europe/Berlin); say tomorrow 09:00.'],
    ['at 16:30', '16:30 has passed (Europe/Berlin); say tomorrow 16:30.'],
    ['wednesday 09:00', '09:00 has passed (Europe/Berlin); say the date, such as 2026-12-02 09:00.'],
    ['at 2026-11-25 09:00', '09:00 has passed (Europe/Berlin); say the date, such as 2026-12-02 09:00.'],
    ['at 2025-11-25 09:00', 'Tue 25 Nov 09:00 (Europe/Berlin) has passed. Say a time that is still to come.'],
  ])('%s', (typed, says) => {
    expect(meant(typed)).toBe(says);
  });
});

describe('when the clocks change', () => {
  const beforeSpring = Date.UTC(2027, 2, 27, 12);
  const beforeAutumn = Date.UTC(2026, 9, 24, 12);

  test('an hour that is left out is no start, and the next one is named', () => {
    expect(meant('tomorrow 02:30', BERLIN, beforeSpring)).toBe(
      '02:30 does not exist on Sun 28 Mar in Europe/Berlin: the clocks go forward. Say 03:30, or another time.',
    );
    expect(meant('tomorrow 03:30', BERLIN, beforeSpring)).toBe('2027-03-28T01:30');
  });

  test('of an hour that comes twice the first that is still to come is meant, and its offset is told', () => {
    expect(meant('tomorrow 02:30', BERLIN, beforeAutumn)).toBe('2026-10-25T00:30');
    const between = Date.UTC(2026, 9, 25, 0, 45);
    expect(meant('at 02:30', BERLIN, between)).toBe('2026-10-25T01:30');
    expect(localText(Date.UTC(2026, 9, 25, 0, 30), BERLIN)).toBe('Sun 25 Oct 02:30 (Europe/Berlin, UTC+2)');
    expect(localText(Date.UTC(2026, 9, 25, 1, 30), BERLIN)).toBe('Sun 25 Oct 02:30 (Europe/Berlin, UTC+1)');
  });

  test('the same time of day on the other side of a change is another moment', () => {
    expect(meant('monday 09:00', BERLIN, beforeAutumn)).toBe('2026-10-26T08:00');
    expect(meant('monday 09:00', BERLIN, beforeSpring)).toBe('2027-03-29T07:00');
  });
});

test('a moment is told with its day and its zone', () => {
  expect(localText(Date.UTC(2026, 10, 27, 8), BERLIN)).toBe('Fri 27 Nov 09:00 (Europe/Berlin)');
  expect(localText(Date.UTC(2026, 10, 27, 8), null)).toBe('Fri 27 Nov 08:00 (UTC)');
});
