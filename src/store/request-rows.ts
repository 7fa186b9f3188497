import type { SQL } from 'drizzle-orm';
import { and, asc, count, desc, eq, gt, gte, inArray, isNull, ne, sql } from 'drizzle-orm';
import { union } from 'drizzle-orm/sqlite-core';
import { z } from 'zod';
import type { GrantId, RequestId, UserId } from '../domain/ids.js';
import { asChannelId, asGrantId, asRequestId, asUserId } from '../domain/ids.js';
import type { AccessRequest, Decision, Waiting } from '../domain/request.js';
import type { RuleUse } from '../ports.js';
import { reviewOf } from '../domain/review.js';
import type { Instant } from '../domain/time.js';
import { toReview, toReviewRow } from './review-rows.js';
import type { Drizzle } from './row.js';
import { ImpossibleRow, slot, writeRow } from './row.js';
import { decisions, requests } from './schema.js';

type RequestRow = typeof requests.$inferSelect;
/** Without what SQLite works out itself. */
type StoredRow = Omit<RequestRow, 'nextAt'>;
type DecisionRow = typeof decisions.$inferSelect;

const columns = {
  state: slot('state'),
  teamId: slot('teamId'),
  enterpriseId: slot('enterpriseId'),
  requester: slot('requester'),
  beneficiary: slot('beneficiary'),
  resource: slot('resource'),
  role: slot('role'),
  policy: slot('policy'),
  approvalRule: slot('approvalRule'),
  catalogSha256: slot('catalogSha256'),
  durationMs: slot('durationMs'),
  startsAt: slot('startsAt'),
  startZone: slot('startZone'),
  reason: slot('reason'),
  terms: slot('terms'),
  termsVersion: slot('termsVersion'),
  extendsGrant: slot('extendsGrant'),
  channel: slot('channel'),
  createdAt: slot('createdAt'),
  expiresAt: slot('expiresAt'),
  decidedAt: slot('decidedAt'),
  grantId: slot('grantId'),
  autoRule: slot('autoRule'),
  nudges: slot('nudges'),
  nudgeAt: slot('nudgeAt'),
  escalateAt: slot('escalateAt'),
  escalatedAt: slot('escalatedAt'),
  claimedBy: slot('claimedBy'),
  claimedAt: slot('claimedAt'),
  nudgedByRequesterAt: slot('nudgedByRequesterAt'),
  emergency: slot('emergency'),
  reviewNags: slot('reviewNags'),
  reviewNagAt: slot('reviewNagAt'),
  reviewClosedAt: slot('reviewClosedAt'),
} satisfies Record<Exclude<keyof StoredRow, 'id' | 'version'>, SQL>;

