import { MINUTE_MS, type Instant } from '../domain/time.js';
import type { Clock, Log } from '../ports.js';

const everyMs = MINUTE_MS;
const mostKinds = 100;

/**
 * Logs the errors that a client raises in the background. Without Redis six connections raise the same one
 * every second: it is a warning once a minute, and a debug line in between.
 */
export function seldom({
  clock,
  log,
}: {
  readonly clock: Clock;
  readonly log: Log;
}): (error: unknown) => void {
  const lastWarnedAt = new Map<string, Instant>();
  const noted = new WeakSet<Error>();
  return (error) => {
    if (error instanceof Error) {
      // BullMQ hands each error of a connection on, once for every queue and worker on it.
      if (noted.has(error)) {
        return;
      }
      noted.add(error);
    }
    const kind = error instanceof Error ? `${error.name} ${error.message}` : String(error);
    const now = clock.now();
    const last = lastWarnedAt.get(kind);
    if (last !== undefined && now - last < everyMs) {
      log.debug({ err: error }, 'Redis client error, again');
      return;
    }
    if (lastWarnedAt.size >= mostKinds) {
      lastWarnedAt.clear();
    }
    lastWarnedAt.set(kind, now);
    log.warn({ err: error }, 'Redis client error');
  };
}
