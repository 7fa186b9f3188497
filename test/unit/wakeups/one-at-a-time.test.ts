import { setImmediate as tick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { oneAtATime } from '../../../src/wakeups/one-at-a-time.js';
import { HeldWork } from '../../support/held-work.js';

test('work asked for while it runs, however often, runs once more and never twice at once', async () => {
  const work = new HeldWork();
  const runner = oneAtATime(work.run);
  let ended = 0;
  const asked = [runner.run(), runner.run(), runner.run()].map((run) => run.then(() => (ended += 1)));
  await tick();
  expect([work.starts, work.underWay, ended]).toEqual([1, 1, 0]);
  work.end();
  await tick();
  expect([work.starts, work.underWay, ended]).toEqual([2, 1, 1]);
  expect(runner.isRunning()).toBe(true);
  work.end();
  await Promise.all(asked);
  expect(work.starts).toBe(2);
  expect(runner.isRunning()).toBe(false);
});

test('it is settled only when the run that was asked for meanwhile has ended too', async () => {
  const work = new HeldWork();
  const runner = oneAtATime(work.run);
  const runs = [runner.run(), runner.run()];
  let settled = false;
  const settling = runner.settled().then(() => (settled = true));
  await tick();
  work.end();
  await tick();
  expect(settled).toBe(false);
  work.end();
  await settling;
  await Promise.all(runs);
});
