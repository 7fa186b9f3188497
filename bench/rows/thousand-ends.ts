/** A thousand windows that end within one second, and a thousand that end at one moment. */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { SECOND_MS } from '../../src/domain/time.js';
import type { Bench, Row } from '../bench.js';
import { percentile, type Figure } from '../figures.js';
import { CALL_MS, lateness } from '../support/ends.js';
import { openPlace } from '../support/place.js';
import { startApp, startChild } from '../support/processes.js';
import { makeDatabase, seedRunning } from '../support/seed.js';

/** As app.ts lets through to one target. */
const AT_ONCE = 20;
const START_MS = 9 * SECOND_MS;
const ENOUGH = 1.5;

export const thousandEnds: Row = {
  name: 'thousand-ends',
  title: `1,000 ends in one second, ${CALL_MS} ms a call, ${AT_ONCE} at once`,
  async run(bench) {
    const ends = bench.quick ? 100 : 1_000;
    return [
      ...(await measure(bench, { ends, redis: await bench.redis(), overMs: 1_000 })),
      ...(await measure(bench, { ends, redis: await bench.redis(), overMs: 0 })),
      ...(await measure(bench, { ends, redis: null, overMs: 0 })),
    ];
  },
};

async function measure(
  bench: Bench,
  { ends, redis, overMs }: { ends: number; redis: string | null; overMs: number },
): Promise<Figure[]> {
  const place = await openPlace(bench.folder, redis);
  await makeDatabase(place.databaseFile);
  const firstEnd = Date.now() + START_MS;
  const endsAt = `${firstEnd} + n * ${overMs} / ${ends}`;
  await seedRunning(place.databaseFile, { name: 'due', count: ends, endsAt });
  const app = await startApp({ env: place.env, callMs: CALL_MS });
  try {
    // The looks at everything that stands, which come with each start, are over by then.
    await pause(firstEnd - SECOND_MS / 2 - Date.now());
    const before = await app.calls();
    const late = await lateness(place.databaseFile, 'due', ends);
    const calls = (await app.calls()) - before;
    await app.kill();
    const ideal = (calls * CALL_MS) / AT_ONCE;
    const queue = redis === null ? 0 : percentile(await bareQueue(redis, ends, overMs), 99);
    const bareMs = await bareCalls(calls);
    const when = overMs === 0 ? 'at one moment' : 'over one second';
    const by = redis === null ? 'timer' : 'BullMQ';
    return [
      {
        what: `${ends.toLocaleString('en')} ends ${when}, p99, ${by}`,
        value: percentile(late, 99),
        unit: 'ms',
        floor: { what: `${calls} bare calls, ${AT_ONCE} at once`, value: bareMs, unit: 'ms' },
        bound: {
          side: 'at most',
          limit: ENOUGH * ideal + queue,
          text: `${ENOUGH} × ${ideal} ms ideal${redis === null ? '' : ` + ${queue} ms of bare BullMQ`}`,
        },
      },
    ];
  } finally {
    await app.kill();
    await place.close();
  }
}

async function bareQueue(redis: string, ends: number, overMs: number): Promise<number[]> {
  const first = Date.now() + 3 * SECOND_MS;
  const dueAt = Array.from({ length: ends }, (_, place) => first + Math.floor((place * overMs) / ends));
  const child = startChild('bench/children/bare-bullmq.js', { redis, dueAt, callsMs: [] });
  try {
    return (await child.answer(z.object({ late: z.array(z.number()) }))).late;
  } finally {
    await child.kill();
  }
}

/** Nothing but the calls: what the timers of this machine make of the ideal. */
async function bareCalls(calls: number): Promise<number> {
  let left = calls;
  const before = performance.now();
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await pause(CALL_MS);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return Math.round(performance.now() - before);
}