export function prepareRequests(db: Drizzle) {
  const atVersion = and(eq(requests.id, slot('id')), eq(requests.version, slot('version')));
  const oldestFirst = [asc(requests.createdAt), asc(requests.id)];
  const pending = sql`${requests.state} = 'pending'`;

  const insert = db
    .insert(requests)
    .values({ id: slot('id'), version: 1, ...columns })
    .prepare();
  const update = db
    .update(requests)
    .set({ version: sql`${requests.version} + 1`, ...columns })
    .where(atVersion)
    .prepare();
  const standing = db.select({ id: requests.id }).from(requests).where(atVersion).prepare();
  const byId = db
    .select()
    .from(requests)
    .where(eq(requests.id, slot('id')))
    .prepare();
  // Two look-ups and not one OR, for which SQLite would walk everything that is pending.
  const asked = and(pending, eq(requests.requester, slot('userId')));
  const benefits = and(pending, eq(requests.beneficiary, slot('userId')));
  const theirs = union(
    db.select({ id: requests.id }).from(requests).where(asked),
    db.select({ id: requests.id }).from(requests).where(benefits),
  );
  const pendingOf = db
    .select()
    .from(requests)
    .where(inArray(requests.id, theirs))
    .orderBy(...oldestFirst)
    .prepare();
  const countSince = db
    .select({ total: count() })
    .from(requests)
    .where(and(eq(requests.requester, slot('requester')), gte(requests.createdAt, slot('since'))))
    .prepare();
  // What a rule approves is decided as it is asked.
  const byRule = and(
    sql`${requests.resource} || ':' || ${requests.role} in (select value from json_each(${slot('among')}))`,
    eq(requests.autoRule, slot('rule')),
    isNull(requests.extendsGrant),
    gt(requests.createdAt, slot('since')),
  );
  const automaticFor = db
    .select({ total: count() })
    .from(requests)
    .where(and(eq(requests.beneficiary, slot('beneficiary')), byRule))
    .prepare();
  const automaticBy = db
    .select({ total: count() })
    .from(requests)
    .where(and(eq(requests.requester, slot('requester')), byRule))
    .prepare();
  const pendingFor = db
    .select()
    .from(requests)
    .where(
      and(
        pending,
        eq(requests.beneficiary, slot('beneficiary')),
        eq(requests.resource, slot('resource')),
        eq(requests.role, slot('role')),
      ),
    )
    .prepare();
  const decided = and(
    ne(requests.state, 'pending'),
    isNull(requests.extendsGrant),
    eq(requests.beneficiary, slot('beneficiary')),
    eq(requests.resource, slot('resource')),
    eq(requests.role, slot('role')),
  );
  const decidedFor = db
    .select()
    .from(requests)
    .where(decided)
    .orderBy(desc(requests.createdAt), desc(requests.id))
    .limit(sql.placeholder('limit'))
    .prepare();
  const countDecided = db.select({ total: count() }).from(requests).where(decided).prepare();
  const ofGrant = db
    .select()
    .from(requests)
    .where(eq(requests.grantId, slot('grantId')))
    .orderBy(...oldestFirst)
    .prepare();

  return {
    write(request: AccessRequest): void {
      writeRow({ insert, update }, toRequestRow(request));
    },
    stands(id: RequestId, version: number): boolean {
      return standing.get({ id, version }) !== undefined;
    },
    byId(id: RequestId): AccessRequest | null {
      const row = byId.get({ id });
      return row === undefined ? null : toRequest(row);
    },
    pendingOf(userId: UserId): AccessRequest[] {
      return pendingOf.all({ userId }).map(toRequest);
    },
    countSince(requester: UserId, since: Instant): number {
      return countSince.get({ requester, since })?.total ?? 0;
    },
    countAutomatic({ requester, beneficiary, among, ...by }: RuleUse): number {
      const rule = { ...by, among: JSON.stringify(among) };
      const [received, made] = [
        automaticFor.get({ beneficiary, ...rule }),
        automaticBy.get({ requester, ...rule }),
      ];
      return Math.max(received?.total ?? 0, made?.total ?? 0);
    },
    pendingFor(role: { beneficiary: UserId; resource: string; role: string }): AccessRequest | null {
      const row = pendingFor.get(role);
      return row === undefined ? null : toRequest(row);
    },
    decidedFor(
      role: { beneficiary: UserId; resource: string; role: string },
      limit: number,
    ): { newest: AccessRequest[]; total: number } {
      const newest = decidedFor.all({ ...role, limit }).map(toRequest);
      return { newest, total: countDecided.get(role)?.total ?? 0 };
    },
    ofGrant(grantId: GrantId): AccessRequest[] {
      return ofGrant.all({ grantId }).map(toRequest);
    },
  };
}

export function prepareDecisions(db: Drizzle) {
  const insert = db
    .insert(decisions)
    .values({
      requestId: slot('requestId'),
      approver: slot('approver'),
      termsVersion: slot('termsVersion'),
      verdict: slot('verdict'),
      reason: slot('reason'),
      durationMs: slot('durationMs'),
      inPlaceOf: slot('inPlaceOf'),
      catalogSha256: slot('catalogSha256'),
      at: slot('at'),
    })
    .prepare();
  const ofRequest = db
    .select()
    .from(decisions)
    .where(eq(decisions.requestId, slot('requestId')))
    .orderBy(asc(decisions.at), asc(sql`${decisions}.rowid`))
    .prepare();

  return {
    add(decision: Decision): void {
      insert.run(decision satisfies DecisionRow);
    },
    ofRequest(requestId: RequestId): Decision[] {
      return ofRequest.all({ requestId }).map(toDecision);
    },
  };
}

