import { afterEach, beforeEach, expect, test } from 'vitest';
import { asUserId } from '../../src/domain/ids.js';
import { FEW } from '../../src/domain/leaving.js';
import { watchPeople, type PeopleWatch } from '../../src/people-watch.js';
import { makeSmallWorld, type SmallWorld } from '../support/small-world.js';
import { waitFor } from '../support/wait-for.js';

const HOLDERS = Array.from({ length: FEW + 6 }, (_, index) => asUserId(`U0H${10 + index}`));
let world: SmallWorld;
let people: PeopleWatch;
let warnings: string[];

beforeEach(async () => {
  world = await makeSmallWorld({ groups: { engineers: { users: HOLDERS } } });
  warnings = [];
  const log = { ...world.deps.log, error: (_: unknown, text: string) => void warnings.push(text) };
  people = watchPeople({ ...world.deps, log });
  for (const holder of HOLDERS) {
    await world.approve(await world.ask({ requester: holder, beneficiary: holder }));
  }
  await world.pass();
});
afterEach(async () => {
  await people.stop();
  await world.close();
});

async function running(): Promise<number> {
  return (await world.deps.store.peopleInvolved({ after: null, limit: 100 })).length;
}

test('after a few were let go of by events, the next event begins a look at everybody, which judges', async () => {
  world.person = (userId) => ({
    userId,
    email: null,
    emailConfirmed: false,
    deactivated: HOLDERS.includes(userId),
    outsider: null,
    timeZone: null,
  });

  for (const holder of HOLDERS) {
    await people.personChanged(holder);
  }
  await waitFor('the look to raise its alarm', () => warnings.length > 0);

  expect(warnings).toEqual([expect.stringContaining('more than half of those who hold access are gone')]);
  expect(await running()).toBe(HOLDERS.length - FEW);
});

test('a look that is stopped ends between two questions, and lets go of nobody', async () => {
  world.person = (userId) => ({
    userId,
    email: null,
    emailConfirmed: false,
    deactivated: true,
    outsider: null,
    timeZone: null,
  });
  const look = people.round.work();

  await people.stop();
  await look;

  expect(await running()).toBe(HOLDERS.length);
});
