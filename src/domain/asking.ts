/** What people ask of Hallpass, and what they are answered. */
import type { Entitlement } from './entitlement.js';
import type { Grant } from './grant.js';
import type { ChannelId, EntitlementId, GrantId, RequestId, UserId, Workspace } from './ids.js';
import type { GrantChoice } from './refusal.js';
import type { AccessRequest, ApprovedRequest, PendingRequest, ReviewVerdict } from './request.js';
import type { Delegation } from './stand-ins.js';
import type { Stray } from './stray.js';
import type { Instant } from './time.js';
import type { StepView, StuckView } from './views.js';

/** `delivery` is the key of the Slack delivery (trigger id, event id): the same key is handled once. */
type Keyed = { readonly delivery: string };

export type SubmitInput = Keyed & {
  readonly workspace: Workspace;
  readonly requester: UserId;
  readonly beneficiary: UserId;
  readonly resource: string;
  /** Null for the resource's default role. */
  readonly role: string | null;
  /** Null for the policy's default. */
  readonly durationMs: number | null;
  /** Null for the moment of the approval. */
  readonly startsAt: Instant | null;
  readonly startZone: string | null;
  readonly reason: string;
};

/** Takes a role at once, for oneself. */
export type EmergencyInput = Keyed & {
  readonly workspace: Workspace;
  readonly requester: UserId;
  readonly resource: string;
  /** Null for the resource's default role. */
  readonly role: string | null;
  /** Null for the usual time. */
  readonly durationMs: number | null;
  readonly reason: string;
};
export type EmergencyTaken = {
  readonly request: ApprovedRequest;
  readonly grant: Grant;
  readonly title: string;
};

/** What the form shows to somebody who may take it. */
export type EmergencyForm = {
  readonly roleKey: string;
  readonly title: string;
  /** Of a bundle: the roles in it. */
  readonly parts: readonly string[];
  /** The time when nobody says; the longest. Milliseconds. */
  readonly usualMs: number;
  readonly maxMs: number;
  readonly channel: ChannelId;
  readonly reviewers: number;
};

export type ReviewInput = Keyed & {
  readonly by: UserId;
  readonly requestId: RequestId;
  readonly verdict: ReviewVerdict['verdict'];
  /** Needed where it was not justified. */
  readonly note: string | null;
};
export type Reviewed = {
  readonly request: ApprovedRequest;
  readonly verdict: ReviewVerdict['verdict'];
  /** How many verdicts are missing until it is closed. */
  readonly missing: number;
};
export type ReviewForm = { readonly request: ApprovedRequest; readonly title: string };

/** Asks for more time on a grant that is running. */
export type ProlongInput = Keyed & {
  readonly workspace: Workspace;
  readonly requester: UserId;
  readonly grantId: GrantId;
  readonly durationMs: number;
  readonly reason: string;
};

/** The same, by what a person types. */
export type ExtendInput = Omit<ProlongInput, 'grantId'> & { readonly which: string | null };

export type Submitted = {
  /** Approved where a rule of the policy has done so at once. */
  readonly request: PendingRequest | ApprovedRequest;
  /** What was opened or prolonged at once; null while people decide. */
  readonly grant: Grant | null;
  readonly title: string;
  readonly steps: readonly StepView[];
  /** How many people the card pings. */
  readonly pinged: number;
  /** Groups of rules that could have approved it at once, and that can't be read now. */
  readonly unreadable?: readonly string[];
  /** The same was waiting already: nothing new was made. */
  readonly isRepeat?: true;
};

export type DecideInput = Keyed & {
  readonly requestId: RequestId;
  /** The terms that the button stood under. */
  readonly termsVersion: number;
  readonly approver: UserId;
  readonly verdict: 'approve' | 'deny';
  readonly reason: string | null;
  /** Less than was asked for; null for all of it. Milliseconds. */
  readonly durationMs: number | null;
};

export type Decided = {
  readonly request: AccessRequest;
  readonly title: string;
  /** The grant that this decision opened or prolonged; null when votes are missing, or it was denied. */
  readonly grant: Grant | null;
  readonly steps: readonly StepView[];
  readonly verdict: 'approve' | 'deny';
  /** How many denials are missing, until it is denied. */
  readonly denialsMissing: number;
};

