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
  const startZone = await zoneOf(deps, user);
  const start = toInstant(parsed, startZone, deps.clock.now());
  return 'at' in start ? { startsAt: start.at, startZone } : start;
}

/** Null where Slack does not say it, or says nothing at all now. */
export async function zoneOf(
  { directory }: Pick<SlackDeps, 'directory'>,
  user: UserId,
): Promise<string | null> {
  const found = await directory.person(user);
  return typeof found === 'object' ? found.timeZone : null;
}
