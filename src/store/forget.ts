import { setImmediate } from 'node:timers/promises';
import type { Database as Connection } from 'better-sqlite3';
import type { Instant } from '../domain/time.js';
import { DAY_MS } from '../domain/time.js';

/** Slack repeats a delivery for some minutes; a day is far beyond that. */
const HANDLED_KEPT_MS = DAY_MS;
/** A closed card is drawn for the last time long before; Slack lets nobody edit it for ever. */
const MESSAGES_KEPT_MS = 30 * DAY_MS;
/** Whoever asks later what became of access that no row explained finds it in the audit. */
const STRAYS_KEPT_MS = 30 * DAY_MS;
/** Rows looked at in one go: a few milliseconds. */
const BATCH_SIZE = 500;

/** Whether a subject was closed before @closedBefore. A request that was approved lasts as long as its grant, and as its review. */
function closedBefore(subject: string): string {
  return `(EXISTS (SELECT 1 FROM grants WHERE grants.id = ${subject} AND grants.closed_at < @closedBefore)
    OR EXISTS (
      SELECT 1 FROM requests LEFT JOIN grants ON grants.id = requests.grant_id
      WHERE requests.id = ${subject} AND requests.decided_at < @closedBefore
        AND (requests.grant_id IS NULL OR grants.closed_at < @closedBefore)
        AND (requests.emergency IS NULL OR requests.review_closed_at < @closedBefore)))`;
}

/**
 * Removes what has outlived its use: keys of deliveries after a day; cards, and notices that are sent or
 * dropped, 30 days after their subject closed (those about no request and no grant: after they were owed); and
 * access that no row explained, as long after that was dealt with. Requests,
 * decisions, verdicts, grants, entitlements, catalogs and the audit are kept for ever.
 */
export function prepareForget(connection: Connection) {
  const handled = connection.prepare<{ before: Instant }>(
    `DELETE FROM handled WHERE key IN (SELECT key FROM handled WHERE at < @before LIMIT ${BATCH_SIZE})`,
  );
  const strays = connection.prepare<{ before: Instant }>(
    `DELETE FROM strays WHERE id IN (SELECT id FROM strays WHERE closed_at < @before LIMIT ${BATCH_SIZE})`,
  );
  const messages = prepareWalk(connection, 'messages', closedBefore('messages.subject'));
  const notices = prepareWalk(
    connection,
    'outbox',
    `outbox.state <> 'owed' AND CASE WHEN outbox.subject LIKE '%/%' OR outbox.subject = 'hallpass'
      THEN outbox.created_at < @closedBefore ELSE ${closedBefore('outbox.subject')} END`,
  );

  return async function forget(now: Instant): Promise<void> {
    while (handled.run({ before: now - HANDLED_KEPT_MS }).changes === BATCH_SIZE) {
      await setImmediate();
    }
    while (strays.run({ before: now - STRAYS_KEPT_MS }).changes === BATCH_SIZE) {
      await setImmediate();
    }
    await messages(now - MESSAGES_KEPT_MS);
    await notices(now - MESSAGES_KEPT_MS);
  };
}

/** Deletes by batches of ids, so that no statement looks at a whole table. */
function prepareWalk(connection: Connection, table: 'messages' | 'outbox', outlived: string) {
  const lastOfBatch = connection
    .prepare<{ after: string }, string>(
      `SELECT max(id) FROM (SELECT id FROM ${table} WHERE id > @after ORDER BY id LIMIT ${BATCH_SIZE})`,
    )
    .pluck();
  const remove = connection.prepare<{ after: string; last: string; closedBefore: Instant }>(
    `DELETE FROM ${table} WHERE id > @after AND id <= @last AND ${outlived}`,
  );

  return async function walk(limit: Instant): Promise<void> {
    let after = '';
    for (;;) {
      const last = lastOfBatch.get({ after }) ?? null;
      if (last === null) {
        return;
      }
      remove.run({ after, last, closedBefore: limit });
      after = last;
      await setImmediate();
    }
  };
}
