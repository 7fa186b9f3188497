/** Times of day on days of the week, by the clock on the wall of a zone. */
import { DateTime, IANAZone } from 'luxon';
import { z } from 'zod';
import type { Hours } from '../domain/catalog.js';
import type { Instant } from '../domain/time.js';
import { listOf, otherwise, text } from './fields.js';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const NO_DAY = `expected a day: ${DAYS.join(', ')}`;
const NO_ZONE = 'expected a time zone such as Europe/Berlin; write the name that the IANA gives it';

export const hoursSchema = z
  .strictObject({
    days: listOf(z.enum(DAYS, otherwise(NO_DAY)), 'no day is named; name at least one, such as mon').describe(
      'Days on which the time begins.',
    ),
    from: text(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "expected a time of day such as '09:00'; write it in quotes"),
    to: text(
      /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/,
      "expected a time of day such as '18:00', or '24:00' for midnight; write it in quotes",
    ).describe('Before `from`: on the next day.'),
    zone: z.string().refine((zone) => IANAZone.isValidZone(zone), NO_ZONE),
  })
  .refine(({ from, to }) => from !== to, {
    error:
      "from and to are the same time, which is no time at all; for the whole day write '00:00' to '24:00'",
  })
  .describe('When the window may begin.');

type HoursFile = z.output<typeof hoursSchema>;

export function toHours(hours: HoursFile): Hours {
  const { zone } = hours;
  const days = DAYS.flatMap((day, index) => (hours.days.includes(day) ? [index + 1] : []));
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)];
  return {
    text: `${daysText(days)} ${hours.from}–${hours.to} ${zone}`,
    isOpen(at: Instant) {
      const { weekday, hour, minute } = DateTime.fromMillis(at, { zone });
      const time = hour * 60 + minute;
      const dayBefore = weekday === 1 ? 7 : weekday - 1;
      return from < to
        ? days.includes(weekday) && time >= from && time < to
        : (days.includes(weekday) && time >= from) || (days.includes(dayBefore) && time < to);
    },
  };
}

function minutesOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return hour * 60 + minute;
}

/** `Mon–Fri`, `Mon, Wed–Fri`. Days as 1 to 7, in order. */
function daysText(days: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run?.last === day - 1) {
      run.last = day;
    } else {
      runs.push({ first: day, last: day });
    }
  }
  return runs
    .map(({ first, last }) =>
      first === last ? dayText(first) : `${dayText(first)}${last === first + 1 ? ', ' : '–'}${dayText(last)}`,
    )
    .join(', ');
}

function dayText(day: number): string {
  const name = DAYS[day - 1] ?? '';
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}
