import type { GrantId, RequestId, UserId, Workspace } from './ids.js';
import type { Instant } from './time.js';

/** Who did something: a person in Slack, Hallpass itself, or an operating-system user at the command line. */
export type Actor =
  | { readonly kind: 'person'; readonly userId: UserId }
  | { readonly kind: 'hallpass' }
  | { readonly kind: 'operator'; readonly name: string };

/**
 * Why a window closed. `not-opened`: the target refused, or could not be reached in time. `left`: the person
 * is deactivated in Slack, or gone from the workspace.
 */
export type EndCause = 'window' | 'done' | 'revoked' | 'not-opened' | 'left';

export type Ending = {
  readonly cause: EndCause;
  readonly by: Actor;
  /** The words of whoever revoked it, or what went wrong. */
  readonly reason: string | null;
  readonly at: Instant;
};

type GrantCore = {
  readonly id: GrantId;
  /** The version this row was read at; 0 while it is not stored yet. */
  readonly version: number;
  readonly workspace: Workspace;
  /** The request whose approval opened it. */
  readonly requestId: RequestId;
  readonly requester: UserId;
  readonly beneficiary: UserId;
  readonly resource: string;
  readonly role: string;
  readonly policy: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** Until when a retryable error may keep it opening. */
  readonly openBefore: Instant;
  /** The next reminder that is due to the beneficiary; null when none is left. */
  readonly remindAt: Instant | null;
  /** An admin gave access that was there this window; nobody asked for it. */
  readonly adopted: boolean;
};

/** Approved, and its window is still to begin: nothing was given for it. */
export type ScheduledGrant = GrantCore & { readonly state: 'scheduled'; readonly activeAt: null };
export type OpeningGrant = GrantCore & { readonly state: 'opening'; readonly activeAt: null };
export type ActiveGrant = GrantCore & { readonly state: 'active'; readonly activeAt: Instant };
export type EndingGrant = GrantCore & {
  readonly state: 'ending';
  readonly activeAt: Instant | null;
  readonly ending: Ending;
};
/** Read back: nothing that this grant gave is left. */
export type EndedGrant = GrantCore & {
  readonly state: 'ended';
  readonly activeAt: Instant | null;
  readonly ending: Ending;
  readonly closedAt: Instant;
};
/** It never opened, and a read-back shows that nothing of ours is left. */
export type FailedGrant = GrantCore & {
  readonly state: 'failed';
  readonly activeAt: null;
  readonly ending: Ending;
  readonly closedAt: Instant;
};

export type Grant = ScheduledGrant | OpeningGrant | ActiveGrant | EndingGrant | EndedGrant | FailedGrant;
export type LiveGrant = ScheduledGrant | OpeningGrant | ActiveGrant | EndingGrant;

export function isLive(grant: Grant): grant is LiveGrant {
  return grant.state !== 'ended' && grant.state !== 'failed';
}

/** Nothing has ended it yet: it is still to begin, being opened, or there. */
export function isNotEnding(grant: Grant): grant is ScheduledGrant | OpeningGrant | ActiveGrant {
  return grant.state === 'scheduled' || isRunning(grant);
}

/** Its access is being opened, or is there. */
export function isRunning(grant: Grant): grant is OpeningGrant | ActiveGrant {
  return grant.state === 'opening' || grant.state === 'active';
}
