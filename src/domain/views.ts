import type { RuleNow } from './auto-approval.js';
import type { CallErrorKind, Direction, Seen } from './entitlement.js';
import type { Actor, Grant, LiveGrant } from './grant.js';
import type { ChannelId, EntitlementId, GrantId, RequestId, UserId } from './ids.js';
import type { Policy, Tier } from './catalog.js';
import type { Lost } from './lost-eligibility.js';
import type { Refusal } from './refusal.js';
import type { AccessRequest, Account, ApprovedRequest, Decision, Review, ReviewVerdict } from './request.js';
import type { TermsPart, Untenable } from './renewal.js';
import type { InPlaceOf } from './stand-ins.js';
import type { Stray } from './stray.js';
import type { Instant } from './time.js';

/** How ending access in a target treats sessions that are open. */
export type SessionsAtEnd = 'cut' | 'may-continue' | 'none';

/** One entitlement as a card shows it. */
export type EntitlementView = {
  readonly connector: string;
  readonly role: string;
  readonly account: Account;
  /** Simulated connectors grant nothing; every card says so. */
  readonly simulated: boolean;
  readonly sessionsAtEnd: SessionsAtEnd;
  /** The connector's own words on how to use the access; null when it is no longer configured. */
  readonly howTo: string | null;
  readonly seen: Seen;
  /** Whether the target ends the access by itself, should Hallpass be gone; null: it is no longer configured. */
  readonly nativeExpiry: 'exact' | 'coarse' | 'none' | null;
  /** The holder gets a login of their own, by a button. */
  readonly issuesSecret: boolean;
  /** Present before and not given by Hallpass: it stays. */
  readonly standing: boolean;
  readonly failing: FailingView | null;
  /** Set where this grant's hold was let go by it. */
  readonly byHand: ByHandView | null;
};

export type FailingView = {
  readonly direction: Direction;
  readonly since: Instant;
  readonly attempts: number;
  readonly nextAt: Instant | null;
  readonly text: string;
};

export type StepView = {
  readonly name: string | null;
  readonly from: readonly string[];
  readonly count: number;
  readonly filledBy: readonly UserId[];
  /** Those of them who approved in the place of somebody who is away. */
  readonly inPlaceOf: readonly InPlaceOf[];
  /** Its turn comes after the steps before it. */
  readonly waits: boolean;
};

/** What became of an earlier request of the same person for the same role. */
export type EarlierView = { readonly request: AccessRequest; readonly grant: Grant | null };

/** What helps to decide, as of the moment it was drawn. */
export type BackgroundView = {
  /** Decided requests, newest first; some of them. */
  readonly earlier: readonly EarlierView[];
  readonly earlierTotal: number;
  /** Active grants of other roles of the same resource. */
  readonly holds: readonly { readonly role: string; readonly endsAt: Instant }[];
  /** What of it the account has in the target already, not given by Hallpass. */
  readonly standing: readonly { readonly connector: string; readonly role: string }[];
  /** Of whoever asked; null where Slack does not say it. */
  readonly timeZone: string | null;
};

export type TicketView = { readonly name: string; readonly link: string | null };

/** Who was called in because nobody had answered. `channel`: where the card stands as well. */
export type EscalationView = {
  readonly at: Instant;
  readonly to: readonly string[];
  readonly channel: ChannelId | null;
};

/** Of an emergency, as its card shows it. */
export type ReviewView = Pick<Review, 'count' | 'overrode' | 'closedAt'> & {
  readonly verdicts: readonly ReviewVerdict[];
  /** Who can review it, to be called on when the card first appears. */
  readonly ping: readonly UserId[];
};

