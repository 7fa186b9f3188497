/**
 * What to do about one entitlement, now. Pure: `begin` says which step the target needs, the caller
 * takes it, and `settle…` records what was seen. Any of them may run at any time, twice, and after a
 * crash at any line: each looks only at the rows and the clock.
 */
import type { AuditEntry, AuditFacts, AuditKind } from './audit.js';
import type { CallError, Direction, Entitlement, EntitlementState, Holder, Seen } from './entitlement.js';
import type { Ending, Grant } from './grant.js';
import { HALLPASS, followHolds, startEnding } from './grant-life.js';
import type { GrantId, RequestId, UserId } from './ids.js';
import { connectorSubject, owe } from './message.js';
import type { NoticeKind, OwedNotice } from './message.js';
import { ALARM_AFTER_ATTEMPTS, pauseMs } from './retry.js';
import { HOUR_MS } from './time.js';
import type { Instant } from './time.js';

/** `open`: the target should hold the role. `take`: it should not, and what is there is ours. */
export type Step = 'open' | 'take';

/** What a step of convergence writes. `touched` are the grants whose rows change. */
export type Converged = {
  readonly state: EntitlementState;
  readonly touched: ReadonlySet<GrantId>;
  readonly audit: readonly AuditEntry[];
  readonly notices: readonly OwedNotice[];
  readonly redraw: readonly (RequestId | GrantId)[];
};

export function isDue(entitlement: Entitlement, now: Instant): boolean {
  return entitlement.nextAt !== null && entitlement.nextAt <= now;
}

/** Closes windows that are over, lets go of what needs no call, and names the step that needs one. */
export function begin(state: EntitlementState, now: Instant): { converged: Converged; step: Step | null } {
  const closed = closeWindows(unchanged(state), now);
  const step = nextStep(closed.state, now);
  const released = step === 'take' ? closed : releaseEnding(closed, now);
  return { converged: reschedule(released, now), step };
}

function nextStep({ entitlement, holders }: EntitlementState, now: Instant): Step | null {
  const wanted = holders.filter((holder) => isWanted(holder, now));
  if (wanted.some(({ hold }) => hold.state === 'waiting')) {
    return 'open';
  }
  return wanted.length === 0 && entitlement.ours ? 'take' : null;
}

function isWanted({ grant, hold }: Holder, now: Instant): boolean {
  const open = grant.state === 'opening' || grant.state === 'active';
  return open && hold.state !== 'released' && grant.startsAt <= now && now < grant.endsAt;
}

/** A closed window begins a new count of failures: those of the opening are no reason to alarm about its end. */
function closeWindows(converged: Converged, now: Instant): Converged {
  const closed = eachHolder(converged, ({ grant }) => {
    if (grant.state === 'active' && grant.endsAt <= now) {
      return ending({ cause: 'window', by: HALLPASS, reason: null, at: now });
    }
    if (grant.state === 'opening' && Math.min(grant.openBefore, grant.endsAt) <= now) {
      const reason = converged.state.entitlement.error?.text ?? 'It took too long to open.';
      return ending({ cause: 'not-opened', by: HALLPASS, reason, at: now });
    }
    return null;
  });
  return closed.touched.size === 0
    ? closed
    : withEntitlement(closed, { ...closed.state.entitlement, attempts: 0, failingSince: null, error: null });
}

/** The opening check, or the read-back after a grant call, found the role in place. */
export function settlePresent(
  state: EntitlementState,
  seen: Extract<Seen, 'present' | 'standing'>,
  now: Instant,
  lateUntil: Instant | null,
): Converged {
  const ours = state.entitlement.ours && seen === 'present';
  const settled = withEntitlement(unchanged(state), {
    ...succeeded(state.entitlement, seen, now),
    ours,
    lateUntil,
  });
  const held = eachHolder(settled, (holder) =>
    isWanted(holder, now) && holder.hold.state === 'waiting'
      ? { hold: ours ? 'held' : 'standing', audit: ours ? 'entitlement.granted' : 'entitlement.standing' }
      : null,
  );
  return reschedule(followAll(held, now), now);
}

/**
 * The read-back after a revoke call found nothing of ours. It stays ours, and is looked at once more,
 * for as long as a cut-off grant call could still take effect.
 */
