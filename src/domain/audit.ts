import type { Actor } from './grant.js';
import type { EntitlementId, GrantId, RequestId } from './ids.js';
import type { Instant } from './time.js';

export type AuditKind =
  | 'catalog.loaded'
  | 'catalog.refused'
  | 'catalog.changed'
  | 'catalog.unchanged'
  | 'catalog.reload-asked'
  | 'clock.accepted'
  | 'request.submitted'
  | 'request.asked-again'
  | 'request.refused'
  | 'request.approved'
  | 'request.denied'
  | 'request.cancelled'
  | 'request.expired'
  | 'request.nudged'
  | 'request.escalated'
  | 'request.claimed'
  | 'request.terms-changed'
  | 'request.released'
  | 'emergency.taken'
  | 'emergency.refused'
  | 'emergency.nagged'
  | 'emergency.reviewed'
  | 'emergency.closed'
  | 'review.refused'
  | 'decision.refused'
  | 'delegation.made'
  | 'delegation.ended'
  | 'delegation.refused'
  | 'grant.scheduled'
  | 'grant.opening'
  | 'grant.active'
  | 'grant.prolonged'
  | 'grant.eligibility-lost'
  | 'grant.ending'
  | 'grant.ended'
  | 'grant.failed'
  | 'grant.reminded'
  | 'end.refused'
  | 'entitlement.granting'
  | 'entitlement.granted'
  | 'entitlement.renewing'
  | 'entitlement.renewed'
  | 'entitlement.drifted'
  | 'entitlement.standing'
  | 'entitlement.found-again'
  | 'entitlement.revoking'
  | 'entitlement.revoked'
  | 'orphan.found'
  | 'orphan.gone'
  | 'orphan.adopted'
  | 'orphan.removed'
  | 'orphan.refused'
  | 'standing.found'
  | 'standing.gone'
  | 'standing.removing'
  | 'standing.removed'
  | 'enforcement.confirmed'
  | 'entitlement.call-failed'
  | 'entitlement.retried'
  | 'entitlement.removed-by-hand'
  | 'entitlement.still-there'
  | 'entitlement.unconfirmed'
  | 'stuck.refused'
  | 'secret.revealing'
  | 'secret.revealed'
  | 'secret.refused';

/** Plain facts without personal text: they go into the chain as they are. */
export type AuditFacts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export type AuditEntry = {
  readonly kind: AuditKind;
  readonly actor: Actor;
  readonly requestId?: RequestId;
  readonly grantId?: GrantId;
  readonly entitlementId?: EntitlementId;
  readonly facts: AuditFacts;
  /** What a person typed. It stands beside the chain; the chain holds its salted digest. */
  readonly text?: string;
};

/** An entry in its place in the chain. */
export type AuditEvent = {
  readonly seq: number;
  readonly at: Instant;
  readonly kind: AuditKind;
  readonly actor: Actor;
  readonly requestId: RequestId | null;
  readonly grantId: GrantId | null;
  readonly entitlementId: EntitlementId | null;
  readonly facts: AuditFacts;
  /** Null when there was none, or when it has been erased. */
  readonly text: string | null;
  readonly hash: string;
};