/** Everything the card in the approvers' channel shows. */
export type RequestCardView = {
  /** The ticket that the reason names, where the policy asks for one. */
  readonly ticket: TicketView | null;
  /** What those who have approved so far agree to. Milliseconds. */
  readonly agreedMs: number;
  /** What an approver may give instead; empty when it is decided. Milliseconds. */
  readonly shorterMs: readonly number[];
  readonly request: AccessRequest;
  readonly title: string;
  /** Of a bundle: the roles in it, as the catalog has it now. */
  readonly parts: readonly string[];
  readonly decisions: readonly Decision[];
  readonly steps: readonly StepView[];
  /** How many of those who may approve have to deny it, until it is denied. */
  readonly denialsNeeded: number;
  readonly tier: Tier;
  /** The people to ping when the card first appears: whoever can still decide. */
  readonly ping: readonly UserId[];
  /** Those of them who stand in for an approver who is away. */
  readonly inPlaceOf: readonly InPlaceOf[];
  readonly escalation: EscalationView | null;
  /** Null where others approved it, or have to. */
  readonly review: ReviewView | null;
  readonly entitlements: readonly EntitlementView[];
  /** The grant that came of it, or that it prolonged. */
  readonly grant: Grant | null;
  /** Who can no longer take part, so that the request is void. */
  readonly left: UserId | null;
  /** Why no terms are left that it could be approved on, so that it is void. */
  readonly untenable: Untenable | null;
  /** Null once it is decided. */
  readonly background: BackgroundView | null;
  /** The end that an approval would set now, for a prolongation. */
  readonly prolongsUntil: Instant | null;
};

/** Everything the message to the beneficiary shows. */
export type GrantCardView = {
  readonly grant: Grant;
  readonly request: ApprovedRequest;
  readonly title: string;
  /** Of a bundle: the roles in it, as the catalog has it now. */
  readonly parts: readonly string[];
  readonly approvedBy: readonly UserId[];
  readonly inPlaceOf: readonly InPlaceOf[];
  /** What the approvers agreed to. Milliseconds. */
  readonly agreedMs: number;
  readonly entitlements: readonly EntitlementView[];
  /** Whether the policy gives more time on it at all. */
  readonly mayExtend: boolean;
};