export function settleGone(
  state: EntitlementState,
  seen: Extract<Seen, 'absent' | 'standing'>,
  now: Instant,
  facts: AuditFacts,
  admins: readonly UserId[],
): Converged {
  const { entitlement } = state;
  const late = entitlement.lateUntil !== null && entitlement.lateUntil > now ? entitlement.lateUntil : null;
  const gone = { ...succeeded(entitlement, seen, now), ours: late !== null, lateUntil: late };
  const settled = withEntitlement(unchanged(state), gone);
  const audited = {
    ...settled,
    audit: [...settled.audit, aboutEntitlement(entitlement, 'entitlement.revoked', facts)],
  };
  const told =
    entitlement.attempts >= ALARM_AFTER_ATTEMPTS ? tell(audited, 'connector-back', admins, now) : audited;
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

/** A call failed. Final errors end an opening at once; everything else is tried again, for ever. */
export function settleError(
  state: EntitlementState,
  failure: {
    step: Step;
    error: CallError;
    lateUntil: Instant | null;
    random: number;
    admins: readonly UserId[];
  },
  now: Instant,
): Converged {
  const { entitlement } = state;
  const { step, error } = failure;
  const givesUp = step === 'open' && error.kind !== 'retryable' && error.kind !== 'unreachable';
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
  const ended = givesUp ? failOpening(settled, error, now) : settled;
  const told = step === 'take' ? alarm(ended, failure.admins, now) : ended;
  return reschedule({ ...told, redraw: everySubject(told.state) }, now);
}

function failOpening(converged: Converged, error: CallError, now: Instant): Converged {
  return eachHolder(converged, ({ grant, hold }) =>
    grant.state === 'opening' && hold.state === 'waiting'
      ? ending({ cause: 'not-opened', by: HALLPASS, reason: error.text, at: now })
      : null,
  );
}

function alarm(converged: Converged, admins: readonly UserId[], now: Instant): Converged {
  return converged.state.entitlement.attempts < ALARM_AFTER_ATTEMPTS
    ? converged
    : tell(converged, 'revocation-stuck', admins, now);
}

/** One alarm a connector and hour: a notice's place is unique by the hour it belongs to. */
function tell(converged: Converged, kind: NoticeKind, admins: readonly UserId[], now: Instant): Converged {
  const subject = connectorSubject(converged.state.entitlement.connector);
  const occasion = String(Math.floor(now / HOUR_MS));
  const notices = admins.map((to) => owe({ kind, subject, occasion, to }));
  return { ...converged, notices: [...converged.notices, ...notices] };
}

/** Lets go of an entitlement for every grant that is ending: another one keeps it, or nothing of ours is there. */
function releaseEnding(converged: Converged, now: Instant): Converged {
  const released = eachHolder(converged, ({ grant, hold }) =>
    grant.state === 'ending' && hold.state !== 'released' ? { hold: 'released' } : null,
  );
  return followAll(released, now);
}

// —— how a change is put together ——

type HolderMove = {
  readonly hold?: Holder['hold']['state'];
  readonly ending?: Ending;
  readonly audit?: AuditKind;
};

function ending(how: Ending): HolderMove {
  return { ending: how };
}

function unchanged(state: EntitlementState): Converged {
  return { state, touched: new Set(), audit: [], notices: [], redraw: [] };
}

function withEntitlement(converged: Converged, entitlement: Entitlement): Converged {
  return { ...converged, state: { ...converged.state, entitlement } };
}

function eachHolder(converged: Converged, move: (holder: Holder) => HolderMove | null): Converged {
  return converged.state.holders.reduce((all, holder) => {
    const moved = move(holder);
    return moved === null ? all : moveHolder(all, holder, moved);
  }, converged);
}

function moveHolder(converged: Converged, holder: Holder, move: HolderMove): Converged {
  const audit: AuditEntry[] = [];
  let { grant } = holder;
  if (move.ending !== undefined && (grant.state === 'opening' || grant.state === 'active')) {
    const started = startEnding(grant, move.ending);
    grant = started.grant;
    audit.push(started.audit);
  }
  if (move.audit !== undefined) {
    audit.push({
      ...aboutEntitlement(converged.state.entitlement, move.audit, {}),
      grantId: grant.id,
      requestId: grant.requestId,
    });
  }
  const hold = move.hold === undefined ? holder.hold : { ...holder.hold, state: move.hold };
  return replaceHolder(converged, { ...holder, grant, hold }, audit);
}

function followAll(converged: Converged, now: Instant): Converged {
  return converged.state.holders.reduce((all, holder) => {
    const followed = followHolds(holder.grant, [holder.hold, ...holder.others], now);
    return followed === null
      ? all
      : replaceHolder(all, { ...holder, grant: followed.grant }, [followed.audit]);
  }, converged);
}

function replaceHolder(converged: Converged, holder: Holder, audit: readonly AuditEntry[]): Converged {
  const holders = converged.state.holders.map((other) =>
    other.grant.id === holder.grant.id ? holder : other,
  );
  return {
    ...converged,
    state: { ...converged.state, holders },
    touched: new Set([...converged.touched, holder.grant.id]),
    audit: [...converged.audit, ...audit],
    redraw: [...converged.redraw, ...subjects(holder.grant)],
  };
}

function subjects(grant: Grant): (RequestId | GrantId)[] {
  return [grant.id, grant.requestId];
}

function everySubject(state: EntitlementState): (RequestId | GrantId)[] {
  return state.holders.flatMap(({ grant }) => subjects(grant));
}

function succeeded(entitlement: Entitlement, seen: Seen, now: Instant): Entitlement {
  return {
    ...entitlement,
    seen,
    seenAt: now,
    attempts: 0,
    error: null,
    failingSince: null,
    lease: null,
    nextAt: null,
  };
}

/** When to look again, and in which line of work, from the rows alone. */
function reschedule(converged: Converged, now: Instant): Converged {
  const { entitlement } = converged.state;
  const { nextAt, direction } = schedule(converged.state, now);
  return withEntitlement(converged, { ...entitlement, nextAt, direction });
}

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
  if (wanted.some(({ hold }) => hold.state === 'waiting')) {
    const openAt = retryAt;
    return nextEnd !== null && nextEnd < openAt
      ? { nextAt: nextEnd, direction: 'revocations' }
      : { nextAt: openAt, direction: 'grants' };
  }
  if (nextEnd !== null) {
    return { nextAt: nextEnd, direction: 'revocations' };
  }
  const letGo = holders.some(({ grant, hold }) => grant.state === 'ending' && hold.state !== 'released');
  if (letGo || (entitlement.ours && entitlement.seen !== 'absent')) {
    return { nextAt: retryAt, direction: 'revocations' };
  }
  return {
    nextAt: entitlement.ours ? Math.max(retryAt, entitlement.lateUntil ?? now) : null,
    direction: 'revocations',
  };
}

export function aboutEntitlement(entitlement: Entitlement, kind: AuditKind, facts: AuditFacts): AuditEntry {
  const { connector, role, account, id } = entitlement;
  return {
    kind,
    actor: HALLPASS,
    entitlementId: id,
    facts: { connector, role, account: account.name, accountId: account.id, ...facts },
  };
}
