import { describe, expect, test } from 'vitest';
import { untilInstant } from '../../../src/slack/until-time.js';

/** A Thursday, 12:00 in Berlin. */
const NOW = Date.parse('2026-11-26T11:00:00Z');

function until(typed: string, zone: string | null = 'Europe/Berlin'): string {
  const end = untilInstant(typed, zone, NOW);
  return 'at' in end ? new Date(end.at).toISOString().slice(0, 19) : end.problem;
}

describe('until when', () => {
  test.each([
    ['until friday', '2026-11-27T22:59:59'],
    ['friday', '2026-11-27T22:59:59'],
    ['until tomorrow', '2026-11-27T22:59:59'],
    ['until today', '2026-11-26T22:59:59'],
    ['until 2026-12-01', '2026-12-01T22:59:59'],
    ['until 18:00', '2026-11-26T17:00:00'],
    ['until friday 18:00', '2026-11-27T17:00:00'],
    ['till 6pm', '2026-11-26T17:00:00'],
    ['for 3d', '2026-11-29T11:00:00'],
    ['2d', '2026-11-28T11:00:00'],
  ])('%s', (typed, end) => {
    expect(until(typed)).toBe(end);
  });

  test('a day ends where whoever said it lives, and in UTC where nobody knows', () => {
    expect(until('until friday', 'America/New_York')).toBe('2026-11-28T04:59:59');
    expect(until('until friday', null)).toBe('2026-11-27T23:59:59');
  });

  test('what has passed or says nothing is told so', () => {
    expect(until('until 2026-11-25')).toContain('has passed');
    expect(until('until 9:00')).toContain('has passed');
    expect(until('until whenever')).toContain('was not understood');
  });
});
