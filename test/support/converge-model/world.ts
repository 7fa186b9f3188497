/**
 * The world of the model: the rows that Hallpass keeps of a target, the target itself, what is on the wire
 * between the two, and where each worker stands. Everything is plain data that is never changed in place.
 */
import type { Change } from '../../../src/domain/change.js';
import type { AuditFacts } from '../../../src/domain/audit.js';
import type { Look, Step } from '../../../src/domain/converge.js';
import type {
  CallError,
  Entitlement,
  EntitlementState,
  Hold,
  Part,
  Seen,
} from '../../../src/domain/entitlement.js';
import type { Grant } from '../../../src/domain/grant.js';
import { isLive } from '../../../src/domain/grant.js';
import type { Instant } from '../../../src/domain/time.js';
import { SECOND_MS } from '../../../src/domain/time.js';

/** The clock of the model moves by this much; a call to the target may take as long, and land that much later. */
export const TICK_MS = 10 * SECOND_MS;
export const CALL_TIMEOUT_MS = TICK_MS;
export const LATE_EFFECT_MS = TICK_MS;

export type Db = {
  readonly entitlements: readonly Entitlement[];
  readonly grants: readonly Grant[];
  readonly holds: readonly Hold[];
};

/** Memberships of the account in one role of the target, and who made them. */
export type TargetState = { readonly given: boolean; readonly standing: boolean };

/** A call that was sent. It takes effect before `until`, or never. `token`: the claim that waits for its answer. */
export type Wire = {
  readonly call: 'grant' | 'revoke';
  readonly entitlement: number;
  readonly until: Instant;
  readonly token: string | null;
};

export type Claim = {
  readonly entitlement: number;
  readonly row: Entitlement;
  readonly step: Step;
  readonly token: string;
};

export type Observation =
  | {
      readonly kind: 'present';
      readonly look: Look<'present' | 'standing'>;
      readonly lateUntil: Instant | null;
    }
  | {
      readonly kind: 'gone';
      readonly look: Look<'absent' | 'standing'>;
      readonly facts: AuditFacts;
    }
  | { readonly kind: 'error'; readonly error: CallError; readonly lateUntil: Instant | null };

/** What was read, and when; the commit that rests on it is a step of its own. */
export type Read = { readonly db: Db; readonly at: Instant; readonly change: Change };

/** Where a worker stands: the awaits of usecases/converge-entitlement.ts, by what comes next. */
export type Worker =
  | { readonly at: 'idle' }
  | { readonly at: 'commit-lease'; readonly read: Read; readonly claim: Claim | null }
  | { readonly at: 'check'; readonly claim: Claim }
  | { readonly at: 'look-again'; readonly claim: Claim; readonly sendBy: Instant; readonly late: Instant }
  | {
      readonly at: 'commit-ours';
      readonly claim: Claim;
      readonly sendBy: Instant;
      readonly late: Instant;
      readonly read: Read;
      readonly go: boolean;
    }
  | { readonly at: 'send-grant'; readonly claim: Claim; readonly sendBy: Instant; readonly late: Instant }
  | { readonly at: 'granting'; readonly claim: Claim; readonly deadline: Instant; readonly late: Instant }
  | { readonly at: 'read-back'; readonly claim: Claim }
  | { readonly at: 'send-revoke'; readonly claim: Claim }
  | { readonly at: 'revoking'; readonly claim: Claim; readonly deadline: Instant }
  | { readonly at: 'settle'; readonly claim: Claim; readonly seen: Observation }
  | { readonly at: 'commit-seen'; readonly claim: Claim; readonly seen: Observation; readonly read: Read };

/** How often each thing may still happen. */
export type Left = {
  readonly approvals: number;
  readonly earlyEnds: number;
  readonly prolongations: number;
  readonly crashes: number;
  /** Answers that are lost, before or after the effect of their call. */
  readonly cuts: number;
  /** Calls that fail for certain. */
  readonly errors: number;
  readonly handsOn: number;
  /** Ticks that pass while some worker is in the middle of its work. */
  readonly delays: number;
};

