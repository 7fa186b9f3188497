/**
 * The tables. Only what is true of every build is a CHECK here; `migrations/` adds what drizzle-kit
 * cannot say: STRICT, the deferred keys from a request to its grant, and the triggers of
 * the audit chain. Instants are milliseconds since 1970.
 */
import { sql } from 'drizzle-orm';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** Of grants. What a CHECK and a partial index must spell out: a bound parameter would hide the index from SQLite. */
export const LIVE_STATES = `'scheduled', 'opening', 'active', 'ending'`;
export const liveGrant = sql.raw(`state in (${LIVE_STATES})`);

function oneOf(column: AnySQLiteColumn, values: readonly string[]) {
  return sql`${column} in (${sql.raw(values.map((value) => `'${value}'`).join(', '))})`;
}

const requestStates = ['pending', 'approved', 'denied', 'cancelled', 'expired'] as const;
const grantStates = ['scheduled', 'opening', 'active', 'ending', 'ended', 'failed'] as const;
const endCauses = ['window', 'done', 'revoked', 'not-opened', 'left'] as const;
const actorKinds = ['person', 'hallpass', 'operator'] as const;
const seenValues = ['unknown', 'absent', 'present', 'standing'] as const;
const directions = ['grants', 'revocations'] as const;
const callErrorKinds = ['unreachable', 'retryable', 'final', 'unknown-account', 'wrong-target'] as const;
const holdStates = ['waiting', 'held', 'standing', 'released'] as const;
const verdicts = ['approve', 'deny'] as const;
const reviewVerdictNames = ['justified', 'not-justified'] as const;
const messageKinds = ['request-card', 'grant-card'] as const;
const strayKinds = ['orphan', 'standing'] as const;
const strayStates = ['open', 'adopted', 'removed', 'gone'] as const;
const noticeStates = ['owed', 'sent', 'dropped'] as const;
const noticeKinds = [
  'request-received',
  'request-for-you',
  'request-not-shown',
  'request-approved',
  'request-denied',
  'request-expired',
  'request-cancelled',
  'request-renewed',
  'request-nudge',
  'request-escalated',
  'request-copy-unseen',
  'request-taken-over',
  'request-terms-changed',
  'request-asked-again',
  'request-next-step',
  'grant-opened',
  'review-nag',
  'emergency-not-shown',
  'request-access-lost',
  'grant-reminder',
  'grant-prolonged',
  'grant-revoked',
  'grant-not-opened',
  'revocation-stuck',
  'connector-back',
  'access-drifted',
  'orphans-found',
  'standing-found',
  'enforcement-asked',
  'alarm-not-shown',
  'card-not-shown',
  'stand-in-named',
  'stand-in-over',
  'holder-left',
  'many-left',
  'many-ineligible',
  'clock-behind',
] as const;

