import { and, asc, sql } from 'drizzle-orm';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import { asEntitlementId, asGrantId, asMessageId, asNoticeId, asRequestId } from '../domain/ids.js';
import type { Instant } from '../domain/time.js';
import type { Due, DueCursor, DueKind } from '../ports.js';
import type { Drizzle } from './row.js';
import { slot } from './row.js';
import { entitlements, grants, messages, outbox, requests } from './schema.js';

export type DueQuery = {
  readonly before: Instant;
  readonly now: Instant;
  readonly after: DueCursor | null;
  readonly limit: number;
};

/** Before every row: instants are positive. */
const beforeAll: DueCursor = { at: -1, id: '' };

/**
 * Which rows wait for a moment. Literal text, as in the partial indexes: SQLite cannot match a bound
 * parameter with an index's predicate and would read the whole table.
 */
const waiting = {
  request: sql`${requests.nextAt} is not null`,
  grant: sql`${grants.state} = 'active' and ${grants.remindAt} is not null`,
  entitlement: sql`${entitlements.nextAt} is not null`,
  message: sql`${messages.nextAt} is not null`,
  notice: sql`${outbox.state} = 'owed'`,
} satisfies Record<DueKind, unknown>;

/** The moment of a row that waits; never null there. */
function moment(column: AnySQLiteColumn) {
  return sql<Instant>`${column}`;
}

function inPage(at: AnySQLiteColumn, id: AnySQLiteColumn) {
  return sql`${at} <= ${slot('before')} and (${at}, ${id}) > (${slot('afterAt')}, ${slot('afterId')})`;
}

export function prepareDue(db: Drizzle) {
  const limit = sql.placeholder('limit');
  const dueRequests = db
    .select({ id: requests.id, version: requests.version, at: moment(requests.nextAt) })
    .from(requests)
    .where(and(waiting.request, inPage(requests.nextAt, requests.id)))
    .orderBy(asc(requests.nextAt), asc(requests.id))
    .limit(limit)
    .prepare();
  const dueGrants = db
    .select({ id: grants.id, version: grants.version, at: moment(grants.remindAt) })
    .from(grants)
    .where(and(waiting.grant, inPage(grants.remindAt, grants.id)))
    .orderBy(asc(grants.remindAt), asc(grants.id))
    .limit(limit)
    .prepare();
  const { id, version, connector, direction, nextAt, leaseUntil } = entitlements;
  const unleased = sql`(${leaseUntil} is null or ${leaseUntil} <= ${slot('now')})`;
  const dueEntitlements = db
    .select({ id, version, at: moment(nextAt), connector, direction })
    .from(entitlements)
    .where(and(waiting.entitlement, inPage(nextAt, id), unleased))
    .orderBy(asc(nextAt), asc(id))
    .limit(limit)
    .prepare();
  const dueMessages = db
    .select({ id: messages.id, version: messages.version, at: moment(messages.nextAt) })
    .from(messages)
    .where(and(waiting.message, inPage(messages.nextAt, messages.id)))
    .orderBy(asc(messages.nextAt), asc(messages.id))
    .limit(limit)
    .prepare();
  const dueNotices = db
    .select({ id: outbox.id, version: outbox.version, at: moment(outbox.nextAt) })
    .from(outbox)
    .where(and(waiting.notice, inPage(outbox.nextAt, outbox.id)))
    .orderBy(asc(outbox.nextAt), asc(outbox.id))
    .limit(limit)
    .prepare();

  return function due(kind: DueKind, query: DueQuery): Due[] {
    const { at: afterAt, id: afterId } = query.after ?? beforeAll;
    const values = { before: query.before, now: query.now, afterAt, afterId, limit: query.limit };
    switch (kind) {
      case 'entitlement':
        return dueEntitlements.all(values).map((row) => ({ ...row, kind, id: asEntitlementId(row.id) }));
      case 'request':
        return dueRequests.all(values).map((row) => ({ ...row, kind, id: asRequestId(row.id) }));
      case 'grant':
        return dueGrants.all(values).map((row) => ({ ...row, kind, id: asGrantId(row.id) }));
      case 'message':
        return dueMessages.all(values).map((row) => ({ ...row, kind, id: asMessageId(row.id) }));
      case 'notice':
        return dueNotices.all(values).map((row) => ({ ...row, kind, id: asNoticeId(row.id) }));
    }
  };
}

/** Each kind's earliest moment is the first entry of its index; a leased row waits for its lease to end. */
export function prepareNextDueAt(db: Drizzle) {
  const later = (at: AnySQLiteColumn) => sql`${at} > ${slot('after')}`;
  const { nextAt, leaseUntil } = entitlements;
  const statements = [
    db
      .select({ at: moment(requests.nextAt) })
      .from(requests)
      .where(and(waiting.request, later(requests.nextAt)))
      .orderBy(asc(requests.nextAt))
      .limit(1)
      .prepare(),
    db
      .select({ at: moment(grants.remindAt) })
      .from(grants)
      .where(and(waiting.grant, later(grants.remindAt)))
      .orderBy(asc(grants.remindAt))
      .limit(1)
      .prepare(),
    db
      .select({ at: moment(nextAt) })
      .from(entitlements)
      .where(and(waiting.entitlement, later(nextAt), sql`${leaseUntil} is null`))
      .orderBy(asc(nextAt))
      .limit(1)
      .prepare(),
    db
      .select({ at: sql<Instant | null>`min(max(${nextAt}, ${leaseUntil}))` })
      .from(entitlements)
      .where(
        and(
          sql`${leaseUntil} is not null`,
          waiting.entitlement,
          sql`max(${nextAt}, ${leaseUntil}) > ${slot('after')}`,
        ),
      )
      .prepare(),
    db
      .select({ at: moment(messages.nextAt) })
      .from(messages)
      .where(and(waiting.message, later(messages.nextAt)))
      .orderBy(asc(messages.nextAt))
      .limit(1)
      .prepare(),
    db
      .select({ at: moment(outbox.nextAt) })
      .from(outbox)
      .where(and(waiting.notice, later(outbox.nextAt)))
      .orderBy(asc(outbox.nextAt))
      .limit(1)
      .prepare(),
  ];

  return function nextDueAt(after: Instant): Instant | null {
    const moments = statements.map((statement) => statement.get({ after })?.at ?? Infinity);
    const earliest = Math.min(...moments);
    return earliest === Infinity ? null : earliest;
  };
}
