/** When a window is to begin, as people say it: `at 18:00`, `tomorrow 09:00`, `on friday 9:30`, `at 2026-11-27 09:00`. */
import { DateTime } from 'luxon';
import type { Instant } from '../domain/time.js';

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const WEEKDAY = `(?:${WEEKDAYS.map((name) => `${name}|${name.slice(0, 3)}`).join('|')})`;
const DATE = String.raw`\d{4}-\d{2}-\d{2}`;
const DAY = `(?<day>(?:at |on )?(?:today|tomorrow|${WEEKDAY}|${DATE}))`;
const TIME = String.raw`(?:(?<hour>[01]?\d|2[0-3]):(?<minute>[0-5]\d)|(?<half>0?[1-9]|1[0-2])(?::(?<past>[0-5]\d))? ?(?<noon>am|pm))`;
/** An hour alone is one only where nothing else could be meant. */
const HOUR = String.raw`(?<bare>[01]?\d|2[0-3])`;

const SHAPES = [`at ${TIME}`, `at ${TIME} ${DAY}`, `${DAY} (?:at )?${TIME}`, `${DAY} at ${HOUR}`].map(
  (shape) => new RegExp(`^${shape}$`, 'i'),
);
/** More words than that are never one start: `on friday at 9:30 am`. */
const MOST_WORDS = 5;

export type TypedStart = {
  readonly day: 'today' | 'tomorrow' | { readonly weekday: number } | { readonly date: string };
  readonly hour: number;
  readonly minute: number;
};

/** The longest run of words at the beginning that is a start. */
export function startAmong(
  words: readonly string[],
): { readonly typed: string; readonly count: number } | null {
  for (let count = Math.min(MOST_WORDS, words.length); count > 1; count -= 1) {
    const typed = words.slice(0, count).join(' ');
    if (parseStart(typed) !== null) {
      return { typed, count };
    }
  }
  return null;
}

/** Whether a sentence begins as if it went on to say when: then nobody knows whether it is a reason. */
export function beginsLikeStart(words: readonly string[]): boolean {
  const [first = '', second = ''] = words.map((word) => word.toLowerCase());
  const isDay = (word: string): boolean =>
    word === 'today' || word === 'tomorrow' || WEEKDAYS.includes(word) || /^\d{4}-\d{2}-\d{2}/.test(word);
  return (
    isDay(first) ||
    /^\d{1,2}:\d{2}/.test(first) ||
    (first === 'at' && (/^\d/.test(second) || isDay(second))) ||
    (['on', 'next', 'this'].includes(first) && isDay(second)) ||
    (['from', 'until', 'till'].includes(first) && (/^\d/.test(second) || isDay(second)))
  );
}

export function parseStart(typed: string): TypedStart | null {
  const groups = SHAPES.map((shape) => shape.exec(typed)?.groups).find((found) => found !== undefined);
  if (groups === undefined) {
    return null;
  }
  const { hour, minute = '0', half, past = '0', noon, bare } = groups;
  const day = toDay((groups['day'] ?? 'today').toLowerCase().replace(/^(?:at|on) /, ''));
  if (day === null) {
    return null;
  }
  return half === undefined
    ? { day, hour: Number(hour ?? bare), minute: Number(minute) }
    : { day, hour: (Number(half) % 12) + (noon?.toLowerCase() === 'pm' ? 12 : 0), minute: Number(past) };
}

function toDay(word: string): TypedStart['day'] | null {
  if (word === 'today' || word === 'tomorrow') {
    return word;
  }
  if (/^\d/.test(word)) {
    return DateTime.fromISO(word).isValid ? { date: word } : null;
  }
  return { weekday: WEEKDAYS.findIndex((name) => name.slice(0, 3) === word.slice(0, 3)) + 1 };
}

/** `problem`: why it is no moment that is still to come, and what to say instead. Plain text. */
export type Start = { readonly at: Instant } | { readonly problem: string };

/** The moment that was meant, in the time zone of whoever said it. */
export function toInstant(typed: TypedStart, timeZone: string | null, now: Instant): Start {
  const zone = timeZone ?? 'UTC';
  const today = DateTime.fromMillis(now, { zone });
  const { hour, minute } = typed;
  const { year, month, day } = dateOf(typed, today);
  const start = DateTime.fromObject({ year, month, day, hour, minute }, { zone });
  const asked = `${hour.toString().padStart(2, '0')}:${minute.toString().padStart(2, '0')}`;
  if (start.hour !== hour || start.minute !== minute) {
    const on = start.setLocale('en-US').toFormat('ccc d LLL');
    return {
      problem: `${asked} does not exist on ${on} in ${zone}: the clocks go forward. Say ${start.toFormat('HH:mm')}, or another time.`,
    };
  }
  // Two where the hour comes twice: the first that is still to come is meant.
  const moments = start.getPossibleOffsets().map((one) => one.toMillis());
  const next = moments.toSorted((left, right) => left - right).find((at) => at > now);
  if (next !== undefined) {
    return { at: next };
  }
  if (start.hasSame(today, 'day')) {
    const tomorrow = typed.day === 'today' ? `tomorrow ${asked}` : `the date, such as ${nextWeek(start)}`;
    return { problem: `${asked} has passed (${zone}); say ${tomorrow}.` };
  }
  return {
    problem: `${localText(start.toMillis(), timeZone)} has passed. Say a time that is still to come.`,
  };
}

function nextWeek(start: DateTime): string {
  return start.plus({ weeks: 1 }).toFormat('yyyy-MM-dd HH:mm');
}

/** A weekday is the next of its name, today included. */
function dateOf({ day }: TypedStart, today: DateTime): DateTime {
  if (day === 'today') {
    return today;
  }
  if (day === 'tomorrow') {
    return today.plus({ days: 1 });
  }
  return 'date' in day
    ? DateTime.fromISO(day.date)
    : today.plus({ days: (day.weekday - today.weekday + 7) % 7 });
}

/** As it could have been typed in that time zone: `at 2026-11-27 09:00`. */
export function typedStart(at: Instant, timeZone: string | null): string {
  return DateTime.fromMillis(at, { zone: timeZone ?? 'UTC' }).toFormat("'at' yyyy-MM-dd HH:mm");
}

/** `Fri 27 Nov 09:00 (Europe/Berlin)`; with the offset too where that hour comes twice. */
export function localText(at: Instant, timeZone: string | null): string {
  const zone = timeZone ?? 'UTC';
  const local = DateTime.fromMillis(at, { zone, locale: 'en-US' });
  const which = local.getPossibleOffsets().length > 1 ? `, UTC${local.toFormat('Z')}` : '';
  return `${local.toFormat('ccc d LLL HH:mm')} (${zone}${which})`;
}
