import type { Miss } from './auto-approval.js';
import type { ChannelId, GrantId, RequestId, StrayId, UserId } from './ids.js';
import type { AccessRequest, ReviewVerdict } from './request.js';
import type { Instant } from './time.js';

/** One grant, named so that a person can choose it. */
export type GrantChoice = {
  readonly grantId: GrantId;
  readonly beneficiary: UserId;
  readonly roleKey: string;
  /** Set while its window has not begun. */
  readonly upcomingAt: Instant | null;
  readonly endsAt: Instant;
};
export type RequestChoice = { readonly requestId: RequestId; readonly roleKey: string };

/** Why somebody cannot take part at all. `unknown`: the workspace does not know them. */
export type NoPart = 'deactivated' | 'guest' | 'bot' | 'stranger' | 'unknown';

/** Why no account could be found for a person in a target. */
export type NoAccount =
  | { readonly why: 'no-rule' }
  | { readonly why: 'no-email' }
  | { readonly why: 'email-unconfirmed' }
  | { readonly why: 'email-domain'; readonly domains: readonly string[] }
  | { readonly why: 'not-in-target'; readonly account: string };

/** An expected "no". Its text is in slack/refusal-text.ts; every code has one. */
export type Refusal =
  /** The same Slack delivery came twice; the first one was answered. Nothing is said. */
  | { readonly code: 'already-handled' }
  // asking
  | { readonly code: 'unknown-resource'; readonly typed: string; readonly suggestions: readonly string[] }
  | {
      readonly code: 'unknown-role';
      readonly resource: string;
      readonly typed: string;
      readonly roles: readonly string[];
    }
  | { readonly code: 'not-eligible'; readonly roleKey: string; readonly who: UserId }
  | {
      readonly code: 'groups-unreadable';
      readonly groups: readonly string[];
      /** Each reason once; in words that tell nothing that only admins should know. */
      readonly why: readonly string[];
    }
  | { readonly code: 'directory-unavailable' }
  | { readonly code: 'no-part'; readonly who: UserId; readonly why: NoPart }
  | { readonly code: 'not-for-others'; readonly roleKey: string }
  | { readonly code: 'duration-too-long'; readonly roleKey: string; readonly maxMs: number }
  | { readonly code: 'duration-too-short'; readonly minMs: number }
  | { readonly code: 'start-passed'; readonly startsAt: Instant }
  | { readonly code: 'start-too-far'; readonly roleKey: string; readonly withinMs: number }
  | { readonly code: 'reason-missing' }
  | { readonly code: 'reason-too-short'; readonly minLength: number }
  | { readonly code: 'ticket-missing'; readonly say: string }
  | { readonly code: 'reason-too-long'; readonly maxLength: number }
  | {
      readonly code: 'no-account';
      readonly connector: string;
      readonly who: UserId;
      readonly detail: NoAccount;
    }
  | { readonly code: 'account-shared'; readonly connector: string; readonly account: string }
  | { readonly code: 'target-unavailable'; readonly connector: string }
  | { readonly code: 'target-refuses'; readonly connector: string; readonly text: string }
  | { readonly code: 'too-few-approvers'; readonly roleKey: string }
  | { readonly code: 'no-manager'; readonly who: UserId }
  | {
      readonly code: 'already-pending';
      readonly requestId: RequestId;
      readonly roleKey: string;
      /** What is waiting, where it is not the same as what is asked for now. */
      readonly durationMs: number;
      readonly startsAt: Instant | null;
      readonly isMore: boolean;
    }
  /** Only rules approve under this policy, and none of them holds. */
  | { readonly code: 'not-automatic'; readonly roleKey: string; readonly misses: readonly Miss[] }
  | { readonly code: 'no-more-time'; readonly roleKey: string }
  /** As many have denied it as it takes, counted by who approves now. */
  | { readonly code: 'quorum-denied'; readonly by: readonly UserId[] }
  /** More time of what the role no longer gives, or on an account that is no longer the holder's. */
  | { readonly code: 'not-as-held'; readonly roleKey: string }
  | {
      readonly code: 'past-maximum';
      readonly roleKey: string;
      readonly maxMs: number;
      readonly leftMs: number;
    }
  | { readonly code: 'ending-only' }
  | { readonly code: 'clock-behind'; readonly behindMs: number }
  | { readonly code: 'too-many-pending'; readonly most: number }
  | { readonly code: 'too-many-requests'; readonly most: number }
  | { readonly code: 'too-many-held'; readonly most: number }
  | {
      readonly code: 'role-full';
      readonly roleKey: string;
      readonly most: number;
      readonly nextEnd: Instant | null;
    }
  | {
      readonly code: 'roles-conflict';
      readonly roleKey: string;
      readonly other: string;
      readonly how: 'held' | 'asked';
    }
  | { readonly code: 'approver-cannot-hold'; readonly roleKey: string; readonly who: UserId }
  // emergencies
  | { readonly code: 'no-emergency'; readonly roleKey: string }
  | { readonly code: 'emergency-not-yours'; readonly roleKey: string }
  | { readonly code: 'already-held'; readonly roleKey: string; readonly endsAt: Instant }
  | { readonly code: 'not-a-reviewer'; readonly roleKey: string }
  /** `same`: by another Slack user on the same account of the target. */
  | {
      readonly code: 'own-emergency';
      readonly same: { readonly connector: string; readonly account: string } | null;
    }
  | { readonly code: 'already-reviewed' }
  | { readonly code: 'review-closed'; readonly verdict: ReviewVerdict['verdict'] }
  | { readonly code: 'review-note-missing' }
  // deciding
  | { readonly code: 'unknown-request'; readonly typed: string }
  | {
      readonly code: 'not-pending';
      readonly request: AccessRequest;
      /** Who approved it, or who denied it. */
      readonly by: readonly UserId[];
    }
  | { readonly code: 'not-an-approver'; readonly roleKey: string }
  /** Steps have an order, and this one comes first. */
  | { readonly code: 'not-your-turn'; readonly step: string | null; readonly from: readonly string[] }
  /** Nobody else could fill a later step. */
  | { readonly code: 'needed-later' }
  | { readonly code: 'self-approval' }
  | { readonly code: 'same-account'; readonly connector: string; readonly account: string }
  | { readonly code: 'terms-changed' }
  | { readonly code: 'already-voted' }
  /** Whoever is stood in for, or their stand-in, has voted: the two count as one. */
  | { readonly code: 'counts-as-one'; readonly with: UserId }
  /** An approver gives less time than was asked for, never more. */
  | { readonly code: 'not-for-less'; readonly askedMs: number; readonly minMs: number }
  /** The window that an approval would open is over, or as good as over. */
  | { readonly code: 'nothing-left'; readonly endsAt: Instant; readonly minMs: number }
  | { readonly code: 'no-longer-offered'; readonly roleKey: string }
  | { readonly code: 'deny-reason-missing' }
  | { readonly code: 'not-your-request' }
  | { readonly code: 'nothing-pending' }
  | {
      readonly code: 'which-request';
      readonly verb: 'cancel' | 'nudge';
      readonly choices: readonly RequestChoice[];
    }
  | { readonly code: 'already-nudged'; readonly at: Instant }
  | { readonly code: 'not-shown-yet'; readonly channel: ChannelId }
  | { readonly code: 'already-claimed' }
  | { readonly code: 'not-your-claim'; readonly by: UserId | null }
  // naming a stand-in
  | { readonly code: 'approves-nothing' }
  | { readonly code: 'own-stand-in' }
  | { readonly code: 'not-a-stand-in'; readonly who: UserId; readonly groups: readonly string[] }
  | { readonly code: 'delegation-passed'; readonly untilAt: Instant }
  | { readonly code: 'delegation-too-long'; readonly mostMs: number }
  | { readonly code: 'no-delegation' }
  // ending
  | { readonly code: 'unknown-grant'; readonly typed: string }
  | { readonly code: 'grant-over'; readonly grantId: GrantId }
  | { readonly code: 'grant-not-active'; readonly grantId: GrantId }
  | { readonly code: 'not-your-grant' }
  | { readonly code: 'may-not-revoke'; readonly roleKey: string }
  | { readonly code: 'revoke-reason-missing' }
  | { readonly code: 'no-secret'; readonly roleKey: string }
  // access that nothing explains
  | { readonly code: 'admins-only' }
  | { readonly code: 'no-orphans' }
  | { readonly code: 'unknown-orphan'; readonly typed: string }
  | {
      readonly code: 'orphan-closed';
      readonly strayId: StrayId;
      /** `held`: a window explains it by now. */
      readonly how: 'adopted' | 'removed' | 'gone' | 'held';
    }
  | { readonly code: 'orphan-not-offered'; readonly connector: string; readonly role: string }
  | {
      readonly code: 'orphan-of-another';
      readonly connector: string;
      readonly account: string;
      readonly who: UserId;
    }
  | { readonly code: 'dry-run-outdated'; readonly connector: string }
  // what is stuck
  | { readonly code: 'not-an-admin'; readonly sees: boolean }
  | { readonly code: 'unknown-entitlement'; readonly typed: string }
  | {
      readonly code: 'not-stuck';
      readonly connector: string;
      readonly role: string;
      readonly account: string;
    }
  | { readonly code: 'removal-reason-missing' }
  /** `which` as it was named, if anything was; `own`: among their own, otherwise among everybody's. */
  | { readonly code: 'nothing-held'; readonly which: string | null; readonly own: boolean }
  | { readonly code: 'which-grant'; readonly choices: readonly GrantChoice[] };

export type RefusalCode = Refusal['code'];