/** What a notice needs to be written, by kind. */
export type NoticeView =
  /** Kept in the direct messages, where the answer to the command is not. */
  | {
      readonly kind: 'request-received';
      readonly request: AccessRequest;
      readonly title: string;
      readonly steps: readonly StepView[];
    }
  | {
      readonly kind: 'request-for-you' | 'request-expired';
      readonly request: AccessRequest;
      readonly title: string;
    }
  /** To whoever asked for somebody else, who gets the access and its own messages. */
  | {
      readonly kind: 'request-approved';
      readonly request: AccessRequest;
      readonly title: string;
      readonly by: readonly UserId[];
      readonly inPlaceOf: readonly InPlaceOf[];
      readonly startsAt: Instant;
      readonly endsAt: Instant;
    }
  /** The card can't be posted where the approvers would see it. */
  | {
      readonly kind: 'request-not-shown';
      readonly request: AccessRequest;
      readonly title: string;
      readonly error: string;
    }
  /** The card of an emergency can't be posted in the channel that the policy names for it. */
  | {
      readonly kind: 'emergency-not-shown';
      /** Whether its card stands there, and only what is said later does not reach it. */
      readonly seen: boolean;
      readonly request: AccessRequest;
      readonly title: string;
      readonly error: string;
    }
  | {
      readonly kind: 'request-denied' | 'request-cancelled';
      readonly request: AccessRequest;
      readonly title: string;
      readonly by: UserId | null;
      readonly reason: string | null;
    }
  /** `waitedMs`: since it was asked. `by`: the requester, where it is their nudge. */
  | {
      readonly kind: 'request-nudge';
      readonly request: AccessRequest;
      readonly steps: readonly StepView[];
      readonly mention: readonly UserId[];
      /** Those of them who stand in for an approver who is away. */
      readonly inPlaceOf: readonly InPlaceOf[];
      readonly waitedMs: number;
      readonly by: UserId | null;
    }
  | {
      readonly kind: 'request-escalated';
      readonly request: AccessRequest;
      readonly escalation: EscalationView;
      readonly mention: readonly UserId[];
      /** Those of them who stand in for an approver who is away. */
      readonly inPlaceOf: readonly InPlaceOf[];
      readonly waitedMs: number;
    }
  /** The second card can't be posted in the channel that the escalation names. */
  | { readonly kind: 'request-copy-unseen'; readonly channel: ChannelId; readonly error: string }
  /** `unreadable`: groups of reviewers of whom nobody knows who is in them. */
  | {
      readonly kind: 'review-nag';
      readonly request: AccessRequest;
      readonly missing: number;
      readonly mention: readonly UserId[];
      readonly unreadable: readonly string[];
      readonly waitedMs: number;
    }
  | { readonly kind: 'request-taken-over'; readonly from: UserId; readonly by: UserId }
  /** `voters`: whose votes count no longer. */
  | {
      readonly kind: 'request-terms-changed';
      readonly request: AccessRequest;
      readonly changed: readonly TermsPart[];
      readonly voters: readonly UserId[];
    }
  | {
      readonly kind: 'request-renewed';
      readonly request: AccessRequest;
      readonly title: string;
      readonly changed: readonly TermsPart[];
    }
  /** Cancelled by Hallpass: no terms are left for it. */
  | {
      readonly kind: 'request-untenable';
      readonly request: AccessRequest;
      readonly title: string;
      readonly why: Untenable;
    }
  | { readonly kind: 'request-asked-again'; readonly by: UserId; readonly reason: string }
  /** Of steps in order: whose turn it is now. */
  | {
      readonly kind: 'request-next-step';
      readonly step: StepView;
      readonly mention: readonly UserId[];
      readonly inPlaceOf: readonly InPlaceOf[];
    }
  /** `opened`: whether the access was there before it ended. */
  | {
      readonly kind: 'request-access-lost';
      readonly holder: UserId;
      readonly lost: Lost;
      readonly opened: boolean;
    }
  /** Cancelled by Hallpass: one of the two can no longer take part. */
  | {
      readonly kind: 'request-voided';
      readonly request: AccessRequest;
      readonly title: string;
      readonly left: UserId;
    }
  | {
      readonly kind:
        | 'grant-opened'
        | 'grant-reminder'
        | 'grant-prolonged'
        | 'grant-revoked'
        | 'grant-not-opened';
      readonly card: GrantCardView;
    }
  | {
      readonly kind: 'revocation-stuck';
      readonly connector: string;
      readonly stuck: readonly StuckView[];
    }
  | { readonly kind: 'connector-back'; readonly connector: string }
  | {
      readonly kind: 'access-drifted';
      readonly card: GrantCardView;
      readonly connector: string;
      readonly role: string;
      readonly account: Account;
      /** `restoring`: the catalog says that it is given again. `back`: it has been. */
      readonly now: 'gone' | 'restoring' | 'back';
      /** Whether it is the reader's own access. */
      readonly own: boolean;
    }
  | { readonly kind: 'orphans-found'; readonly connector: string; readonly orphans: readonly Stray[] }
  | { readonly kind: 'standing-found'; readonly connector: string; readonly standing: readonly Stray[] }
  /** The dry run of `on_drift: enforce`. */
  | {
      readonly kind: 'enforcement-asked';
      readonly connector: string;
      readonly standing: readonly Stray[];
      readonly catalogSha256: string;
    }
  /** The alarm can't be posted in the channel that the catalog names for it. */
  | { readonly kind: 'alarm-not-shown'; readonly channel: ChannelId; readonly error: string }
  /** To an admin: where a request, or the access that somebody was given, can't be shown to whom it concerns. */
  | { readonly kind: 'card-not-shown'; readonly where: ChannelId | UserId; readonly error: string }
  | { readonly kind: 'stand-in-named'; readonly delegator: UserId; readonly untilAt: Instant }
  /** Taken back, or given to somebody else, before its time was over. */
  | { readonly kind: 'stand-in-over'; readonly delegator: UserId }
  /** Somebody can no longer take part: what ended with it, and what is void. */
  | {
      readonly kind: 'holder-left';
      readonly who: UserId;
      readonly grants: readonly Pick<Grant, 'id' | 'resource' | 'role'>[];
      readonly requests: readonly Pick<AccessRequest, 'id' | 'resource' | 'role'>[];
    }
  | { readonly kind: 'many-left' }
  /** Several could no longer ask for what they hold. `ended`: their access ends now; else a second look is still to agree. */
  | {
      readonly kind: 'many-ineligible';
      readonly ended: boolean;
      readonly total: number;
      /** Some of them, and the groups that may ask for these. */
      readonly grants: readonly Pick<Grant, 'id' | 'beneficiary' | 'resource' | 'role'>[];
      readonly groups: readonly string[];
    }
  /** The machine's clock stands before what is on record; `open`: live grants and pending requests. */
  | {
      readonly kind: 'clock-behind';
      readonly behindMs: number;
      readonly open: number;
    };

