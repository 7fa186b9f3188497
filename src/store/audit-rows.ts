import { and, asc, eq, gt, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { AuditEntry, AuditEvent, AuditKind } from '../domain/audit.js';
import { asEntitlementId, asGrantId, asRequestId } from '../domain/ids.js';
import type { Instant } from '../domain/time.js';
import { actorName, toActor } from './actor-columns.js';
import { canonicalJson, chainStart, eventHash, newSalt, textDigest } from './audit-chain.js';
import type { Drizzle } from './row.js';
import { ImpossibleRow, slot } from './row.js';
import { auditEvents, auditTexts } from './schema.js';

export function prepareAudit(db: Drizzle) {
  // Not by a limit: drizzle would bind it, and SQLite plans a statement anew each time its limit is bound.
  const newest = sql`(select max(${auditEvents.seq}) from ${auditEvents})`;
  const last = db
    .select({ seq: auditEvents.seq, hash: auditEvents.hash, at: auditEvents.at })
    .from(auditEvents)
    .where(eq(auditEvents.seq, newest))
    .prepare();
  const insertEvent = db
    .insert(auditEvents)
    .values({ seq: slot('seq'), at: slot('at'), prev: slot('prev'), body: slot('body'), hash: slot('hash') })
    .prepare();
  const insertText = db
    .insert(auditTexts)
    .values({ seq: slot('seq'), salt: slot('salt'), text: slot('text') })
    .prepare();
  const page = db
    .select({ event: auditEvents, text: auditTexts })
    .from(auditEvents)
    .leftJoin(auditTexts, eq(auditTexts.seq, auditEvents.seq))
    .where(gt(auditEvents.seq, slot('after')))
    .orderBy(asc(auditEvents.seq))
    .limit(sql.placeholder('limit'))
    .prepare();

  // No text of anybody's can be taken for it: inside one, each of its quotation marks has a backslash before it.
  const ofCatalogs = db
    .select()
    .from(auditEvents)
    .where(and(gt(auditEvents.seq, slot('after')), sql`instr(${auditEvents.body}, '"kind":"catalog.') > 0`))
    .orderBy(asc(auditEvents.seq))
    .prepare();

  return {
    /** Puts the entries behind the last event. Only inside a transaction that has the write lock. */
    append(entries: readonly AuditEntry[], at: Instant): void {
      if (entries.length === 0) {
        return;
      }
      let { seq, hash } = last.get() ?? { seq: 0, hash: chainStart };
      for (const entry of entries) {
        const salt = entry.text === undefined ? null : newSalt();
        const body = canonicalJson(toBody(entry, salt));
        const event = { seq: seq + 1, at, prev: hash, body };
        hash = eventHash(event);
        seq = event.seq;
        insertEvent.run({ ...event, hash });
        if (salt !== null) {
          insertText.run({ seq, salt, text: entry.text });
        }
      }
    },
    lastAt(): Instant | null {
      return last.get()?.at ?? null;
    },
    head(): number {
      return last.get()?.seq ?? 0;
    },
    ofCatalogs(after: number): AuditEvent[] {
      return ofCatalogs.all({ after }).map((event) => toEvent(event, null));
    },
    rows(after: number, limit: number) {
      return page.all({ after, limit });
    },
    events(after: number, limit: number): AuditEvent[] {
      return page.all({ after, limit }).map(({ event, text }) => toEvent(event, text?.text ?? null));
    },
  };
}

function toBody(entry: AuditEntry, salt: string | null) {
  return {
    kind: entry.kind,
    actor: { kind: entry.actor.kind, name: actorName(entry.actor) },
    requestId: entry.requestId ?? null,
    grantId: entry.grantId ?? null,
    entitlementId: entry.entitlementId ?? null,
    facts: entry.facts,
    textDigest: salt === null || entry.text === undefined ? null : textDigest(salt, entry.text),
  };
}

/** Every kind, so that an event of a kind this build does not know is noticed, not passed on. */
const auditKinds = {
  'catalog.loaded': true,
  'catalog.refused': true,
  'catalog.changed': true,
  'catalog.unchanged': true,
  'catalog.reload-asked': true,
  'clock.accepted': true,
  'request.submitted': true,
  'request.asked-again': true,
  'request.refused': true,
  'request.approved': true,
  'request.denied': true,
  'request.cancelled': true,
  'request.expired': true,
  'request.nudged': true,
  'request.escalated': true,
  'request.claimed': true,
  'request.terms-changed': true,
  'request.released': true,
  'emergency.taken': true,
  'emergency.refused': true,
  'emergency.nagged': true,
  'emergency.reviewed': true,
  'emergency.closed': true,
  'review.refused': true,
  'decision.refused': true,
  'delegation.made': true,
  'delegation.ended': true,
  'delegation.refused': true,
  'grant.scheduled': true,
  'grant.opening': true,
  'grant.active': true,
  'grant.prolonged': true,
  'grant.eligibility-lost': true,
  'grant.ending': true,
  'grant.ended': true,
  'grant.failed': true,
  'grant.reminded': true,
  'end.refused': true,
  'entitlement.granting': true,
  'entitlement.granted': true,
  'entitlement.renewing': true,
  'entitlement.renewed': true,
  'entitlement.drifted': true,
  'entitlement.standing': true,
  'entitlement.found-again': true,
  'entitlement.revoking': true,
  'entitlement.revoked': true,
  'orphan.found': true,
  'orphan.gone': true,
  'orphan.adopted': true,
  'orphan.removed': true,
  'orphan.refused': true,
  'standing.found': true,
  'standing.gone': true,
  'standing.removing': true,
  'standing.removed': true,
  'enforcement.confirmed': true,
  'entitlement.call-failed': true,
  'entitlement.retried': true,
  'entitlement.removed-by-hand': true,
  'entitlement.still-there': true,
  'entitlement.unconfirmed': true,
  'stuck.refused': true,
  'secret.revealing': true,
  'secret.revealed': true,
  'secret.refused': true,
} satisfies Record<AuditKind, true>;

function isAuditKind(kind: string): kind is AuditKind {
  return Object.hasOwn(auditKinds, kind);
}

const bodySchema = z.strictObject({
  kind: z.string().refine(isAuditKind),
  actor: z.strictObject({
    kind: z.enum(['person', 'hallpass', 'operator']),
    name: z.string().nullable(),
  }),
  requestId: z.string().transform(asRequestId).nullable(),
  grantId: z.string().transform(asGrantId).nullable(),
  entitlementId: z.string().transform(asEntitlementId).nullable(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])),
  textDigest: z.string().nullable(),
});

function toEvent(row: typeof auditEvents.$inferSelect, text: string | null): AuditEvent {
  const { actor: named, textDigest: _, ...body } = bodySchema.parse(JSON.parse(row.body));
  const actor = toActor(named.kind, named.name);
  if (actor === null) {
    throw new ImpossibleRow('audit_events', String(row.seq), `an actor of kind ${named.kind}`);
  }
  return { seq: row.seq, at: row.at, ...body, actor, text, hash: row.hash };
}

export type AuditRows = ReturnType<typeof prepareAudit>;

const withDigest = z.object({ textDigest: z.string().nullable() });

/** The digest that the chain holds of an event's text. */
export function digestIn(body: string): string | null {
  return withDigest.parse(JSON.parse(body)).textDigest;
}
