import { describe, expect, test } from 'vitest';
import { nextReminder } from '../../src/domain/reminder.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';

function leadOf(windowMs: number, remindBeforeMs: readonly number[] | null = null): number | null {
  const at = nextReminder({ startsAt: 0, endsAt: windowMs, remindBeforeMs, after: 0 });
  return at === null ? null : windowMs - at;
}

describe('the reminder before the end', () => {
  test.each([
    ['20 % of an hour', HOUR_MS, 12 * MINUTE_MS],
    ['never more than 15 minutes', 8 * HOUR_MS, 15 * MINUTE_MS],
    ['never less than 2 minutes', 6 * MINUTE_MS, 2 * MINUTE_MS],
    ['never more than half the window', 3 * MINUTE_MS, 90 * SECOND_MS],
    ['half of a window of seconds', 20 * SECOND_MS, 10 * SECOND_MS],
  ])('%s', (_, windowMs, expected) => {
    expect(leadOf(windowMs)).toBe(expected);
  });

  test('the catalog can set a list; they come one after another', () => {
    const window = { startsAt: 0, endsAt: 2 * HOUR_MS, remindBeforeMs: [5 * MINUTE_MS, 30 * MINUTE_MS] };
    const first = nextReminder({ ...window, after: 0 });

    expect(first).toBe(90 * MINUTE_MS);
    expect(nextReminder({ ...window, after: first ?? 0 })).toBe(115 * MINUTE_MS);
    expect(nextReminder({ ...window, after: 115 * MINUTE_MS })).toBeNull();
  });

  test('a lead longer than half the window is cut to half', () => {
    expect(leadOf(20 * MINUTE_MS, [HOUR_MS])).toBe(10 * MINUTE_MS);
  });
});
