/** Reads Hallpass's database beside Hallpass: what is in it, and when each audit event came into it. */
import SqliteDatabase from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';
import type { Timeline } from './timeline.js';

const auditBody = z.object({
  kind: z.string(),
  actor: z.object({ kind: z.string(), name: z.string().nullable() }),
  requestId: z.string().nullable(),
  grantId: z.string().nullable(),
  entitlementId: z.string().nullable(),
  facts: z.record(z.string(), z.unknown()),
});

/** Committed after `after` and before `before`, by the clock of the test: Hallpass's own may have been set. */
export type SeenEvent = z.infer<typeof auditBody> & {
  readonly seq: number;
  /** By Hallpass's clock. */
  readonly at: number;
  readonly after: number;
  readonly before: number;
};

const requestSchema = z.object({
  id: z.string(),
  state: z.string(),
  reason: z.string(),
  requester: z.string(),
  beneficiary: z.string(),
  policy: z.string(),
  grantId: z.string().nullable(),
  extendsGrant: z.string().nullable(),
});
const decisionSchema = z.object({ requestId: z.string(), approver: z.string(), verdict: z.string() });
const grantSchema = z.object({
  id: z.string(),
  requestId: z.string(),
  state: z.string(),
  beneficiary: z.string(),
  startsAt: z.number(),
  endsAt: z.number(),
  endCause: z.string().nullable(),
  endedBy: z.string().nullable(),
});
const holdSchema = z.object({
  grantId: z.string(),
  entitlementId: z.string(),
  state: z.string(),
  role: z.string(),
  account: z.string(),
});
const noticeSchema = z.object({
  kind: z.string(),
  subject: z.string(),
  person: z.string(),
  state: z.string(),
  error: z.string().nullable(),
});
const cardSchema = z.object({
  kind: z.string(),
  subject: z.string(),
  channel: z.string().nullable(),
  ts: z.string().nullable(),
  nextAt: z.number().nullable(),
});

export type Rows = {
  readonly requests: readonly z.infer<typeof requestSchema>[];
  readonly decisions: readonly z.infer<typeof decisionSchema>[];
  readonly grants: readonly z.infer<typeof grantSchema>[];
  readonly holds: readonly z.infer<typeof holdSchema>[];
  readonly notices: readonly z.infer<typeof noticeSchema>[];
  readonly cards: readonly z.infer<typeof cardSchema>[];
};

const SQL = {
  requests: `select id, state, reason, requester, beneficiary, policy, grant_id as grantId, extends_grant as extendsGrant from requests order by created_at, id`,
  decisions: `select request_id as requestId, approver, verdict from decisions`,
  grants: `select id, request_id as requestId, state, beneficiary, starts_at as startsAt, ends_at as endsAt, end_cause as endCause, ended_by as endedBy from grants`,
  holds: `select h.grant_id as grantId, h.entitlement_id as entitlementId, h.state, e.role, e.account_name as account from grant_entitlements h join entitlements e on e.id = h.entitlement_id`,
  notices: `select kind, subject, person, state, error from outbox`,
  cards: `select kind, subject, posted_channel as channel, posted_ts as ts, next_at as nextAt from messages`,
};

export type Observer = {
  /** Null while there is no database yet. */
  rows(this: void): Rows | null;
  readonly audit: readonly SeenEvent[];
  firstBad(this: void): Promise<number | null>;
  stop(this: void): void;
};

const LOOK_EVERY_MS = 100;

export function startObserver(path: string, timeline: Timeline): Observer {
  let connection: SqliteDatabase.Database | null = null;
  const audit: SeenEvent[] = [];
  let lastLook = Date.now();
  function open(): SqliteDatabase.Database | null {
    if (connection === null && existsSync(path)) {
      const opened = new SqliteDatabase(path, { readonly: true });
      const found = opened.prepare(`select count(*) from sqlite_master where name = 'audit_events'`);
      if (found.pluck().get() === 0) {
        opened.close();
        return null;
      }
      connection = opened;
    }
    return connection;
  }
  function look(): void {
    const now = Date.now();
    const found = open()
      ?.prepare('select seq, at, body from audit_events where seq > ? order by seq')
      .all(audit.at(-1)?.seq ?? 0);
    const before = Date.now();
    for (const { seq, at, body } of z
      .object({ seq: z.number(), at: z.number(), body: z.string() })
      .array()
      .parse(found ?? [])) {
      const event = { ...auditBody.parse(JSON.parse(body)), seq, at, after: lastLook, before };
      audit.push(event);
      timeline.note('database', eventText(event), before);
    }
    lastLook = now;
  }
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    audit,
    rows() {
      const opened = open();
      if (opened === null) {
        return null;
      }
      look();
      const read = (sql: string): unknown[] => opened.prepare(sql).all();
      return opened.transaction(() => ({
        requests: requestSchema.array().parse(read(SQL.requests)),
        decisions: decisionSchema.array().parse(read(SQL.decisions)),
        grants: grantSchema.array().parse(read(SQL.grants)),
        holds: holdSchema.array().parse(read(SQL.holds)),
        notices: noticeSchema.array().parse(read(SQL.notices)),
        cards: cardSchema.array().parse(read(SQL.cards)),
      }))();
    },
    async firstBad() {
      const store = createStore({ database: await openDatabase({ path, role: 'beside' }) });
      try {
        return (await store.verifyAudit()).firstBad;
      } finally {
        await store.close();
      }
    },
    stop() {
      clearInterval(timer);
      connection?.close();
    },
  };
}

function eventText({ seq, kind, actor, requestId, grantId, facts }: SeenEvent): string {
  const about = [requestId, grantId].filter((id) => id !== null).join(' ');
  const by = actor.kind === 'person' ? ` by ${actor.name}` : '';
  const { catalogSha256: _, ...told } = facts;
  return `#${seq} ${kind}${by} ${about} ${JSON.stringify(told)}`;
}