export const requests = sqliteTable(
  'requests',
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    state: text({ enum: requestStates }).notNull(),
    teamId: text('team_id'),
    enterpriseId: text('enterprise_id'),
    requester: text().notNull(),
    beneficiary: text().notNull(),
    resource: text().notNull(),
    role: text().notNull(),
    policy: text().notNull(),
    catalogSha256: text('catalog_sha256').notNull(),
    durationMs: integer('duration_ms').notNull(),
    startsAt: integer('starts_at'),
    startZone: text('start_zone'),
    reason: text().notNull(),
    /** The entitlements asked for, as JSON. */
    terms: text().notNull(),
    termsVersion: integer('terms_version').notNull(),
    approvalRule: text('approval_rule'),
    extendsGrant: text('extends_grant').references((): AnySQLiteColumn => grants.id),
    channel: text().notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    decidedAt: integer('decided_at'),
    grantId: text('grant_id').references((): AnySQLiteColumn => grants.id),
    /** The rule of the policy that approved it, where nobody did. */
    autoRule: text('auto_rule'),
    nudges: integer().notNull().default(0),
    nudgeAt: integer('nudge_at'),
    escalateAt: integer('escalate_at'),
    escalatedAt: integer('escalated_at'),
    claimedBy: text('claimed_by'),
    claimedAt: integer('claimed_at'),
    nudgedByRequesterAt: integer('nudged_by_requester_at'),
    /** Of an emergency: what its review takes, and what it went past, as JSON. */
    emergency: text(),
    reviewNags: integer('review_nags').notNull().default(0),
    reviewNagAt: integer('review_nag_at'),
    reviewClosedAt: integer('review_closed_at'),
    /** When something is to be done about a request that waits, or about a review that is open. */
    nextAt: integer('next_at').generatedAlwaysAs(
      sql`case state when 'pending' then min(expires_at, coalesce(nudge_at, expires_at), coalesce(escalate_at, expires_at)) else review_nag_at end`,
      { mode: 'virtual' },
    ),
  },
  (table) => [
    check('requests_version', sql`${table.version} >= 1`),
    check('requests_state', oneOf(table.state, requestStates)),
    check('requests_duration', sql`${table.durationMs} > 0`),
    check('requests_terms', sql`json_valid(${table.terms})`),
    check('requests_decided', sql`(${table.state} = 'pending') = (${table.decidedAt} is null)`),
    check('requests_granted', sql`(${table.state} = 'approved') = (${table.grantId} is not null)`),
    uniqueIndex('requests_one_pending')
      .on(table.beneficiary, table.resource, table.role)
      .where(sql`state = 'pending'`),
    index('requests_pending_requester')
      .on(table.requester)
      .where(sql`state = 'pending'`),
    index('requests_due')
      .on(table.nextAt, table.id)
      .where(sql`next_at is not null`),
    index('requests_of_beneficiary').on(table.beneficiary, table.resource, table.role, table.createdAt),
    index('requests_created').on(table.createdAt, table.id, table.beneficiary, table.resource, table.role),
    index('requests_of_requester').on(table.requester, table.createdAt),
    index('requests_automatic')
      .on(table.beneficiary, table.createdAt)
      .where(sql`auto_rule is not null`),
    // While a deferred key is open SQLite looks a new grant up in both, which is on every approval.
    index('requests_grant')
      .on(table.grantId)
      .where(sql`grant_id is not null`),
    index('requests_extends_grant')
      .on(table.extendsGrant)
      .where(sql`extends_grant is not null`),
  ],
);

/** What is counted for a limit moves its guard along, so that two changes at once do not both fit in. */
export const guards = sqliteTable(
  'guards',
  { id: text().primaryKey(), version: integer().notNull() },
  (table) => [check('guards_version', sql`${table.version} >= 1`)],
);

/** Who stands in for an approver, until when. The audit holds those before. */
export const delegations = sqliteTable(
  'delegations',
  {
    delegator: text().primaryKey(),
    version: integer().notNull(),
    standIn: text('stand_in').notNull(),
    madeAt: integer('made_at').notNull(),
    untilAt: integer('until_at').notNull(),
  },
  (table) => [
    check('delegations_version', sql`${table.version} >= 1`),
    check('delegations_stand_in', sql`${table.standIn} <> ${table.delegator}`),
    check('delegations_until', sql`${table.untilAt} >= ${table.madeAt}`),
    index('delegations_until_at').on(table.untilAt),
  ],
);

export const decisions = sqliteTable(
  'decisions',
  {
    requestId: text('request_id')
      .notNull()
      .references(() => requests.id),
    approver: text().notNull(),
    termsVersion: integer('terms_version').notNull(),
    verdict: text({ enum: verdicts }).notNull(),
    reason: text(),
    durationMs: integer('duration_ms'),
    inPlaceOf: text('in_place_of'),
    catalogSha256: text('catalog_sha256').notNull(),
    at: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.requestId, table.approver, table.termsVersion] }),
    check('decisions_verdict', oneOf(table.verdict, verdicts)),
  ],
);

