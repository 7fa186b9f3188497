import { and, asc, eq, inArray, isNotNull, or, sql } from 'drizzle-orm';
import type { GrantId, MessageId, RequestId } from '../domain/ids.js';
import { asChannelId, asGrantId, asMessageId, asRequestId, asUserId } from '../domain/ids.js';
import type { Message } from '../domain/message.js';
import type { Instant } from '../domain/time.js';
import type { CommitOutcome } from '../ports.js';
import type { Drizzle } from './row.js';
import { ImpossibleRow, slot, writeRow } from './row.js';
import { messages, requests } from './schema.js';

type MessageRow = typeof messages.$inferSelect;

export function prepareMessages(db: Drizzle) {
  const insert = db
    .insert(messages)
    .values({
      id: slot('id'),
      version: 1,
      kind: slot('kind'),
      subject: slot('subject'),
      recipient: slot('recipient'),
      postedChannel: slot('postedChannel'),
      postedTs: slot('postedTs'),
      shown: slot('shown'),
      wanted: slot('wanted'),
      nextAt: slot('nextAt'),
      attempts: slot('attempts'),
      error: slot('error'),
      lateUntil: slot('lateUntil'),
    })
    .prepare();
  // A card that was marked again keeps its next try, unless Slack has asked for a pause: a second look is no reason to wait.
  const record = db
    .update(messages)
    .set({
      version: sql`${messages.version} + 1`,
      recipient: slot('recipient'),
      postedChannel: slot('postedChannel'),
      postedTs: slot('postedTs'),
      shown: slot('shown'),
      nextAt: sql`case when ${messages.wanted} = ${slot('sawWanted')} then ${slot('nextAt')}
        else coalesce(nullif(${slot('nextAt')}, ${slot('lateUntil')}), ${messages.nextAt}) end`,
      attempts: slot('attempts'),
      error: slot('error'),
      lateUntil: slot('lateUntil'),
    })
    .where(and(eq(messages.id, slot('id')), eq(messages.version, slot('version'))))
    .prepare();
  // Requests that prolonged a grant show it too.
  const showing = db
    .select({ id: requests.id })
    .from(requests)
    .where(eq(requests.grantId, slot('subject')));
  const redraw = db
    .update(messages)
    .set({ wanted: sql`${messages.wanted} + 1`, nextAt: slot('at') })
    .where(or(eq(messages.subject, slot('subject')), inArray(messages.subject, showing)))
    .prepare();
  // What is under way stays due until its answer is recorded.
  const expectLateEdits = db
    .update(messages)
    .set({ lateUntil: slot('until') })
    .where(and(isNotNull(messages.nextAt), isNotNull(messages.postedTs)))
    .prepare();
  const byId = db
    .select()
    .from(messages)
    .where(eq(messages.id, slot('id')))
    .prepare();
  const ofSubject = db
    .select()
    .from(messages)
    .where(eq(messages.subject, slot('subject')))
    .orderBy(asc(sql`${messages}.rowid`))
    .prepare();

  return {
    write(message: Message): void {
      const row = { ...toMessageRow(message), sawWanted: message.wanted };
      writeRow({ insert, update: record }, row);
    },
    record(message: Message, sawWanted: number): CommitOutcome {
      return record.run({ ...toMessageRow(message), sawWanted }).changes === 1 ? 'committed' : 'stale';
    },
    redraw(subject: RequestId | GrantId, at: Instant): void {
      redraw.run({ subject, at });
    },
    expectLateEdits(until: Instant): void {
      expectLateEdits.run({ until });
    },
    byId(id: MessageId): Message | null {
      const row = byId.get({ id });
      return row === undefined ? null : toMessage(row);
    },
    ofSubject(subject: RequestId | GrantId): Message[] {
      return ofSubject.all({ subject }).map(toMessage);
    },
  };
}

function toMessageRow(message: Message): MessageRow {
  return {
    id: message.id,
    version: message.version,
    kind: message.kind,
    subject: message.subject,
    recipient: message.to,
    postedChannel: message.posted?.channel ?? null,
    postedTs: message.posted?.ts ?? null,
    shown: message.shown,
    wanted: message.wanted,
    nextAt: message.nextAt,
    attempts: message.attempts,
    error: message.error,
    lateUntil: message.lateUntil,
  };
}

function toMessage(row: MessageRow): Message {
  const { postedChannel, postedTs } = row;
  if ((postedChannel === null) !== (postedTs === null)) {
    throw new ImpossibleRow('messages', row.id, 'its place in Slack is incomplete');
  }
  return {
    id: asMessageId(row.id),
    version: row.version,
    kind: row.kind,
    subject: row.kind === 'request-card' ? asRequestId(row.subject) : asGrantId(row.subject),
    to: row.kind === 'request-card' ? asChannelId(row.recipient) : asUserId(row.recipient),
    posted:
      postedChannel === null || postedTs === null
        ? null
        : { channel: asChannelId(postedChannel), ts: postedTs },
    shown: row.shown,
    wanted: row.wanted,
    nextAt: row.nextAt,
    attempts: row.attempts,
    error: row.error,
    lateUntil: row.lateUntil,
  };
}
