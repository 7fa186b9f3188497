import type { Actor, Grant } from './grant.js';
import type { EntitlementId, GrantId, UserId } from './ids.js';
import type { Account } from './request.js';
import type { Instant } from './time.js';

/**
 * What the last look at the target showed. `standing`: present, and known not to be put there by
 * Hallpass. `present`: there, and ours as far as the target can tell.
 */
export type Seen = 'unknown' | 'absent' | 'present' | 'standing';

/** Which line of work the next step belongs to; grants never delay revocations. */
export type Direction = 'grants' | 'revocations';

/**
 * Why a call to a target did not do its work.
 * `unreachable`: nothing answered, or the connection broke. `retryable`: it answered "not now", or with a riddle.
 * `final`: it will not, however often it is asked. `unknown-account`, `wrong-target`: the account, or
 * the target itself, is not the one the entitlement was made for; never read as "absent".
 */
export type CallErrorKind = 'unreachable' | 'retryable' | 'final' | 'unknown-account' | 'wrong-target';

/** `text` is written by the connector for admins: what happened, bounded, without secrets. */
export type CallError = { readonly kind: CallErrorKind; readonly text: string };

export type Lease = { readonly by: string; readonly until: Instant };

/** One (connector, role in the target, account): the unit that is granted and revoked. */
export type Entitlement = {
  readonly id: EntitlementId;
  /** The version this row was read at; 0 while it is not stored yet. */
  readonly version: number;
  readonly connector: string;
  readonly role: string;
  readonly account: Account;
  readonly fingerprint: string;
  /**
   * The person whose account it is; another person on the same account is refused. Null where Hallpass found
   * access of its own in the target and cannot know for whom.
   */
  readonly owner: UserId | null;
  /** Set when the opening check found the account without the role, before the target was called. */
  readonly ours: boolean;
  readonly seen: Seen;
  readonly seenAt: Instant | null;
  /** When the target ends by itself what is ours, as it was last seen there; null where it won't. */
  readonly expiresAt: Instant | null;
  readonly direction: Direction;
  /** When it must be looked at next; null when nothing is to come. */
  readonly nextAt: Instant | null;
  /** Failed tries in a row. */
  readonly attempts: number;
  readonly failingSince: Instant | null;
  readonly error: CallError | null;
  /** Until when a grant call of ours whose answer was lost could still take effect. */
  readonly lateUntil: Instant | null;
  /** An admin says that it was removed by hand, and no look at the target could confirm it yet. */
  readonly byHand: { readonly by: Actor; readonly at: Instant } | null;
  readonly lease: Lease | null;
};

/**
 * One grant's hold on one entitlement. `waiting`: not yet in place. `held`: given by us.
 * `standing`: the access was there before and stays. `released`: this grant no longer keeps it.
 */
export type Hold = {
  readonly grantId: GrantId;
  readonly entitlementId: EntitlementId;
  readonly state: 'waiting' | 'held' | 'standing' | 'released';
};

/** An entitlement with every live grant that holds it, and those grants' other holds. */
export type EntitlementState = {
  readonly entitlement: Entitlement;
  readonly holders: readonly Holder[];
};

export type Holder = {
  readonly grant: Grant;
  readonly hold: Hold;
  /** The grant's holds on its other entitlements. */
  readonly others: readonly OtherHold[];
};

/** What a grant gives, and how it went there. */
export type Part = Pick<Entitlement, 'connector' | 'role' | 'account' | 'error'>;

export type OtherHold = Hold & { readonly part: Part };
