/** Revocations that fail: what an admin may do about them, and what becomes of their word. */
import type { AuditEntry } from './audit.js';
import { aboutEntitlement, releaseEnding, withEntitlement } from './converged.js';
import type { Converged } from './converged.js';
import type { CallError, Entitlement, EntitlementState } from './entitlement.js';
import type { Actor } from './grant.js';
import type { Refusal } from './refusal.js';
import { accept, refuse } from './result.js';
import type { Result } from './result.js';
import { calmPauseMs } from './retry.js';
import { isWanted } from './schedule.js';
import type { Instant } from './time.js';

/** A person, or the operator at the command line. */
export type Admin = Exclude<Actor, { kind: 'hallpass' }>;

/** What a look at the target showed after a call had failed; null where nobody looked. */
export type Looked = 'present' | 'no-answer' | null;

type Asked = { readonly entitlement: Entitlement; readonly audit: AuditEntry };

/** It should be gone, the last call about it failed, and nobody is to have it now. */
export function isStuck({ entitlement, holders }: EntitlementState, now: Instant): boolean {
  const { ours, attempts, error, nextAt } = entitlement;
  return (
    ours &&
    attempts > 0 &&
    error !== null &&
    nextAt !== null &&
    !holders.some((holder) => isWanted(holder, now))
  );
}

/** Has it tried at once, without waiting for the pause to pass. */
export function retryStuck(state: EntitlementState, by: Admin, now: Instant): Result<Asked, Refusal> {
  if (!isStuck(state, now)) {
    return refuse(notStuck(state));
  }
  const { entitlement } = state;
  const audit = { ...aboutEntitlement(entitlement, 'entitlement.retried', errorOf(entitlement)), actor: by };
  return accept({ entitlement: { ...keepWaiting(entitlement, now), nextAt: now }, audit });
}

/** A mark that no look has come after yet still waits for one, when the row is moved to `now`. */
export function keepWaiting(entitlement: Entitlement, now: Instant): Entitlement {
  const { byHand } = entitlement;
  return byHand === null || isWordTaken(entitlement)
    ? entitlement
    : { ...entitlement, byHand: { ...byHand, at: now } };
}

/** An admin says that it was removed by hand. The target is asked at once; until then nothing follows from it. */
export function markRemoved(
  state: EntitlementState,
  { by, reason }: { readonly by: Admin; readonly reason: string },
  now: Instant,
): Result<Asked, Refusal> {
  if (!isStuck(state, now)) {
    return refuse(notStuck(state));
  }
  if (reason.trim() === '') {
    return refuse({ code: 'removal-reason-missing' });
  }
  const { entitlement } = state;
  const statement = aboutEntitlement(entitlement, 'entitlement.removed-by-hand', errorOf(entitlement));
  return accept({
    entitlement: { ...entitlement, byHand: { by, at: now }, nextAt: now },
    audit: { ...statement, actor: by, text: reason },
  });
}

function notStuck({ entitlement }: EntitlementState): Refusal {
  const { connector, role, account } = entitlement;
  return { code: 'not-stuck', connector, role, account: account.name };
}

/** The call to a target failed while a mark stands: the target's own word goes before the admin's. */
export function hearMark(
  converged: Converged,
  failure: { readonly error: CallError; readonly looked: Looked; readonly random: number },
  now: Instant,
): Converged {
  const { entitlement } = converged.state;
  const { byHand } = entitlement;
  if (byHand === null) {
    return converged;
  }
  const facts = {
    error: failure.error.kind,
    markedBy:
      byHand.by.kind === 'person' ? byHand.by.userId : byHand.by.kind === 'operator' ? byHand.by.name : null,
  };
  switch (failure.looked) {
    case 'present': {
      const contradicted = withEntitlement(converged, { ...entitlement, byHand: null });
      return withAudit(contradicted, aboutEntitlement(entitlement, 'entitlement.still-there', facts));
    }
    case 'no-answer': {
      const calm = { ...entitlement, nextAt: now + calmPauseMs(failure.random) };
      const released = releaseEnding(withEntitlement(converged, calm), now);
      return released.touched.size === converged.touched.size
        ? released
        : withAudit(released, aboutEntitlement(entitlement, 'entitlement.unconfirmed', facts));
    }
    case null:
      // The call was under way before the mark was made: the look that it asks for is still to come.
      return withEntitlement(converged, { ...entitlement, byHand: { ...byHand, at: now }, nextAt: now });
  }
}

/** The target was asked after the mark, and could not tell: the admin's word stands until it can. */
export function isWordTaken({ byHand, nextAt }: Pick<Entitlement, 'byHand' | 'nextAt'>): boolean {
  return byHand !== null && nextAt !== null && nextAt > byHand.at;
}

function withAudit(converged: Converged, entry: AuditEntry): Converged {
  return { ...converged, audit: [...converged.audit, entry] };
}

function errorOf({ error, attempts }: Entitlement) {
  return { error: error?.kind ?? null, attempts };
}
