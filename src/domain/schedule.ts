import type { Direction, Entitlement, EntitlementState, Holder } from './entitlement.js';
import { isRunning } from './grant.js';
import type { Grant, ScheduledGrant } from './grant.js';
import { MINUTE_MS } from './time.js';
import type { Instant } from './time.js';

/** Hallpass ends access on time; a target that can ends it this much later, should Hallpass be gone. */
export const EXPIRY_GRACE_MS = MINUTE_MS;

/** When the target itself shall end the access: after the last window that runs. Null: no window runs. */
export function expiryFor({ holders }: Pick<EntitlementState, 'holders'>, now: Instant): Instant | null {
  const ends = holders.filter((holder) => isWanted(holder, now)).map(({ grant }) => grant.endsAt);
  return ends.length === 0 ? null : Math.max(...ends) + EXPIRY_GRACE_MS;
}

/** A window was prolonged or cut short, and the target's own end of what is ours is still the old one. */
export function needsNewExpiry(state: EntitlementState, now: Instant): boolean {
  const { ours, seen, expiresAt } = state.entitlement;
  const wanted = expiryFor(state, now);
  return ours && seen === 'present' && expiresAt !== null && wanted !== null && expiresAt !== wanted;
}

export function isWanted(holder: Holder, now: Instant): boolean {
  return isOpen(holder) && holder.grant.startsAt <= now && now < holder.grant.endsAt;
}

/** Whose window begins now. Whatever has to hold at the start, besides the clock, is asked before these are opened. */
export function isStarting(grant: Grant, now: Instant): grant is ScheduledGrant {
  return grant.state === 'scheduled' && grant.startsAt <= now && now < grant.endsAt;
}

function isOpen({ grant, hold }: Holder): boolean {
  return isRunning(grant) && hold.state !== 'released';
}

type Next = { readonly nextAt: Instant | null; readonly direction: Direction };

/** A window that begins later brings the next look forward. Whatever fails until then stays in its line of work. */
export function nextWithStart(
  next: Next,
  { attempts }: Pick<Entitlement, 'attempts'>,
  startsAt: Instant,
): Next {
  if (next.nextAt !== null && next.nextAt <= startsAt) {
    return next;
  }
  return { nextAt: startsAt, direction: attempts > 0 ? next.direction : 'grants' };
}

/** When to look at an entitlement again, and in which line of work, from the rows alone. */
export function schedule(state: EntitlementState, now: Instant): Next {
  const starts = state.holders.filter(isUpcoming).map(({ grant }) => grant.startsAt);
  const next = nextOfRunning(state, now);
  return starts.length === 0 ? next : nextWithStart(next, state.entitlement, Math.min(...starts));
}

function isUpcoming({ grant, hold }: Holder): boolean {
  return grant.state === 'scheduled' && hold.state !== 'released';
}

function nextOfRunning(state: EntitlementState, now: Instant): Next {
  const { entitlement, holders } = state;
  const retryAt = entitlement.attempts > 0 ? Math.max(now, entitlement.nextAt ?? now) : now;
  const wanted = holders.filter((holder) => isWanted(holder, now));
  // Also of those that are no longer wanted: a window that is over is due until somebody has closed it.
  const ends = holders
    .filter(isOpen)
    .map(({ grant }) =>
      grant.state === 'opening' ? Math.min(grant.openBefore, grant.endsAt) : grant.endsAt,
    );
  const nextEnd = ends.length === 0 ? null : Math.min(...ends);
  const letGo = holders.some(({ grant, hold }) => grant.state === 'ending' && hold.state !== 'released');
  if (wanted.some(({ hold }) => hold.state === 'waiting') || needsNewExpiry(state, now)) {
    const openAt = letGo ? now : retryAt;
    return nextEnd !== null && nextEnd < openAt
      ? { nextAt: nextEnd, direction: 'revocations' }
      : { nextAt: openAt, direction: 'grants' };
  }
  if (nextEnd !== null) {
    // One that ends early while another keeps the role needs no call, and need not wait for the other's end.
    return { nextAt: letGo ? now : nextEnd, direction: 'revocations' };
  }
  const readBackAsGone = entitlement.seen === 'absent' || entitlement.seen === 'standing';
  if (letGo || (entitlement.ours && !readBackAsGone)) {
    return { nextAt: retryAt, direction: 'revocations' };
  }
  return {
    nextAt: entitlement.ours ? Math.max(retryAt, entitlement.lateUntil ?? now) : null,
    direction: 'revocations',
  };
}
