import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditEvent, AuditKind } from '../../src/domain/audit.js';
import type { Grant } from '../../src/domain/grant.js';
import type { RequestId, UserId } from '../../src/domain/ids.js';
import type { Refusal } from '../../src/domain/refusal.js';
import type { AccessRequest, PendingRequest } from '../../src/domain/request.js';
import type { Result } from '../../src/domain/result.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { createHandOver } from '../../src/hand-over.js';
import type { Connector } from '../../src/ports.js';
import { cancelRequest } from '../../src/usecases/cancel-request.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { endOwnGrant, revokeGrant } from '../../src/usecases/end-grant.js';
import { tendRequest } from '../../src/usecases/tend-request.js';
import { keepWatch } from '../../src/usecases/keep-watch.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { createLanes } from '../../src/wakeups/lanes.js';
import { interleaving } from '../support/interleaved.js';
import { dana, mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';

/**
 * The real use cases on the real store, all at once, in the order in which a seed lets each call to the store and to
 * the target have its turn. A failing seed is printed, and replays.
 */
const ACCESS = 'orders-db/app_readonly/dana';

type Answer = Result<unknown, Refusal>;

async function inAWorld(
  change: Parameters<typeof makeSmallWorld>[0],
  story: (world: SmallWorld) => Promise<void>,
): Promise<void> {
  const world = await makeSmallWorld(change);
  try {
    await story(world);
    expect(await world.deps.store.verifyAudit()).toMatchObject({ firstBad: null });
  } finally {
    await world.close();
  }
}

async function vote(
  world: SmallWorld,
  request: AccessRequest,
  by: { approver: UserId; verdict: 'approve' | 'deny'; delivery: string },
) {
  return await decideRequest(world.deps, {
    requestId: request.id,
    termsVersion: 1,
    reason: 'no',
    durationMs: null,
    ...by,
  });
}

async function events(world: SmallWorld, ...kinds: AuditKind[]): Promise<AuditEvent[]> {
  const all = await world.deps.store.auditEvents({ after: 0, limit: 1_000 });
  return all.filter(({ kind }) => kinds.includes(kind));
}

function codes(answers: readonly Answer[]): string[] {
  return answers.map((answer) => (answer.ok ? 'ok' : answer.refusal.code));
}

/** One of several sets of workers over one store: a watchman, its hand-over and its lanes. */
function workerSet(world: SmallWorld) {
  const lanes = createLanes({ concurrency: () => 20, log: world.deps.log });
  const handOver = createHandOver(world.deps, lanes);
  return {
    handOver,
    async pass(): Promise<void> {
      await keepWatch(world.deps, { lagMs: 0, dispatch: (due) => handOver.dispatch(due) });
      await lanes.idle();
    },
  };
}

type Click = {
  readonly becomes: AccessRequest['state'];
  readonly by: UserId | null;
  readonly press: (world: SmallWorld, request: PendingRequest, delivery: string) => Promise<Answer | null>;
};

const clicks: Readonly<Record<string, Click>> = {
  'mia approves': voteClick(mia, 'approve'),
  'sam approves': voteClick(sam, 'approve'),
  'sam denies': voteClick(sam, 'deny'),
  'dana cancels': {
    becomes: 'cancelled',
    by: dana,
    press: async (world, { id: which }, delivery) =>
      await cancelRequest(world.deps, { by: dana, which, delivery }),
  },
  'its time runs out': {
    becomes: 'expired',
    by: null,
    press: async (world, request) => {
      world.now = request.expiresAt;
      await tendRequest(world.deps, request.id);
      return null;
    },
  },
};

function voteClick(approver: UserId, verdict: 'approve' | 'deny'): Click {
  return {
    becomes: verdict === 'approve' ? 'approved' : 'denied',
    by: approver,
    press: async (world, request, delivery) => await vote(world, request, { approver, verdict, delivery }),
  };
}

test('of approvals, denials, a cancellation and the expiry at once one holds, and everybody is told which', async () => {
  const some = fc.shuffledSubarray([...Object.entries(clicks), ...Object.entries(clicks)], { minLength: 2 });
  await fc.assert(
    fc.asyncProperty(some, fc.boolean(), fc.scheduler(), async (chosen, doubled, scheduler) => {
      await inAWorld({}, async (world) => {
        const request = await world.ask();
        const atOnce = interleaving(world, scheduler);
        const answers = await atOnce(
          chosen.map(([name, click]) => async () => {
            // A delivery that comes twice bears the same key.
            const key = doubled ? name : world.delivery();
            return { click, answer: await click.press(world, request, key) };
          }),
        );
        await seeOneDecision(world, request.id, answers);
      });
    }),
    { numRuns: 25 },
  );
});

async function seeOneDecision(
  world: SmallWorld,
  id: RequestId,
  answers: readonly { click: Click; answer: Answer | null }[],
): Promise<void> {
  const request = await world.deps.store.request(id);
  const state = request?.state ?? 'gone';
  const wins = answers.filter(({ answer }) => answer?.ok === true).map(({ click }) => click.becomes);
  expect(wins).toEqual(state === 'expired' ? [] : [state]);
  const decisions = await world.deps.store.decisions(id);
  const dishonest = answers.filter(({ click, answer }) => {
    if (answer === null || answer.ok || answer.refusal.code === 'already-handled') {
      return false;
    }
    if (answer.refusal.code === 'already-voted') {
      return !decisions.some(({ approver }) => approver === click.by);
    }
    // Between the end of its time and the row that says so, it is over already.
    const told = answer.refusal.code === 'not-pending' ? answer.refusal.request : null;
    return told?.state === 'pending' ? told.expiresAt > world.now : told?.state !== state;
  });
  expect(dishonest).toEqual([]);
  const outcomes = await events(
    world,
    'request.approved',
    'request.denied',
    'request.cancelled',
    'request.expired',
  );
  expect(outcomes.map(({ kind }) => kind)).toEqual([`request.${state}`]);
  const approved = state === 'approved' ? 1 : 0;
  expect(decisions).toHaveLength(approved + (state === 'denied' ? 1 : 0));
  expect(await world.deps.store.countLiveGrants({})).toBe(approved);
  expect(await events(world, 'grant.opening')).toHaveLength(approved);
}

test('of two votes that are both needed, one opens the grant, in whatever order and however often they arrive', async () => {
  const needsTwo = { policies: { standard: { approve: [{ from: ['dba-leads'], count: 2 }] } } };
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      await inAWorld(needsTwo, async (world) => {
        const request = await world.ask();
        const atOnce = interleaving(world, scheduler);
        const votes = [mia, sam, mia, sam].map(
          (approver) => ({ approver, verdict: 'approve', delivery: approver }) as const,
        );
        const answers = await atOnce(votes.map((one) => async () => await vote(world, request, one)));

        expect(codes(answers).toSorted()).toEqual(['already-handled', 'already-handled', 'ok', 'ok']);
        const opened = answers.filter((answer) => answer.ok && answer.value.grant !== null);
        expect(opened).toHaveLength(1);
        expect(await world.deps.store.countLiveGrants({})).toBe(1);
        expect((await events(world, 'request.approved')).map(({ facts }) => facts['complete'])).toEqual([
          false,
          true,
        ]);
        expect(await events(world, 'grant.opening')).toHaveLength(1);
      });
    }),
    { numRuns: 10 },
  );
});

