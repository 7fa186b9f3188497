/** Until when something is to last, as people say it: `until friday`, `until tomorrow 18:00`, `until 18:00`, `for 3d`. */
import { parseDuration } from '../domain/duration.js';
import { MINUTE_MS, SECOND_MS } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import { parseStart, toInstant } from './start-time.js';
import type { Start } from './start-time.js';

/** A day lasts until its end, in the time zone of whoever said it. */
export function untilInstant(typed: string, timeZone: string | null, now: Instant): Start {
  const said = typed.replace(/^(?:until|till|for) /i, '');
  const durationMs = parseDuration(said);
  if (durationMs !== null) {
    return { at: now + durationMs };
  }
  const moment = parseStart(said) ?? parseStart(`at ${said}`);
  if (moment !== null) {
    return toInstant(moment, timeZone, now);
  }
  const lastMinute = parseStart(`${said} 23:59`);
  if (lastMinute === null) {
    return {
      problem:
        'The end was not understood. Say it like until friday, until tomorrow 18:00, until 18:00 or for 3d.',
    };
  }
  const end = toInstant(lastMinute, timeZone, now);
  return 'at' in end ? { at: end.at + MINUTE_MS - SECOND_MS } : end;
}
