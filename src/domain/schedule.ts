import type { Direction, EntitlementState, Holder } from './entitlement.js';
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

function isOpen({ grant, hold }: Holder): boolean {
  return (grant.state === 'opening' || grant.state === 'active') && hold.state !== 'released';
}

/** When to look at an entitlement again, and in which line of work, from the rows alone. */
export function schedule(
  state: EntitlementState,
  now: Instant,
): { nextAt: Instant | null; direction: Direction } {
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
