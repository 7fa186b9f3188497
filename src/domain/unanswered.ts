/** What happens to a request that nobody answers: nudges, an escalation, the expiry; and who is looking at it. */
import type { Escalation, Policy } from './catalog.js';
import { asUserId } from './ids.js';
import type { UserId } from './ids.js';
import type { AccessRequest, PendingRequest, Waiting } from './request.js';
import { reviewOf } from './review.js';
import { MINUTE_MS } from './time.js';
import type { Instant } from './time.js';

/** Whoever looks at a request is not nudged about it for so long. */
export const CLAIM_QUIET_MS = 15 * MINUTE_MS;

/** Of a request that is decided as it is made. */
export const NOT_WAITING: Waiting = {
  nudges: 0,
  nudgeAt: null,
  escalateAt: null,
  escalatedAt: null,
  claim: null,
  nudgedByRequesterAt: null,
};

export function startWaiting(policy: Pick<Policy, 'nudgeMs' | 'escalate'>, now: Instant): Waiting {
  return {
    ...NOT_WAITING,
    nudgeAt: nextNudge({ createdAt: now, nudgeMs: policy.nudgeMs, now }),
    escalateAt: policy.escalate === null ? null : now + policy.escalate.afterMs,
  };
}

/** When it expires: later than that, an approval of so much would open next to nothing. */
export function lastUseOf(
  { startsAt, durationMs, expiresAt }: Pick<PendingRequest, 'startsAt' | 'durationMs' | 'expiresAt'>,
  { minMs }: Pick<Policy, 'minMs'>,
): Instant {
  return startsAt === null ? expiresAt : Math.min(expiresAt, startsAt + durationMs - minMs);
}

/** How it goes on waiting under a policy that decides it from now on: groups are called in after that policy's time. */
export function waitingUnder(
  policy: Pick<Policy, 'nudgeMs' | 'escalate'>,
  { createdAt, waiting }: Pick<PendingRequest, 'createdAt' | 'waiting'>,
  now: Instant,
): Waiting {
  const nudgeAt = waiting.nudgeAt ?? nextNudge({ createdAt, nudgeMs: policy.nudgeMs, now });
  const escalateAt = policy.escalate === null ? null : createdAt + policy.escalate.afterMs;
  const isEscalated =
    waiting.escalatedAt !== null && escalateAt !== null && escalateAt <= waiting.escalatedAt;
  return isEscalated
    ? { ...waiting, nudgeAt, escalateAt: null }
    : { ...waiting, nudgeAt, escalateAt, escalatedAt: null };
}

/**
 * When the nudge comes that follows one now: as far from now as the policy sets the two apart. So one that came
 * late, after an outage or a claim, is not followed at once by those that were due meanwhile.
 */
export function nextNudge(input: {
  createdAt: Instant;
  nudgeMs: readonly number[];
  now: Instant;
}): Instant | null {
  const { createdAt, nudgeMs, now } = input;
  let before = 0;
  for (const sinceCreated of nudgeMoments(nudgeMs)) {
    if (createdAt + sinceCreated > now) {
      return now + sinceCreated - before;
    }
    before = sinceCreated;
  }
  return null;
}

/** Those that the policy lists; then the gap is twice the last of them, and doubles each time. */
function* nudgeMoments(nudgeMs: readonly number[]): Generator<number> {
  yield* nudgeMs;
  const last = nudgeMs.at(-1);
  if (last === undefined) {
    return;
  }
  let moment = last;
  for (let gap = 2 * last; ; gap *= 2) {
    moment += gap;
    yield moment;
  }
}

/** When something is to be done about it. The store's column `next_at` says the same. */
export function tendAt(request: AccessRequest): Instant | null {
  if (request.state !== 'pending') {
    return reviewOf(request)?.nagAt ?? null;
  }
  const { expiresAt, waiting } = request;
  return Math.min(expiresAt, waiting.nudgeAt ?? Infinity, waiting.escalateAt ?? Infinity);
}

export type WhatIsDue =
  | { readonly kind: 'nothing' | 'expiry' }
  | {
      readonly kind: 'call';
      readonly waiting: Waiting;
      readonly nudges: boolean;
      readonly escalation: Escalation | null;
    };

/** `policy`: as the catalog in force has it; null where the role is no longer offered. */
export function whatIsDue(
  request: PendingRequest,
  policy: Pick<Policy, 'nudgeMs' | 'escalate'> | null,
  now: Instant,
): WhatIsDue {
  const { waiting, createdAt, expiresAt } = request;
  if (expiresAt <= now) {
    return { kind: 'expiry' };
  }
  const nudgeIsDue = waiting.nudgeAt !== null && waiting.nudgeAt <= now;
  const escalationIsDue = waiting.escalateAt !== null && waiting.escalateAt <= now;
  if (!nudgeIsDue && !escalationIsDue) {
    return { kind: 'nothing' };
  }
  const escalation = escalationIsDue ? (policy?.escalate ?? null) : null;
  const nudgeMs = policy?.nudgeMs ?? [];
  // An escalation calls on people itself: a nudge at the same moment would be a second line about the same.
  const nudges = nudgeIsDue && nudgeMs.length > 0 && (escalation?.to ?? []).length === 0;
  return {
    kind: 'call',
    nudges,
    escalation,
    waiting: {
      ...waiting,
      nudges: waiting.nudges + (nudges ? 1 : 0),
      nudgeAt: nudgeIsDue ? nextNudge({ createdAt, nudgeMs, now }) : waiting.nudgeAt,
      escalateAt: escalationIsDue ? null : waiting.escalateAt,
      escalatedAt: escalation === null ? waiting.escalatedAt : now,
    },
  };
}

/** The next nudge waits until the claim has had its time. */
export function claimedBy(waiting: Waiting, by: UserId, now: Instant): Waiting {
  const nudgeAt = waiting.nudgeAt === null ? null : Math.max(waiting.nudgeAt, now + CLAIM_QUIET_MS);
  return { ...waiting, nudgeAt, claim: { by, at: now } };
}

/** Whoever has voted, or gives it back, is no longer looking at it. */
export function withoutClaimOf(waiting: Waiting, userId: UserId): Waiting {
  return waiting.claim?.by === userId ? { ...waiting, claim: null } : waiting;
}

export function isLookedAt({ claim }: Waiting, now: Instant): boolean {
  return claim !== null && now < claim.at + CLAIM_QUIET_MS;
}

/** The occasion of a nudge: which one it is, or by whom. */
export function nudgeOccasion(nudge: number | UserId): string {
  return typeof nudge === 'number' ? String(nudge) : `${BY}${nudge}`;
}

/** The requester whose nudge it is; null where it is one of Hallpass. */
export function nudgedBy(occasion: string): UserId | null {
  return occasion.startsWith(BY) ? asUserId(occasion.slice(BY.length)) : null;
}

const BY = 'by-';

/** The occasion of the word that somebody looks at it in another's place: in whose, and when. */
export function takeOverOccasion(from: UserId, at: Instant): string {
  return `${from}-${at}`;
}

export function takenOverFrom(occasion: string): UserId {
  return asUserId(occasion.slice(0, occasion.lastIndexOf('-')));
}
