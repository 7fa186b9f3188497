/**
 * What tells two worlds apart, as a short text: times only as far as they lie ahead, rows without their
 * versions, workers in no order. Worlds of the same key have the same futures, and are walked once.
 */
import type { Entitlement } from '../../../src/domain/entitlement.js';
import type { Grant } from '../../../src/domain/grant.js';
import type { Instant } from '../../../src/domain/time.js';
import { SECOND_MS } from '../../../src/domain/time.js';
import type { Claim, Observation, Read, Worker, World } from './world.js';
import { TICK_MS } from './world.js';

/** How far back the moment of a read is told apart. */
const MEMORY_MS = 5 * TICK_MS;

export function keyOf(world: World): string {
  const { left } = world;
  const budget = `${left.approvals}${left.earlyEnds}${left.prolongations}${left.crashes}${left.cuts}${left.errors}${left.handsOn}${left.delays}`;
  return `${budget}|${keyWithoutTrouble(world)}`;
}

/** The same, whatever trouble may still come. */
export function keyWithoutTrouble(world: World): string {
  const { now, db, targets, wires, workers } = world;
  const rows = db.entitlements.map((row) => rowKey(row, now)).join();
  const grants = db.grants.map((grant) => grantKey(grant, now)).join();
  const holds = db.holds.map(({ state }) => state[0]).join('');
  const target = targets.map(({ given, standing }) => `${+given}${+standing}`).join();
  const flying = wires
    .filter(({ token }) => token === null)
    .map((wire) => `${wire.call[0]}${wire.entitlement}${ahead(wire.until, now)}`)
    .toSorted()
    .join();
  const working = workers
    .map((worker) => workerKey(world, worker))
    .toSorted()
    .join(';');
  return `${rows}|${grants}|${holds}|${target}${+world.removedByHand}|${flying}|${working}`;
}

/** In seconds; what is past is past. */
function ahead(at: Instant | null, now: Instant): string {
  return at === null ? '-' : String(Math.max(0, at - now) / SECOND_MS);
}

function rowKey(row: Entitlement, now: Instant): string {
  const lease = row.lease === null ? '-' : ahead(row.lease.until, now);
  return `${+row.ours}${row.seen[0]}${row.seen[1]}${ahead(row.nextAt, now)}a${row.attempts}l${ahead(row.lateUntil, now)}h${lease}`;
}

function grantKey(grant: Grant, now: Instant): string {
  switch (grant.state) {
    case 'scheduled':
      return `s${ahead(grant.startsAt, now)}/${ahead(grant.endsAt, now)}`;
    case 'opening':
      return `o${ahead(grant.endsAt, now)}/${ahead(grant.openBefore, now)}`;
    case 'active':
      return `a${ahead(grant.endsAt, now)}`;
    case 'ending':
      return `e${grant.ending.cause[0]}`;
    case 'ended':
    case 'failed':
      return '.';
  }
}

function workerKey(world: World, worker: Worker): string {
  const { now } = world;
  switch (worker.at) {
    case 'idle':
      return '';
    case 'commit-lease':
      return `c${readKey(world, worker.read)}${worker.claim === null ? '' : claimKey(world, worker.claim)}`;
    case 'check':
      return `k${claimKey(world, worker.claim)}`;
    case 'look-again':
    case 'commit-ours':
    case 'send-grant': {
      const sending = `${ahead(worker.sendBy, now)}${worker.sendBy < now ? '!' : ''}/${ahead(worker.late, now)}`;
      const read = worker.at === 'commit-ours' ? `${readKey(world, worker.read)}${+worker.go}` : '';
      return `${worker.at}${claimKey(world, worker.claim)}${sending}${read}`;
    }
    case 'granting':
      return `g${claimKey(world, worker.claim)}${ahead(worker.deadline, now)}/${ahead(worker.late, now)}`;
    case 'read-back':
      return `b${claimKey(world, worker.claim)}`;
    case 'send-revoke':
      return `s${claimKey(world, worker.claim)}`;
    case 'revoking':
      return `r${claimKey(world, worker.claim)}${ahead(worker.deadline, now)}`;
    case 'settle':
      return `t${claimKey(world, worker.claim)}${seenKey(world, worker.claim, worker.seen)}`;
    case 'commit-seen':
      return `w${claimKey(world, worker.claim)}${seenKey(world, worker.claim, worker.seen)}${readKey(world, worker.read)}`;
  }
}

function claimKey({ db, now }: World, { entitlement, row, step, token }: Claim): string {
  const owns = db.entitlements[entitlement]?.lease?.by === token;
  return `${entitlement}${step[0]}${+owns}l${ahead(row.lateUntil, now)}h${ahead(row.lease?.until ?? null, now)}`;
}

function seenKey({ db, now }: World, claim: Claim, seen: Observation): string {
  switch (seen.kind) {
    case 'present':
      return `p${seen.look.seen[0]}${+((seen.lateUntil ?? 0) > seen.look.at)}${ahead(seen.lateUntil, now)}`;
    case 'gone': {
      const late = db.entitlements[claim.entitlement]?.lateUntil ?? 0;
      return `g${seen.look.seen[0]}${+(late > seen.look.at)}`;
    }
    case 'error':
      return `e${seen.error.kind[0]}${ahead(seen.lateUntil, now)}`;
  }
}

/** A commit that will be refused is the same whatever it says; one that will not be follows from the rows. */
function readKey({ db, now }: World, read: Read): string {
  const age = Math.min(MEMORY_MS, now - read.at) / TICK_MS;
  if (read.db === db) {
    return `f${age}`;
  }
  const { entitlements = [], grants = [] } = read.change;
  const stale =
    entitlements.some((row) => db.entitlements.find(({ id }) => id === row.id)?.version !== row.version) ||
    grants.some((row) => db.grants.find(({ id }) => id === row.id)?.version !== row.version);
  if (stale) {
    return 's';
  }
  return sameRead(read, db) ? `f${age}` : `o${age}${JSON.stringify(read.change)}`;
}

/** Whether all that the read rests on is as it was, though other rows have changed. */
function sameRead(read: Read, db: World['db']): boolean {
  return (
    read.db.grants.length === db.grants.length &&
    read.db.grants.every((grant, index) => grant === db.grants[index]) &&
    read.db.holds.every((hold, index) => hold === db.holds[index])
  );
}
