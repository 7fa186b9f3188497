/** How a grant moves: opening → active → ending → ended, or failed. States never run backwards. */
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

export function startEnding(grant: OpeningGrant | ActiveGrant, ending: Ending): Moved<EndingGrant> {
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
