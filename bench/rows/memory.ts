/** The memory of the program as it is shipped, with its wake-ups on Redis. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { freePort } from '../../test/support/servers/free-port.js';
import type { Bench, Row } from '../bench.js';
import type { Figure } from '../figures.js';
import { openPlace } from '../support/place.js';
import { startChild, startMain } from '../support/processes.js';
import { makeDatabase, seedRunning } from '../support/seed.js';

const IDLE_LIMIT_MB = 150;
const LIVE_LIMIT_MB = 250;

export const memory: Row = {
  name: 'memory',
  title: 'Memory (RSS) of the bot on Redis',
  async run(bench) {
    const bare = await bareLibraries(bench, await bench.redis());
    const floor = { what: 'the libraries alone', value: bare, unit: 'MB' } as const;
    const live = bench.quick ? 500 : 10_000;
    const idle = await highest(bench, await bench.redis(), { live: 0 });
    const busy = await highest(bench, await bench.redis(), { live });
    const figure = (what: string, value: number, limit: number): Figure => ({
      what,
      value,
      unit: 'MB',
      floor,
      bound: { side: 'at most', limit },
    });
    return [
      figure('idle', idle, IDLE_LIMIT_MB),
      figure(`${live.toLocaleString('en')} live grants, some of them ending`, busy, LIVE_LIMIT_MB),
    ];
  },
};

async function bareLibraries(bench: Bench, redis: string): Promise<number> {
  const child = startChild('bench/children/bare-libraries.js', { redis, port: await freePort() });
  try {
    await child.answer(z.object({ ready: z.literal(true) }));
    return await highestOf(child.pid, bench.quick ? 1 : 4);
  } finally {
    await child.kill();
  }
}

async function highest(bench: Bench, redis: string, { live }: { live: number }): Promise<number> {
  const place = await openPlace(bench.folder, redis);
  await makeDatabase(place.databaseFile);
  if (live > 0) {
    // All are armed within the first seconds; twenty end in each second that is looked at.
    const soon = Math.min(400, live / 2);
    const from = Date.now() + 3 * SECOND_MS;
    await seedRunning(place.databaseFile, { name: 'soon', count: soon, endsAt: `${from} + n * 50` });
    await seedRunning(place.databaseFile, {
      name: 'later',
      count: live - soon,
      endsAt: `${from + 10 * MINUTE_MS} + n`,
    });
  }
  const app = await startMain(place.env, place.folder);
  try {
    return await highestOf(app.pid, bench.quick ? 2 : 15);
  } finally {
    await app.kill();
    await place.close();
  }
}

/** Of so many looks, one a second. */
async function highestOf(pid: number, looks: number): Promise<number> {
  let most = 0;
  for (let look = 0; look < looks; look += 1) {
    await pause(SECOND_MS);
    most = Math.max(most, rssMB(pid));
  }
  return most;
}

function rssMB(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1]) / 1_024;
}