/** What one look at a whole target found. */
export type ReconciledView = {
  readonly connector: string;
  /** Entitlements that were read back. */
  readonly looked: number;
  readonly drifted: readonly ReadBack[];
  /** Past their end, and still there: being taken away now. */
  readonly overdue: readonly ReadBack[];
  readonly orphans: readonly Stray[];
  readonly standing: readonly Stray[];
  /** Whether something is to be gone from it, and taking it away has failed. */
  readonly stuck: boolean;
  /** Why some of it could not be read, in the connector's words. */
  readonly problems: readonly string[];
};

export type ReadBack = {
  readonly role: string;
  readonly account: Account;
  readonly owner: UserId | null;
};

/** An admin's word that access is gone, which no look at the target could confirm. */
export type ByHandView = { readonly by: Actor; readonly at: Instant };
/** Access that should be gone and is not known to be. */
export type StuckView = {
  readonly id: EntitlementId;
  readonly connector: string;
  readonly account: Account;
  readonly role: string;
  /** Null where Hallpass found it in the target and cannot know for whom. */
  readonly holder: UserId | null;
  readonly failing: FailingView;
  readonly kind: CallErrorKind;
  readonly byHand: ByHandView | null;
};

/** `shortId`: no longer than tells it from all others. */
export type ListedStuck = StuckView & { readonly shortId: string };

/** A page of everything that is stuck, or on its way there. */
export type StuckPage = {
  readonly stuck: readonly ListedStuck[];
  readonly total: number;
  /** Offset of this page. */
  readonly offset: number;
  readonly pageSize: number;
  /** When it was read, for the ages. */
  readonly at: Instant;
  /** Whether the viewer may retry and mark; auditors only look. */
  readonly mayAct: boolean;
};

/** One line of who-has. */
export type HolderView = {
  readonly grantId: GrantId;
  readonly requestId: RequestId;
  readonly roleKey: string;
  /** Of a bundle: the roles in it. */
  readonly parts: readonly string[];
  readonly beneficiary: UserId;
  readonly accounts: readonly Account[];
  readonly state: LiveGrant['state'];
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  readonly approvedBy: readonly UserId[];
  /** Those of them who stood in for an approver. */
  readonly inPlaceOf: readonly InPlaceOf[];
  /** Taken without an approval, and reviewed afterwards. */
  readonly emergency: boolean;
  /** The rule that approved it; null where people did. */
  readonly autoRule: string | null;
  /** Null when this viewer may not read it. */
  readonly reason: string | null;
  readonly standing: boolean;
};

/** Somebody the target itself names as a member, and whom Hallpass did not put there. */
export type StandingView = { readonly roleKey: string; readonly connector: string; readonly account: string };

export type MarkedView = {
  readonly roleKey: string;
  readonly connector: string;
  readonly account: string;
  readonly byHand: ByHandView;
};

export type WhoHasView = {
  /** What was asked about: a role, a resource, a person, or everything this viewer may see. */
  readonly about: WhoHasAbout;
  readonly holders: readonly HolderView[];
  readonly total: number;
  /** Offset of this page. */
  readonly offset: number;
  readonly pageSize: number;
  readonly standing: readonly StandingView[];
  /** Marked as removed by hand, and not read back. */
  readonly marked: readonly MarkedView[];
  /** Targets whose own members could not be read, or that cannot list them. */
  readonly unlisted: readonly string[];
  /** Whether the viewer may have it as a file. */
  readonly mayExport: boolean;
};

/** The same as a whole, as of a moment. */
export type HoldersExport = Omit<WhoHasView, 'offset' | 'pageSize' | 'mayExport'> & { readonly at: Instant };

export type WhoHasAbout =
  | { readonly kind: 'all' }
  | { readonly kind: 'resource'; readonly resource: string }
  | { readonly kind: 'role'; readonly resource: string; readonly role: string }
  | { readonly kind: 'person'; readonly userId: UserId };

