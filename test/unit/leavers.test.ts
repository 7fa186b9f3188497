import { afterEach, expect, test } from 'vitest';
import type { Grant } from '../../src/domain/grant.js';
import { asUserId } from '../../src/domain/ids.js';
import type { UserId } from '../../src/domain/ids.js';
import { AGREE_AFTER_MS, FEW, leaverOf } from '../../src/domain/leaving.js';
import type { Suspects } from '../../src/domain/leaving.js';
import type { PersonFound } from '../../src/domain/eligibility.js';
import { MINUTE_MS } from '../../src/domain/time.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { lookAtPerson, lookForLeavers } from '../../src/usecases/look-for-leavers.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import type { CatalogChange } from '../support/test-catalog.js';
import { makeSmallWorld, type SmallWorld } from '../support/small-world.js';

const CROWD = Array.from({ length: 60 }, (_, index) => asUserId(`U0C${String(index).padStart(3, '0')}`));
const open: SmallWorld[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(async (world) => await world.close()));
});

/** A world in which Slack can be made to answer differently about some people. */
async function makeWorld({ crowd = 0, policies = {} }: { crowd?: number; policies?: CatalogChange } = {}) {
  const users = ['dana@example.com', 'U04LEE', ...CROWD.slice(0, crowd)];
  const world = await makeSmallWorld({ groups: { engineers: { users } }, policies });
  open.push(world);
  const answers = new Map<UserId, PersonFound>();
  const person = async (userId: UserId): Promise<PersonFound> => answers.get(userId) ?? world.person(userId);
  const asked: UserId[] = [];
  const deps = {
    ...world.deps,
    directory: {
      ...world.deps.directory,
      person: async (userId: UserId) => {
        asked.push(userId);
        return await person(userId);
      },
    },
  };
  let suspects: Suspects = new Map();
  return {
    world,
    deps,
    asked,
    deactivate: (...who: readonly UserId[]) =>
      who.forEach((userId) => answers.set(userId, { ...world.person(userId), deactivated: true })),
    answer: (userId: UserId, found: PersonFound) => void answers.set(userId, found),
    returns: (...who: readonly UserId[]) => who.forEach((userId) => answers.delete(userId)),
    look: async (): Promise<void> => {
      suspects = await lookForLeavers(deps, { suspects, pace: async () => true });
    },
    give: async (holder: UserId): Promise<Grant> => {
      const asking = { requester: holder, beneficiary: holder, durationMs: 120 * MINUTE_MS };
      const grant = await world.approve(await world.ask(asking));
      await world.pass();
      return grant;
    },
    /** What the notices to this person said, by kind. */
    told: (to: UserId) => world.notices.filter((one) => one.to === to).map(({ notice }) => notice),
  };
}

async function giveAll(give: (to: UserId) => Promise<Grant>, all: readonly UserId[]): Promise<Grant[]> {
  const grants: Grant[] = [];
  for (const each of all) {
    grants.push(await give(each));
  }
  return grants;
}

test('a holder who was deactivated loses the access at once, and only they do', async () => {
  const { world, deactivate, give, look } = await makeWorld();
  const [danas, lees] = [await give(dana), await give(lee)];
  deactivate(dana);

  await look();
  await world.pass();

  expect(await world.deps.store.grant(danas.id)).toMatchObject({
    state: 'ended',
    ending: { cause: 'left', by: { kind: 'hallpass' }, reason: 'Deactivated in Slack.' },
  });
  expect(await world.deps.store.grant(lees.id)).toMatchObject({ state: 'active' });
  expect([...world.given.keys()]).toEqual(['orders-db/app_readonly/lee']);
});

test.each<[string, PersonFound | 'guest']>([
  ['is gone from the workspace', 'unknown'],
  ['became a guest', 'guest'],
])('so does a holder who %s', async (_how, found) => {
  const { world, answer, give, look } = await makeWorld();
  const grant = await give(dana);
  answer(dana, found === 'guest' ? { ...world.person(dana), outsider: 'guest' } : found);

  await look();

  expect(await world.deps.store.grant(grant.id)).toMatchObject({
    state: 'ending',
    ending: { cause: 'left' },
  });
});

test.each<[string, PersonFound]>([
  ['cannot say', 'unreadable'],
  [
    'speaks of somebody else',
    {
      userId: asUserId('U0OTHER'),
      email: null,
      emailConfirmed: false,
      deactivated: true,
      outsider: null,
      timeZone: null,
    },
  ],
])('nobody is let go of when Slack %s', async (_how, found) => {
  const { world, answer, give, look } = await makeWorld();
  const grant = await give(dana);
  answer(dana, found);

  await look();

  expect(await world.stateOf(grant)).toBe('active');
  expect(leaverOf(dana, found)).toBeNull();
});

test('what waits for somebody who left is void, and its card says why', async () => {
  const { world, deps, deactivate, look, told } = await makeWorld();
  const request = await world.ask({
    requester: lee,
    beneficiary: dana,
    role: 'admin',
    durationMs: MINUTE_MS,
  });
  deactivate(dana);

  await look();
  await world.pass();

  expect(await world.deps.store.request(request.id)).toMatchObject({ state: 'cancelled' });
  expect(await loadRequestCard(deps, request.id)).toMatchObject({ left: dana });
  expect(told(lee)).toContainEqual(expect.objectContaining({ kind: 'request-voided', left: dana }));
  expect(told(dana).map(({ kind }) => kind)).toEqual([]);
  expect((await world.deps.store.auditEvents({ after: 0, limit: 100 })).at(-1)).toMatchObject({
    kind: 'request.cancelled',
    actor: { kind: 'hallpass' },
    requestId: request.id,
    facts: { cause: 'left', userId: dana, why: 'deactivated' },
  });
});

