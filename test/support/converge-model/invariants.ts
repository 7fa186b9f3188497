/** What must hold in every state, and of every step from one to the next. */
import type { Grant } from '../../../src/domain/grant.js';
import type { Instant } from '../../../src/domain/time.js';
import { isWanted } from '../../../src/domain/schedule.js';
import { violate } from './violation.js';
import type { World } from './world.js';
import { stateOf } from './world.js';

export function checkStep(before: World, after: World): void {
  before.db.grants.forEach((grant, index) => checkMove(grant, after.db.grants[index]));
  after.db.grants.forEach((grant) => checkStart(grant, after.now));
  after.targets.forEach((target, index) => {
    if (before.targets[index]?.standing === true && !target.standing) {
      violate('standing access was taken away');
    }
  });
  if (before.db !== after.db) {
    checkRecorded(before, after);
  }
  checkState(after);
}

function checkStart({ id, state, startsAt }: Grant, now: Instant): void {
  if ((state === 'opening' || state === 'active') && startsAt > now) {
    violate(`${id} was ${state} before its window`);
  }
}

const ORDER = ['scheduled', 'opening', 'active', 'ending', 'ended'];

function checkMove(before: Grant, after: Grant | undefined): void {
  const rank = (grant: Grant): number => ORDER.indexOf(grant.state === 'failed' ? 'ended' : grant.state);
  if (after === undefined || rank(after) < rank(before)) {
    violate(`${before.id} went back from ${before.state} to ${after?.state ?? 'nothing'}`);
  }
  if (after.endsAt < before.endsAt || (after.endsAt > before.endsAt && before.state !== 'active')) {
    violate(`the end of ${before.id} moved while it was ${before.state}`);
  }
}

/** Nothing is said to have ended while it is there, unless another grant has still to end, or it came late and is taken next. */
function checkRecorded(before: World, after: World): void {
  const closed = after.db.grants.filter(
    ({ state }, index) => isOver(state) && !isOver(before.db.grants[index]?.state ?? state),
  );
  for (const [index, target] of after.targets.entries()) {
    const { entitlement, holders } = stateOf(after.db, index);
    const kept = holders.some(({ grant }) => grant.state !== 'ending');
    const lateOne = entitlement.lateUntil !== null && entitlement.ours;
    if (closed.length > 0 && target.given && !kept && !lateOne) {
      violate(`${closed.map(({ id }) => id).join()} was recorded as over while what it gave was there`);
    }
  }
}

function isOver(state: Grant['state']): boolean {
  return state === 'ended' || state === 'failed';
}

function checkState(world: World): void {
  const { now, db, targets, wires, workers } = world;
  targets.forEach(({ given, standing }, index) => {
    const { entitlement, holders } = stateOf(db, index);
    const coming = wires.filter((wire) => wire.call === 'grant' && wire.entitlement === index);
    if ((given || coming.length > 0) && (!entitlement.ours || entitlement.nextAt === null)) {
      violate('something of ours is in the target, or on its way, and nobody will look after it');
    }
    if (coming.some(({ until }) => (entitlement.lateUntil ?? 0) < until)) {
      violate('a grant call may take effect later than is on record');
    }
    const active = holders.some((holder) => holder.grant.state === 'active' && isWanted(holder, now));
    if (active && !given && !standing && !world.removedByHand) {
      violate('a grant is active in its window, and the access is not there');
    }
    const overdue = holders.some(
      ({ grant }) => (grant.state === 'active' || grant.state === 'opening') && grant.endsAt <= now,
    );
    if (overdue && (entitlement.nextAt === null || entitlement.nextAt > now)) {
      violate('a window is over, and nobody is due to close it');
    }
    const starts = holders.flatMap(({ grant }) => (grant.state === 'scheduled' ? [grant.startsAt] : []));
    const due = entitlement.nextAt ?? Infinity;
    if (starts.some((startsAt) => due > Math.max(now, startsAt))) {
      violate('a window is to begin, and nobody will be due to open it');
    }
    const holding = workers.filter(
      (worker) =>
        worker.at !== 'idle' &&
        worker.at !== 'commit-lease' &&
        worker.claim.entitlement === index &&
        (worker.claim.row.lease?.until ?? 0) > now,
    );
    if (holding.length > 1) {
      violate('two workers hold the lease at once');
    }
  });
}
