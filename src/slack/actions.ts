/** What the Slack side asks of Hallpass. app.ts hands in the use cases. */
import type { Grant } from '../domain/grant.js';
import type { GrantId, RequestId, UserId, Workspace } from '../domain/ids.js';
import type { GrantChoice, Refusal } from '../domain/refusal.js';
import type { AccessRequest, PendingRequest } from '../domain/request.js';
import type { Result } from '../domain/result.js';
import type {
  GrantCardView,
  MineView,
  OfferView,
  RequestCardView,
  StepView,
  WhoAmIView,
  WhoHasAbout,
  WhoHasView,
} from '../domain/views.js';

type Answer<Value> = Promise<Result<Value, Refusal>>;

/** `delivery` is the key of the Slack delivery (trigger id, event id): the same key is handled once. */
type Delivered = { readonly delivery: string };

export type SubmitInput = Delivered & {
  readonly workspace: Workspace;
  readonly requester: UserId;
  readonly beneficiary: UserId;
  readonly resource: string;
  /** Null for the resource's default role. */
  readonly role: string | null;
  /** Null for the policy's default. */
  readonly durationMs: number | null;
  readonly reason: string;
};

/** Asks for more time on a grant that is running. */
export type ProlongInput = Delivered & {
  readonly workspace: Workspace;
  readonly requester: UserId;
  readonly grantId: GrantId;
  readonly durationMs: number;
  readonly reason: string;
};

export type Submitted = {
  readonly request: PendingRequest;
  readonly title: string;
  readonly steps: readonly StepView[];
  /** How many people the card pings. */
  readonly pinged: number;
};

export type DecideInput = Delivered & {
  readonly requestId: RequestId;
  /** The terms that the button stood under. */
  readonly termsVersion: number;
  readonly approver: UserId;
  readonly verdict: 'approve' | 'deny';
  readonly reason: string | null;
};

export type Decided = {
  readonly request: AccessRequest;
  readonly title: string;
  /** The grant that this decision opened or prolonged; null when votes are missing, or it was denied. */
  readonly grant: Grant | null;
  readonly steps: readonly StepView[];
};

/** `which` as a person gives it: an id, a role (`prod-db`, `prod-db:admin`), or null where one thing fits. */
export type CancelInput = Delivered & { readonly by: UserId; readonly which: string | null };
export type DoneInput = Delivered & { readonly by: UserId; readonly which: string | null };
export type RevokeInput = Delivered & {
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

export interface Actions {
  submitRequest(input: SubmitInput): Answer<Submitted>;
  prolongGrant(input: ProlongInput): Answer<Submitted>;
  decideRequest(input: DecideInput): Answer<Decided>;
  cancelRequest(input: CancelInput): Answer<{ readonly request: AccessRequest; readonly title: string }>;
  endOwnGrant(input: DoneInput): Answer<Ended>;
  revokeGrant(input: RevokeInput): Answer<Ended>;
  whoHas(input: { viewer: UserId; about: WhoHasAbout; offset: number }): Answer<WhoHasView>;
  mine(input: { viewer: UserId }): Promise<MineView>;
  /** What this person may request now; `unreadable` names groups that could not be read. */
  offers(input: {
    viewer: UserId;
  }): Promise<{ readonly offers: readonly OfferView[]; readonly unreadable: readonly string[] }>;
  whoAmI(input: { viewer: UserId }): Answer<WhoAmIView>;
  prolongForm(input: { viewer: UserId; grantId: GrantId }): Answer<ProlongForm>;
  /** Read from the database alone, so that a modal can open within its trigger. */
  requestCard(requestId: RequestId): Promise<RequestCardView | null>;
  grantCard(grantId: GrantId): Promise<GrantCardView | null>;
  /** Whether the policy of this request demands a reason for a denial. */
  denyReasonRequired(requestId: RequestId): Promise<boolean>;
}