/** What reviewers say of an emergency. Guarded by the version of its request, with which they are written. */
export const reviewVerdicts = sqliteTable(
  'review_verdicts',
  {
    requestId: text('request_id')
      .notNull()
      .references(() => requests.id),
    reviewer: text().notNull(),
    verdict: text({ enum: reviewVerdictNames }).notNull(),
    note: text(),
    at: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.requestId, table.reviewer] }),
    check('review_verdicts_verdict', oneOf(table.verdict, reviewVerdictNames)),
    check('review_verdicts_note', sql`${table.verdict} = 'justified' or ${table.note} is not null`),
  ],
);

export const grants = sqliteTable(
  'grants',
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    state: text({ enum: grantStates }).notNull(),
    teamId: text('team_id'),
    enterpriseId: text('enterprise_id'),
    requestId: text('request_id')
      .notNull()
      .references(() => requests.id),
    requester: text().notNull(),
    beneficiary: text().notNull(),
    resource: text().notNull(),
    role: text().notNull(),
    policy: text().notNull(),
    startsAt: integer('starts_at').notNull(),
    endsAt: integer('ends_at').notNull(),
    openBefore: integer('open_before').notNull(),
    remindAt: integer('remind_at'),
    activeAt: integer('active_at'),
    endCause: text('end_cause', { enum: endCauses }),
    endedByKind: text('ended_by_kind', { enum: actorKinds }),
    /** The person's id or the operator's name. */
    endedBy: text('ended_by'),
    endReason: text('end_reason'),
    endingAt: integer('ending_at'),
    closedAt: integer('closed_at'),
    /** 1 where an admin gave access that was there a window; null where somebody asked for it. */
    adopted: integer(),
  },
  (table) => [
    check('grants_version', sql`${table.version} >= 1`),
    check('grants_state', oneOf(table.state, grantStates)),
    check('grants_window', sql`${table.endsAt} > ${table.startsAt}`),
    check(
      'grants_active_at',
      sql`case when ${table.state} = 'active' then ${table.activeAt} is not null
        when ${table.state} in ('scheduled', 'opening', 'failed') then ${table.activeAt} is null else 1 end`,
    ),
    check('grants_end_cause', oneOf(table.endCause, endCauses)),
    check('grants_ended_by_kind', oneOf(table.endedByKind, actorKinds)),
    check(
      'grants_ending',
      sql`(${table.state} in ('ending', 'ended', 'failed')) = (${table.endingAt} is not null)
        and (${table.endingAt} is null) = (${table.endCause} is null)
        and (${table.endingAt} is null) = (${table.endedByKind} is null)
        and (coalesce(${table.endedByKind}, 'hallpass') = 'hallpass') = (${table.endedBy} is null)
        and (${table.endReason} is null or ${table.endingAt} is not null)`,
    ),
    check('grants_closed', sql`(${table.state} in ('ended', 'failed')) = (${table.closedAt} is not null)`),
    // For the same look-up of a new request: see requests_grant.
    index('grants_request').on(table.requestId),
    index('grants_due')
      .on(table.remindAt, table.id)
      .where(sql`state = 'active' and remind_at is not null`),
    // The rest stands in them so that counting never leaves the index.
    index('grants_live').on(table.endsAt, table.id, table.resource, table.role, table.state).where(liveGrant),
    index('grants_live_of_beneficiary')
      .on(table.beneficiary, table.endsAt, table.id, table.resource, table.role, table.state)
      .where(liveGrant),
  ],
);

