/** What an approval writes: a new grant with its holds, or a later end for one that is running. */
import type { AuditEntry } from './audit.js';
import type { Policy } from './catalog.js';
import type { Entitlement, EntitlementState, Hold } from './entitlement.js';
import type { ActiveGrant, Actor, Grant, OpeningGrant, ScheduledGrant } from './grant.js';
import { nothingLeftProblem } from './decide.js';
import { openBefore, windowFacts } from './grant-life.js';
import type { EntitlementId, GrantId, UserId } from './ids.js';
import type { Refusal } from './refusal.js';
import { nextReminder } from './reminder.js';
import type { PendingRequest, TermsEntitlement } from './request.js';
import { accept, refuse } from './result.js';
import type { Result } from './result.js';
import { nextWithStart, schedule } from './schedule.js';
import { isWordTaken } from './stuck.js';
import type { Instant } from './time.js';

/** One line of the terms with what the database holds for it: the row if there is one, and other people on it. */
export type TermsRow = {
  readonly terms: TermsEntitlement;
  readonly existing: Entitlement | null;
  /** Everybody whom live grants and pending requests tie to this account. */
  readonly owners: readonly UserId[];
  /** For a row that does not exist yet. */
  readonly newId: EntitlementId;
};

export type Opened = {
  readonly grant: ScheduledGrant | OpeningGrant;
  readonly entitlements: readonly Entitlement[];
  readonly holds: readonly Hold[];
  readonly audit: AuditEntry;
};

export function openGrant(input: {
  request: PendingRequest;
  policy: Policy;
  /** The length of the window, which may be shorter than was asked for. Milliseconds. */
  durationMs: number;
  rows: readonly TermsRow[];
  grantId: GrantId;
  approvedBy: Actor;
  now: Instant;
}): Result<Opened, Refusal> {
  const { request, policy, durationMs, rows, grantId, now } = input;
  const problem = rows.map((row) => rowProblem(row, request.beneficiary)).find((found) => found !== null);
  if (problem !== undefined) {
    return refuse(problem);
  }
  const startsAt = request.startsAt ?? now;
  const endsAt = startsAt + durationMs;
  const nothingLeft = nothingLeftProblem(request, { durationMs, minMs: policy.minMs }, now);
  if (nothingLeft !== null) {
    return refuse(nothingLeft);
  }
  const { workspace, requester, beneficiary, resource, role } = request;
  const isLater = startsAt > now;
  const grant: ScheduledGrant | OpeningGrant = {
    id: grantId,
    version: 0,
    workspace,
    requestId: request.id,
    requester,
    beneficiary,
    resource,
    role,
    policy: request.policy,
    startsAt,
    endsAt,
    openBefore: openBefore(Math.max(startsAt, now), endsAt),
    remindAt: nextReminder({ startsAt, endsAt, remindBeforeMs: policy.remindBeforeMs, after: now }),
    adopted: false,
    state: isLater ? 'scheduled' : 'opening',
    activeAt: null,
  };
  const entitlements = rows.map((row) =>
    isLater ? wantedLater(row, beneficiary, startsAt) : wantedNow(row, beneficiary, now),
  );
  const holds = entitlements.map(({ id }): Hold => ({ grantId, entitlementId: id, state: 'waiting' }));
  const audit: AuditEntry = {
    kind: isLater ? 'grant.scheduled' : 'grant.opening',
    actor: input.approvedBy,
    requestId: request.id,
    grantId,
    facts: windowFacts(grant),
  };
  return accept({ grant, entitlements, holds, audit });
}

/** An account belongs to one person; a live row for another target of the same name must end first. */
function rowProblem({ terms, existing, owners }: TermsRow, beneficiary: UserId): Refusal | null {
  if (owners.some((owner) => owner !== beneficiary)) {
    return { code: 'account-shared', connector: terms.connector, account: terms.account.name };
  }
  const elsewhere = existing !== null && existing.fingerprint !== terms.fingerprint;
  if (elsewhere && existing.nextAt !== null && !isWordTaken(existing)) {
    return {
      code: 'target-refuses',
      connector: terms.connector,
      text: 'It is not the system that earlier access was given in, and that access has not ended yet.',
    };
  }
  return null;
}

