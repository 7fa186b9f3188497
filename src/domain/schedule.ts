import type { Direction, EntitlementState, Holder } from './entitlement.js';
import type { Instant } from './time.js';

export function isWanted({ grant, hold }: Holder, now: Instant): boolean {
  const open = grant.state === 'opening' || grant.state === 'active';
  return open && hold.state !== 'released' && grant.startsAt <= now && now < grant.endsAt;
}

/** When to look at an entitlement again, and in which line of work, from the rows alone. */
export function schedule(
  { entitlement, holders }: EntitlementState,
  now: Instant,
): { nextAt: Instant | null; direction: Direction } {
  const retryAt = entitlement.attempts > 0 ? Math.max(now, entitlement.nextAt ?? now) : now;
  const wanted = holders.filter((holder) => isWanted(holder, now));
  const ends = wanted.map(({ grant }) =>
    grant.state === 'opening' ? Math.min(grant.openBefore, grant.endsAt) : grant.endsAt,
  );
  const nextEnd = ends.length === 0 ? null : Math.min(...ends);
  const letGo = holders.some(({ grant, hold }) => grant.state === 'ending' && hold.state !== 'released');
  if (wanted.some(({ hold }) => hold.state === 'waiting')) {
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