export const entitlements = sqliteTable(
  'entitlements',
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    connector: text().notNull(),
    role: text().notNull(),
    accountId: text('account_id').notNull(),
    accountName: text('account_name').notNull(),
    fingerprint: text().notNull(),
    owner: text(),
    ours: integer().notNull(),
    seen: text({ enum: seenValues }).notNull(),
    seenAt: integer('seen_at'),
    expiresAt: integer('expires_at'),
    direction: text({ enum: directions }).notNull(),
    nextAt: integer('next_at'),
    attempts: integer().notNull(),
    failingSince: integer('failing_since'),
    errorKind: text('error_kind', { enum: callErrorKinds }),
    errorText: text('error_text'),
    lateUntil: integer('late_until'),
    byHandAt: integer('by_hand_at'),
    byHandKind: text('by_hand_kind', { enum: actorKinds }),
    /** The person's id or the operator's name. */
    byHandBy: text('by_hand_by'),
    leaseBy: text('lease_by'),
    leaseUntil: integer('lease_until'),
  },
  (table) => [
    check('entitlements_version', sql`${table.version} >= 1`),
    check('entitlements_ours', sql`${table.ours} in (0, 1)`),
    check('entitlements_seen', oneOf(table.seen, seenValues)),
    check('entitlements_seen_at', sql`${table.seen} = 'unknown' or ${table.seenAt} is not null`),
    check('entitlements_direction', oneOf(table.direction, directions)),
    check('entitlements_attempts', sql`${table.attempts} >= 0`),
    check('entitlements_error_kind', oneOf(table.errorKind, callErrorKinds)),
    check('entitlements_error', sql`(${table.errorKind} is null) = (${table.errorText} is null)`),
    check('entitlements_failing', sql`${table.failingSince} is null or ${table.errorKind} is not null`),
    check('entitlements_by_hand_kind', oneOf(table.byHandKind, ['person', 'operator'])),
    check(
      'entitlements_by_hand',
      sql`(${table.byHandAt} is null) = (${table.byHandKind} is null)
        and (${table.byHandAt} is null) = (${table.byHandBy} is null)`,
    ),
    check('entitlements_lease', sql`(${table.leaseBy} is null) = (${table.leaseUntil} is null)`),
    uniqueIndex('entitlements_one').on(table.connector, table.role, table.accountId),
    index('entitlements_account').on(table.connector, table.accountId),
    // lease_until stands in it so that a thousand leased rows at the front are skipped inside the index.
    index('entitlements_due')
      .on(table.nextAt, table.id, table.leaseUntil)
      .where(sql`next_at is not null`),
    index('entitlements_leased')
      .on(table.leaseUntil, table.nextAt)
      .where(sql`lease_until is not null`),
    index('entitlements_failing_since')
      .on(table.connector, table.failingSince, table.id)
      .where(sql`failing_since is not null`),
    index('entitlements_unreachable')
      .on(table.connector, table.nextAt)
      .where(sql`error_kind = 'unreachable'`),
    index('entitlements_in_use')
      .on(table.connector, table.role)
      .where(sql`ours = 1`),
    index('entitlements_ours')
      .on(table.connector, table.id)
      .where(sql`ours = 1`),
  ],
);

/** Holds. Guarded by the version of their grant or their entitlement, with which they are written. */
export const grantEntitlements = sqliteTable(
  'grant_entitlements',
  {
    grantId: text('grant_id')
      .notNull()
      .references(() => grants.id),
    entitlementId: text('entitlement_id')
      .notNull()
      .references(() => entitlements.id),
    state: text({ enum: holdStates }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.grantId, table.entitlementId] }),
    check('grant_entitlements_state', oneOf(table.state, holdStates)),
    index('grant_entitlements_holding')
      .on(table.entitlementId)
      .where(sql`state <> 'released'`),
  ],
);

/** Access in a target that no row explains: told until it is closed. */
export const strays = sqliteTable(
  'strays',
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    connector: text().notNull(),
    role: text().notNull(),
    accountId: text('account_id').notNull(),
    accountName: text('account_name').notNull(),
    fingerprint: text().notNull(),
    kind: text({ enum: strayKinds }).notNull(),
    state: text({ enum: strayStates }).notNull(),
    foundAt: integer('found_at').notNull(),
    closedAt: integer('closed_at'),
  },
  (table) => [
    check('strays_version', sql`${table.version} >= 1`),
    check('strays_kind', oneOf(table.kind, strayKinds)),
    check('strays_state', oneOf(table.state, strayStates)),
    check('strays_closed', sql`(${table.state} = 'open') = (${table.closedAt} is null)`),
    uniqueIndex('strays_open')
      .on(table.connector, table.role, table.accountId)
      .where(sql`state = 'open'`),
    index('strays_closed_at')
      .on(table.closedAt)
      .where(sql`closed_at is not null`),
  ],
);

