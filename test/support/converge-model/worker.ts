/**
 * What a worker does next: usecases/converge-entitlement.ts, cut at its awaits. Each function answers every way
 * in which that step can go. A read and the commit that rests on it are two steps, so that anything may happen
 * between them.
 */
import { isDue } from '../../../src/domain/converge.js';
import type { Converged } from '../../../src/domain/converged.js';
import type { CallError, Seen } from '../../../src/domain/entitlement.js';
import type { Grant } from '../../../src/domain/grant.js';
import { isWanted, schedule } from '../../../src/domain/schedule.js';
import type { Change } from '../../../src/domain/change.js';
import type { Instant } from '../../../src/domain/time.js';
import type { Entitlement } from '../../../src/domain/entitlement.js';
import type { Rules } from './rules.js';
import { violate } from './violation.js';
import type { Claim, Db, Observation, Wire, Worker, World } from './world.js';
import {
  CALL_TIMEOUT_MS,
  LATE_EFFECT_MS,
  commit,
  look,
  spend,
  stateOf,
  withTarget,
  withWorker,
} from './world.js';

/** As in the use case: a lease lasts for so many calls. */
const CALLS_A_STEP = 4;
const IDLE: Worker = { at: 'idle' };

export type Next = { readonly label: string; readonly world: World };

export function workerSteps(rules: Rules, world: World, index: number): Next[] {
  const worker = world.workers[index] ?? IDLE;
  const go = (label: string, next: World): Next => ({ label: `worker ${index}: ${label}`, world: next });
  const to = (label: string, next: Worker, base = world): Next => go(label, withWorker(base, index, next));
  switch (worker.at) {
    case 'idle':
      return world.db.entitlements.flatMap((_row, entitlement) => {
        const next = readLease(rules, world, entitlement);
        return next === null ? [] : [{ ...to('finds it due', next), world: counted(world, index, next) }];
      });
    case 'commit-lease': {
      const db = commitOf(rules, world, worker.read);
      const { claim } = worker;
      if (db === null) {
        return [to('was too late with its claim', IDLE)];
      }
      return [
        claim === null
          ? to('closes what needs no call', IDLE, { ...world, db })
          : to(`claims it to ${claim.step}`, begun(claim), { ...world, db }),
      ];
    }
    case 'check':
      return [
        to(...checked(world, worker.claim)),
        ...failures(world).map(({ label, error, world: after }) =>
          to(`check ${label}`, settling(worker.claim, error, worker.claim.row.lateUntil), after),
        ),
      ];
    case 'look-again':
      return [to(...readAgain(rules, world, worker))];
    case 'commit-ours': {
      const db = commitOf(rules, world, worker.read);
      const { claim, sendBy, late } = worker;
      if (db === null) {
        return [to('was too late, and looks again', { at: 'look-again', claim, sendBy, late })];
      }
      return worker.go
        ? [to('writes down that it is ours', { at: 'send-grant', claim, sendBy, late }, { ...world, db })]
        : [to('lets it be', IDLE, { ...world, db })];
    }
    case 'send-grant':
      return [sendGrant(rules, world, worker, to)];
    case 'granting':
      return [
        to(
          'is told that it was granted',
          { at: 'read-back', claim: worker.claim },
          land(world, worker.claim),
        ),
        ...cutOff(world, worker.claim).map(({ label, world: after, uncertain, error }) =>
          to(
            `grant ${label}`,
            settling(worker.claim, error, uncertain ? worker.late : worker.claim.row.lateUntil),
            after,
          ),
        ),
      ];
    case 'read-back':
      return [
        to(...readBack(world, worker.claim)),
        ...failures(world).map(({ label, error, world: after }) =>
          to(`read-back ${label}`, settling(worker.claim, error, worker.claim.row.lateUntil), after),
        ),
      ];
    case 'send-revoke':
      return [sendRevoke(rules, world, worker.claim, to)];
    case 'revoking':
      return [
        to(
          'is told that it was revoked',
          { at: 'read-back', claim: worker.claim },
          land(world, worker.claim),
        ),
        ...cutOff(world, worker.claim).map(({ label, world: after, error }) =>
          to(`revoke ${label}`, settling(worker.claim, error, worker.claim.row.lateUntil), after),
        ),
      ];
    case 'settle':
      return [to(...readSettle(rules, world, worker))];
    case 'commit-seen': {
      const db = commitOf(rules, world, worker.read);
      const { claim, seen } = worker;
      return db === null
        ? [to('was too late, and decides again', { at: 'settle', claim, seen })]
        : [to(`records that it is ${seen.kind}`, IDLE, { ...world, db })];
    }
  }
}

