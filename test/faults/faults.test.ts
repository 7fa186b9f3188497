import { afterAll, describe, expect, inject, test } from 'vitest';
import { loadAppProcesses } from './app-process.js';
import { runSeed } from './run.js';

/** A few runs of the fault suite; `npm run test:faults -- --runs N --seed S` tries as many as one likes. */

/** Between them they have every place go wrong: the app, Redis, the target, Slack, the disk and the clock. */
const RUNS = [
  { seed: 11, mode: 'ephemeral' },
  { seed: 16, mode: 'function' },
  { seed: 19, mode: 'group' },
] as const;

const processes = loadAppProcesses(RUNS.length + 1);
afterAll(async () => await processes.stop());

describe.concurrent('whatever goes wrong, in the end all is as it should be', { timeout: 300_000 }, () => {
  test.each(RUNS)('seed $seed, mode $mode', async ({ seed, mode }) => {
    const { problems, timeline } = await runSeed(seed, inject('testServers'), processes, { mode });
    const replay = `npm run test:faults -- --seed ${seed} --mode ${mode} --runs 1`;
    expect(problems, `${timeline}\nreplay: ${replay}`).toEqual([]);
  });
});