/** By whose word standing access is removed whenever it is found. */
export const enforcements = sqliteTable(
  'enforcements',
  {
    connector: text().primaryKey(),
    version: integer().notNull(),
    /** A list of names, as JSON. */
    roles: text().notNull(),
    byKind: text('by_kind', { enum: actorKinds }).notNull(),
    /** The person's id or the operator's name. */
    by: text().notNull(),
    at: integer().notNull(),
  },
  (table) => [
    check('enforcements_version', sql`${table.version} >= 1`),
    check('enforcements_roles', sql`json_valid(${table.roles})`),
    check('enforcements_by_kind', oneOf(table.byKind, ['person', 'operator'])),
  ],
);

/** The chain. `body` is the canonical JSON that is hashed; triggers refuse to change or delete a row. */
export const auditEvents = sqliteTable(
  'audit_events',
  {
    seq: integer().primaryKey(),
    at: integer().notNull(),
    prev: text().notNull(),
    body: text().notNull(),
    hash: text().notNull(),
  },
  (table) => [check('audit_events_body', sql`json_valid(${table.body})`)],
);

/** What people typed, beside the chain. Deleting a row erases the text and leaves the chain whole. */
export const auditTexts = sqliteTable('audit_texts', {
  seq: integer()
    .primaryKey()
    .references(() => auditEvents.seq),
  salt: text().notNull(),
  text: text().notNull(),
});

/** Notices: each owed once to one person or channel, in `person`. Their kinds grow with the builds, so that no CHECK lists them. */
export const outbox = sqliteTable(
  'outbox',
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    kind: text({ enum: noticeKinds }).notNull(),
    subject: text().notNull(),
    occasion: text().notNull(),
    person: text().notNull(),
    state: text({ enum: noticeStates }).notNull(),
    createdAt: integer('created_at').notNull(),
    nextAt: integer('next_at'),
    attempts: integer().notNull(),
    error: text(),
  },
  (table) => [
    check('outbox_version', sql`${table.version} >= 1`),
    check('outbox_state', oneOf(table.state, noticeStates)),
    // An owed notice without a next try would be lost in silence.
    check('outbox_owed', sql`${table.state} <> 'owed' or ${table.nextAt} is not null`),
    uniqueIndex('outbox_once').on(table.subject, table.kind, table.occasion, table.person),
    index('outbox_due')
      .on(table.nextAt, table.id)
      .where(sql`state = 'owed'`),
  ],
);

/** Cards in Slack. `wanted` is counted up without a new version, so that a redraw never spoils a delivery. */
export const messages = sqliteTable(
  'messages',
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    kind: text({ enum: messageKinds }).notNull(),
    subject: text().notNull(),
    recipient: text().notNull(),
    postedChannel: text('posted_channel'),
    postedTs: text('posted_ts'),
    shown: text(),
    wanted: integer().notNull(),
    nextAt: integer('next_at'),
    attempts: integer().notNull(),
    error: text(),
    lateUntil: integer('late_until'),
  },
  (table) => [
    check('messages_version', sql`${table.version} >= 1`),
    check('messages_kind', oneOf(table.kind, messageKinds)),
    check('messages_posted', sql`(${table.postedChannel} is null) = (${table.postedTs} is null)`),
    index('messages_subject').on(table.subject),
    index('messages_due')
      .on(table.nextAt, table.id)
      .where(sql`next_at is not null`),
  ],
);

/** Keys of Slack deliveries that were answered. */
export const handled = sqliteTable(
  'handled',
  {
    key: text().primaryKey(),
    at: integer().notNull(),
  },
  (table) => [index('handled_at').on(table.at)],
);

/** Every catalog that was in force, by its digest, so that a decision can be explained later. */
export const catalogs = sqliteTable(
  'catalogs',
  {
    sha256: text().primaryKey(),
    source: text().notNull(),
    keptAt: integer('kept_at').notNull(),
    /** Grows with every keeping: clocks may run back, the order of keeping does not. */
    place: integer().notNull(),
  },
  (table) => [uniqueIndex('catalogs_place').on(table.place)],
);
