import { afterEach, beforeEach, expect, test } from 'vitest';
import { createActions } from '../../src/create-actions.js';
import type { Grant } from '../../src/domain/grant.js';
import type { RequestId } from '../../src/domain/ids.js';
import { AGREE_AFTER_MS } from '../../src/domain/leaving.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { watchRules, type RulesWatch } from '../../src/rules-watch.js';
import { recordingLog } from '../support/recording-log.js';
import { dana, lee, mia } from '../support/rows.js';
import { makeSmallWorld, type SmallWorld } from '../support/small-world.js';
import { waitFor } from '../support/wait-for.js';

const OTHERS = { groups: { engineers: { users: ['U04LEE'] } } };
const SHORT = { policies: { standard: { duration: { min: '1s', default: '10m', max: '10m' } } } };

let world: SmallWorld;
let rules: RulesWatch;
let grant: Grant;
const log = recordingLog();

beforeEach(async () => {
  world = await makeSmallWorld();
  rules = watchRules({ ...world.deps, log });
  grant = await world.approve(await world.ask({ durationMs: 2 * HOUR_MS }));
  await world.pass();
});
afterEach(async () => {
  await rules.stop();
  await world.close();
});

test('a reload is looked at straight away, and a round long enough afterwards ends what is lost', async () => {
  await rules.round.work();
  const waiting = await world.ask({ requester: lee, beneficiary: lee });
  world.reload({ ...OTHERS, ...SHORT });

  rules.lookAnew();
  await waitFor('the look', async () => {
    const request = await world.deps.store.request(waiting.id);
    return request?.termsVersion === 2;
  });
  expect(await world.stateOf(grant)).toBe('active');

  world.now += AGREE_AFTER_MS;
  await rules.round.work();
  expect(await world.stateOf(grant)).toBe('ending');
});

test('the round comes at the start and every ten minutes, so that the second one agrees', async () => {
  expect([rules.round.atStart, rules.round.everyMs]).toEqual([true, 10 * MINUTE_MS]);
  world.reload(OTHERS);

  await rules.round.work();
  world.now += rules.round.everyMs;
  await rules.round.work();

  expect(await world.stateOf(grant)).toBe('ending');
});

test('a look at what is held that goes wrong is logged, and what waits is looked at all the same', async () => {
  await rules.stop();
  let isBroken = true;
  const peopleInvolved: typeof world.deps.store.peopleInvolved = async (page) => {
    if (isBroken) {
      throw new Error('The disk is gone.');
    }
    return await world.deps.store.peopleInvolved(page);
  };
  rules = watchRules({ ...world.deps, log, store: { ...world.deps.store, peopleInvolved } });
  const waiting = await world.ask({ requester: lee, beneficiary: lee });
  world.reload({ ...OTHERS, ...SHORT });

  await rules.round.work();
  expect(log.lines.map(({ message }) => message)).toContain(
    'What is held could not be held against the catalog',
  );
  expect(await world.deps.store.request(waiting.id)).toMatchObject({ termsVersion: 2 });

  isBroken = false;
  for (const _ of [1, 2]) {
    world.now += AGREE_AFTER_MS;
    await rules.round.work();
  }
  expect(await world.stateOf(grant)).toBe('ending');
});

test('a look that is stopped ends nothing', async () => {
  world.reload(OTHERS);
  await rules.round.work();
  world.now += AGREE_AFTER_MS;
  const look = rules.round.work();

  await rules.stop();
  await look;

  expect(await world.stateOf(grant)).toBe('active');
});

test('an approval on terms that differ has the request put on new ones, and no other refusal does', async () => {
  const renewed: RequestId[] = [];
  const actions = createActions(world.deps, {
    personChanged: async () => undefined,
    reconcile: async () => [],
    lookAnew: () => undefined,
    renew: (id) => void renewed.push(id),
  });
  const waiting = await world.ask({ requester: lee, beneficiary: lee });
  const vote = async (approver: typeof mia) =>
    await actions.decideRequest({
      requestId: waiting.id,
      termsVersion: 1,
      approver,
      verdict: 'approve',
      reason: null,
      durationMs: null,
      delivery: world.delivery(),
    });
  expect(await vote(dana)).toMatchObject({ ok: false });
  expect(renewed).toEqual([]);
  world.reload(SHORT);

  expect(await vote(mia)).toMatchObject({ refusal: { code: 'terms-changed' } });

  expect(renewed).toEqual([waiting.id]);
});
