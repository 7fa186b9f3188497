/** Makes the target hold what the database says about one entitlement, now. */
import type { AuditFacts } from '../domain/audit.js';
import type { Change } from '../domain/change.js';
import {
  begin,
  claimOurs,
  claimRenewal,
  isDue,
  settleError,
  settleGone,
  settlePresent,
  settleRenewed,
} from '../domain/converge.js';
import type { Alarmed, Look, Presence, Step } from '../domain/converge.js';
import { aboutEntitlement } from '../domain/converged.js';
import { settleDrift } from '../domain/drift.js';
import type { DriftRule } from '../domain/drift.js';
import type { Converged } from '../domain/converged.js';
import type { CallError, Entitlement, EntitlementState, Lease } from '../domain/entitlement.js';
import type { Grant } from '../domain/grant.js';
import type { EntitlementId } from '../domain/ids.js';
import { holdsLease, isLeased, lastsForCall } from '../domain/lease.js';
import { cardOf, connectorSubject, owe } from '../domain/message.js';
import type { OwedNotice } from '../domain/message.js';
import { lostText } from '../domain/lost-eligibility.js';
import { ALARM_AFTER_ATTEMPTS } from '../domain/retry.js';
import { expiryFor, schedule } from '../domain/schedule.js';
import type { Looked } from '../domain/stuck.js';
import type { Instant } from '../domain/time.js';
import { ConnectorError } from '../ports.js';
import type { Connector, Observed, Target } from '../ports.js';
import { callTarget, connectorOf } from './call-target.js';
import { DUPLICATE, commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { NOTHING_DRIFTED, readDriftRule } from './drift-rule.js';
import { approversOf } from './load-cards.js';
import { lostAtStart } from './lost-at-start.js';
import { tellLoss } from './tell-loss.js';
import { moreTimeTooLate } from './void-request.js';

type ConvergeDeps = Pick<
  Deps,
  | 'store'
  | 'wakeups'
  | 'clock'
  | 'ids'
  | 'connectors'
  | 'catalogs'
  | 'directory'
  | 'log'
  | 'callTimeoutMs'
  | 'brokenLeases'
>;

/** A step that this process holds the lease for. */
type Claim = { readonly entitlement: Entitlement; readonly step: Step; readonly lease: Lease };

/** What the step showed. `lateUntil`: until when a grant call of ours could still take effect. */
type Observation =
  | ({ readonly kind: 'present' | 'renewed' } & Presence)
  | { readonly kind: 'drifted'; readonly at: Instant }
  | {
      readonly kind: 'gone';
      readonly look: Look<'absent' | 'standing'>;
      readonly facts: AuditFacts;
    }
  | {
      readonly kind: 'error';
      readonly error: CallError;
      readonly lateUntil: Instant | null;
      readonly looked: Looked;
    };

/** A step makes up to this many calls to the target one after another; its lease lasts for them all. */
const CALLS_A_STEP = 4;

export async function convergeEntitlement(deps: ConvergeDeps, id: EntitlementId): Promise<void> {
  const claim = await claimStep(deps, id).catch(async (fault: unknown) => {
    await takeUnrecorded(deps, id);
    throw fault;
  });
  if (claim === null) {
    return;
  }
  try {
    const observation = claim.step === 'take' ? await take(deps, claim) : await give(deps, claim);
    if (observation !== null) {
      await settle(deps, claim, observation);
    }
  } catch (fault) {
    deps.brokenLeases.set(id, claim.lease.by);
    throw fault;
  }
}

/** Commits what follows from the clock alone, and the lease for the step that needs the target. */
async function claimStep(deps: ConvergeDeps, id: EntitlementId): Promise<Claim | null> {
  const claimed = await commitFresh(deps, async () => {
    const state = await deps.store.entitlementState(id);
    const now = deps.clock.now();
    if (state === null || !isDue(state.entitlement, now) || isUnderWay(deps, state.entitlement, now)) {
      return { change: null, outcome: null };
    }
    const free = { ...state, entitlement: { ...state.entitlement, lease: null } };
    const { converged, step } = await beginNow(deps, free, now);
    if (step === null) {
      return { change: await toChange(deps, converged, now), outcome: null };
    }
    const lease = { by: deps.ids.leaseToken(), until: now + CALLS_A_STEP * deps.callTimeoutMs };
    const entitlement = { ...converged.state.entitlement, lease };
    const leased = { ...converged, state: { ...converged.state, entitlement } };
    const intent =
      step === 'take' && entitlement.attempts === 0
        ? [aboutEntitlement(entitlement, 'entitlement.revoking', {})]
        : [];
    const change = await toChange(deps, { ...leased, audit: [...leased.audit, ...intent] }, now);
    return { change, outcome: { entitlement, step, lease } };
  });
  return claimed === DUPLICATE ? null : claimed;
}

/** What has to hold at the start of a window, besides the clock, is asked before it opens. */
async function beginNow(
  deps: ConvergeDeps,
  state: EntitlementState,
  now: Instant,
): Promise<ReturnType<typeof begin>> {
  const losses = await lostAtStart(deps, state, now);
  const reasons = new Map(losses.map(({ grant, lost }) => [grant.id, lostText(lost)]));
  const begun = begin(state, now, reasons);
  const told = await Promise.all(losses.map(async (loss) => await tellLoss(deps, loss)));
  const { converged } = begun;
  return {
    ...begun,
    converged: {
      ...converged,
      audit: [...told.flatMap(({ audit }) => audit), ...converged.audit],
      notices: [...converged.notices, ...told.flatMap(({ notices }) => notices)],
    },
  };
}

/**
 * The database takes no commit, for the disk is full, say. Its end and whose it is are on record already, so
 * what is over is taken away all the same; nothing says so before it can be written down.
 */
async function takeUnrecorded(deps: ConvergeDeps, id: EntitlementId): Promise<void> {
  try {
    const state = await deps.store.entitlementState(id);
    const now = deps.clock.now();
    const due = state !== null && isDue(state.entitlement, now) && !isUnderWay(deps, state.entitlement, now);
    if (!due || begin(state, now).step !== 'take') {
      return;
    }
    const connector = connectorOf(deps.connectors, state.entitlement.connector);
    const target = toTarget(state.entitlement);
    if ((await check(deps, connector, target)).seen === 'present') {
      await callTarget(deps.callTimeoutMs, (call) => connector.revoke(target, call));
      deps.log.error({ entitlementId: id }, 'Access was taken away, but the database could not record it');
    }
  } catch (error) {
    deps.log.error(
      { entitlementId: id, err: error },
      'Access that is over could not be taken away unrecorded',
    );
  }
}

/**
 * Checks first; what is there already and not ours is standing access. Grants, and reads back. What is there
 * already and ours is granted once more if the target shall end it by itself at another moment.
 */
async function give(deps: ConvergeDeps, claim: Claim): Promise<Observation | null> {
  const { entitlement, step } = claim;
  const before = entitlement.lateUntil;
  let late = before;
  try {
    const connector = connectorOf(deps.connectors, entitlement.connector);
    const target = toTarget(entitlement);
    const { seen, at, expiresAt: found } = await check(deps, connector, target);
    if (step === 'renew' && seen === 'absent') {
      return { kind: 'drifted', at };
    }
    if (seen === 'standing' || (seen === 'present' && step === 'open')) {
      return { kind: 'present', seen, at, lateUntil: before, expiresAt: found };
    }
    await sameAccount(deps, connector, entitlement);
    const sendBy = deps.clock.now() + deps.callTimeoutMs;
    late = Math.max(before ?? 0, sendBy + deps.callTimeoutMs + connector.lateEffectMs);
    const expiresAt = await commitClaim(deps, claim, late);
    if (expiresAt === null) {
      return null;
    }
    refuseToSendLate(deps, claim, sendBy);
    await callTarget(deps.callTimeoutMs, (call) => connector.grant(target, { ...call, expiresAt }));
    late = before;
    return await readBack(deps, { connector, target, step, lateUntil: before, asked: expiresAt });
  } catch (error) {
    const failure = toFailure(deps, entitlement, error);
    return {
      kind: 'error',
      error: failure.error,
      lateUntil: failure.uncertain ? late : before,
      looked: null,
    };
  }
}

/**
 * Sent later, a grant could take effect after the moment that is on record, when nobody looks any more; and
 * either call could undo what another worker has done since the lease ran out.
 */
function refuseToSendLate(deps: ConvergeDeps, { lease }: Claim, sendBy = lease.until): void {
  const now = deps.clock.now();
  if (now > sendBy || !lastsForCall(lease, now, deps.callTimeoutMs)) {
    throw new ConnectorError('retryable', 'Hallpass itself stood still before the call; nothing was sent.');
  }
}

/** A target may round the moment it was asked for; whether it keeps one at all is its own word. */
async function readBack(
  deps: ConvergeDeps,
  sent: {
    connector: Connector;
    target: Target;
    step: Step;
    lateUntil: Instant | null;
    asked: Instant;
  },
): Promise<Observation> {
  const { lateUntil, asked, step } = sent;
  const { seen, at, expiresAt } = await check(deps, sent.connector, sent.target);
  if (seen === 'absent') {
    const text = 'The target took the grant, but the role is not there when read back.';
    return { kind: 'error', error: { kind: 'retryable', text }, lateUntil, looked: null };
  }
  const kind = step === 'renew' ? 'renewed' : 'present';
  return { kind, seen, at, lateUntil, expiresAt: expiresAt === null ? null : asked };
}

/** The account of that name must still be the one of the terms. */
async function sameAccount(
  deps: ConvergeDeps,
  connector: Connector,
  entitlement: Entitlement,
): Promise<void> {
  const { account, role } = entitlement;
  const found = await callTarget(deps.callTimeoutMs, (call) => connector.resolve(account.name, role, call));
  if (found.account.id !== account.id) {
    throw new ConnectorError(
      'unknown-account',
      `${account.name} is another account now than at the request.`,
    );
  }
}

/**
 * The last look before the call: the lease is ours, the access still wanted, and `ours` is on record. Answers
 * when the target shall end it by itself; null when nothing is to be sent.
 */
async function commitClaim(deps: ConvergeDeps, claim: Claim, lateUntil: Instant): Promise<Instant | null> {
  const committed = await commitFresh(deps, async () => {
    const state = await deps.store.entitlementState(claim.entitlement.id);
    const now = deps.clock.now();
    if (state === null || !holdsLease(state.entitlement, claim.lease.by, now)) {
      return { change: null, outcome: null };
    }
    const looked = await beginNow(deps, state, now);
    const expiresAt = expiryFor(state, now);
    if (looked.step !== claim.step || expiresAt === null) {
      const freed = { ...looked.converged.state.entitlement, lease: null };
      const converged = { ...looked.converged, state: { ...looked.converged.state, entitlement: freed } };
      return { change: await toChange(deps, converged, now), outcome: null };
    }
    const claimed =
      claim.step === 'renew'
        ? claimRenewal(state, { lateUntil, expiresAt })
        : claimOurs(state, now, lateUntil);
    return { change: await toChange(deps, claimed, now), outcome: expiresAt };
  });
  return committed === DUPLICATE ? null : committed;
}

/** Revokes, and says "gone" only after reading it back. */
async function take(deps: ConvergeDeps, claim: Claim): Promise<Observation> {
  const { entitlement } = claim;
  const { lateUntil } = entitlement;
  try {
    const connector = connectorOf(deps.connectors, entitlement.connector);
    const target = toTarget(entitlement);
    refuseToSendLate(deps, claim);
    const { sessionsEnded } = await callTarget(deps.callTimeoutMs, (call) => connector.revoke(target, call));
    const { seen, at } = await check(deps, connector, target);
    if (seen === 'present') {
      const text = 'The target took the revocation, but the role is still there when read back.';
      return { kind: 'error', error: { kind: 'retryable', text }, lateUntil, looked: 'present' };
    }
    return {
      kind: 'gone',
      look: { seen, at },
      facts: { sessionsEnded, standingRemains: seen === 'standing' },
    };
  } catch (error) {
    const failure = { kind: 'error', error: toFailure(deps, entitlement, error).error, lateUntil } as const;
    return entitlement.byHand === null
      ? { ...failure, looked: null }
      : await lookAgain(deps, entitlement, failure);
  }
}

/** An admin says that it is gone: a target that does not let Hallpass revoke may still let it look. */
async function lookAgain(
  deps: ConvergeDeps,
  entitlement: Entitlement,
  failure: Omit<Extract<Observation, { kind: 'error' }>, 'looked'>,
): Promise<Observation> {
  try {
    const connector = connectorOf(deps.connectors, entitlement.connector);
    const { seen, at } = await check(deps, connector, toTarget(entitlement));
    return seen === 'present'
      ? { ...failure, looked: 'present' }
      : {
          kind: 'gone',
          look: { seen, at },
          facts: { sessionsEnded: null, standingRemains: seen === 'standing' },
        };
  } catch (error) {
    toFailure(deps, entitlement, error);
    return { ...failure, looked: 'no-answer' };
  }
}

/** Records what was seen, decided again from the rows as they are by now. */
async function settle(deps: ConvergeDeps, claim: Claim, observation: Observation): Promise<void> {
  const wasStuck = observation.kind === 'gone' && claim.entitlement.attempts >= ALARM_AFTER_ATTEMPTS;
  const alarmed = wasStuck ? await alarmedAbout(deps, claim.entitlement.connector) : [];
  const drift =
    observation.kind === 'drifted' ? await readDriftRule(deps, claim.entitlement.connector) : NOTHING_DRIFTED;
  const settled = await commitFresh(deps, async () => {
    const state = await deps.store.entitlementState(claim.entitlement.id);
    const now = deps.clock.now();
    if (state === null || state.entitlement.lease?.by !== claim.lease.by) {
      return { change: null, outcome: 'lease-lost' as const };
    }
    const converged = settleObservation(state, claim.step, observation, {
      now,
      alarmed,
      drift,
      random: deps.ids.random(),
    });
    const change = await toChange(deps, converged, now);
    const others = await otherParts(deps, converged, now);
    return {
      change: { ...change, entitlements: [converged.state.entitlement, ...others] },
      outcome: 'settled' as const,
    };
  });
  if (settled === 'lease-lost') {
    deps.log.warn(
      { entitlementId: claim.entitlement.id },
      'Another worker took over; what was seen is dropped',
    );
  }
}

/** Everybody whom an alarm about the connector was owed, with the newest: they are told when all is well again. */
async function alarmedAbout(deps: ConvergeDeps, connector: string): Promise<Alarmed[]> {
  const notices = await deps.store.noticesOf(connectorSubject(connector));
  const alarms = notices.filter(({ kind, state }) => kind === 'revocation-stuck' && state !== 'dropped');
  const newest = new Map(alarms.map(({ to, occasion }) => [to, { to, occasion }]));
  return [...newest.values()];
}

/** What else a grant holds that has just failed: its end is no longer that of the window, it is now. */
async function otherParts(deps: ConvergeDeps, converged: Converged, now: Instant): Promise<Entitlement[]> {
  const failed = converged.state.holders.filter(
    ({ grant }) => converged.touched.has(grant.id) && grant.state === 'ending',
  );
  const parts = new Map<EntitlementId, EntitlementState>();
  for (const { grant, others } of failed) {
    for (const { entitlementId, state: hold } of others) {
      const part = parts.get(entitlementId) ?? (await deps.store.entitlementState(entitlementId));
      if (hold !== 'released' && part !== null) {
        parts.set(entitlementId, withGrant(part, grant));
      }
    }
  }
  return [...parts.values()].map(({ entitlement, holders }) => {
    const fresh = { ...entitlement, attempts: 0, failingSince: null, error: null };
    return { ...fresh, ...schedule({ entitlement: fresh, holders }, now) };
  });
}

function withGrant(state: EntitlementState, grant: Grant): EntitlementState {
  const holders = state.holders.map((holder) =>
    holder.grant.id === grant.id ? { ...holder, grant } : holder,
  );
  return { ...state, holders };
}

function settleObservation(
  state: EntitlementState,
  step: Step,
  observation: Observation,
  at: { now: Instant; alarmed: readonly Alarmed[]; drift: DriftRule; random: number },
): Converged {
  switch (observation.kind) {
    case 'present':
      return settlePresent(state, observation, at.now);
    case 'renewed':
      return settleRenewed(state, observation, at.now);
    case 'drifted':
      return settleDrift(state, observation.at, at.drift, at.now);
    case 'gone':
      return settleGone(state, observation.look, at.now, observation.facts, at.alarmed);
    case 'error':
      return settleError(state, { ...observation, ...at, step }, at.now);
  }
}

async function check(
  deps: ConvergeDeps,
  connector: Connector,
  target: Target,
): Promise<Look<Observed['state']> & Pick<Observed, 'expiresAt'>> {
  const at = deps.clock.now();
  const { state, expiresAt } = await callTarget(deps.callTimeoutMs, (call) => connector.check(target, call));
  return { seen: state, at, expiresAt };
}

/** Logs it; whatever is no error of a connector is thrown on. */
function toFailure(
  deps: ConvergeDeps,
  entitlement: Entitlement,
  error: unknown,
): { error: CallError; uncertain: boolean } {
  if (!(error instanceof ConnectorError)) {
    throw error;
  }
  const { id: entitlementId, connector } = entitlement;
  deps.log.warn({ entitlementId, connector, kind: error.kind, err: error }, 'A call to the target failed');
  return { error: { kind: error.kind, text: error.message }, uncertain: error.uncertain };
}

function isUnderWay({ brokenLeases }: ConvergeDeps, entitlement: Entitlement, now: Instant): boolean {
  return isLeased(entitlement, now) && brokenLeases.get(entitlement.id) !== entitlement.lease?.by;
}

function toTarget({ role, account, fingerprint }: Entitlement): Target {
  return { role, account, fingerprint };
}

export async function toChange(
  deps: Pick<Deps, 'store' | 'log'>,
  converged: Converged,
  now: Instant,
): Promise<Change> {
  const { state, touched, audit, notices, redraw } = converged;
  const moved = state.holders.filter(({ grant }) => touched.has(grant.id));
  const grants = moved.map(({ grant }) => grant);
  const tooLate = await moreTimeTooLate(deps, grants, now);
  return {
    at: now,
    entitlements: [state.entitlement],
    grants,
    holds: moved.map(({ hold }) => hold),
    requests: tooLate.flatMap(({ requests }) => requests),
    audit: [...audit, ...tooLate.flatMap((one) => one.audit)],
    notices: [
      ...notices,
      ...(await toVoters(deps, grants)),
      ...(await toHolders(deps, grants, now)),
      ...tooLate.flatMap((one) => one.notices),
    ],
    redraw: [...new Set([...redraw, ...tooLate.flatMap((one) => one.redraw)])],
  };
}

/** Whoever has the card already, from before the start or while it was being opened, sees no edit of it by themselves. */
async function toHolders(
  deps: Pick<Deps, 'store'>,
  grants: readonly Grant[],
  now: Instant,
): Promise<OwedNotice[]> {
  const opened = grants.filter(({ activeAt }) => activeAt === now);
  const notices = opened.map(async ({ id, requestId, beneficiary: to, startsAt }) => {
    const request = await deps.store.request(requestId);
    const card = await deps.store.message(cardOf(id));
    const wasAhead = request?.state === 'approved' && request.decidedAt < startsAt;
    return wasAhead || (card !== null && card.posted !== null)
      ? [owe({ kind: 'grant-opened', subject: id, occasion: '', to })]
      : [];
  });
  return (await Promise.all(notices)).flat();
}

/** Whoever approved what could not be opened is told, too: they may be who can put the cause right. */
async function toVoters(deps: Pick<Deps, 'store'>, grants: readonly Grant[]): Promise<OwedNotice[]> {
  const failed = grants.filter(({ state }) => state === 'failed');
  const notices = failed.map(async ({ id, requestId }) => {
    const request = await deps.store.request(requestId);
    const voters = request?.state === 'approved' ? await approversOf(deps, request) : [];
    return voters.map((to) => owe({ kind: 'grant-not-opened', subject: id, occasion: '', to }));
  });
  return (await Promise.all(notices)).flat();
}
