/** What the Slack side asks of Hallpass. app.ts hands in the use cases. */
import type {
  Adopted,
  AdoptOrphanInput,
  CancelInput,
  Cancelled,
  Claimed,
  ClaimInput,
  DecideInput,
  Decided,
  Delegated,
  DelegateInput,
  DelegationsNow,
  DenyForm,
  DoneInput,
  EmergencyForm,
  EmergencyInput,
  EmergencyTaken,
  Ended,
  EnforceInput,
  ExtendInput,
  Nudged,
  NudgeInput,
  OrphansForm,
  ProlongForm,
  ProlongInput,
  RemoveOrphanInput,
  MarkInput,
  RemovalForm,
  RetryInput,
  Revealed,
  RevealInput,
  Reviewed,
  ReviewForm,
  ReviewInput,
  RevokeForm,
  RevokeInput,
  SubmitInput,
  Submitted,
  Unstuck,
} from '../domain/asking.js';
import type { EntitlementId, GrantId, RequestId, UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import type { Result } from '../domain/result.js';
import type { Stray } from '../domain/stray.js';
import type {
  ExplainView,
  HistoryExport,
  HistoryView,
  HoldersExport,
  HomePlace,
  HomeView,
  MineView,
  OfferView,
  ReconciledView,
  StuckPage,
  WhoAmIView,
  WhoHasAbout,
  WhoHasView,
} from '../domain/views.js';

type Answer<Value> = Promise<Result<Value, Refusal>>;

export interface Actions {
  submitRequest(input: SubmitInput): Answer<Submitted>;
  prolongGrant(input: ProlongInput): Answer<Submitted>;
  extendGrant(input: ExtendInput): Answer<Submitted>;
  /** Takes a role at once. */
  takeEmergency(input: EmergencyInput): Answer<EmergencyTaken>;
  emergencyForm(input: { viewer: UserId; resource: string; role: string | null }): Answer<EmergencyForm>;
  /** What this person may take at once now. */
  emergencies(input: { viewer: UserId }): Promise<readonly EmergencyForm[]>;
  reviewEmergency(input: ReviewInput): Answer<Reviewed>;
  /** Refused to whoever may not review it. */
  reviewForm(input: { viewer: UserId; requestId: RequestId }): Answer<ReviewForm>;
  decideRequest(input: DecideInput): Answer<Decided>;
  cancelRequest(input: CancelInput): Answer<Cancelled>;
  nudgeRequest(input: NudgeInput): Answer<Nudged>;
  delegate(input: DelegateInput): Answer<Delegated>;
  delegations(input: { viewer: UserId }): Promise<DelegationsNow>;
  claimRequest(input: ClaimInput): Answer<Claimed>;
  endOwnGrant(input: DoneInput): Answer<Ended>;
  revokeGrant(input: RevokeInput): Answer<Ended>;
  /** Slack says that something about this person has changed; what, is read afresh. */
  personChanged(userId: UserId): Promise<void>;
  whoHas(input: { viewer: UserId; about: WhoHasAbout; offset: number }): Answer<WhoHasView>;
  /** For admins and auditors. */
  exportHolders(input: { viewer: UserId; about: WhoHasAbout }): Answer<HoldersExport>;
  history(input: { viewer: UserId; about: WhoHasAbout; backMs: number; offset: number }): Answer<HistoryView>;
  /** For admins and auditors. */
  exportHistory(input: { viewer: UserId; about: WhoHasAbout; backMs: number }): Answer<HistoryExport>;
  mine(input: { viewer: UserId }): Promise<MineView>;
  home(input: { viewer: UserId; place: HomePlace }): Answer<HomeView>;
  /** What this person may request now; `unreadable` names groups that could not be read. */
  offers(input: {
    viewer: UserId;
  }): Promise<{ readonly offers: readonly OfferView[]; readonly unreadable: readonly string[] }>;
  whoAmI(input: { viewer: UserId }): Answer<WhoAmIView>;
  explainRole(input: { viewer: UserId; resource: string; role: string | null }): Answer<ExplainView>;
  prolongForm(input: { viewer: UserId; grantId: GrantId }): Answer<ProlongForm>;
  extendForm(input: { viewer: UserId; which: string | null }): Answer<ProlongForm>;
  /** Refused to whoever may not deny it, so that nobody fills in a form for nothing. */
  denyForm(input: { viewer: UserId; requestId: RequestId; termsVersion: number }): Answer<DenyForm>;
  /** Makes a new secret at every call; what comes back is for this person's eyes alone. */
  revealSecret(input: RevealInput): Answer<Revealed>;
  revokeForm(input: { viewer: UserId; grantId: GrantId }): Answer<RevokeForm>;
  /** Looks at every target now. For admins. */
  reconcile(input: { viewer: UserId }): Answer<readonly ReconciledView[]>;
  orphansForm(input: { viewer: UserId; connector: string | null }): Answer<OrphansForm>;
  removeOrphan(input: RemoveOrphanInput): Answer<Stray>;
  adoptOrphan(input: AdoptOrphanInput): Answer<Adopted>;
  confirmEnforcement(
    input: EnforceInput,
  ): Answer<{ readonly connector: string; readonly roles: readonly string[] }>;
  /** For admins and auditors. */
  listStuck(input: { viewer: UserId; offset: number }): Answer<StuckPage>;
  retryStuck(input: RetryInput): Answer<Unstuck>;
  removalForm(input: { viewer: UserId; entitlementId: EntitlementId }): Answer<RemovalForm>;
  markRemoved(input: MarkInput): Answer<Unstuck>;
}
