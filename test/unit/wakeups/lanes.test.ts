import { setImmediate as tick } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLanes } from '../../../src/wakeups/lanes.js';
import { HeldWork } from '../../support/held-work.js';
import { recordingLog } from '../../support/recording-log.js';

function lanesOf(atOnce: number, maxWaiting = 1_000) {
  const log = recordingLog();
  return { log, lanes: createLanes({ concurrency: () => atOnce, log, maxWaiting }) };
}

test('a lane whose target hangs delays no other lane', async () => {
  const { lanes } = lanesOf(1);
  const hanging = new HeldWork();
  const blocked = new HeldWork();
  const free = new HeldWork();
  lanes.offer('okta grants', 'a', hanging.run);
  lanes.offer('okta grants', 'b', blocked.run);
  lanes.offer('okta revocations', 'a', free.run);
  await tick();
  expect([hanging.starts, blocked.starts, free.starts]).toEqual([1, 0, 1]);
});

test('work of one kind can give way while more of another waits than can run', async () => {
  const lanes = createLanes({
    concurrency: (lane) => (lane === 'cards' && !lanes.hasWaiting(':revocations') ? 2 : 1),
    log: recordingLog(),
  });
  const [running, waiting] = [new HeldWork(), new HeldWork()];
  const [first, second, third] = [new HeldWork(), new HeldWork(), new HeldWork()];
  lanes.offer('okta:revocations', 'a', running.run);
  expect(lanes.hasWaiting(':revocations')).toBe(false);
  lanes.offer('okta:revocations', 'b', waiting.run);
  expect(lanes.hasWaiting(':revocations')).toBe(true);

  lanes.offer('cards', '1', first.run);
  lanes.offer('cards', '2', second.run);
  lanes.offer('cards', '3', third.run);
  expect([first.starts, second.starts, third.starts]).toEqual([1, 0, 0]);

  running.end();
  await tick();
  first.end();
  await tick();
  expect([second.starts, third.starts]).toEqual([1, 1]);
  [waiting, second, third].forEach((held) => held.end());
  await lanes.idle();
});

test('an id that waits already is not taken again', async () => {
  const { lanes } = lanesOf(1);
  const first = new HeldWork();
  const second = new HeldWork();
  lanes.offer('lane', 'a', first.run);
  expect(lanes.offer('lane', 'b', second.run)).toBe(true);
  expect(lanes.offer('lane', 'b', second.run)).toBe(false);
  expect(lanes.size('lane')).toBe(2);
  first.end();
  await tick();
  second.end();
  await lanes.idle();
  expect(second.starts).toBe(1);
  expect(lanes.size('lane')).toBe(0);
});

test('an id that is woken while it runs, however often, runs once more right afterwards', async () => {
  const { lanes } = lanesOf(1);
  const running = new HeldWork();
  const other = new HeldWork();
  lanes.offer('lane', 'a', running.run);
  lanes.offer('lane', 'b', other.run);
  expect(lanes.offer('lane', 'a', running.run)).toBe(false);
  expect(lanes.offer('lane', 'a', running.run)).toBe(false);
  running.end();
  await tick();
  expect([running.starts, other.starts]).toEqual([2, 0]);
  running.end();
  await tick();
  expect([running.starts, other.starts]).toEqual([2, 1]);
});

test('work that fails is logged once with its id, and the lane goes on', async () => {
  const { lanes, log } = lanesOf(1);
  const failing = new HeldWork();
  const next = new HeldWork();
  lanes.offer('lane', 'a', failing.run);
  lanes.offer('lane', 'b', next.run);
  failing.fail();
  await tick();
  expect(next.starts).toBe(1);
  expect(log.lines).toEqual([
    {
      level: 'error',
      facts: { lane: 'lane', id: 'a', err: new Error('work failed') },
      message: 'Work in a lane failed',
    },
  ]);
});

test('work that fails before it returns a promise is logged too and reaches nobody', async () => {
  const { lanes, log } = lanesOf(1);
  const offer = () =>
    lanes.offer('lane', 'a', () => {
      throw new Error('at once');
    });
  expect(offer).not.toThrow();
  await lanes.idle();
  expect(log.lines).toHaveLength(1);
});

test('a full lane turns work away and says so once, until there is room again', async () => {
  const { lanes, log } = lanesOf(1, 2);
  const held = new HeldWork();
  const offer = (id: string) => lanes.offer('lane', id, held.run);
  expect(['a', 'b', 'c', 'd', 'e'].map(offer)).toEqual([true, true, true, false, false]);
  expect(log.lines.map((line) => line.level)).toEqual(['warn']);
  held.end();
  await tick();
  expect([offer('d'), offer('e')]).toEqual([true, false]);
  expect(log.lines).toHaveLength(2);
});

test('closed lanes drop what waits, start nothing more, and are idle when the work under way has ended', async () => {
  const { lanes } = lanesOf(1);
  const running = new HeldWork();
  const waiting = new HeldWork();
  lanes.offer('lane', 'a', running.run);
  lanes.offer('lane', 'a', running.run);
  lanes.offer('lane', 'b', waiting.run);
  lanes.close();
  expect(lanes.offer('other', 'c', waiting.run)).toBe(false);
  let idle = false;
  const becomesIdle = lanes.idle().then(() => (idle = true));
  await tick();
  expect(idle).toBe(false);
  running.end();
  await becomesIdle;
  expect([running.starts, waiting.starts]).toEqual([1, 0]);
});

test('lanes without work are idle', async () => {
  await expect(lanesOf(1).lanes.idle()).resolves.toBeUndefined();
});

type Step = { kind: 'offer'; lane: string; id: string } | { kind: 'end'; which: number; well: boolean };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('offer' as const),
    lane: fc.constantFrom('x', 'y'),
    id: fc.constantFrom('1', '2', '3', '4', '5'),
  }),
  fc.record({ kind: fc.constant('end' as const), which: fc.nat(20), well: fc.boolean() }),
);

test('never too many at once, never an id twice at once, and every offer is followed by a run', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyStep, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, atOnce) => {
        const { lanes } = lanesOf(atOnce);
        const works = new Map<string, HeldWork>();
        const startsOwed = new Map<string, number>();
        const underWay = () => [...works].filter(([, work]) => work.underWay > 0);

        function offer(lane: string, id: string): void {
          const key = `${lane} ${id}`;
          const work = works.get(key) ?? new HeldWork(key);
          works.set(key, work);
          const startsBefore = work.starts;
          lanes.offer(lane, id, work.run);
          // A run that this very call began is a run after it.
          startsOwed.set(key, work.starts > startsBefore ? work.starts : startsBefore + 1);
        }
        function end(work: HeldWork | undefined, well: boolean): void {
          return well ? work?.end() : work?.fail();
        }
        function check(): void {
          for (const [, work] of works) {
            expect(work.underWay).toBeLessThanOrEqual(1);
          }
          for (const lane of ['x', 'y']) {
            expect(underWay().filter(([key]) => key.startsWith(lane)).length).toBeLessThanOrEqual(atOnce);
          }
        }

        for (const step of steps) {
          if (step.kind === 'offer') {
            offer(step.lane, step.id);
          } else {
            const candidates = underWay();
            end(candidates[step.which % Math.max(1, candidates.length)]?.[1], step.well);
          }
          check();
          await tick();
          check();
        }
        while (underWay().length > 0) {
          underWay().forEach(([, work]) => work.end());
          await tick();
          check();
        }
        await lanes.idle();
        for (const [key, owed] of startsOwed) {
          expect(works.get(key)?.starts).toBeGreaterThanOrEqual(owed);
        }
      },
    ),
  );
});
