/**
 * What to do about one entitlement, now. Pure: `begin` says which step the target needs, the caller
 * takes it, and `settle…` records what was seen. Any of them may run at any time, twice, and after a
 * crash at any line: each looks only at the rows and the clock.
 */
import type { AuditFacts } from './audit.js';
import {
  aboutEntitlement,
  eachHolder,
  ending,
  everySubject,
  followAll,
  releaseEnding,
  unchanged,
  withEntitlement,
} from './converged.js';
import type { Converged, HolderMove } from './converged.js';
import type { CallError, Entitlement, EntitlementState, Holder, Part, Seen } from './entitlement.js';
import { HALLPASS } from './grant-life.js';
import type { GrantId } from './ids.js';
import { connectorSubject, owe } from './message.js';
import type { OwedNotice } from './message.js';
import { ALARM_AFTER_ATTEMPTS, pauseMs } from './retry.js';
import { isStarting, isWanted, needsNewExpiry, schedule } from './schedule.js';
import { hearMark, keepWaiting } from './stuck.js';
import type { Looked } from './stuck.js';
import { openingAdvice } from './what-to-do.js';
import type { Instant } from './time.js';

/** What a look at the target showed. It holds for the moment before it was taken, however late it is recorded. */
export type Look<What extends Seen = Seen> = { readonly seen: What; readonly at: Instant };

/**
 * `open`: the target should hold the role. `renew`: it does, and should end it by itself at another moment.
 * `take`: it should not hold it, and what is there is ours.
 */
export type Step = 'open' | 'renew' | 'take';

export function isDue(entitlement: Entitlement, now: Instant): boolean {
  return entitlement.nextAt !== null && entitlement.nextAt <= now;
}

/** Why a window must not begin although its time has come, by its grant. */
export type Barred = ReadonlyMap<GrantId, string>;
const NOTHING_BARRED: Barred = new Map();

/** Closes windows that are over, begins those whose time has come, lets go of what needs no call, and names the step that needs one. */
export function begin(
  state: EntitlementState,
  now: Instant,
  barred: Barred = NOTHING_BARRED,
): { converged: Converged; step: Step | null } {
  const closed = barWindows(closeWindows(unchanged(state), now), now, barred);
  const moved = beginWindows(closed, now);
  const step = nextStep(moved.state, now);
  const { entitlement } = moved.state;
  const begun =
    step === 'take' ? withEntitlement(moved, keepWaiting(entitlement, now)) : releaseEnding(moved, now);
  return { converged: reschedule(begun, now), step };
}

function nextStep(state: EntitlementState, now: Instant): Step | null {
  const { entitlement, holders } = state;
  const wanted = holders.filter((holder) => isWanted(holder, now));
  if (wanted.some(({ hold }) => hold.state === 'waiting')) {
    return 'open';
  }
  if (needsNewExpiry(state, now)) {
    return 'renew';
  }
  return wanted.length === 0 && entitlement.ours ? 'take' : null;
}

/** A closed window begins a new count of failures: those of the opening are no reason to alarm about its end. */
function closeWindows(converged: Converged, now: Instant): Converged {
  const { entitlement } = converged.state;
  const closed = eachHolder(converged, (holder) => {
    const { grant } = holder;
    if (grant.state === 'active' && grant.endsAt <= now) {
      return ending({ cause: 'window', by: HALLPASS, reason: null, at: now });
    }
    if (grant.state === 'opening' && Math.min(grant.openBefore, grant.endsAt) <= now) {
      return notOpened(holder, entitlement, now);
    }
    return null;
  });
  return closed.touched.size === 0
    ? closed
    : withEntitlement(closed, { ...closed.state.entitlement, attempts: 0, failingSince: null, error: null });
}

/** As at an approval: what failed before, of earlier windows, is no reason to wait or to alarm about this one. */
function beginWindows(converged: Converged, now: Instant): Converged {
  const missed = missWindows(converged, now);
  const { entitlement, holders } = missed.state;
  if (!holders.some(({ grant }) => isStarting(grant, now))) {
    return missed;
  }
  const fresh = { attempts: 0, failingSince: null, error: null, byHand: null };
  return eachHolder(withEntitlement(missed, { ...entitlement, ...fresh }), ({ grant }) =>
    isStarting(grant, now) ? { opensAt: now } : null,
  );
}

