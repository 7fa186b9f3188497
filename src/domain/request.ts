import type { ChannelId, GrantId, RequestId, UserId, Workspace } from './ids.js';
import type { Instant } from './time.js';

/** An account in a target: the id that never changes there, and the name that people know. */
export type Account = { readonly id: string; readonly name: string };

/** One line of the terms: which role in which target, for which account, in a target with which fingerprint. */
export type TermsEntitlement = {
  readonly connector: string;
  readonly role: string;
  readonly account: Account;
  readonly fingerprint: string;
};

/** Somebody has said that they are looking at it. It keeps nobody from deciding, and counts for nothing. */
export type Claim = { readonly by: UserId; readonly at: Instant };

/** What has been done about a request that nobody answers, and when something is done next. */
export type Waiting = {
  /** How often those who may decide were nudged, without the requester's own nudge. */
  readonly nudges: number;
  readonly nudgeAt: Instant | null;
  readonly escalateAt: Instant | null;
  /** From then on the escalation's groups decide as well. */
  readonly escalatedAt: Instant | null;
  readonly claim: Claim | null;
  readonly nudgedByRequesterAt: Instant | null;
};

type RequestCore = {
  readonly id: RequestId;
  /** The version this row was read at; 0 while it is not stored yet. */
  readonly version: number;
  readonly workspace: Workspace;
  readonly requester: UserId;
  readonly beneficiary: UserId;
  readonly resource: string;
  readonly role: string;
  readonly policy: string;
  /** Who decides by that policy, as a text to compare; null for a request from before that was kept. */
  readonly approvalRule: string | null;
  /** The catalog against which its terms were last held: the one of the request, or one in force since. */
  readonly catalogSha256: string;
  /** Length of the window, or of the prolongation when `extendsGrant` is set. Milliseconds. */
  readonly durationMs: number;
  /** When the window begins; null for the moment of the approval. Approved later, it ends no later for that. */
  readonly startsAt: Instant | null;
  /** The time zone in which the requester said it; null where Slack knew none, and it was taken for UTC. */
  readonly startZone: string | null;
  readonly reason: string;
  readonly entitlements: readonly TermsEntitlement[];
  /** What a button must carry to be a vote on these terms. */
  readonly termsVersion: number;
  /** The grant that an approval prolongs, instead of opening a new one. */
  readonly extendsGrant: GrantId | null;
  readonly channel: ChannelId;
  readonly createdAt: Instant;
  /** When it expires unanswered. */
  readonly expiresAt: Instant;
  readonly waiting: Waiting;
};

/** A limit that an emergency went past: which, and the other role or the number. */
export type Overrode = {
  readonly limit: 'conflict-held' | 'conflict-asked' | 'held' | 'role' | 'pending' | 'per-hour';
  readonly detail: string;
};

/** What an emergency owes afterwards: so many reviewers say whether it was justified. */
export type Review = {
  /** Groups of reviewers as they were when it was taken; the catalog in force comes first. */
  readonly by: readonly string[];
  /** How many verdicts close it. A reload changes nothing about that. */
  readonly count: number;
  readonly nagMs: number;
  readonly overrode: readonly Overrode[];
  readonly nags: number;
  /** Null once it is closed. */
  readonly nagAt: Instant | null;
  readonly closedAt: Instant | null;
};

export type PendingRequest = RequestCore & { readonly state: 'pending' };
export type ApprovedRequest = RequestCore & {
  readonly state: 'approved';
  readonly decidedAt: Instant;
  readonly grantId: GrantId;
  /** The rule of the policy that approved it; null where people did. */
  readonly autoRule: string | null;
  /** Null where others approved it; set for an emergency. */
  readonly review: Review | null;
};
export type DeniedRequest = RequestCore & {
  readonly state: 'denied';
  readonly decidedAt: Instant;
};
export type CancelledRequest = RequestCore & {
  readonly state: 'cancelled';
  readonly decidedAt: Instant;
};
export type ExpiredRequest = RequestCore & { readonly state: 'expired'; readonly decidedAt: Instant };

export type AccessRequest =
  | PendingRequest
  | ApprovedRequest
  | DeniedRequest
  | CancelledRequest
  | ExpiredRequest;

/** What one reviewer says of an emergency. At most one for each (request, reviewer). */
export type ReviewVerdict = {
  readonly requestId: RequestId;
  readonly reviewer: UserId;
  readonly verdict: 'justified' | 'not-justified';
  readonly note: string | null;
  readonly at: Instant;
};

/** One person's approval or denial. At most one for each (request, approver, terms). */
export type Decision = {
  readonly requestId: RequestId;
  readonly approver: UserId;
  readonly verdict: 'approve' | 'deny';
  readonly reason: string | null;
  /** What an approver gives instead of the longer time that was asked for; null for all of it. Milliseconds. */
  readonly durationMs: number | null;
  readonly termsVersion: number;
  /** Whom they stood in for, where they had no right of their own; null where they had. */
  readonly inPlaceOf: UserId | null;
  readonly catalogSha256: string;
  readonly at: Instant;
};
