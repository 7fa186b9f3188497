import { MINUTE_MS } from './time.js';
import type { Instant } from './time.js';

const SHORTEST_MS = 2 * MINUTE_MS;
const LONGEST_MS = 15 * MINUTE_MS;

/** A fifth of the window before its end, kept between 2 and 15 minutes, and never more than half of it. */
function defaultLeadMs(windowMs: number): number {
  const fifth = Math.min(Math.max(windowMs / 5, SHORTEST_MS), LONGEST_MS);
  return Math.floor(Math.min(fifth, windowMs / 2));
}

/**
 * The next moment at which the holder is reminded of the end; null when none is left.
 * A lead of more than half the window is cut to half, so that nobody is reminded at the very start.
 */
export function nextReminder(input: {
  startsAt: Instant;
  endsAt: Instant;
  remindBeforeMs: readonly number[] | null;
  after: Instant;
}): Instant | null {
  const windowMs = input.endsAt - input.startsAt;
  const leads = input.remindBeforeMs ?? [defaultLeadMs(windowMs)];
  const moments = leads
    .map((lead) => input.endsAt - Math.floor(Math.min(lead, windowMs / 2)))
    .filter((moment) => moment > input.after && moment < input.endsAt);
  return moments.length === 0 ? null : Math.min(...moments);
}