type Ender = (world: SmallWorld, about: { grant: Grant; more: AccessRequest }) => Promise<Answer | null>;

const endings: Readonly<Record<string, Ender>> = {
  prolong: async (world, { more }) =>
    await vote(world, more, { approver: mia, verdict: 'approve', delivery: 'prolong' }),
  'prolong too': async (world, { more }) =>
    await vote(world, more, { approver: sam, verdict: 'approve', delivery: 'too' }),
  done: async (world, { grant }) =>
    await endOwnGrant(world.deps, { by: dana, which: grant.id, delivery: 'done' }),
  'done again': async (world, { grant }) =>
    await endOwnGrant(world.deps, { by: dana, which: grant.id, delivery: 'done' }),
  revoke: async (world, { grant }) =>
    await revokeGrant(world.deps, { by: sam, which: grant.id, reason: 'a mistake', delivery: 'revoke' }),
  'window ends': async (world, { grant }) => {
    world.now = grant.endsAt;
    await Promise.all([workerSet(world).pass(), workerSet(world).pass()]);
    return null;
  },
};

test('of more time and an end at once, what was answered is what happens, and the access goes', async () => {
  const some = fc.shuffledSubarray(Object.keys(endings), { minLength: 2 });
  await fc.assert(
    fc.asyncProperty(some, fc.scheduler(), async (chosen, scheduler) => {
      await inAWorld({}, async (world) => {
        const grant = await world.approve(await world.ask());
        await world.pass();
        const asked = { workspace, requester: dana, grantId: grant.id, durationMs: HOUR_MS, reason: 'more' };
        const { request: more } = accepted(
          await prolongGrant(world.deps, { ...asked, delivery: world.delivery() }),
        );
        const atOnce = interleaving(world, scheduler);
        const answers = await atOnce(
          chosen.map((what) => async () => ({
            what,
            answer: (await endings[what]?.(world, { grant, more })) ?? null,
          })),
        );
        await world.passes(2, SECOND_MS);
        await seeWhatWasAnswered(world, grant, answers);
        world.now = grant.endsAt + 2 * HOUR_MS;
        await world.passes(2, MINUTE_MS);

        expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);
        expect(await events(world, 'grant.ending')).toHaveLength(1);
        expect(await events(world, 'grant.ended')).toHaveLength(1);
      });
    }),
    { numRuns: 25 },
  );
});

