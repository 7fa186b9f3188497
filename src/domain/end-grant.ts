/** Ending a grant before its time, by its holder or by somebody who may revoke it. */
import type { AuditEntry } from './audit.js';
import type { Entitlement, EntitlementState } from './entitlement.js';
import type { EndingGrant, Ending, Grant } from './grant.js';
import { startEnding } from './grant-life.js';
import { rescheduleFor } from './open-grant.js';
import type { GrantChoice, Refusal } from './refusal.js';
import { accept, refuse } from './result.js';
import type { Result } from './result.js';
import type { Instant } from './time.js';

export type EndedEarly = {
  readonly grant: EndingGrant;
  readonly entitlements: readonly Entitlement[];
  readonly audit: AuditEntry;
  /** Other grants that still want the same entitlements. */
  readonly stillHeldBy: readonly GrantChoice[];
};

export function endEarly(
  grant: Grant,
  states: readonly EntitlementState[],
  ending: Omit<Ending, 'at'>,
  now: Instant,
): Result<EndedEarly, Refusal> {
  if (grant.state !== 'opening' && grant.state !== 'active') {
    return refuse({ code: 'grant-over', grantId: grant.id });
  }
  const moved = startEnding(grant, { ...ending, at: now });
  return accept({
    grant: moved.grant,
    audit: moved.audit,
    entitlements: states.map((state) => rescheduleFor(withNewCount(state), moved.grant, now)),
    stillHeldBy: otherHolders(states, grant, now),
  });
}

/** As at the end of a window: the failures of the opening, and the pause they led to, are not those of its end. */
function withNewCount(state: EntitlementState): EntitlementState {
  return {
    ...state,
    entitlement: { ...state.entitlement, attempts: 0, failingSince: null, error: null },
  };
}

function otherHolders(states: readonly EntitlementState[], grant: Grant, now: Instant): GrantChoice[] {
  const others = states
    .flatMap(({ holders }) => holders.map((holder) => holder.grant))
    .filter((other) => other.id !== grant.id && wants(other, now));
  return [...new Map(others.map((other) => [other.id, toChoice(other)])).values()];
}

function wants(grant: Grant, now: Instant): boolean {
  return (grant.state === 'opening' || grant.state === 'active') && now < grant.endsAt;
}

export function toChoice(grant: Grant): GrantChoice {
  return {
    grantId: grant.id,
    beneficiary: grant.beneficiary,
    roleKey: `${grant.resource}:${grant.role}`,
    endsAt: grant.endsAt,
  };
}