function barWindows(converged: Converged, now: Instant, barred: Barred): Converged {
  return eachHolder(converged, ({ grant }) => {
    const reason = barred.get(grant.id);
    return reason !== undefined && isStarting(grant, now)
      ? ending({ cause: 'revoked', by: HALLPASS, reason, at: now })
      : null;
  });
}

/** Nothing was given for a window that passed while nobody was there to open it. */
function missWindows(converged: Converged, now: Instant): Converged {
  const reason = 'Hallpass did not run during that time. Ask again if it is still needed.';
  return eachHolder(converged, ({ grant }) =>
    grant.state === 'scheduled' && grant.endsAt <= now
      ? ending({ cause: 'not-opened', by: HALLPASS, reason, at: now })
      : null,
  );
}

export type Presence = Look<'present' | 'standing'> & {
  /** Until when a grant call of ours could still take effect. */
  readonly lateUntil: Instant | null;
  /** When the target will end by itself what is ours; null where it won't. */
  readonly expiresAt: Instant | null;
};

/** The target took the new moment at which it shall end the access by itself. */
export function settleRenewed(state: EntitlementState, presence: Presence, now: Instant): Converged {
  const { expiresAt } = presence;
  const renewed = aboutEntitlement(state.entitlement, 'entitlement.renewed', { expiresAt });
  const settled = settlePresent(state, presence, now);
  return { ...settled, audit: [...settled.audit, renewed], redraw: everySubject(settled.state) };
}

/**
 * The opening check, or the read-back after a grant call, found the role in place. Given by somebody else
 * meanwhile, it is not ours, unless a cut-off grant call of ours could still add to it.
 */
export function settlePresent(
  state: EntitlementState,
  { seen, at, lateUntil, expiresAt }: Presence,
  now: Instant,
): Converged {
  const mayComeLate = lateUntil !== null && lateUntil > at;
  const ours = state.entitlement.ours && (seen === 'present' || mayComeLate);
  const given = ours && seen === 'present';
  const settled = withEntitlement(unchanged(state), {
    ...succeeded(state.entitlement, { seen, at }),
    ours,
    lateUntil,
    expiresAt: ours ? expiresAt : null,
  });
  const held = eachHolder(settled, (holder) =>
    isWanted(holder, now) && holder.hold.state === 'waiting'
      ? { hold: given ? 'held' : 'standing', audit: given ? 'entitlement.granted' : 'entitlement.standing' }
      : null,
  );
  return reschedule(followAll(held, now), now);
}

/** Who was told last that a revocation is stuck, and on which occasion. */
export type Alarmed = Pick<OwedNotice, 'to' | 'occasion'>;

/**
 * The read-back after a revoke call found nothing of ours. It stays ours, and is looked at once more,
 * for as long as a cut-off grant call could still take effect.
 */
export function settleGone(
  state: EntitlementState,
  look: Look<'absent' | 'standing'>,
  now: Instant,
  facts: AuditFacts,
  alarmed: readonly Alarmed[],
): Converged {
  const { entitlement } = state;
  const { lateUntil } = entitlement;
  const late = lateUntil !== null && lateUntil > look.at ? lateUntil : null;
  const gone = {
    ...succeeded(entitlement, look),
    ours: late !== null,
    lateUntil: late,
    expiresAt: null,
  };
  const settled = withEntitlement(unchanged(state), gone);
  const audited = {
    ...settled,
    audit: [...settled.audit, aboutEntitlement(entitlement, 'entitlement.revoked', facts)],
  };
  const told = entitlement.attempts >= ALARM_AFTER_ATTEMPTS ? tellBack(audited, alarmed) : audited;
  return reschedule(releaseEnding(told, now), now);
}

/**
 * About to call `grant`: the account was found without the role, so what comes is ours to take away.
 * Committed before the call, with the moment until which the call could take effect.
 */
export function claimOurs(state: EntitlementState, now: Instant, lateUntil: Instant): Converged {
  const { entitlement } = state;
  const claimed: Entitlement = { ...entitlement, ours: true, seen: 'absent', seenAt: now, lateUntil };
  return {
    ...withEntitlement(unchanged(state), claimed),
    audit: [aboutEntitlement(entitlement, 'entitlement.granting', {})],
  };
}

