import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  begin,
  claimOurs,
  isDue,
  settleError,
  settleGone,
  settlePresent,
} from '../../src/domain/converge.js';
import type { CallErrorKind, EntitlementState, Holder, Seen } from '../../src/domain/entitlement.js';
import { endEarly } from '../../src/domain/end-grant.js';
import { isLive } from '../../src/domain/grant.js';
import type { OpeningGrant } from '../../src/domain/grant.js';
import { openBefore } from '../../src/domain/grant-life.js';
import { asEntitlementId, asGrantId, asRequestId, asUserId } from '../../src/domain/ids.js';
import { rescheduleFor } from '../../src/domain/open-grant.js';
import { markRemoved } from '../../src/domain/stuck.js';
import type { Looked } from '../../src/domain/stuck.js';
import { SECOND_MS } from '../../src/domain/time.js';

/**
 * A target with one role and one account, and the rows that Hallpass keeps of it. Each step of the
 * story is one of the things that happen: an approval, an early end, time passing, a pass of converge
 * whose calls work, fail, are cut off before or after their effect, take effect late, a crash between any
 * two lines, or an admin who says, rightly or not, that what is stuck was removed by hand. Afterwards everything works, and time runs on.
 */
const dana = asUserId('U03DANA');
const LATE_MS = 20 * SECOND_MS;

type World = {
  now: number;
  /** Whether the target tells who put a member there; where it does not, a revocation takes any. */
  marks: boolean;
  state: EntitlementState;
  /** Memberships in the target, and who made them. */
  standing: boolean;
  given: boolean;
  /** A grant call that was cut off and takes effect only now. */
  lateGrantAt: number | null;
  grants: number;
};

type Trouble =
  | 'none'
  | 'crash-before-call'
  | 'crash-after-call'
  | 'crash-late'
  | 'lost-answer'
  | 'late'
  | CallErrorKind;

function newWorld(standing: boolean, marks: boolean): World {
  return {
    now: 0,
    marks,
    standing,
    given: false,
    lateGrantAt: null,
    grants: 0,
    state: {
      holders: [],
      entitlement: {
        id: asEntitlementId('e'),
        version: 1,
        connector: 'db',
        role: 'r',
        account: { id: '1', name: 'dana' },
        fingerprint: 'f',
        owner: dana,
        ours: false,
        seen: 'unknown',
        seenAt: null,
        expiresAt: null,
        direction: 'grants',
        nextAt: null,
        attempts: 0,
        failingSince: null,
        error: null,
        lateUntil: null,
        byHand: null,
        lease: null,
      },
    },
  };
}

function look(world: World): Exclude<Seen, 'unknown'> {
  if (world.given) {
    return 'present';
  }
  if (!world.standing) {
    return 'absent';
  }
  return world.marks ? 'standing' : 'present';
}

function approve(world: World, durationMs: number): void {
  world.grants += 1;
  const endsAt = world.now + durationMs;
  const grant: OpeningGrant = {
    id: asGrantId(`g${world.grants}`),
    version: 1,
    workspace: { teamId: 'T', enterpriseId: null },
    requestId: asRequestId(`r${world.grants}`),
    requester: dana,
    beneficiary: dana,
    resource: 'db',
    role: 'r',
    policy: 'p',
    startsAt: world.now,
    endsAt,
    openBefore: openBefore(world.now, endsAt),
    remindAt: null,
    adopted: false,
    state: 'opening',
    activeAt: null,
  };
  const hold = { grantId: grant.id, entitlementId: world.state.entitlement.id, state: 'waiting' } as const;
  const holder: Holder = { grant, hold, others: [] };
  const fresh = {
    nextAt: world.now,
    direction: 'grants',
    attempts: 0,
    failingSince: null,
    error: null,
    byHand: null,
  } as const;
  world.state = {
    entitlement: { ...world.state.entitlement, ...fresh },
    holders: [...world.state.holders, holder],
  };
}

function done(world: World): void {
  const holder = world.state.holders.find(
    ({ grant }) => grant.state === 'opening' || grant.state === 'active',
  );
  if (holder === undefined) {
    return;
  }
  const by = { kind: 'person', userId: dana } as const;
  const ended = endEarly(holder.grant, [world.state], { cause: 'done', by, reason: null }, world.now);
  if (!ended.ok) {
    throw new Error('a running grant can be ended');
  }
  const holders = world.state.holders.map((other) =>
    other.grant.id === holder.grant.id ? { ...other, grant: ended.value.grant } : other,
  );
  const entitlement = rescheduleFor(world.state, ended.value.grant, world.now);
  world.state = { entitlement, holders };
}