function counted(world: World, index: number, next: Worker): World {
  return withWorker({ ...world, claims: world.claims + 1 }, index, next);
}

function commitOf(rules: Rules, world: World, { change }: { readonly change: Change }): Db | null {
  return commit(world.db, change, rules.checksVersions);
}

function readLease(rules: Rules, world: World, index: number): Worker | null {
  const state = stateOf(world.db, index);
  const { now, db } = world;
  if (!isDue(state.entitlement, now) || rules.isLeased(state.entitlement, now)) {
    return null;
  }
  const { converged, step } = rules.begin(state, now);
  if (step === null) {
    return { at: 'commit-lease', read: { db, at: now, change: toChange(converged, now) }, claim: null };
  }
  const token = `claim-${world.claims}`;
  const lease = { by: token, until: now + CALLS_A_STEP * CALL_TIMEOUT_MS };
  const row = { ...converged.state.entitlement, lease };
  const change = toChange({ ...converged, state: { ...converged.state, entitlement: row } }, now);
  return {
    at: 'commit-lease',
    read: { db, at: now, change },
    claim: { entitlement: index, row, step, token },
  };
}

function begun(claim: Claim): Worker {
  return claim.step === 'open' ? { at: 'check', claim } : { at: 'send-revoke', claim };
}

function checked(world: World, claim: Claim): [string, Worker] {
  const seen = lookAt(world, claim);
  const lateUntil = claim.row.lateUntil;
  if (seen !== 'absent') {
    const there = { kind: 'present', look: { seen, at: world.now }, lateUntil } as const;
    return [`finds it ${seen}`, { at: 'settle', claim, seen: there }];
  }
  const sendBy = world.now + CALL_TIMEOUT_MS;
  const late = Math.max(lateUntil ?? 0, sendBy + CALL_TIMEOUT_MS + LATE_EFFECT_MS);
  return ['finds it absent', { at: 'look-again', claim, sendBy, late }];
}

function lookAt(world: World, claim: Claim): Exclude<Seen, 'unknown'> {
  const target = world.targets[claim.entitlement];
  if (target === undefined) {
    throw new Error('The model has a target for each entitlement.');
  }
  return look(target, world.marks);
}

function readAgain(
  rules: Rules,
  { db, now }: World,
  { claim, sendBy, late }: Extract<Worker, { at: 'look-again' }>,
): [string, Worker] {
  const state = stateOf(db, claim.entitlement);
  if (!rules.holdsLease(state.entitlement, claim.token, now)) {
    return ['has lost its lease', IDLE];
  }
  const looked = rules.begin(state, now);
  const go = looked.step === 'open' || !rules.looksAgain;
  if (go && !state.holders.some((holder) => isWanted(holder, now))) {
    violate('a grant call was written down for access that nobody wants any more');
  }
  const freed = { ...looked.converged.state.entitlement, lease: null };
  const converged = go
    ? rules.claimOurs(state, now, late)
    : { ...looked.converged, state: { ...looked.converged.state, entitlement: freed } };
  const read = { db, at: now, change: toChange(converged, now) };
  return ['looks at the rows again', { at: 'commit-ours', claim, sendBy, late, read, go }];
}

type To = (label: string, next: Worker, base?: World) => Next;

