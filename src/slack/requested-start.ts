import type { UserId } from '../domain/ids.js';
import type { Instant } from '../domain/time.js';
import type { SlackDeps } from './interaction.js';
import { parseStart, toInstant } from './start-time.js';

type Requested = { readonly startsAt: Instant | null; readonly startZone: string | null };

/** What a request says of its start; a problem where that is no moment to come. */
export async function requestedStart(
  deps: Pick<SlackDeps, 'directory' | 'clock'>,
  user: UserId,
  typed: string | null,
): Promise<Requested | { readonly problem: string }> {
  if (typed === null) {
    return { startsAt: null, startZone: null };
  }
  const parsed = parseStart(typed);
  if (parsed === null) {
    return { problem: 'The start was not understood. Say it like at 18:00, tomorrow 09:00 or friday 09:00.' };
  }
  const known = await zoneOf(deps, user);
  if (known === 'unreadable') {
    return { problem: ZONE_UNREAD };
  }
  const startZone = known.zone;
  const start = toInstant(parsed, startZone, deps.clock.now());
  return 'at' in start ? { startsAt: start.at, startZone } : start;
}

/** No moment is taken by another clock than theirs. */
export const ZONE_UNREAD = 'Slack does not say now in which time zone you are. Try again in a minute.';

/** Null where Slack knows no zone; `unreadable` while it says nothing at all. */
export async function zoneOf(
  { directory }: Pick<SlackDeps, 'directory'>,
  user: UserId,
): Promise<{ readonly zone: string | null } | 'unreadable'> {
  const found = await directory.person(user);
  return found === 'unreadable' ? found : { zone: found === 'unknown' ? null : found.timeZone };
}
