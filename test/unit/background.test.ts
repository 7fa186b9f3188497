import { afterEach, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import type { BackgroundView } from '../../src/domain/views.js';
import { cancelRequest } from '../../src/usecases/cancel-request.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { ConnectorError } from '../../src/ports.js';
import { dana } from '../support/rows.js';
import { makeSmallWorld, type SmallWorld } from '../support/small-world.js';

let world: SmallWorld;
afterEach(() => world.close());

async function backgroundOf(request: { id: Parameters<typeof loadRequestCard>[1] }): Promise<BackgroundView> {
  const background = (await loadRequestCard(world.deps, request.id))?.background;
  if (background === undefined || background === null) {
    throw new Error('The card says nothing about what was before.');
  }
  return background;
}

test('a first request says so, with the time zone of whoever asks', async () => {
  world = await makeSmallWorld();

  expect(await backgroundOf(await world.ask())).toEqual({
    earlier: [],
    earlierTotal: 0,
    holds: [],
    standing: [],
    timeZone: 'Europe/Berlin',
  });
});

test('what became of the last three is said, of all that there were, and of nobody else', async () => {
  world = await makeSmallWorld();
  for (let count = 0; count < 2; count += 1) {
    const request = await world.ask();
    await cancelRequest(world.deps, { by: dana, which: request.id, delivery: world.delivery() });
    world.now += MINUTE_MS;
  }
  await world.approve(await world.ask());
  await world.pass();
  world.now += HOUR_MS;
  await world.passes(2, SECOND_MS);
  const expired = await world.ask();
  world.now = expired.expiresAt;
  await world.pass();

  const { earlier, earlierTotal } = await backgroundOf(await world.ask());

  expect(earlier).toMatchObject([
    { request: { id: expired.id, state: 'expired' }, grant: null },
    { request: { state: 'approved' }, grant: { state: 'ended', ending: { cause: 'window' } } },
    { request: { state: 'cancelled' }, grant: null },
  ]);
  expect(earlierTotal).toBe(4);
});

test('other roles of the resource that are held now are named, with their end', async () => {
  world = await makeSmallWorld();
  const grant = await world.approve(await world.ask());
  await world.pass();

  const { holds } = await backgroundOf(await world.ask({ resource: 'prod-db', role: 'admin' }));

  expect(holds).toEqual([{ role: 'readonly', endsAt: grant.endsAt }]);
});

test('what has not begun, and what ends, is not held', async () => {
  world = await makeSmallWorld();
  const scheduled = await world.approve(
    await world.ask({ startsAt: world.now + HOUR_MS, startZone: 'Europe/Berlin' }),
  );
  await world.pass();
  expect(await world.stateOf(scheduled)).toBe('scheduled');

  const request = await world.ask({ resource: 'prod-db', role: 'admin' });
  expect((await backgroundOf(request)).holds).toEqual([]);

  world.now = scheduled.startsAt;
  await world.passes(2, SECOND_MS);
  expect((await backgroundOf(request)).holds).toEqual([{ role: 'readonly', endsAt: scheduled.endsAt }]);
  world.beforeCall = async (call) => {
    if (call === 'revoke') {
      throw new ConnectorError('unreachable', 'no answer');
    }
  };
  world.now = scheduled.endsAt;
  await world.pass();
  expect(await world.stateOf(scheduled)).toBe('ending');
  expect((await backgroundOf(request)).holds).toEqual([]);
});

test('standing access that the last look at the target found is named', async () => {
  world = await makeSmallWorld();
  world.standing.add('orders-db/app_readonly/dana');
  await world.reconcile();

  expect((await backgroundOf(await world.ask())).standing).toEqual([
    { connector: 'orders-db', role: 'app_readonly' },
  ]);
});

test('a decided card says nothing of it', async () => {
  world = await makeSmallWorld();
  const request = await world.ask();
  await world.approve(request);

  expect((await loadRequestCard(world.deps, request.id))?.background).toBeNull();
});