function lateEffects(world: World): void {
  if (world.lateGrantAt !== null && world.lateGrantAt <= world.now) {
    world.lateGrantAt = null;
    // Who tells grantors apart keeps ours beside the other one; who does not, finds the member there already.
    world.given = world.given || world.marks || !world.standing;
  }
}

function keep(world: World, state: EntitlementState): void {
  world.state = { ...state, holders: state.holders.filter(({ grant }) => isLive(grant)) };
}

/** One pass of the use case, with its commits where they are; a crash leaves what was committed. */
function converge(world: World, trouble: Trouble): void {
  lateEffects(world);
  if (!isDue(world.state.entitlement, world.now)) {
    return;
  }
  const { converged, step } = begin(world.state, world.now);
  keep(world, converged.state);
  if (step === 'open') {
    open(world, trouble);
  } else if (step === 'take') {
    take(world, trouble);
  }
}

function open(world: World, trouble: Trouble): void {
  const before = world.state.entitlement.lateUntil;
  const seen = look(world);
  if (seen !== 'absent') {
    keep(
      world,
      settlePresent(world.state, { seen, at: world.now, lateUntil: before, expiresAt: null }, world.now)
        .state,
    );
    return;
  }
  const late = Math.max(before ?? 0, world.now + LATE_MS);
  keep(world, claimOurs(world.state, world.now, late).state);
  if (trouble === 'crash-before-call') {
    return;
  }
  if (trouble === 'late' || trouble === 'crash-late') {
    world.lateGrantAt = world.now + LATE_MS - 1;
  } else if (trouble === 'none' || trouble === 'crash-after-call' || trouble === 'lost-answer') {
    world.given = true;
  }
  if (trouble === 'crash-after-call' || trouble === 'crash-late') {
    return;
  }
  if (trouble === 'none') {
    keep(
      world,
      settlePresent(
        world.state,
        { seen: 'present', at: world.now, lateUntil: before, expiresAt: null },
        world.now,
      ).state,
    );
    return;
  }
  const uncertain = trouble === 'late' || trouble === 'lost-answer';
  fail(world, 'open', uncertain ? 'retryable' : trouble, uncertain ? late : before);
}

function take(world: World, trouble: Trouble): void {
  if (trouble === 'crash-before-call' || trouble === 'crash-late') {
    return;
  }
  if (trouble === 'none' || trouble === 'crash-after-call' || trouble === 'lost-answer') {
    world.given = false;
    world.standing = world.standing && world.marks;
  }
  if (trouble === 'crash-after-call') {
    return;
  }
  if (trouble === 'none') {
    const seen = look(world);
    if (seen === 'present') {
      throw new Error('a revocation that worked leaves nothing');
    }
    keep(world, settleGone(world.state, { seen, at: world.now }, world.now, {}, []).state);
    return;
  }
  const kind = trouble === 'lost-answer' || trouble === 'late' ? 'retryable' : trouble;
  const { byHand, lateUntil } = world.state.entitlement;
  const looked =
    byHand === null ? null : trouble === 'final' || trouble === 'retryable' ? look(world) : 'no-answer';
  if (looked === 'absent' || looked === 'standing') {
    keep(world, settleGone(world.state, { seen: looked, at: world.now }, world.now, {}, []).state);
    return;
  }
  fail(world, 'take', kind, lateUntil, looked);
  if (looked === 'present') {
    const { ours, byHand: kept, nextAt } = world.state.entitlement;
    if (!ours || kept !== null || nextAt === null) {
      throw new Error("what is known to be there is let go on nobody's word");
    }
  }
}

/** An admin marks what is stuck. What was held on to before is let go only after a look. */
function mark(world: World): void {
  const before = world.state.holders.length;
  const by = { kind: 'person', userId: dana } as const;
  const marked = markRemoved(world.state, { by, reason: 'by hand' }, world.now);
  if (marked.ok) {
    world.state = { ...world.state, entitlement: marked.value.entitlement };
    if (world.state.holders.length !== before || !world.state.entitlement.ours) {
      throw new Error('a mark alone lets nothing go');
    }
  }
}