async function seeWhatWasAnswered(
  world: SmallWorld,
  before: Grant,
  answers: readonly { what: string; answer: Answer | null }[],
): Promise<void> {
  const said = answers.filter(({ answer }) => answer?.ok === true).map(({ what }) => what.split(' ')[0]);
  const refusals = answers.flatMap(({ answer }) => (answer?.ok === false ? [answer.refusal.code] : []));
  expect(['grant-over', 'not-pending', 'already-handled']).toEqual(expect.arrayContaining(refusals));
  const grant = await world.deps.store.grant(before.id);
  const prolonged = said.includes('prolong');
  expect(grant?.endsAt).toBe(prolonged ? before.endsAt + HOUR_MS : before.endsAt);
  const early = said.filter((what) => what !== 'prolong');
  expect(early.length).toBeLessThanOrEqual(1);
  const over = early.length === 1 || world.now >= (grant?.endsAt ?? 0);
  expect(grant?.state).toBe(over ? 'ended' : 'active');
  expect([...world.given.keys()]).toEqual(over ? [] : [ACCESS]);
  const told = await events(world, 'grant.prolonged', 'grant.ending');
  expect(told.map(({ kind }) => kind)).toEqual([
    ...(prolonged ? ['grant.prolonged'] : []),
    ...(over ? ['grant.ending'] : []),
  ]);
}

test('two sets of workers over one store never call one target for one access at once, and agree in the end', async () => {
  const pauses = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(pauses, fc.boolean(), fc.scheduler(), async (waits, endsEarly, scheduler) => {
      await inAWorld({}, async (world) => {
        const short = await world.approve(await world.ask({ durationMs: MINUTE_MS }));
        const long = await world.approve(await world.ask({ durationMs: 2 * MINUTE_MS }));
        const most = countCalls(world);
        const atOnce = interleaving(world, scheduler);
        const sets = [workerSet(world), workerSet(world)] as const;
        const [hold] = await world.deps.store.holds(short.id);
        const wake = async (): Promise<void> => {
          const hint = { kind: 'entitlement', id: hold?.entitlementId ?? '' } as const;
          await Promise.all(sets.map(async ({ handOver }) => await handOver.wake(hint)));
        };
        const both = [wake, ...sets.map((set) => () => set.pass())];
        await atOnce(both);
        expect([...world.given.keys()]).toEqual([ACCESS]);
        const early = async (): Promise<void> => {
          accepted(await endOwnGrant(world.deps, { by: dana, which: long.id, delivery: 'early' }));
        };
        await atOnce(endsEarly ? [early, ...both] : both);
        for (const seconds of waits) {
          world.now += seconds * SECOND_MS;
          await atOnce(both);
          await atOnce(both);
          const wanted = world.now < short.endsAt || (!endsEarly && world.now < long.endsAt);
          expect([...world.given.keys()]).toEqual(wanted ? [ACCESS] : []);
        }
        world.now = long.endsAt;
        await atOnce(both);
        await atOnce(both);

        expect([await world.stateOf(short), await world.stateOf(long), ...world.given.keys()]).toEqual([
          'ended',
          'ended',
        ]);
        expect(most()).toBe(1);
        await seeEachOnce(world, [short, long]);
      });
    }),
    { numRuns: 15 },
  );
});

/** Answers how many calls for one access were under way at once, at most. */
function countCalls(world: SmallWorld): () => number {
  let under = 0;
  let most = 0;
  const connector = world.deps.connectors.get('orders-db');
  if (connector === undefined) {
    throw new Error('There is no such connector.');
  }
  const counted = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    under += 1;
    most = Math.max(most, under);
    try {
      return await work();
    } finally {
      under -= 1;
    }
  };
  const real = { ...connector };
  Object.assign(connector, {
    check: async (...given: Parameters<Connector['check']>) => await counted(() => real.check(...given)),
    grant: async (...given: Parameters<Connector['grant']>) => await counted(() => real.grant(...given)),
    revoke: async (...given: Parameters<Connector['revoke']>) => await counted(() => real.revoke(...given)),
  });
  return () => most;
}

async function seeEachOnce(world: SmallWorld, grants: readonly Grant[]): Promise<void> {
  const lives = await events(world, 'grant.opening', 'grant.active', 'grant.ending', 'grant.ended');
  for (const { id } of grants) {
    const kinds = lives.filter(({ grantId }) => grantId === id).map(({ kind }) => kind);
    expect(kinds).toEqual(['grant.opening', 'grant.active', 'grant.ending', 'grant.ended']);
  }
  const calls = (name: string): number => world.calls.filter((call) => call === name).length;
  expect(await events(world, 'entitlement.granting')).toHaveLength(calls('grant'));
  expect(await events(world, 'entitlement.revoking')).toHaveLength(calls('revoke'));
}
