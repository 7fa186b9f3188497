import type { Database as Connection } from 'better-sqlite3';
import { ALARM_AFTER_ATTEMPTS } from '../domain/retry.js';
import type { LiveGrant } from '../domain/grant.js';
import type { Instant } from '../domain/time.js';
import type { Figures } from '../ports.js';
import { LIVE_STATES } from './schema.js';
import { failingRevocation } from './stuck-rows.js';

/** Counts for whoever watches from outside, each from an index of what is live. */
export function prepareFigures(connection: Connection) {
  const live = connection.prepare<[], { state: LiveGrant['state']; grants: number }>(
    `SELECT state, count(*) AS grants FROM grants WHERE state IN (${LIVE_STATES}) GROUP BY state`,
  );
  // Ended early it is overdue from then on; else from the end of its window. Before it begins there is nothing to end.
  const overdue = connection.prepare<{ now: Instant }, { grants: number; since: Instant | null }>(
    `SELECT count(*) AS grants,
       min(CASE state WHEN 'ending' THEN min(ending_at, ends_at) ELSE ends_at END) AS since
     FROM grants
     WHERE state IN (${LIVE_STATES})
       AND (state = 'ending' OR (state <> 'scheduled' AND ends_at <= @now))`,
  );
  const pending = connection
    .prepare<[], number>(`SELECT count(*) FROM requests WHERE state = 'pending'`)
    .pluck();
  const stuck = connection.prepare<{ attempts: number }, { connector: string; entitlements: number }>(
    `SELECT connector, count(*) AS entitlements FROM entitlements
     WHERE ${failingRevocation} AND attempts >= @attempts AND by_hand_at IS NULL
     GROUP BY connector`,
  );
  const notices = connection.prepare<{ now: Instant }, { owed: number; since: Instant | null }>(
    `SELECT count(*) AS owed, min(created_at) AS since FROM outbox WHERE state = 'owed' AND created_at <= @now`,
  );
  const cards = connection
    .prepare<{ now: Instant }, number>(
      `SELECT count(*) FROM messages WHERE next_at IS NOT NULL AND next_at <= @now`,
    )
    .pluck();

  return function figures(now: Instant): Figures {
    const byState = new Map(live.all().map(({ state, grants }) => [state, grants]));
    const late = overdue.get({ now });
    const owed = notices.get({ now });
    return {
      liveGrants: {
        scheduled: byState.get('scheduled') ?? 0,
        opening: byState.get('opening') ?? 0,
        active: byState.get('active') ?? 0,
        ending: byState.get('ending') ?? 0,
      },
      overdueGrants: late?.grants ?? 0,
      overdueSince: late?.since ?? null,
      pendingRequests: pending.get() ?? 0,
      stuck: new Map(
        stuck
          .all({ attempts: ALARM_AFTER_ATTEMPTS })
          .map(({ connector, entitlements }) => [connector, entitlements]),
      ),
      noticesOwed: owed?.owed ?? 0,
      noticesOwedSince: owed?.since ?? null,
      cardsOwed: cards.get({ now }) ?? 0,
    };
  };
}
