import { afterEach, expect, test } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { endOwnGrant, revokeGrant } from '../../src/usecases/end-grant.js';
import { dana, mia } from '../support/rows.js';
import { makeSmallWorld, type SmallWorld } from '../support/small-world.js';

let world: SmallWorld;
afterEach(() => world.close());

/** What the holder was told, and in which thread. */
function told() {
  return world.notices.flatMap(({ to, thread, notice }) => (to === dana ? [[notice.kind, thread]] : []));
}

test('the holder reads of a grant in the thread of the message that gave it', async () => {
  world = await makeSmallWorld();
  const grant = await world.approve(await world.ask());
  await world.pass();
  world.now = grant.endsAt - MINUTE_MS;
  await world.passes(2, SECOND_MS);
  await revokeGrant(world.deps, {
    by: mia,
    which: grant.id,
    reason: 'enough',
    delivery: world.delivery(),
  });
  await world.passes(2, SECOND_MS);

  const thread = (await world.deps.store.messagesOf(grant.id))[0]?.posted?.ts;
  expect(told()).toEqual([
    ['grant-reminder', thread],
    ['grant-revoked', thread],
  ]);
});

test('where that message is gone, it is told without it', async () => {
  world = await makeSmallWorld();
  const grant = await world.approve(await world.ask());
  await world.pass();
  const notify = world.notify;
  world.notify = async (to, notice) =>
    to.startsWith('U') ? await notify(to, notice) : { kind: 'impossible', error: 'thread_not_found' };
  world.now = grant.endsAt - MINUTE_MS;
  await world.passes(2, SECOND_MS);

  expect(told()).toEqual([['grant-reminder', null]]);
});

test('whoever asked is told that a request waits only if it is not decided within a moment', async () => {
  world = await makeSmallWorld();
  const fast = await world.ask();
  await world.pass();
  expect(told()).toEqual([]);
  const grant = await world.approve(fast);
  await endOwnGrant(world.deps, { by: dana, which: grant.id, delivery: world.delivery() });
  world.now += 30 * SECOND_MS;
  await world.pass();
  expect(told()).toEqual([]);

  await world.ask({ reason: 'another thing' });
  await world.passes(2, 20 * SECOND_MS);

  expect(told()).toEqual([['request-received', null]]);
});
