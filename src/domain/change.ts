import type { AuditEntry } from './audit.js';
import type { Entitlement, Hold } from './entitlement.js';
import type { Grant } from './grant.js';
import type { EntitlementId, GrantId, RequestId, UserId } from './ids.js';
import type { Message, OwedNotice } from './message.js';
import type { AccessRequest, Decision, ReviewVerdict } from './request.js';
import type { Delegation } from './stand-ins.js';
import type { Enforcement, Stray } from './stray.js';
import type { Instant } from './time.js';

/**
 * Everything that one step changes, as plain data. The store applies all of it in one transaction or
 * nothing. Each row carries the version it was read at (0: new); the store writes version + 1.
 */
export type Change = {
  readonly at: Instant;
  readonly requests?: readonly AccessRequest[];
  readonly grants?: readonly Grant[];
  readonly entitlements?: readonly Entitlement[];
  /** Written whole; always together with the grant or the entitlement they belong to. */
  readonly holds?: readonly Hold[];
  readonly decisions?: readonly Decision[];
  /** Always together with the request that they are about. */
  readonly reviewVerdicts?: readonly ReviewVerdict[];
  readonly strays?: readonly Stray[];
  readonly enforcements?: readonly Enforcement[];
  /** Each as it was read; written so that its version moves, and whoever read the same one has to look again. */
  readonly guards?: readonly Guard[];
  readonly delegations?: readonly Delegation[];
  readonly messages?: readonly Message[];
  /** Rows that were read for the decision and must not have changed since. */
  readonly reliesOn?: readonly Reliance[];
  readonly audit: readonly AuditEntry[];
  /** Owed once; one that stands already is left as it is. */
  readonly notices?: readonly OwedNotice[];
  /** Subjects whose cards may look different now. */
  readonly redraw?: readonly (RequestId | GrantId)[];
  /** Key of the Slack delivery that asked for this; a second one with the same key changes nothing. */
  readonly delivery?: string;
};

/** `id`: whose counts it guards, a person's or a role's. `version`: 0 while it is not stored yet. */
export type Guard = { readonly id: string; readonly version: number };

export type Reliance =
  | { readonly table: 'requests'; readonly id: RequestId; readonly version: number }
  | { readonly table: 'grants'; readonly id: GrantId; readonly version: number }
  | { readonly table: 'entitlements'; readonly id: EntitlementId; readonly version: number }
  | { readonly table: 'delegations'; readonly id: UserId; readonly version: number };
