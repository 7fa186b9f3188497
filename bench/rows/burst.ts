/** How long a click waits for its acknowledgement while two hundred people ask, and Slack takes one card a second. */
import { SECOND_MS } from '../../src/domain/time.js';
import type { SlackWorld } from '../../src/emulated-slack/world.js';
import type { Bench, Row } from '../bench.js';
import { percentile, type Figure } from '../figures.js';
import { CALL_MS } from '../support/ends.js';
import { approve, record, send, sendToBare, startLoad } from '../support/interactions.js';
import { HOLDERS, holder, openPlace } from '../support/place.js';
import { startApp } from '../support/processes.js';
import { makeDatabase, seedPending } from '../support/seed.js';

const SECONDS = 10;
const LIMIT_MS = 300;
/** After every second request. */
const CLICK_EACH = 3;

export const burst: Row = {
  name: 'burst',
  title: `Clicks while ${HOLDERS} people ask within ${SECONDS} seconds, and Slack answers 429`,
  async run(bench) {
    const { app, bare, refused } = await measure(bench);
    const figure = (what: string, percent: number, bound: Figure['bound']): Figure => ({
      what,
      value: percentile(app, percent),
      unit: 'ms',
      floor: { what: 'a bare Bolt that only acks', value: percentile(bare, percent), unit: 'ms' },
      bound,
    });
    return [
      figure(`${app.length} clicks, p50`, 50, null),
      figure(`${app.length} clicks, p99`, 99, null),
      figure(`${app.length} clicks, the slowest`, 100, { side: 'at most', limit: LIMIT_MS }),
      { what: 'cards that Slack refused with 429', value: refused, unit: '×', floor: null, bound: null },
    ];
  },
};

async function measure(bench: Bench): Promise<{ app: number[]; bare: number[]; refused: number }> {
  const asked = bench.quick ? HOLDERS / 10 : HOLDERS;
  const place = await openPlace(bench.folder, null);
  const { world } = place;
  const load = await startLoad();
  try {
    const clicks = new Set<number>();
    const bodies = await record(world, async () => {
      for (let count = 0, done = 0; done < asked; count += 1) {
        if (count % CLICK_EACH === CLICK_EACH - 1) {
          clicks.add(count);
          await approve(world, clicks.size);
        } else {
          await world.command({ user: holder(done), text: `request prod-db:admin 30m burst ${done}` });
          done += 1;
        }
      }
    });
    const sending = { bodies, perSecond: Math.ceil(bodies.length / SECONDS) };
    const ofClicks = (times: readonly number[]): number[] => times.filter((_, nth) => clicks.has(nth));
    await makeDatabase(place.databaseFile);
    await seedPending(place.databaseFile, { count: HOLDERS, owner: `printf('U0H%04d', n)` });
    const bare = ofClicks(await sendToBare(load, sending));
    const refused = oneASecond(world);
    const app = await startApp({ env: place.env, callMs: CALL_MS });
    try {
      return { app: ofClicks(await send(load, { port: app.port, ...sending })), bare, refused: refused() };
    } finally {
      await app.kill();
    }
  } finally {
    await load.kill();
    await place.close();
  }
}

/** As Slack does it: more than one message a second in a channel comes too soon. Answers how many did. */
function oneASecond(world: SlackWorld): () => number {
  const taken = new Map<unknown, number>();
  let refused = 0;
  world.fail('chat.postMessage', {
    with: 'rate_limited',
    retryAfter: 1,
    when: ({ channel }) => {
      const now = Date.now();
      const isTooSoon = now - (taken.get(channel) ?? 0) < SECOND_MS;
      refused += isTooSoon ? 1 : 0;
      if (!isTooSoon) {
        taken.set(channel, now);
      }
      return isTooSoon;
    },
  });
  return () => refused;
}