/** `which` as a person gives it: an id, a role (`prod-db`, `prod-db:admin`), or null where one thing fits. */
export type CancelInput = Keyed & { readonly by: UserId; readonly which: string | null };
export type NudgeInput = CancelInput;
/** `named`: who stands in for them, until when; null to take that back. */
export type DelegateInput = Keyed & {
  readonly by: UserId;
  readonly named: Pick<Delegation, 'standIn' | 'untilAt'> | null;
};

/** What holds from now on, and what held until now. */
export type Delegated = { readonly made: Delegation | null; readonly ended: Delegation | null };

/** Who stands in for a person, and those whom the person stands in for. */
export type DelegationsNow = {
  readonly own: Delegation | null;
  readonly forOthers: readonly Delegation[];
};

export type DoneInput = Keyed & { readonly by: UserId; readonly which: string | null };
export type RevokeInput = Keyed & {
  readonly by: UserId;
  readonly which: string;
  readonly reason: string;
};

export type Ended = {
  readonly grant: Grant;
  readonly title: string;
  /** Other grants that keep the same access alive. */
  readonly stillHeldBy: readonly GrantChoice[];
};

export type ProlongForm = {
  readonly grant: Grant;
  readonly title: string;
  /** The longest prolongation that still fits under the role's maximum. Milliseconds. */
  readonly leftMs: number;
};

export type RevealInput = Keyed & { readonly by: UserId; readonly grantId: GrantId };

/** Text that only `reveal` gives away. */
interface Hidden {
  reveal(): string;
}

export type RevealedSecret = {
  readonly connector: string;
  readonly fields: readonly { readonly label: string; readonly value: Hidden }[];
  /** How to use it. Plain text, without the secret; empty where nothing is to be said. */
  readonly howTo: string;
};

export type Revealed = {
  readonly grant: Grant;
  readonly title: string;
  readonly secrets: readonly RevealedSecret[];
};

/** What an admin does about access that no row explains. `strayId` as a person gives it. */
export type RemoveOrphanInput = Keyed & {
  readonly by: UserId;
  readonly strayId: string;
  readonly reason: string;
};
export type AdoptOrphanInput = RemoveOrphanInput & {
  readonly workspace: Workspace;
  readonly beneficiary: UserId;
  readonly durationMs: number;
};
export type Adopted = { readonly stray: Stray; readonly grant: Grant; readonly title: string };

export type OrphansForm = { readonly orphans: readonly Stray[] };

/** `catalogSha256`: of the catalog under which the dry run was shown. */
export type EnforceInput = Keyed & {
  readonly by: UserId;
  readonly connector: string;
  readonly catalogSha256: string;
};

/** Has a stuck revocation tried at once. */
export type RetryInput = Keyed & { readonly by: UserId; readonly entitlementId: EntitlementId };
/** Says that stuck access was removed by hand. */
export type MarkInput = RetryInput & { readonly reason: string };

/**
 * What the look at the target showed. `there`: it is still there, so the mark is not kept. `taken`: the
 * target could not tell, so the admin's word is. `under-way`: somebody else is asking the target just now.
 */
export type Unstuck = {
  readonly stuck: Pick<Entitlement, 'id' | 'connector' | 'role' | 'account' | 'error'>;
  readonly outcome: 'gone' | 'failing' | 'there' | 'taken' | 'under-way';
};

export type RemovalForm = { readonly stuck: StuckView };

/** `claims`: looks at it; else gives it back. */
export type ClaimInput = Keyed & {
  readonly by: UserId;
  readonly requestId: RequestId;
  readonly claims: boolean;
};
/** `from`: whoever had looked at it until now. */
export type Claimed = { readonly request: PendingRequest; readonly from: UserId | null };

export type Nudged = { readonly request: PendingRequest };

export type Cancelled = { readonly request: AccessRequest; readonly title: string };

/** What the form for a denial shows, to somebody who may deny. */
export type DenyForm = {
  readonly request: PendingRequest;
  readonly title: string;
  readonly reasonRequired: boolean;
};

export type RevokeForm = { readonly grant: Grant; readonly title: string };
