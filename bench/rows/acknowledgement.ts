/** How long Slack waits for an acknowledgement under a steady load, and what a bare Bolt needs for it. */
import { join } from 'node:path';
import { SECOND_MS } from '../../src/domain/time.js';
import type { Bench, Row } from '../bench.js';
import { median, percentile, type Figure } from '../figures.js';
import { CALL_MS } from '../support/ends.js';
import { approve, record, send, sendToBare, startLoad } from '../support/interactions.js';
import { HOLDERS, holder, openPlace, type Place } from '../support/place.js';
import { startApp, type Child } from '../support/processes.js';
import { makeDatabase, putDatabase, seedPending, seedRunning } from '../support/seed.js';

const PER_SECOND = 50;
const LIMIT_MS = 100;
const ENOUGH = 1.5;
/** Of each run: connections are made and code is compiled. */
const WARM_UP_SECONDS = 2;

type Measured = 'bare' | 'app' | 'hangs';

export const acknowledgement: Row = {
  name: 'acknowledgement',
  title: `Acknowledgement of Slack interactions at ${PER_SECOND} a second`,
  async run(bench) {
    const rounds = bench.quick ? 1 : 3;
    const found: Record<Measured, number[][]> = { bare: [], app: [], hangs: [] };
    for (let round = 0; round < rounds; round += 1) {
      await oneRound(bench, found);
    }
    const all = (which: Measured, percent: number): number =>
      median(found[which].map((times) => percentile(times, percent)));
    const figure = (which: Measured, what: string, percent: number): Figure => ({
      what: `${what}, p${percent}`,
      value: all(which, percent),
      unit: 'ms',
      floor: { what: 'a bare Bolt that only acks', value: all('bare', percent), unit: 'ms' },
      bound:
        percent === 99
          ? {
              side: 'at most',
              limit: Math.min(LIMIT_MS, ENOUGH * all('bare', percent)),
              text: `${ENOUGH} × bare, and ${LIMIT_MS} ms`,
            }
          : null,
    });
    return [
      ...[50, 99].map((percent) => figure('app', `a target that answers in ${CALL_MS} ms`, percent)),
      ...[50, 99].map((percent) => figure('hangs', 'a target that hangs', percent)),
    ];
  },
};

async function oneRound(bench: Bench, found: Record<Measured, number[][]>): Promise<void> {
  const seconds = WARM_UP_SECONDS + (bench.quick ? 2 : 6);
  const place = await openPlace(bench.folder, null);
  const load = await startLoad();
  try {
    const bodies = await everyday(place, PER_SECOND * seconds);
    const template = join(place.folder, 'template.db');
    await makeDatabase(template);
    await seedPending(template, { count: HOLDERS, owner: `printf('U0H%04d', n)` });
    found.bare.push(warm(await sendToBare(load, { bodies, perSecond: PER_SECOND })));
    found.app.push(await onApp(load, bodies, { place, template, callMs: CALL_MS }));
    found.hangs.push(await onApp(load, bodies, { place, template, callMs: 'hangs' }));
  } finally {
    await load.kill();
    await place.close();
  }
}

/** With windows that end meanwhile, so that the target is called from the first moment on. */
async function onApp(
  load: Child,
  bodies: readonly string[],
  run: { place: Place; template: string; callMs: number | 'hangs' },
): Promise<number[]> {
  const { place, callMs } = run;
  putDatabase(run.template, place.databaseFile);
  const from = Date.now() + 2 * SECOND_MS;
  await seedRunning(place.databaseFile, { name: 'due', count: 100, endsAt: `${from} + n * 80` });
  const app = await startApp({ env: place.env, callMs });
  try {
    return warm(await send(load, { port: app.port, bodies, perSecond: PER_SECOND }));
  } finally {
    await app.kill();
  }
}

function warm(times: readonly number[]): number[] {
  return times.slice(WARM_UP_SECONDS * PER_SECOND);
}

/** A third approvals, a third requests, a third looks. */
async function everyday({ world }: Place, count: number): Promise<string[]> {
  return await record(world, async () => {
    for (let place = 0; place < count; place += 1) {
      const user = holder(place);
      if (place % 3 === 0) {
        await approve(world, place / 3);
      } else if (place % 3 === 1) {
        await world.command({ user, text: `request prod-db:admin 30m stuck migration ${place}` });
      } else {
        await world.command({ user, text: place % 2 === 0 ? 'mine' : 'who-has prod-db' });
      }
    }
  });
}
