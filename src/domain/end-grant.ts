/** Ending a grant before its time, by its holder or by somebody who may revoke it. */
import type { AuditEntry } from './audit.js';
import type { Entitlement, EntitlementState, Hold } from './entitlement.js';
import { isNotEnding, isRunning } from './grant.js';
import type { EndedGrant, EndingGrant, Ending, Grant, ScheduledGrant } from './grant.js';
import { closeUnopened, startEnding } from './grant-life.js';
import { rescheduleFor } from './open-grant.js';
import type { GrantChoice, Refusal } from './refusal.js';
import { accept, refuse } from './result.js';
import type { Result } from './result.js';
import type { Instant } from './time.js';

export type EndedEarly = {
  /** Ended at once when its window had not begun: nothing was given, so there is nothing to read back. */
  readonly grant: EndingGrant | EndedGrant;
  readonly entitlements: readonly Entitlement[];
  readonly holds: readonly Hold[];
  readonly audit: readonly AuditEntry[];
  /** Other grants that still want the same entitlements, now or later. */
  readonly stillHeldBy: readonly GrantChoice[];
};

export function endEarly(
  grant: Grant,
  states: readonly EntitlementState[],
  ending: Omit<Ending, 'at'>,
  now: Instant,
): Result<EndedEarly, Refusal> {
  const stillHeldBy = otherHolders(states, grant, now);
  if (grant.state === 'scheduled') {
    return accept({ ...callOff(grant, states, { ...ending, at: now }, now), stillHeldBy });
  }
  if (!isRunning(grant)) {
    return refuse({ code: 'grant-over', grantId: grant.id });
  }
  const moved = startEnding(grant, { ...ending, at: now });
  return accept({
    grant: moved.grant,
    audit: [moved.audit],
    entitlements: states.map((state) => rescheduleFor(withNewCount(state), moved.grant, now)),
    holds: [],
    stillHeldBy,
  });
}

/** What else is known of its entitlements, and what goes wrong with them, is not its own and stays as it is. */
function callOff(
  grant: ScheduledGrant,
  states: readonly EntitlementState[],
  ending: Ending,
  now: Instant,
): Omit<EndedEarly, 'stillHeldBy'> {
  const moved = startEnding(grant, ending);
  const closed = closeUnopened(moved.grant, now);
  return {
    grant: closed.grant,
    audit: [moved.audit, closed.audit],
    entitlements: states.map((state) => rescheduleFor(state, closed.grant, now)),
    holds: states.map(({ entitlement }) => ({
      grantId: grant.id,
      entitlementId: entitlement.id,
      state: 'released',
    })),
  };
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
  return isNotEnding(grant) && now < grant.endsAt;
}

export function toChoice(grant: Grant): GrantChoice {
  return {
    grantId: grant.id,
    beneficiary: grant.beneficiary,
    roleKey: `${grant.resource}:${grant.role}`,
    upcomingAt: grant.state === 'scheduled' ? grant.startsAt : null,
    endsAt: grant.endsAt,
  };
}