function sendGrant(
  rules: Rules,
  world: World,
  { claim, sendBy, late }: Extract<Worker, { at: 'send-grant' }>,
  to: To,
): Next {
  if (world.now > sendBy || !lasts(rules, world, claim)) {
    const seen = failed('Hallpass stood still.', claim.row.lateUntil);
    return to('does not send a grant so late', { at: 'settle', claim, seen });
  }
  mayCall(world, claim, 'grant');
  const wire = toWire(world, claim, 'grant');
  const row = world.db.entitlements[claim.entitlement];
  if (row?.ours !== true || (row.lateUntil ?? 0) < wire.until) {
    violate('a grant call was sent before it was on record that what comes is ours, and until when');
  }
  return to(
    'sends the grant',
    { at: 'granting', claim, late, deadline: world.now + CALL_TIMEOUT_MS },
    { ...world, wires: [...world.wires, wire] },
  );
}

function sendRevoke(rules: Rules, world: World, claim: Claim, to: To): Next {
  if (!lasts(rules, world, claim)) {
    const seen = failed('Hallpass stood still.', claim.row.lateUntil);
    return to('does not send a revocation so late', { at: 'settle', claim, seen });
  }
  mayCall(world, claim, 'revoke');
  return to(
    'sends the revocation',
    { at: 'revoking', claim, deadline: world.now + CALL_TIMEOUT_MS },
    { ...world, wires: [...world.wires, toWire(world, claim, 'revoke')] },
  );
}

function lasts(rules: Rules, { now }: World, { row }: Claim): boolean {
  return row.lease !== null && rules.lastsForCall(row.lease, now, CALL_TIMEOUT_MS);
}

function mayCall({ db, now }: World, claim: Claim, call: string): void {
  const lease = db.entitlements[claim.entitlement]?.lease ?? null;
  if (lease?.by !== claim.token || lease.until <= now) {
    violate(`a ${call} call was sent by a worker whose lease was over`);
  }
}

function toWire({ now }: World, { entitlement, token }: Claim, call: Wire['call']): Wire {
  return { call, entitlement, token, until: now + CALL_TIMEOUT_MS + LATE_EFFECT_MS };
}

function readBack(world: World, claim: Claim): [string, Worker] {
  const seen = lookAt(world, claim);
  const { lateUntil } = claim.row;
  const settle = (what: Observation): [string, Worker] => [
    `reads back ${seen}`,
    { at: 'settle', claim, seen: what },
  ];
  if (claim.step === 'open') {
    return seen === 'absent'
      ? settle(failed('It is not there.', lateUntil))
      : settle({ kind: 'present', look: { seen, at: world.now }, lateUntil });
  }
  return seen === 'present'
    ? settle(failed('It is still there.', lateUntil))
    : settle({ kind: 'gone', look: { seen, at: world.now }, facts: {} });
}

function readSettle(
  rules: Rules,
  { db, now }: World,
  { claim, seen }: Extract<Worker, { at: 'settle' }>,
): [string, Worker] {
  const state = stateOf(db, claim.entitlement);
  if (rules.settlesByToken && state.entitlement.lease?.by !== claim.token) {
    return ['drops what it saw, for another one took over', IDLE];
  }
  const converged = settled(rules, state, claim, seen, now);
  const change = toChange(converged, now);
  const others = otherParts(db, converged, now);
  const whole = { ...change, entitlements: [converged.state.entitlement, ...others] };
  return ['decides what to record', { at: 'commit-seen', claim, seen, read: { db, at: now, change: whole } }];
}

function settled(
  rules: Rules,
  state: ReturnType<typeof stateOf>,
  claim: Claim,
  seen: Observation,
  now: Instant,
): Converged {
  switch (seen.kind) {
    case 'present':
      return rules.settlePresent(state, { ...seen.look, lateUntil: seen.lateUntil, expiresAt: null }, now);
    case 'gone':
      return rules.settleGone(state, seen.look, now, seen.facts, []);
    case 'error':
      return rules.settleError(
        state,
        { step: claim.step, error: seen.error, lateUntil: seen.lateUntil, random: 0, looked: null },
        now,
      );
  }
}