function fail(
  world: World,
  step: 'open' | 'take',
  kind: CallErrorKind,
  lateUntil: number | null,
  looked: Looked = null,
): void {
  const failure = { step, error: { kind, text: 'no' }, lateUntil, random: 0.5, looked };
  keep(world, settleError(world.state, failure, world.now).state);
}

const trouble = fc.constantFrom<Trouble>(
  'none',
  'crash-before-call',
  'crash-after-call',
  'crash-late',
  'lost-answer',
  'late',
  'unreachable',
  'retryable',
  'final',
  'unknown-account',
  'wrong-target',
);
const event = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.integer({ min: 10, max: 600 }).map((seconds) => ({ kind: 'approve', seconds }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'done' } as const) },
  {
    weight: 3,
    arbitrary: fc
      .oneof(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 1, max: 400 }))
      .map((seconds) => ({ kind: 'wait', seconds }) as const),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ kind: 'granted-by-hand' } as const, { kind: 'removed-by-hand' } as const),
  },
  {
    weight: 2,
    arbitrary: fc.constant({ kind: 'marked' } as const),
  },
  { weight: 5, arbitrary: trouble.map((what) => ({ kind: 'converge', what }) as const) },
);

function live(
  world: World,
  story: readonly (typeof event extends fc.Arbitrary<infer E> ? E : never)[],
): void {
  for (const happening of story) {
    switch (happening.kind) {
      case 'approve':
        approve(world, happening.seconds * SECOND_MS);
        break;
      case 'done':
        done(world);
        break;
      case 'wait':
        world.now += happening.seconds * SECOND_MS;
        break;
      case 'granted-by-hand':
        // In a target that does not tell grantors apart, nobody can know whose it is afterwards.
        world.standing = world.standing || world.marks;
        break;
      case 'removed-by-hand':
        world.given = false;
        break;
      case 'marked':
        mark(world);
        break;
      case 'converge':
        converge(world, happening.what);
        break;
    }
  }
}

/** All trouble is over: each due moment is met, as the wake-ups and the watchman do. */
function settleDown(world: World): number {
  let passes = 0;
  while (world.state.entitlement.nextAt !== null) {
    world.now = Math.max(world.now, world.state.entitlement.nextAt);
    converge(world, 'none');
    passes += 1;
    if (passes > 200) {
      throw new Error('it does not come to rest');
    }
  }
  return passes;
}

test('whatever happens, once the trouble is over nothing of ours outlives its window', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), fc.boolean(), (story, marks) => {
      const world = newWorld(false, marks);
      live(world, story);

      settleDown(world);
      world.now += 10 * LATE_MS;
      lateEffects(world);

      expect(world.given).toBe(false);
      expect(look(world)).toBe(world.standing ? 'standing' : 'absent');
      expect(world.state.entitlement.ours).toBe(false);
      expect(world.state.holders).toEqual([]);
    }),
    { numRuns: 4_000 },
  );
});

test('a mark of an admin ends no claim of ours but by a look that shows it gone', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), trouble, (story, last) => {
      const world = newWorld(false, true);
      live(world, story);
      mark(world);
      converge(world, last);

      const { ours, nextAt, byHand } = world.state.entitlement;
      // Held by nobody and given all the same: then it is ours, is looked at again, and is not called absent.
      expect(!world.given || (ours && nextAt !== null) || byHand !== null).toBe(true);
    }),
    { numRuns: 4_000 },
  );
});

test('access that was there before is never taken away, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), fc.boolean(), (story, marks) => {
      const world = newWorld(true, marks);
      live(world, story);
      settleDown(world);

      expect(world.standing).toBe(true);
      expect(world.state.holders).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test('as long as a window is open and its grant active, the access is there', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), fc.boolean(), (story, marks) => {
      const world = newWorld(false, marks);
      live(world, story);
      converge(world, 'none');

      const removed = story.some(({ kind }) => kind === 'removed-by-hand');
      const running = world.state.holders.some(
        ({ grant }) => grant.state === 'active' && world.now < grant.endsAt,
      );

      expect(!running || removed || look(world) !== 'absent').toBe(true);
    }),
    { numRuns: 4_000 },
  );
});
