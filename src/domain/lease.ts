/** Who may work on an entitlement, and until when. */
import type { Entitlement, Lease } from './entitlement.js';
import type { Instant } from './time.js';

export function isLeased({ lease }: Pick<Entitlement, 'lease'>, now: Instant): boolean {
  return lease !== null && lease.until > now;
}

export function holdsLease(entitlement: Pick<Entitlement, 'lease'>, token: string, now: Instant): boolean {
  return entitlement.lease?.by === token && isLeased(entitlement, now);
}

/** Whether a call that is sent now has its answer, or is given up, while the lease still lasts. */
export function lastsForCall(lease: Lease, now: Instant, callTimeoutMs: number): boolean {
  return now + callTimeoutMs < lease.until;
}