function otherParts(db: Db, converged: Converged, now: Instant): Entitlement[] {
  const own = converged.state.entitlement.id;
  const failedNow = converged.state.holders
    .map(({ grant }) => grant)
    .filter((grant) => converged.touched.has(grant.id) && grant.state === 'ending');
  return db.entitlements.flatMap((row, index) => {
    const state = stateOf(db, index);
    const held = state.holders.some(({ grant }) => failedNow.some(({ id }) => id === grant.id));
    if (row.id === own || !held) {
      return [];
    }
    const holders = state.holders.map((holder) => ({ ...holder, grant: newest(holder.grant, failedNow) }));
    const entitlement = { ...row, attempts: 0, failingSince: null, error: null };
    return [{ ...entitlement, ...schedule({ entitlement, holders }, now) }];
  });
}

function newest(grant: Grant, changed: readonly Grant[]): Grant {
  return changed.find(({ id }) => id === grant.id) ?? grant;
}

function toChange({ state, touched, audit }: Converged, at: Instant): Change {
  const moved = state.holders.filter(({ grant }) => touched.has(grant.id));
  return {
    at,
    entitlements: [state.entitlement],
    grants: moved.map(({ grant }) => grant),
    holds: moved.map(({ hold }) => hold),
    audit,
  };
}

function failed(text: string, lateUntil: Instant | null): Observation {
  return { kind: 'error', error: { kind: 'retryable', text }, lateUntil };
}

function settling(claim: Claim, error: CallError, lateUntil: Instant | null): Worker {
  return { at: 'settle', claim, seen: { kind: 'error', error, lateUntil } };
}

type Failure = { readonly label: string; readonly world: World; readonly error: CallError };

/** A call that does nothing and says so. */
function failures(world: World): Failure[] {
  const { errors } = world.left;
  return errors === 0
    ? []
    : (['retryable', 'final'] as const).map((kind) => ({
        label: `fails: ${kind}`,
        world: spend(world, 'errors'),
        error: { kind, text: 'no' },
      }));
}

/** The call fails; when its answer is lost, it stays on the wire and may yet take effect. */
function cutOff(world: World, claim: Claim): (Failure & { readonly uncertain: boolean })[] {
  const without = { ...world, wires: world.wires.filter(({ token }) => token !== claim.token) };
  const certain = failures(without).map((failure) => ({ ...failure, uncertain: false }));
  if (world.left.cuts === 0) {
    return certain;
  }
  const error = { kind: 'retryable', text: 'no answer' } as const;
  const cut = orphaned(spend(world, 'cuts'), claim.token).map((after) => ({
    label: 'is cut off',
    world: after,
    error,
    uncertain: true,
  }));
  return [...certain, ...cut];
}

/** Nobody waits for the answer any more. */
export function orphaned(world: World, token: string): World[] {
  const wire = world.wires.find((one) => one.token === token);
  if (wire === undefined) {
    return [world];
  }
  const others = world.wires.filter((other) => other !== wire);
  return wire.call === 'grant' || world.lateRevocations
    ? [{ ...world, wires: [...others, { ...wire, token: null }] }]
    : [landed(world, wire), { ...world, wires: others }];
}

/** The call of this claim does its work. */
function land(world: World, claim: Claim): World {
  const wire = world.wires.find(({ token }) => token === claim.token);
  return wire === undefined ? world : landed(world, wire);
}

export function landed(world: World, wire: Wire): World {
  const target = world.targets[wire.entitlement];
  if (target === undefined) {
    throw new Error('The model has a target for each entitlement.');
  }
  // A revocation that takes away late what was opened meanwhile is drift, as if somebody had removed it.
  const drifts = wire.call === 'revoke' && wire.token === null;
  const rest = {
    ...world,
    removedByHand: world.removedByHand || drifts,
    wires: world.wires.filter((other) => other !== wire),
  };
  return withTarget(rest, wire.entitlement, effect(target, wire.call, world));
}

/**
 * Who tells grantors apart keeps ours beside another one's, and takes away ours only; who does not, finds the
 * member there already, and takes away whatever is there.
 */
function effect({ given, standing }: World['targets'][number], call: Wire['call'], world: World) {
  const { marks } = world;
  return call === 'grant'
    ? { given: given || marks || !standing, standing }
    : { given: false, standing: standing && marks };
}
