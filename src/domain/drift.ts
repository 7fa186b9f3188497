/** What follows from a look at access that is ours, or that a window relies on, apart from the steps of convergence. */
import { succeeded, reschedule } from './converge.js';
import { aboutEntitlement, eachHolder, everySubject, unchanged, withEntitlement } from './converged.js';
import type { Converged } from './converged.js';
import type { EntitlementState, Holder, Seen } from './entitlement.js';
import type { EntitlementId, UserId } from './ids.js';
import { asEntitlementId } from './ids.js';
import { owe } from './message.js';
import type { OwedNotice } from './message.js';
import { isWanted } from './schedule.js';
import type { Instant } from './time.js';

/** `restore`: what somebody else took away is given again. `admins`: who is told. */
export type DriftRule = { readonly restore: boolean; readonly admins: readonly UserId[] };

/** What a look showed. It holds for the moment before it was taken, however late it is recorded. */
type Observation = {
  readonly state: Exclude<Seen, 'unknown'>;
  readonly expiresAt: Instant | null;
  readonly at: Instant;
};

/** `drifted`: wanted now, and gone. `overdue`: over, ours, and there. */
export type Found = {
  readonly finding: 'as-wanted' | 'drifted' | 'overdue';
  /** Null when nothing is to be written. */
  readonly converged: Converged | null;
};

/** A row that is leased, due, failing or being opened is the business of convergence, which looks for itself. */
export function isUnderWay({ entitlement, holders }: EntitlementState, now: Instant): boolean {
  const { nextAt, lease, attempts } = entitlement;
  const isDue = nextAt !== null && nextAt <= now;
  const isLeased = lease !== null && lease.until > now;
  return isDue || isLeased || attempts > 0 || holders.some(isAwaited);
}

/** What a window that is still to begin waits for is nobody's business yet. */
function isAwaited({ grant, hold }: Holder): boolean {
  return hold.state === 'waiting' && grant.state !== 'scheduled';
}

export function settleLook(
  state: EntitlementState,
  observed: Observation,
  rule: DriftRule,
  now: Instant,
): Found {
  const { entitlement } = state;
  if (!entitlement.ours && (observed.state === 'present' || !isReliedOn(state, now))) {
    return { finding: 'as-wanted', converged: null };
  }
  if (!state.holders.some((holder) => isWanted(holder, now))) {
    const overdue = { ...entitlement, seen: 'present', seenAt: observed.at, nextAt: now } as const;
    return observed.state === 'present'
      ? {
          finding: 'overdue',
          converged: withEntitlement(unchanged(state), { ...overdue, direction: 'revocations' }),
        }
      : { finding: 'as-wanted', converged: null };
  }
  if (observed.state === 'absent') {
    const isKnown = entitlement.seen === 'absent';
    return {
      finding: 'drifted',
      converged: isKnown && !rule.restore ? null : settleDrift(state, observed.at, rule, now),
    };
  }
  return {
    finding: 'as-wanted',
    converged: entitlement.seen === observed.state ? null : settleOtherwise(state, observed, now),
  };
}

/** A window runs on what somebody else gave: nothing of ours, but its holder was promised it. */
function isReliedOn({ holders }: EntitlementState, now: Instant): boolean {
  return holders.some((holder) => holder.hold.state === 'standing' && isWanted(holder, now));
}

/** It should be there, and is not: somebody else took it away. Told once, and given again only by rule. */
export function settleDrift(state: EntitlementState, at: Instant, rule: DriftRule, now: Instant): Converged {
  const { entitlement } = state;
  const drifted = withEntitlement(unchanged(state), {
    ...succeeded(entitlement, { seen: 'absent', at }),
    expiresAt: null,
  });
  const settled = rule.restore ? waitAgain(drifted, now) : drifted;
  const facts = { seen: 'absent', restoring: rule.restore };
  return {
    ...reschedule(settled, now),
    audit: [aboutEntitlement(entitlement, 'entitlement.drifted', facts)],
    notices: toTell(state, rule.admins, now),
    redraw: everySubject(state),
  };
}

/** On a grant that is active, the ordinary opening step then gives it again. */
function waitAgain(converged: Converged, now: Instant): Converged {
  return eachHolder(converged, (holder) =>
    isWanted(holder, now) && holder.grant.state === 'active' ? { hold: 'waiting' } : null,
  );
}

/**
 * What others gave was removed by rule, and a window had opened on it meanwhile: it gets access of its own. Whoever
 * has seen the other's there, and not yet said so, is too late.
 */
export function settleExpelled(state: EntitlementState, now: Instant): Converged {
  const free = withEntitlement(unchanged(state), { ...state.entitlement, lease: null });
  const waiting = eachHolder(free, (holder) =>
    isWanted(holder, now) && holder.hold.state === 'standing' ? { hold: 'waiting' } : null,
  );
  return { ...reschedule(waiting, now), redraw: everySubject(state) };
}

/** Somebody put it back, or another hand gave the same. */
function settleOtherwise(state: EntitlementState, observed: Observation, now: Instant): Converged {
  const { entitlement } = state;
  const seen = { ...entitlement, seen: observed.state, seenAt: observed.at, expiresAt: observed.expiresAt };
  return {
    ...reschedule(withEntitlement(unchanged(state), seen), now),
    audit: [aboutEntitlement(entitlement, 'entitlement.found-again', { seen: observed.state })],
    redraw: everySubject(state),
  };
}

function toTell(state: EntitlementState, admins: readonly UserId[], now: Instant): OwedNotice[] {
  const occasion = `${state.entitlement.id}.${now}`;
  const wanted = state.holders.filter((holder) => isWanted(holder, now)).map(({ grant }) => grant);
  const holders = wanted.map((grant) => ({ subject: grant.id, to: grant.beneficiary }));
  const [first] = wanted;
  const others = first === undefined ? [] : admins.map((to) => ({ subject: first.id, to }));
  // Of several windows of one person, the first says it.
  const byPerson = new Map([...others, ...holders.toReversed()].map((each) => [each.to, each]));
  return [...byPerson.values()].map((each) => owe({ kind: 'access-drifted', occasion, ...each }));
}

/** The entitlement that a notice of drift is about. */
export function driftedIn(occasion: string): EntitlementId {
  return asEntitlementId(occasion.slice(0, occasion.lastIndexOf('.')));
}