export type World = {
  readonly now: Instant;
  readonly db: Db;
  readonly targets: readonly TargetState[];
  readonly wires: readonly Wire[];
  readonly workers: readonly Worker[];
  readonly left: Left;
  /** Somebody took it away in the target, or a late call did: from then on it may be absent while it is wanted. */
  readonly removedByHand: boolean;
  /** Whether the target tells who put a member there; where it does not, a revocation takes any. */
  readonly marks: boolean;
  /** Whether a revocation that was cut off may take effect late, as a grant may. */
  readonly lateRevocations: boolean;
  /** Whether the workers live in one process, and die together. */
  readonly oneProcess: boolean;
  /** How many ticks the window of each grant lasts. */
  readonly windows: readonly number[];
  /** How many ticks after its approval each of them begins, or, below 0, before it; nothing: at the approval. */
  readonly starts: readonly number[];
  /** Counts the claims, so that each has a token of its own. */
  readonly claims: number;
};

const read = new WeakMap<Db, EntitlementState[]>();

/** As Store.entitlementState reads it. Most steps leave the rows as they are, so they are put together once. */
export function stateOf(db: Db, index: number): EntitlementState {
  const states = read.get(db) ?? db.entitlements.map((_row, at) => readState(db, at));
  read.set(db, states);
  const state = states[index];
  if (state === undefined) {
    throw new Error(`The model has no entitlement ${index}.`);
  }
  return state;
}

function readState(db: Db, index: number): EntitlementState {
  const entitlement = db.entitlements[index];
  if (entitlement === undefined) {
    throw new Error(`The model has no entitlement ${index}.`);
  }
  const holders = db.grants.flatMap((grant) => {
    const hold = db.holds.find((one) => one.grantId === grant.id && one.entitlementId === entitlement.id);
    if (hold === undefined || hold.state === 'released' || !isLive(grant)) {
      return [];
    }
    const others = db.holds
      .filter((one) => one.grantId === grant.id && one !== hold)
      .map((one) => ({ ...one, part: partOf(db, one) }));
    return [{ grant, hold, others }];
  });
  return { entitlement, holders: holders.toSorted((a, b) => a.grant.endsAt - b.grant.endsAt) };
}

function partOf(db: Db, { entitlementId }: Hold): Part {
  const found = db.entitlements.find(({ id }) => id === entitlementId);
  if (found === undefined) {
    throw new Error(`The model has no entitlement ${entitlementId}.`);
  }
  return found;
}

/** As Store.commit does it: all of the rows at the versions they were read at, or null. */
export function commit(db: Db, change: Change, checksVersions: boolean): Db | null {
  const entitlements = written(db.entitlements, change.entitlements ?? [], checksVersions);
  const grants = written(db.grants, change.grants ?? [], checksVersions);
  if (entitlements === null || grants === null) {
    return null;
  }
  return { entitlements, grants, holds: (change.holds ?? []).reduce(withHold, db.holds) };
}

function written<Row extends { readonly id: string; readonly version: number }>(
  rows: readonly Row[],
  changed: readonly Row[],
  checksVersions: boolean,
): readonly Row[] | null {
  const all = [...rows];
  for (const row of changed) {
    const place = all.findIndex(({ id }) => id === row.id);
    const stands = all[place]?.version ?? 0;
    if (checksVersions && stands !== row.version) {
      return null;
    }
    all[place === -1 ? all.length : place] = { ...row, version: stands + 1 };
  }
  return all;
}

function withHold(holds: readonly Hold[], hold: Hold): readonly Hold[] {
  const same = (one: Hold): boolean =>
    one.grantId === hold.grantId && one.entitlementId === hold.entitlementId;
  return holds.some(same) ? holds.map((one) => (same(one) ? hold : one)) : [...holds, hold];
}

/** What a look at the target shows. `marks`: whether it tells who put a member there. */
export function look({ given, standing }: TargetState, marks: boolean): Exclude<Seen, 'unknown'> {
  if (given) {
    return 'present';
  }
  if (!standing) {
    return 'absent';
  }
  return marks ? 'standing' : 'present';
}

export function withTarget(world: World, index: number, target: TargetState): World {
  return { ...world, targets: world.targets.map((one, at) => (at === index ? target : one)) };
}

export function withWorker(world: World, index: number, worker: Worker): World {
  return { ...world, workers: world.workers.map((one, at) => (at === index ? worker : one)) };
}

export function spend(world: World, what: keyof Left): World {
  return { ...world, left: { ...world.left, [what]: world.left[what] - 1 } };
}
