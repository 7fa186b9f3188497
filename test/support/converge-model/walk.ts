/** Walks every state that can come about, breadth first, and says how it came to the first one that is wrong. */
import { isLive } from '../../../src/domain/grant.js';
import type { Grant } from '../../../src/domain/grant.js';
import { pauseMs } from '../../../src/domain/retry.js';
import { SECOND_MS } from '../../../src/domain/time.js';
import type { Instant } from '../../../src/domain/time.js';
import { eventsOf, later } from './events.js';
import { checkStep } from './invariants.js';
import type { Rules } from './rules.js';
import { keyOf, keyWithoutTrouble } from './state-key.js';
import { Violation, violate } from './violation.js';
import type { Next } from './worker.js';
import { landed, workerSteps } from './worker.js';
import type { World } from './world.js';
import { CALL_TIMEOUT_MS } from './world.js';

export type Walked = {
  readonly states: number;
  readonly steps: number;
  /** What was broken, and the steps that led to it; null when nothing was. */
  readonly broken: { readonly what: string; readonly trace: readonly string[] } | null;
};

type Place = {
  readonly world: World;
  readonly key: string;
  readonly from: Place | null;
  readonly label: string;
};

export function walk(rules: Rules, start: World, maxStates: number): Walked {
  const first = { world: start, key: keyOf(start), from: null, label: '' };
  const seen = new Set([first.key]);
  const rested = new Set<string>();
  let level: Place[] = [first];
  let steps = 0;
  while (level.length > 0) {
    const deeper: Place[] = [];
    for (const place of level) {
      const restless = comeToRest(rules, place, rested);
      if (restless !== null) {
        return { states: seen.size, steps, broken: restless };
      }
      for (const next of futures(rules, place)) {
        if (next instanceof Violation) {
          return { states: seen.size, steps, broken: told(next, place, 'the next step') };
        }
        steps += 1;
        const key = keyOf(next.world);
        if (seen.has(key)) {
          continue;
        }
        seen.add(key);
        if (seen.size > maxStates) {
          throw new Error(`There are more than ${maxStates} states; the bounds of the walk are too wide.`);
        }
        try {
          checkStep(place.world, next.world);
        } catch (error) {
          return { states: seen.size, steps, broken: told(error, place, next.label) };
        }
        deeper.push({ world: next.world, key, from: place, label: next.label });
      }
    }
    level = deeper;
  }
  return { states: seen.size, steps, broken: null };
}

/** A step that breaks a rule while it is taken stands for itself. */
function futures(rules: Rules, { world }: Place): (Next | Violation)[] {
  try {
    return [
      ...world.workers.flatMap((_worker, index) => workerSteps(rules, world, index)),
      ...eventsOf(rules, world),
    ];
  } catch (error) {
    if (error instanceof Violation) {
      return [error];
    }
    throw error;
  }
}

function told(error: unknown, place: Place, label: string): NonNullable<Walked['broken']> {
  if (!(error instanceof Violation)) {
    throw error;
  }
  const trace = [label];
  for (let at: Place | null = place; at !== null && at.from !== null; at = at.from) {
    trace.unshift(`${at.world.now / SECOND_MS} s  ${at.label}`);
  }
  return { what: error.message, trace };
}

const NO_TROUBLE = {
  approvals: 0,
  earlyEnds: 0,
  prolongations: 0,
  crashes: 0,
  cuts: 0,
  errors: 0,
  handsOn: 0,
  delays: 0,
};

/** From this state on nothing goes wrong any more: what is ours must go when its time has come, and all come to rest. */
function comeToRest(rules: Rules, from: Place, rested: Set<string>): Walked['broken'] {
  const key = from.key.slice(from.key.indexOf('|') + 1);
  if (rested.has(key)) {
    return null;
  }
  rested.add(key);
  let place: Place = { world: { ...from.world, left: NO_TROUBLE }, key, from, label: 'no more trouble' };
  const goneBy = lastMoment(place.world);
  try {
    for (let steps = 0; steps < 500; steps += 1) {
      const next = quietStep(rules, place.world);
      if (next === null) {
        checkRest(place.world);
        return null;
      }
      checkStep(place.world, next.world);
      if (next.world.now > goneBy && next.world.targets.some(({ given }) => given)) {
        violate('what is over was not taken away in time');
      }
      place = { ...next, key: keyWithoutTrouble(next.world), from: place };
      if (rested.has(place.key)) {
        return null;
      }
      rested.add(place.key);
    }
    return violate('it does not come to rest');
  } catch (error) {
    return told(error, place, 'here');
  }
}

/** The end of the last window, or of whatever may still hold up what follows it. */
function lastMoment({ now, db, wires, workers }: World): Instant {
  // Work that was held up for too long sends nothing any more: it counts as one more failure, with its pause.
  const failures = workers.some(({ at }) => at !== 'idle') ? 1 : 0;
  const moments = db.entitlements.flatMap(({ lease, attempts, lateUntil }) => {
    // What landed late is found when the last moment that is on record for it has passed.
    const free = Math.max(now, lease?.until ?? 0, lateUntil ?? 0);
    return attempts + failures === 0 ? [free] : [free + pauseMs(attempts + failures, 0)];
  });
  const ends = db.grants.filter(wantsOn).map(({ endsAt }) => endsAt);
  return Math.max(...moments, ...ends, ...wires.map(({ until }) => until + CALL_TIMEOUT_MS));
}

function wantsOn({ state }: Grant): boolean {
  return state === 'scheduled' || state === 'opening' || state === 'active';
}

/** Work that is under way first, then what is due, then time; a call that was cut off lands as late as it can. */
function quietStep(rules: Rules, world: World): Next | null {
  const busy = world.workers.findIndex(({ at }) => at !== 'idle');
  const [next] = workerSteps(rules, world, Math.max(0, busy));
  if (next !== undefined) {
    return next;
  }
  const [wire, ...others] = world.wires.toSorted((a, b) => a.until - b.until);
  const moments = [
    ...world.db.entitlements.flatMap(({ nextAt, lease }) => [nextAt, lease?.until ?? null]),
    wire?.until ?? null,
  ].filter((at): at is Instant => at !== null && at > world.now);
  if (moments.length === 0) {
    return null;
  }
  const now = Math.min(...moments);
  return wire !== undefined && wire.until === now
    ? { label: `a ${wire.call} lands at last`, world: landed({ ...world, wires: [wire, ...others] }, wire) }
    : { label: 'time passes', world: later(world, now) };
}

function checkRest({ db, targets }: World): void {
  if (targets.some(({ given }) => given)) {
    violate('something of ours is left in the target for ever');
  }
  if (db.entitlements.some(({ ours, nextAt }) => ours || nextAt !== null)) {
    violate('an entitlement is never let go of');
  }
  if (db.grants.some(isLive)) {
    violate('a grant never ends');
  }
}