/** Of what is there, or on its way out, only the next look changes: until the start nothing may disturb it. */
function wantedLater(row: TermsRow, owner: UserId, startsAt: Instant): Entitlement {
  const { terms, existing } = row;
  if (existing === null || existing.fingerprint !== terms.fingerprint) {
    return wantedNow(row, owner, startsAt);
  }
  return { ...existing, account: terms.account, owner, ...nextWithStart(existing, existing, startsAt) };
}

function wantedNow({ terms, existing, newId }: TermsRow, owner: UserId, now: Instant): Entitlement {
  const { connector, role, account, fingerprint } = terms;
  const fresh = {
    connector,
    role,
    account,
    fingerprint,
    owner,
    nextAt: now,
    direction: 'grants' as const,
    attempts: 0,
    failingSince: null,
    error: null,
    byHand: null,
  };
  const nothingKnown = {
    ours: false,
    seen: 'unknown',
    seenAt: null,
    expiresAt: null,
    lateUntil: null,
    lease: null,
  } as const;
  if (existing === null) {
    return { id: newId, version: 0, ...nothingKnown, ...fresh };
  }
  // What is known of another target of that name says nothing about this one.
  return existing.fingerprint === fingerprint
    ? { ...existing, ...fresh }
    : { ...existing, ...nothingKnown, ...fresh };
}

export function longestProlongation(grant: Grant, policy: Policy): number {
  return Math.max(0, grant.startsAt + policy.maxMs - grant.endsAt);
}

export type Prolonged = {
  readonly grant: ActiveGrant;
  readonly entitlements: readonly Entitlement[];
  readonly audit: AuditEntry;
};

/** Never past the role's maximum in total, and never after the end: states do not run backwards. */
export function prolongGrant(input: {
  request: PendingRequest;
  policy: Policy;
  /** How much longer, which may be less than was asked for. Milliseconds. */
  durationMs: number;
  grant: Grant | null;
  states: readonly EntitlementState[];
  approvedBy: Actor;
  now: Instant;
}): Result<Prolonged, Refusal> {
  const { request, policy, durationMs, grant, now } = input;
  if (grant === null || grant.state !== 'active' || grant.endsAt <= now) {
    return grant === null
      ? refuse({ code: 'unknown-grant', typed: request.extendsGrant ?? '' })
      : refuse({ code: 'grant-over', grantId: grant.id });
  }
  const leftMs = longestProlongation(grant, policy);
  if (durationMs > leftMs) {
    const roleKey = `${grant.resource}:${grant.role}`;
    return refuse({ code: 'past-maximum', roleKey, maxMs: policy.maxMs, leftMs });
  }
  const endsAt = grant.endsAt + durationMs;
  const { startsAt } = grant;
  const remindAt = nextReminder({ startsAt, endsAt, remindBeforeMs: policy.remindBeforeMs, after: now });
  const prolonged: ActiveGrant = { ...grant, endsAt, remindAt };
  return accept({
    grant: prolonged,
    entitlements: input.states.map((state) => rescheduleFor(state, prolonged, now)),
    audit: {
      kind: 'grant.prolonged',
      actor: input.approvedBy,
      requestId: request.id,
      grantId: grant.id,
      facts: { from: grant.endsAt, endsAt },
    },
  });
}

/** The row with its next moment, given that this grant has changed. Always written, so that its version moves. */
export function rescheduleFor(state: EntitlementState, changed: Grant, now: Instant): Entitlement {
  const holders = state.holders.map((holder) =>
    holder.grant.id === changed.id ? { ...holder, grant: changed } : holder,
  );
  return { ...state.entitlement, ...schedule({ ...state, holders }, now) };
}
