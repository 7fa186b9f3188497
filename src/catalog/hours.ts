/** Times of day on days of the week, by the clock on the wall of a zone. */
import { DateTime, IANAZone } from 'luxon';
import { z } from 'zod';
import type { Hours } from '../domain/catalog.js';
import type { Instant } from '../domain/time.js';
import { closestName } from '../domain/closest-name.js';
import { listOf, otherwise } from './fields.js';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const NO_DAY = `expected a day: ${DAYS.join(', ')}`;
const ZONES = Intl.supportedValuesOf('timeZone');

function zoneProblem(typed: string): string {
  const near = closestName(typed, ZONES);
  return `unknown time zone ${JSON.stringify(typed.slice(0, 60))}; ${near === null ? 'write its IANA name, such as Europe/Berlin' : `did you mean ${near}?`}`;
}

/** YAML reads some times as numbers where no quotes are around them; others are no times at all. */
function timeProblem(example: string): { error: (issue: { input?: unknown }) => string } {
  return {
    error: ({ input }) =>
      typeof input === 'string' && /^\d{1,2}:\d{1,2}$/.test(input)
        ? `there is no such time of day; write two digits each, such as '${example}'`
        : `expected a time of day such as '${example}'; write it in quotes`,
  };
}

export const hoursSchema = z
  .strictObject({
    days: listOf(z.enum(DAYS, otherwise(NO_DAY)), 'no day is named; name at least one, such as mon').describe(
      'Days on which the time begins.',
    ),
    from: z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, timeProblem('09:00')),
    to: z
      .string()
      .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, timeProblem('18:00'))
      .describe("Before `from`: on the next day. '24:00' is midnight."),
    zone: z.string().refine((zone) => IANAZone.isValidZone(zone), {
      error: ({ input }) => zoneProblem(String(input)),
    }),
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
