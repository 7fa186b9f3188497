/** Hours of a rule, held against the clock that Intl shows, at any time and around changes of the clocks. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHours } from '../../src/catalog/hours.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Europe/Dublin',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
] as const;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const FIRST = Date.UTC(2024, 0, 1);
const YEARS_MS = 3 * 366 * DAY_MS;
const OF_DAY = DAY_MS / MINUTE_MS;
const OF_WEEK = 7 * OF_DAY;

const clocks = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }),
  ]),
);

/** Minutes since Monday, as the clock on the wall shows them. */
function onTheWall(zone: (typeof ZONES)[number], at: number): number {
  const shown = new Map(
    clocks
      .get(zone)
      ?.formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const day = DAYS.findIndex((name) => name === shown.get('weekday')?.toLowerCase());
  return day * OF_DAY + Number(shown.get('hour')) * 60 + Number(shown.get('minute'));
}

/** Days in which the clocks of a zone are changed. */
function changes(zone: (typeof ZONES)[number]): number[] {
  const days = Array.from({ length: YEARS_MS / DAY_MS }, (_, day) => FIRST + day * DAY_MS);
  return days.filter(
    (at) => (onTheWall(zone, at + DAY_MS) - onTheWall(zone, at) + OF_WEEK) % OF_WEEK !== OF_DAY,
  );
}

const changedIn = new Map(ZONES.map((zone) => [zone, changes(zone)]));

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

/** Whether some day that is named has begun its hours, and not ended them. */
function isWithin(hours: Parameters<typeof toHours>[0], wall: number): boolean {
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)];
  const length = (to - from + OF_DAY) % OF_DAY || OF_DAY;
  return hours.days.some((day) => (wall - (DAYS.indexOf(day) * OF_DAY + from) + OF_WEEK) % OF_WEEK < length);
}

const two = (value: number): string => String(value).padStart(2, '0');
const time = fc
  .tuple(fc.nat(23), fc.constantFrom(0, 0, 1, 29, 30, 59))
  .map(([hour, minute]) => `${two(hour)}:${two(minute)}`);
const anyHours = fc
  .record({
    days: fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1 }),
    from: time,
    to: fc.oneof({ weight: 9, arbitrary: time }, { weight: 1, arbitrary: fc.constant('24:00') }),
    zone: fc.constantFrom(...ZONES),
  })
  .filter(({ from, to }) => from !== to);

test('hours are those on the wall, also past midnight and where clocks change', () => {
  const seen = { open: 0, closed: 0, changing: 0 };
  const moment = fc.record({
    pick: fc.nat(),
    offsetMs: fc.integer({ min: -6 * HOUR_MS, max: 30 * HOUR_MS }),
  });
  fc.assert(
    fc.property(anyHours, moment, fc.nat(YEARS_MS), fc.boolean(), (hours, near, anywhere, isNear) => {
      const days = changedIn.get(hours.zone) ?? [];
      const changing = isNear ? days[near.pick % Math.max(1, days.length)] : undefined;
      const at = changing === undefined ? FIRST + anywhere : changing + near.offsetMs;
      const expected = isWithin(hours, onTheWall(hours.zone, at));
      seen[expected ? 'open' : 'closed'] += 1;
      seen.changing += changing === undefined ? 0 : 1;
      expect(toHours(hours).isOpen(at)).toBe(expected);
    }),
    { numRuns: 10_000, seed: 7 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(1_000);
});
