/** One window's end, with very many others waiting: how long until it was read back as gone. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import type { Bench, Row } from '../bench.js';
import { percentile, type Figure } from '../figures.js';
import { CALL_MS, lateness } from '../support/ends.js';
import { openPlace } from '../support/place.js';
import { startApp, startChild } from '../support/processes.js';
import { makeDatabase, putDatabase, seedRunning } from '../support/seed.js';

const EVERY_MS = 100;
const LIMIT_MS = 250;

export const oneEnd: Row = {
  name: 'one-end',
  title: `One window's end → read back as gone, a target that answers in ${CALL_MS} ms`,
  async run(bench) {
    const waiting = bench.quick ? 2_000 : 100_000;
    const ends = bench.quick ? 20 : 150;
    const template = join(bench.folder, 'waiting.db');
    await makeDatabase(template);
    // All of them within the time for which wake-ups are armed ahead, and none within the run.
    const from = Date.now() + 10 * MINUTE_MS;
    await seedRunning(template, {
      name: 'waiting',
      count: waiting,
      endsAt: `${from} + n * ${4 * MINUTE_MS} / ${waiting}`,
    });
    return [
      ...(await measure(bench, { template, waiting, ends, redis: null, startMs: 8 * SECOND_MS })),
      ...(await measure(bench, {
        template,
        waiting,
        ends,
        redis: await bench.redis(),
        startMs: bench.quick ? 6 * SECOND_MS : 30 * SECOND_MS,
      })),
    ];
  },
};

async function measure(
  bench: Bench,
  run: { template: string; waiting: number; ends: number; redis: string | null; startMs: number },
): Promise<Figure[]> {
  const { waiting, ends, redis } = run;
  const place = await openPlace(bench.folder, redis);
  putDatabase(run.template, place.databaseFile);
  const firstEnd = Date.now() + run.startMs;
  await seedRunning(place.databaseFile, {
    name: 'due',
    count: ends,
    endsAt: `${firstEnd} + n * ${EVERY_MS}`,
  });
  const app = await startApp({ env: place.env, callMs: CALL_MS });
  try {
    const late = await lateness(place.databaseFile, 'due', ends);
    await app.kill();
    const bare = await bareLateness(ends, redis);
    const by = redis === null ? 'timer' : 'BullMQ';
    const floor = redis === null ? 'a bare timer and 2 calls' : 'a bare BullMQ job and 2 calls';
    return [50, 99].map((percent) => ({
      what: `end → gone, p${percent}, ${by}, ${waiting.toLocaleString('en')} waiting`,
      value: percentile(late, percent),
      unit: 'ms',
      floor: { what: floor, value: percentile(bare, percent), unit: 'ms' },
      bound: percent === 99 ? { side: 'at most', limit: LIMIT_MS } : null,
    }));
  } finally {
    await app.kill();
    await place.close();
  }
}

async function bareLateness(ends: number, redis: string | null): Promise<number[]> {
  const first = Date.now() + 2 * SECOND_MS;
  const dueAt = Array.from({ length: ends }, (_, place) => first + place * EVERY_MS);
  const callsMs = [CALL_MS, CALL_MS];
  if (redis === null) {
    return await Promise.all(
      dueAt.map(async (at) => {
        for (const ms of [at - Date.now(), ...callsMs]) {
          await pause(ms);
        }
        return Date.now() - at;
      }),
    );
  }
  const child = startChild('bench/children/bare-bullmq.js', { redis, dueAt, callsMs });
  try {
    return (await child.answer(z.object({ late: z.array(z.number()) }))).late;
  } finally {
    await child.kill();
  }
}