/** About to move the target's own expiry: such a call, too, could come late and give the role anew. */
export function claimRenewal(
  state: EntitlementState,
  { lateUntil, expiresAt }: { lateUntil: Instant; expiresAt: Instant },
): Converged {
  const { entitlement } = state;
  return {
    ...withEntitlement(unchanged(state), { ...entitlement, lateUntil }),
    audit: [aboutEntitlement(entitlement, 'entitlement.renewing', { expiresAt })],
  };
}

/** A call failed. Final errors end an opening at once; everything else is tried again, for ever. */
export function settleError(
  state: EntitlementState,
  failure: {
    step: Step;
    error: CallError;
    lateUntil: Instant | null;
    random: number;
    looked: Looked;
  },
  now: Instant,
): Converged {
  const { entitlement } = state;
  const { step, error } = failure;
  // What drifted away from an active grant has no opening to end: it is tried again, with pauses, until the end.
  const isOpening = state.holders.some(
    ({ grant, hold }) => grant.state === 'opening' && hold.state === 'waiting',
  );
  const isFinal = error.kind !== 'retryable' && error.kind !== 'unreachable';
  const givesUp = step === 'open' && isFinal && isOpening;
  const attempts = givesUp ? 0 : entitlement.attempts + 1;
  const failed: Entitlement = {
    ...entitlement,
    attempts,
    error,
    failingSince: givesUp ? null : (entitlement.failingSince ?? now),
    lateUntil: failure.lateUntil,
    nextAt: givesUp ? now : now + pauseMs(attempts, failure.random),
    lease: null,
  };
  const audit = aboutEntitlement(entitlement, 'entitlement.call-failed', {
    step,
    error: error.kind,
    attempts: entitlement.attempts + 1,
  });
  const settled = { ...withEntitlement(unchanged(state), failed), audit: [{ ...audit, text: error.text }] };
  const ended = givesUp ? failOpening(settled, now) : settled;
  const heard = step === 'take' ? hearMark(ended, failure, now) : ended;
  return reschedule({ ...heard, redraw: everySubject(heard.state) }, now);
}

/** The whole grant ends, also where only one part of it could not be given: what is there is taken away again. */
function notOpened(holder: Holder, own: Part, at: Instant): HolderMove {
  const part = failedPart(holder, own);
  const named = holder.others.length === 0 ? '' : `${part.connector}, role ${part.role}: `;
  return {
    ...ending({ cause: 'not-opened', by: HALLPASS, reason: `${named}${whyNot(part)}`, at }),
    facts: { failed: `${part.connector}/${part.role}/${part.account.name}` },
  };
}

/** Whichever part is looked at first when the time is up: the one that is missing is named. */
function failedPart({ hold, others }: Holder, own: Part): Part {
  const parts = [{ ...hold, part: own }, ...others];
  const missing = parts.filter(({ state }) => state === 'waiting').map(({ part }) => part);
  return missing.find(({ error }) => error !== null) ?? missing[0] ?? own;
}

/** What went wrong, and the next step: whoever asked and whoever approved read it. */
function whyNot({ error, connector }: Part): string {
  const text = error?.text ?? 'It took too long to open';
  return `${text.replace(/\.$/, '')}. ${openingAdvice(error?.kind ?? 'retryable', connector)}`;
}

function failOpening(converged: Converged, now: Instant): Converged {
  return eachHolder(converged, (holder) =>
    holder.grant.state === 'opening' && holder.hold.state === 'waiting'
      ? notOpened(holder, converged.state.entitlement, now)
      : null,
  );
}

/** One for each alarm: of all that comes back at once, each row owes the same. */
function tellBack(converged: Converged, alarmed: readonly Alarmed[]): Converged {
  const subject = connectorSubject(converged.state.entitlement.connector);
  const notices = alarmed.map((alarm) => owe({ kind: 'connector-back', subject, ...alarm }));
  return { ...converged, notices: [...converged.notices, ...notices] };
}

export function succeeded(entitlement: Entitlement, { seen, at }: Look): Entitlement {
  return {
    ...entitlement,
    seen,
    seenAt: at,
    attempts: 0,
    error: null,
    failingSince: null,
    byHand: null,
    lease: null,
    nextAt: null,
  };
}

export function reschedule(converged: Converged, now: Instant): Converged {
  const { entitlement } = converged.state;
  const { nextAt, direction } = schedule(converged.state, now);
  return withEntitlement(converged, { ...entitlement, nextAt, direction });
}
