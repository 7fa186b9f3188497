import { and, asc, eq, sql } from 'drizzle-orm';
import type { NoticeId } from '../domain/ids.js';
import { asChannelId, asGrantId, asNoticeId, asRecipient, asRequestId, asUserId } from '../domain/ids.js';
import type { Notice, OwedNotice, Subject } from '../domain/message.js';
import { channelSubject, connectorSubject, HALLPASS_SUBJECT, personSubject } from '../domain/message.js';
import type { Instant } from '../domain/time.js';
import type { CommitOutcome } from '../ports.js';
import type { Drizzle } from './row.js';
import { slot } from './row.js';
import { outbox } from './schema.js';

type NoticeRow = typeof outbox.$inferSelect;

export function prepareNotices(db: Drizzle) {
  const owe = db
    .insert(outbox)
    .values({
      id: slot('id'),
      version: 1,
      kind: slot('kind'),
      subject: slot('subject'),
      occasion: slot('occasion'),
      person: slot('to'),
      state: 'owed',
      createdAt: slot('at'),
      nextAt: slot('at'),
      attempts: 0,
    })
    .onConflictDoUpdate({
      target: [outbox.subject, outbox.kind, outbox.occasion, outbox.person],
      set: {
        version: sql`${outbox.version} + 1`,
        state: 'owed',
        createdAt: slot('at'),
        nextAt: slot('at'),
        attempts: 0,
      },
      // What was dropped because it did not hold then has told nobody anything, and keeps no place.
      setWhere: sql`${outbox.state} = 'dropped' and ${outbox.error} is null`,
    })
    .prepare();
  const record = db
    .update(outbox)
    .set({
      version: sql`${outbox.version} + 1`,
      state: slot('state'),
      nextAt: slot('nextAt'),
      attempts: slot('attempts'),
      error: slot('error'),
    })
    .where(and(eq(outbox.id, slot('id')), eq(outbox.version, slot('version'))))
    .prepare();
  const byId = db
    .select()
    .from(outbox)
    .where(eq(outbox.id, slot('id')))
    .prepare();
  const ofSubject = db
    .select()
    .from(outbox)
    .where(eq(outbox.subject, slot('subject')))
    .orderBy(asc(outbox.createdAt), asc(sql`${outbox}.rowid`))
    .prepare();

  return {
    owe({ from, ...notice }: OwedNotice, now: Instant): void {
      owe.run({ ...notice, at: from ?? now });
    },
    record(notice: Notice): CommitOutcome {
      const { id, version, state, nextAt, attempts, error } = notice;
      const { changes } = record.run({ id, version, state, nextAt, attempts, error });
      return changes === 1 ? 'committed' : 'stale';
    },
    byId(id: NoticeId): Notice | null {
      const row = byId.get({ id });
      return row === undefined ? null : toNotice(row);
    },
    ofSubject(subject: Subject): Notice[] {
      return ofSubject.all({ subject }).map(toNotice);
    },
  };
}

function toNotice(row: NoticeRow): Notice {
  return {
    id: asNoticeId(row.id),
    version: row.version,
    kind: row.kind,
    subject: toSubject(row),
    occasion: row.occasion,
    to: asRecipient(row.person),
    state: row.state,
    createdAt: row.createdAt,
    nextAt: row.nextAt,
    attempts: row.attempts,
    error: row.error,
  };
}

const connectorPrefix = connectorSubject('');
const channelPrefix = channelSubject(asChannelId(''));
const personPrefix = personSubject(asUserId(''));

function toSubject(row: NoticeRow): Subject {
  if (row.subject.startsWith(connectorPrefix)) {
    return connectorSubject(row.subject.slice(connectorPrefix.length));
  }
  if (row.subject.startsWith(channelPrefix)) {
    return channelSubject(asChannelId(row.subject.slice(channelPrefix.length)));
  }
  if (row.subject.startsWith(personPrefix)) {
    return personSubject(asUserId(row.subject.slice(personPrefix.length)));
  }
  if (row.subject === HALLPASS_SUBJECT) {
    return HALLPASS_SUBJECT;
  }
  return row.kind.startsWith('request-') ? asRequestId(row.subject) : asGrantId(row.subject);
}
