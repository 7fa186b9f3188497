import { afterAll, describe, expect, inject, test } from 'vitest';
import { loadAppProcesses } from './app-process.js';
import { runSeed } from './run.js';

/** A few runs of the fault suite; `npm run test:faults -- --runs N --seed S` tries as many as one likes. */

/** Between them they have every place go wrong: the app, Redis, the target, Slack, the disk and the clock. */
const SEEDS = [11, 16, 19];

const processes = loadAppProcesses(SEEDS.length + 1);
afterAll(async () => await processes.stop());

describe.concurrent('whatever goes wrong, in the end all is as it should be', { timeout: 300_000 }, () => {
  test.each(SEEDS)('seed %i', async (seed) => {
    const { problems, timeline } = await runSeed(seed, inject('testServers'), processes);
    expect(problems, `${timeline}\nreplay: npm run test:faults -- --seed ${seed} --runs 1`).toEqual([]);
  });
});
