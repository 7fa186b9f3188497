/** Slack is away for ten minutes in the middle of a story. */
import { afterEach, expect, test } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import type { Delivered } from '../../src/ports.js';
import { requestCard } from '../../src/slack/blocks/request-card.js';
import { cancelRequest } from '../../src/usecases/cancel-request.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { dana, lee } from '../support/rows.js';
import { makeSmallWorld } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';

let world: SmallWorld;
afterEach(() => world.close());

const AWAY: Delivered = { kind: 'retry', afterMs: null, error: 'network' };

/** From now on nothing reaches Slack; the answer brings it back. */
function slackGoesAway(): () => void {
  const { post, edit, notify } = world;
  const nothing = async (): Promise<Delivered> => AWAY;
  Object.assign(world, { post: nothing, edit: nothing, notify: nothing });
  return () => void Object.assign(world, { post, edit, notify });
}

function toldTo(who: string): string[] {
  return world.notices.flatMap(({ to, notice }) => (to === who ? [notice.kind] : []));
}

test('nothing is lost, nothing is doubled, the window ends on time, and messages catch up in order', async () => {
  world = await makeSmallWorld();
  const grant = await world.approve(await world.ask({ durationMs: 5 * MINUTE_MS }));
  await world.passes(2, SECOND_MS);
  expect(await world.stateOf(grant)).toBe('active');
  const before = world.cards.length;
  const comesBack = slackGoesAway();

  // Somebody asks and takes it back meanwhile, at the command line say: what is of no use any more is not told later.
  const other = await world.ask({ requester: lee, beneficiary: lee });
  await world.pass();
  await cancelRequest(world.deps, { by: lee, which: other.id, delivery: world.delivery() });
  const waits = await world.ask({ resource: 'playground', role: 'viewer' });
  world.now = grant.endsAt - 1;
  await world.passes(2, 0);
  expect([...world.given.keys()]).toEqual(['orders-db/app_readonly/dana']);
  world.now = grant.endsAt;
  await world.passes(2, 0);
  expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);

  await world.passes(12, 30 * SECOND_MS);
  const missed = world.notices.length;
  comesBack();
  await world.passes(4, 30 * SECOND_MS);

  const caughtUp = world.notices.slice(missed);
  // The reminder of an end that is over is of no use to anybody; of the request that waits it is told.
  expect(caughtUp.map(({ to, notice }) => [to, notice.kind])).toContainEqual([dana, 'request-received']);
  expect(caughtUp.map(({ notice }) => notice.kind)).not.toContain('grant-reminder');
  const posted = world.cards.slice(before);
  const own = posted.findLast((card) => card.kind === 'grant-card');
  expect(own).toMatchObject({ view: { grant: { id: grant.id, state: 'ended' } } });
  const last = (id: string) =>
    posted.findLast((card) => card.kind === 'request-card' && card.view.request.id === id);
  expect(last(grant.requestId)).toMatchObject({ view: { grant: { state: 'ended' } } });
  expect(last(waits.id)).toMatchObject({ view: { request: { state: 'pending' } } });
  expect(last(other.id)).toMatchObject({ view: { request: { state: 'cancelled' } } });
  const kinds = toldTo(dana);
  expect(new Set(kinds).size).toBe(kinds.length);
  const shown = await loadRequestCard(world.deps, grant.requestId);
  expect(shown === null ? '' : requestCard(shown).text).toMatch(/ended/i);

  const told = world.notices.length;
  await world.passes(10, MINUTE_MS);
  expect(world.notices.slice(told).filter(({ to }) => to === dana)).toEqual([]);
});
