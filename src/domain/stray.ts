/** Access in a target that no row of ours explains. */
import type { AuditEntry, AuditFacts, AuditKind } from './audit.js';
import type { Actor } from './grant.js';
import type { StrayId } from './ids.js';
import type { Account } from './request.js';
import type { Instant } from './time.js';

/** `orphan`: it bears Hallpass's mark. `standing`: somebody else gave it. */
export type StrayKind = 'orphan' | 'standing';

/**
 * Found, and told until it is closed. `adopted`: it has a window and a person now. `removed`: taken away because
 * somebody said so. `gone`: a later look found it no more, or a window that explains it.
 */
export type Stray = {
  readonly id: StrayId;
  /** The version this row was read at; 0 while it is not stored yet. */
  readonly version: number;
  readonly connector: string;
  readonly role: string;
  readonly account: Account;
  readonly fingerprint: string;
  readonly kind: StrayKind;
  readonly state: 'open' | 'adopted' | 'removed' | 'gone';
  readonly foundAt: Instant;
  /** Null while it is open. */
  readonly closedAt: Instant | null;
};

/** That standing access to these roles is removed whenever it is found, by whose word. */
export type Enforcement = {
  readonly connector: string;
  /** The version this row was read at; 0 while it is not stored yet. */
  readonly version: number;
  /** Those whose other members were shown before the word was given. */
  readonly roles: readonly string[];
  readonly by: Actor;
  readonly at: Instant;
};

export function closeStray(stray: Stray, state: Exclude<Stray['state'], 'open'>, now: Instant): Stray {
  return { ...stray, state, closedAt: now };
}

export function aboutStray(
  stray: Stray,
  kind: AuditKind,
  by: { readonly actor: Actor; readonly reason?: string; readonly facts?: AuditFacts },
): AuditEntry {
  const { id, connector, role, account } = stray;
  return {
    kind,
    actor: by.actor,
    facts: { stray: id, connector, role, account: account.name, accountId: account.id, ...by.facts },
    ...(by.reason === undefined ? {} : { text: by.reason }),
  };
}
