/** How a grant moves: scheduled → opening → active → ending → ended, or failed. States never run backwards. */
import type { AuditEntry, AuditFacts, AuditKind } from './audit.js';
import type { Hold } from './entitlement.js';
import type {
  ActiveGrant,
  Actor,
  EndedGrant,
  Ending,
  EndingGrant,
  FailedGrant,
  Grant,
  OpeningGrant,
  ScheduledGrant,
} from './grant.js';
import { MINUTE_MS } from './time.js';
import type { Instant } from './time.js';

export const HALLPASS: Actor = { kind: 'hallpass' };

/** A tenth of the window or five minutes, whichever is longer, but never past half the window. */
export function openBefore(startsAt: Instant, endsAt: Instant): Instant {
  const windowMs = endsAt - startsAt;
  return startsAt + Math.floor(Math.min(Math.max(windowMs / 10, 5 * MINUTE_MS), windowMs / 2));
}

type Moved<State extends Grant> = { readonly grant: State; readonly audit: AuditEntry };

/** Its time has come. Should that be noticed late, the opening has no less time for it, within the window. */
export function startOpening(grant: ScheduledGrant, now: Instant): Moved<OpeningGrant> {
  return {
    grant: { ...grant, state: 'opening', openBefore: openBefore(now, grant.endsAt) },
    audit: about(grant, 'grant.opening', windowFacts(grant)),
  };
}

export function windowFacts(
  grant: Pick<Grant, 'beneficiary' | 'resource' | 'role' | 'startsAt' | 'endsAt'>,
): AuditFacts {
  const { beneficiary, resource, role, startsAt, endsAt } = grant;
  return { beneficiary, resource, role, startsAt, endsAt };
}

export function startEnding(
  grant: ScheduledGrant | OpeningGrant | ActiveGrant,
  ending: Ending,
): Moved<EndingGrant> {
  const audit: AuditEntry = {
    ...about(grant, 'grant.ending', { cause: ending.cause, endsAt: grant.endsAt }),
    actor: ending.by,
    ...(ending.reason === null ? {} : { text: ending.reason }),
  };
  return { grant: { ...grant, state: 'ending', ending, remindAt: null }, audit };
}

/** The grant's own next state, after its holds have changed; null when nothing follows from them. */
export function followHolds(
  grant: Grant,
  holds: readonly Hold[],
  now: Instant,
): Moved<ActiveGrant | EndedGrant | FailedGrant> | null {
  if (grant.state === 'opening' && holds.every(({ state }) => state === 'held' || state === 'standing')) {
    return {
      grant: { ...grant, state: 'active', activeAt: now },
      audit: about(grant, 'grant.active', { endsAt: grant.endsAt }),
    };
  }
  if (grant.state === 'ending' && holds.every(({ state }) => state === 'released')) {
    return close(grant, now);
  }
  return null;
}

/** Of a window that had not begun: nothing was given for it. */
export function closeUnopened(grant: EndingGrant, now: Instant): Moved<EndedGrant> {
  const { cause } = grant.ending;
  return {
    grant: { ...grant, state: 'ended', closedAt: now },
    audit: about(grant, 'grant.ended', { cause, lateMs: 0 }),
  };
}

function close(grant: EndingGrant, now: Instant): Moved<EndedGrant | FailedGrant> {
  const { cause, at } = grant.ending;
  const lateMs = Math.max(0, now - (cause === 'window' ? grant.endsAt : at));
  if (cause === 'not-opened') {
    return {
      grant: { ...grant, state: 'failed', activeAt: null, closedAt: now },
      audit: about(grant, 'grant.failed', { cause, lateMs }),
    };
  }
  return {
    grant: { ...grant, state: 'ended', closedAt: now },
    audit: about(grant, 'grant.ended', { cause, lateMs }),
  };
}

function about(grant: Grant, kind: AuditKind, facts: AuditFacts): AuditEntry {
  return { kind, actor: HALLPASS, grantId: grant.id, requestId: grant.requestId, facts };
}