/** One request, and what became of it. */
export type HistoryItem = EarlierView & {
  /** Who approved or denied it. */
  readonly by: readonly UserId[];
  readonly inPlaceOf: readonly InPlaceOf[];
  readonly autoRule: string | null;
  readonly emergency: boolean;
};

export type HistoryView = {
  readonly about: WhoHasAbout;
  /** How far back it goes. Milliseconds. */
  readonly backMs: number;
  /** Newest first. */
  readonly items: readonly HistoryItem[];
  readonly total: number;
  /** Offset of this page. */
  readonly offset: number;
  readonly pageSize: number;
  /** Whether the viewer may have it as a file. */
  readonly mayExport: boolean;
};

/** The same as a whole, as of a moment. */
export type HistoryExport = Pick<HistoryView, 'about' | 'backMs' | 'items' | 'total'> & {
  readonly at: Instant;
};

/** What somebody holds themselves. */
export type OwnView = HolderView & {
  /** Whether the policy gives more time on it at all. */
  readonly mayExtend: boolean;
};

export type MineView = {
  readonly grants: readonly OwnView[];
  readonly pending: readonly {
    readonly requestId: RequestId;
    readonly roleKey: string;
    readonly durationMs: number;
    readonly startsAt: Instant | null;
    readonly createdAt: Instant;
    readonly expiresAt: Instant;
    readonly beneficiary: UserId;
    /** When its approvers were nudged on their word: it can be done once. */
    readonly nudgedAt: Instant | null;
  }[];
};

/** From which line on each list of the Home tab is shown. */
export type HomePlace = { readonly held: number; readonly deciding: number; readonly asked: number };

export type HomeView = {
  readonly place: HomePlace;
  readonly own: MineView;
  /** Requests that this person can approve now, one page of them. */
  readonly deciding: readonly RequestCardView[];
  readonly decidingIsMore: boolean;
  /** Emergencies that this person can review now; the first of them. */
  readonly reviews: readonly RequestCardView[];
  /** Null for whoever is neither admin nor auditor. */
  readonly admin: HomeAdminView | null;
};

/** How many of each need a look. */
export type HomeAdminView = {
  readonly failing: number;
  readonly orphans: number;
  readonly standing: number;
  /** Requests whose approvers were nudged, and others called in, without an answer. */
  readonly unanswered: number;
  readonly isAdmin: boolean;
};

/** One role that a person may request. */
export type OfferView = {
  readonly roleKey: string;
  readonly resource: string;
  readonly role: string;
  readonly isDefault: boolean;
  readonly title: string;
  /** Of a bundle: the roles in it. */
  readonly parts: readonly string[];
  readonly minMs: number;
  readonly defaultMs: number;
  readonly maxMs: number;
  readonly approvals: readonly StepView[];
  readonly forOthers: boolean;
};

export type ExplainedStep = StepView & {
  /** Who could fill it, whoever asks left out. */
  readonly people: number;
  /** Groups of it that can't be read now, and so add nobody. */
  readonly unreadable: readonly string[];
};

/** What asking for a role would come to. */
export type ExplainView = {
  readonly roleKey: string;
  readonly title: string;
  /** Of a bundle: the roles in it. */
  readonly parts: readonly string[];
  readonly tier: Tier;
  /** Why it would be refused now, whatever its time and reason. */
  readonly problem: Refusal | null;
  readonly steps: readonly ExplainedStep[];
  readonly policy: Policy;
  /** What approves at once, for the shortest window that begins now. */
  readonly rules: readonly RuleNow[];
  /** How many people the card would ping. */
  readonly pinged: number;
};

export type WhoAmIView = {
  readonly userId: UserId;
  readonly email: string | null;
  readonly groups: readonly string[];
  readonly accounts: readonly WhoAmIAccount[];
};

export type WhoAmIAccount = {
  readonly connector: string;
  /** The account by the map or the e-mail rule, or why there is none. */
  readonly account: string | null;
  readonly missing: 'no-rule' | 'no-email' | 'email-unconfirmed' | 'email-domain' | null;
};