test('a requester who left voids what waits; what a colleague already holds by them goes on', async () => {
  const { world, deactivate, look } = await makeWorld();
  const asking = { requester: lee, beneficiary: dana, durationMs: MINUTE_MS };
  const grant = await world.approve(await world.ask({ ...asking, role: 'admin' }));
  await world.pass();
  const waiting = await world.ask({ ...asking, role: 'admin' });
  deactivate(lee);

  await look();
  await world.pass();

  expect(await world.deps.store.request(waiting.id)).toMatchObject({ state: 'cancelled' });
  expect(await world.stateOf(grant)).toBe('active');
});

test('approvers and admins are told once of each who left, with all that ended', async () => {
  const { world, deactivate, give, look, told } = await makeWorld();
  const grant = await give(dana);
  const request = await world.ask({ role: 'admin', durationMs: MINUTE_MS });
  deactivate(dana);

  await look();
  await world.pass();
  await look();
  await world.pass();

  for (const leader of [mia, sam]) {
    expect(told(leader).filter(({ kind }) => kind === 'holder-left')).toEqual([
      {
        kind: 'holder-left',
        who: dana,
        grants: [expect.objectContaining({ id: grant.id })],
        requests: [expect.objectContaining({ id: request.id })],
      },
    ]);
  }
});

test('word of a change is believed of the person it names alone, and only after Slack was asked', async () => {
  const { world, deps, asked, deactivate, give } = await makeWorld();
  const [danas, lees] = [await give(dana), await give(lee)];
  asked.length = 0;
  expect(await lookAtPerson(deps, dana)).toBe(false);
  expect(await lookAtPerson(deps, sam)).toBe(false);
  expect(asked).toEqual([dana]);
  deactivate(dana, lee);

  expect(await lookAtPerson(deps, dana)).toBe(true);

  expect(await world.stateOf(danas)).toBe('ending');
  expect(await world.stateOf(lees)).toBe('active');
});

test('when more than half are gone at once nobody is let go of, and the admins are warned', async () => {
  const { world, deactivate, give, look, told, returns } = await makeWorld({ crowd: 10 });
  const grants = await giveAll(give, CROWD.slice(0, 10));
  deactivate(...CROWD.slice(0, 6));

  await look();
  await world.pass();

  expect(await Promise.all(grants.map(async (grant) => await world.stateOf(grant)))).toEqual(
    grants.map(() => 'active'),
  );
  expect(told(mia).filter(({ kind }) => kind === 'many-left')).toHaveLength(1);
  returns(...CROWD);
  world.now += AGREE_AFTER_MS;
  await look();
  expect(await Promise.all(grants.map(async (grant) => await world.stateOf(grant)))).toEqual(
    grants.map(() => 'active'),
  );
});

test('a second look soon afterwards changes nothing; one that is long enough afterwards is believed', async () => {
  const { world, deactivate, give, look, returns } = await makeWorld({ crowd: 10 });
  const grants = await giveAll(give, CROWD.slice(0, 10));
  deactivate(...CROWD.slice(0, 7));
  await look();
  world.now += AGREE_AFTER_MS - 1;
  await look();
  expect(await Promise.all(grants.map(async (grant) => await world.stateOf(grant)))).toEqual(
    grants.map(() => 'active'),
  );
  returns(...CROWD.slice(6));

  world.now += 1;
  await look();

  const states = await Promise.all(grants.map(async (grant) => await world.stateOf(grant)));
  expect(states.filter((state) => state === 'ending')).toHaveLength(6);
  expect(states[6]).toBe('active');
});

test('a few are believed at once, also when they are all there are', async () => {
  const { world, deactivate, give, look } = await makeWorld({ crowd: FEW });
  const grants = await giveAll(give, CROWD.slice(0, FEW));
  deactivate(...CROWD.slice(0, FEW));

  await look();

  expect(await Promise.all(grants.map(async (grant) => await world.stateOf(grant)))).toEqual(
    grants.map(() => 'ending'),
  );
});

test('everybody is looked at, page by page, and a look that Slack cuts short ends nothing by itself', async () => {
  const { world, asked, answer, deactivate, give, look } = await makeWorld({ crowd: 60 });
  await giveAll(give, CROWD);
  asked.length = 0;
  await look();
  expect([...new Set(asked)].toSorted()).toEqual([...CROWD].toSorted());

  deactivate(...CROWD.slice(50));
  CROWD.slice(10, 20).forEach((who) => answer(who, 'unreadable'));
  await look();

  expect(await world.deps.store.peopleInvolved({ after: null, limit: 1_000 })).toHaveLength(60);
});

test('the vote of somebody who left since counts no longer', async () => {
  const approve = [{ from: ['dba-leads'], count: 2 }];
  const { world, deactivate, deps } = await makeWorld({ policies: { standard: { approve } } });
  const request = await world.ask();
  const vote = async (approver: UserId) => {
    const input = {
      requestId: request.id,
      termsVersion: 1,
      approver,
      verdict: 'approve',
      reason: null,
      durationMs: null,
    } as const;
    return await decideRequest(deps, { ...input, delivery: world.delivery() });
  };
  await vote(mia);
  deactivate(mia);

  expect(await vote(sam)).toMatchObject({ ok: true, value: { grant: null } });
  expect(await world.deps.store.request(request.id)).toMatchObject({ state: 'pending' });
});
