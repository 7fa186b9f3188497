import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/time.js';
import type { Clock, Log } from '../ports.js';
import type { Secret } from '../secret.js';
import { withTimeLimit } from '../time-limit.js';

export type HeartbeatParts = {
  /** Its path names the check to whoever knows it: it appears in no log. */
  readonly url: Secret;
  readonly clock: Clock;
  readonly watchman: { isStale(now: Instant): boolean };
  /** Throws when the database cannot be read and written. */
  readonly ping: () => Promise<void>;
  /** Since when the longest overdue access should be gone; null when none is overdue. */
  readonly overdueSince: () => Promise<Instant | null>;
  readonly log: Log;
};

/** Hallpass's own tries need some time when a target was away for a moment. */
const OVERDUE_BOUND_MS = 2 * MINUTE_MS;
const DATABASE_MS = 2 * SECOND_MS;
const CALL_MS = 10 * SECOND_MS;

/**
 * One beat to a dead man's switch elsewhere: all is well, or `/fail` with the reason. Should Hallpass hang,
 * or its machine be gone, the beats stay away, and that is the alarm.
 */
export function createHeartbeat(parts: HeartbeatParts): () => Promise<void> {
  const { url, log } = parts;
  return async () => {
    const problems = await problemsOf(parts);
    const well = problems.length === 0;
    try {
      const response = await fetch(well ? url.reveal() : failUrl(url.reveal()), {
        method: 'POST',
        body: problems.join('\n'),
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        redirect: 'manual',
        signal: AbortSignal.timeout(CALL_MS),
      });
      await response.body?.cancel();
      if (!response.ok) {
        log.warn({ status: response.status }, 'HEARTBEAT_URL does not take the heartbeat');
      }
    } catch (error) {
      // Not the error itself: its text may hold the address.
      log.warn({ error: codeOf(error) }, 'The heartbeat could not be sent to HEARTBEAT_URL');
    }
  };
}

async function problemsOf(parts: HeartbeatParts): Promise<string[]> {
  const { clock, watchman, ping, overdueSince, log } = parts;
  const problems = watchman.isStale(clock.now()) ? ['The watchman makes no rounds.'] : [];
  const late = (error: unknown): void => log.warn({ err: error }, 'The database does not answer');
  try {
    const read = ping().then(overdueSince);
    const since = await withTimeLimit(read, {
      ms: DATABASE_MS,
      what: 'A look at the database',
      onLate: late,
    });
    const overdueMs = since === null ? 0 : clock.now() - since;
    if (overdueMs > OVERDUE_BOUND_MS) {
      problems.push(
        `Access that should be gone for ${Math.floor(overdueMs / MINUTE_MS)} minutes is not known to be.`,
      );
    }
  } catch (error) {
    late(error);
    problems.push('The database does not answer.');
  }
  return problems;
}

function failUrl(text: string): string {
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/fail`;
  return url.href;
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown';
}
