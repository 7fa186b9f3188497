import { afterEach, beforeEach, expect, test } from 'vitest';
import { asUserId } from '../../src/domain/ids.js';
import type { HomePlace } from '../../src/domain/views.js';
import type { SlackWorld } from '../../src/emulated-slack/world.js';
import { accept } from '../../src/domain/result.js';
import { createBoltLogger } from '../../src/slack/bolt-logger.js';
import { createSlackClients } from '../../src/slack/clients.js';
import { createHomes, FIRST_PAGE, type Homes } from '../../src/slack/homes.js';
import { recordingLog } from '../support/recording-log.js';
import { createActions, createStage, startStageWorld } from '../support/slack-stage.js';
import { holderView } from '../../src/examples/views.js';

const DANA = asUserId('U03DANA');
const MIA = asUserId('U01MIA');

let world: SlackWorld;
beforeEach(async () => {
  world = await startStageWorld();
});
afterEach(async () => await world.stop());

/** Home tabs on their own, with what stands on them in the hands of the test. */
function makeHomes() {
  const log = recordingLog();
  const clients = createSlackClients({
    botToken: 'xoxb-stage',
    apiUrl: world.apiUrl,
    logger: createBoltLogger(log),
  });
  const shown = { held: 0, places: [] as HomePlace[], now: Date.now() };
  const homes: Homes = createHomes({
    client: clients.outbox,
    command: '/access',
    clock: { now: () => shown.now },
    log,
    gatherMs: 1,
    actions: {
      async home({ place }) {
        shown.places.push(place);
        const grants = Array.from({ length: shown.held }, () => ({ ...holderView(), mayExtend: true }));
        return accept({
          place,
          own: { grants, pending: [] },
          deciding: [],
          decidingIsMore: false,
          reviews: [],
          admin: null,
        });
      },
    },
  });
  return { homes, shown, log };
}

function published(): number {
  return world.calls('views.publish').length;
}

test('is drawn anew when what stands on it has changed, and not when it has not', async () => {
  const { homes, shown } = makeHomes();
  await homes.opened(DANA);
  expect(published()).toBe(1);

  homes.changed();
  await world.until(() => shown.places.length === 2, { what: 'a look at what stands on it' });
  expect(published()).toBe(1);

  shown.held = 1;
  homes.changed();
  await world.until(() => published() === 2, { what: 'the Home drawn anew' });
  expect(world.textOf(world.homeOf('dana') ?? {}, { reader: 'dana' })).toContain('You hold');
  homes.stop();
});

test('many changes at once are one look', async () => {
  const { homes, shown } = makeHomes();
  await homes.opened(DANA);
  for (let count = 0; count < 20; count += 1) {
    homes.changed();
  }
  await world.until(() => shown.places.length === 2, { what: 'a look' });
  shown.held = 1;
  homes.changed();
  await world.until(() => published() === 2, { what: 'the Home drawn anew' });

  expect(shown.places).toHaveLength(3);
  homes.stop();
});

test('stays on the page that was turned to, and begins anew when it is opened again', async () => {
  const { homes, shown } = makeHomes();
  shown.held = 25;
  await homes.opened(DANA);
  const later = { ...FIRST_PAGE, held: 10 };
  await homes.turn(DANA, later);
  homes.changed();
  await world.until(() => shown.places.length === 3, { what: 'a look' });
  await homes.opened(DANA);

  expect(shown.places).toEqual([FIRST_PAGE, later, later, FIRST_PAGE]);
  homes.stop();
});

test('of whoever came to it long ago it is not looked after any more', async () => {
  const { homes, shown } = makeHomes();
  await homes.opened(DANA);
  shown.now += 31 * 60_000;
  await homes.opened(MIA);
  shown.held = 1;
  homes.changed();
  await world.until(() => published() === 3, { what: 'the Home of mia drawn anew' });

  expect(world.textOf(world.homeOf('dana') ?? {}, { reader: 'dana' })).toContain('You hold nothing now');
  homes.stop();
});

test('one that Slack takes later is drawn later, by itself', async () => {
  const { homes, log } = makeHomes();
  world.fail('views.publish', { with: 'rate_limited', retryAfter: 1, times: 1 });
  await homes.opened(DANA);
  expect(log.lines).toMatchObject([{ level: 'warn', facts: { user: DANA, error: 'ratelimited' } }]);

  await world.until(() => world.homeOf('dana'), { what: 'the Home of dana' });
  homes.stop();
});

test('one that Slack refuses is logged, and drawn when it is opened again', async () => {
  const { homes, log } = makeHomes();
  world.fail('views.publish', { error: 'not_enabled', times: 1 });
  await homes.opened(DANA);
  expect(log.lines).toMatchObject([{ level: 'warn', facts: { user: DANA, error: 'not_enabled' } }]);

  await homes.opened(DANA);
  expect(world.homeOf('dana')).toBeDefined();
  homes.stop();
});

test('the Messages tab is no Home, and a stranger’s click on a forged one does nothing', async () => {
  const { actions, asked } = createActions();
  const stage = createStage(world, { actions });
  await stage.start();
  await world.event({ type: 'app_home_opened', user: 'U03DANA', channel: 'D1', tab: 'messages' });
  await world.homeOpened('mia');
  await world.until(() => world.homeOf('mia'), { what: 'the Home of mia' });

  expect(asked.filter(({ name }) => name === 'home')).toMatchObject([{ input: { viewer: 'U01MIA' } }]);
  await stage.app.stop();
});

test('while Slack takes none, none is drawn, whatever changes and whoever comes', async () => {
  const { homes, shown } = makeHomes();
  await homes.opened(DANA);
  await homes.opened(MIA);
  const before = published();
  world.fail('views.publish', { with: 'rate_limited', retryAfter: 60 });
  shown.held = 1;
  homes.changed();
  await world.until(() => published() > before);
  for (const held of [2, 3, 4]) {
    shown.held = held;
    homes.changed();
    await homes.opened(DANA);
    await homes.turn(MIA, FIRST_PAGE);
  }
  homes.stop();

  expect(published() - before).toBe(1);
});