const termsSchema = z.array(
  z.strictObject({
    connector: z.string(),
    role: z.string(),
    account: z.strictObject({ id: z.string(), name: z.string() }),
    fingerprint: z.string(),
  }),
);

function toRequestRow(request: AccessRequest): StoredRow {
  return {
    id: request.id,
    version: request.version,
    state: request.state,
    teamId: request.workspace.teamId,
    enterpriseId: request.workspace.enterpriseId,
    requester: request.requester,
    beneficiary: request.beneficiary,
    resource: request.resource,
    role: request.role,
    policy: request.policy,
    approvalRule: request.approvalRule,
    catalogSha256: request.catalogSha256,
    durationMs: request.durationMs,
    startsAt: request.startsAt,
    startZone: request.startZone,
    reason: request.reason,
    terms: JSON.stringify(request.entitlements),
    termsVersion: request.termsVersion,
    extendsGrant: request.extendsGrant,
    channel: request.channel,
    createdAt: request.createdAt,
    expiresAt: request.expiresAt,
    decidedAt: request.state === 'pending' ? null : request.decidedAt,
    grantId: request.state === 'approved' ? request.grantId : null,
    autoRule: request.state === 'approved' ? request.autoRule : null,
    nudges: request.waiting.nudges,
    nudgeAt: request.waiting.nudgeAt,
    escalateAt: request.waiting.escalateAt,
    escalatedAt: request.waiting.escalatedAt,
    claimedBy: request.waiting.claim?.by ?? null,
    claimedAt: request.waiting.claim?.at ?? null,
    nudgedByRequesterAt: request.waiting.nudgedByRequesterAt,
    ...toReviewRow(reviewOf(request)),
  };
}

export function toRequest(row: RequestRow): AccessRequest {
  const core = {
    id: asRequestId(row.id),
    version: row.version,
    workspace: { teamId: row.teamId, enterpriseId: row.enterpriseId },
    requester: asUserId(row.requester),
    beneficiary: asUserId(row.beneficiary),
    resource: row.resource,
    role: row.role,
    policy: row.policy,
    approvalRule: row.approvalRule,
    catalogSha256: row.catalogSha256,
    durationMs: row.durationMs,
    startsAt: row.startsAt,
    startZone: row.startZone,
    reason: row.reason,
    entitlements: termsSchema.parse(JSON.parse(row.terms)),
    termsVersion: row.termsVersion,
    extendsGrant: row.extendsGrant === null ? null : asGrantId(row.extendsGrant),
    channel: asChannelId(row.channel),
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    waiting: toWaiting(row),
  };
  const { state, decidedAt, grantId, autoRule } = row;
  if (state === 'pending' && decidedAt === null && grantId === null) {
    return { ...core, state };
  }
  if (state === 'approved' && decidedAt !== null && grantId !== null) {
    return { ...core, state, decidedAt, grantId: asGrantId(grantId), autoRule, review: toReview(row) };
  }
  if (state !== 'pending' && state !== 'approved' && decidedAt !== null && grantId === null) {
    return { ...core, state, decidedAt };
  }
  throw new ImpossibleRow(
    'requests',
    row.id,
    `${state} with decided_at ${decidedAt} and grant_id ${grantId}`,
  );
}

function toWaiting(row: RequestRow): Waiting {
  const { nudges, nudgeAt, escalateAt, escalatedAt, claimedBy, claimedAt, nudgedByRequesterAt } = row;
  if ((claimedBy === null) !== (claimedAt === null)) {
    throw new ImpossibleRow('requests', row.id, 'its claim is incomplete');
  }
  const claim = claimedBy === null || claimedAt === null ? null : { by: asUserId(claimedBy), at: claimedAt };
  return { nudges, nudgeAt, escalateAt, escalatedAt, claim, nudgedByRequesterAt };
}

function toDecision(row: DecisionRow): Decision {
  return {
    ...row,
    requestId: asRequestId(row.requestId),
    approver: asUserId(row.approver),
    inPlaceOf: row.inPlaceOf === null ? null : asUserId(row.inPlaceOf),
  };
}
