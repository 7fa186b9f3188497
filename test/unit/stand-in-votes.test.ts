import { afterEach, expect, test } from 'vitest';
import { asUserId } from '../../src/domain/ids.js';
import type { RequestId, UserId } from '../../src/domain/ids.js';
import { DAY_MS, SECOND_MS } from '../../src/domain/time.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { delegate } from '../../src/usecases/delegate.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';

const kim = asUserId('U05KIM');
const pat = asUserId('U06PAT');

let world: SmallWorld;
afterEach(() => world.close());

const STAND_INS = { groups: { seconds: { users: [kim, pat] } }, stand_ins: ['seconds'] };
const TWO = { approve: [{ from: ['dba-leads'], count: 2 }] };

async function name(by: UserId, standIn: UserId | null, forMs = DAY_MS) {
  world.now += SECOND_MS;
  const named = standIn === null ? null : { standIn, untilAt: world.now + forMs };
  return accepted(await delegate(world.deps, { by, named, delivery: world.delivery() }));
}

async function vote(requestId: RequestId, approver: UserId, verdict: 'approve' | 'deny' = 'approve') {
  world.now += SECOND_MS;
  const how = { termsVersion: 1, verdict, reason: 'no', durationMs: null } as const;
  return await decideRequest(world.deps, { ...how, requestId, approver, delivery: world.delivery() });
}

async function filledOn(id: RequestId): Promise<readonly UserId[]> {
  return (await loadRequestCard(world.deps, id))?.steps.flatMap(({ filledBy }) => filledBy) ?? [];
}

test('nobody approves in the place of somebody who has denied it', async () => {
  world = await makeSmallWorld({ ...STAND_INS, policies: { standard: { deny: 2 } } });
  await name(mia, kim);
  const { id } = await world.ask();
  accepted(await vote(id, mia, 'deny'));

  expect(await vote(id, kim)).toMatchObject({ refusal: { code: 'counts-as-one', with: mia } });
  expect((await loadRequestCard(world.deps, id))?.ping).toEqual([sam]);
});

test('nobody denies in the place of somebody who has approved it', async () => {
  world = await makeSmallWorld({ ...STAND_INS, policies: { standard: TWO } });
  await name(mia, kim);
  const { id } = await world.ask();
  accepted(await vote(id, mia));

  expect(await vote(id, kim, 'deny')).toMatchObject({ refusal: { code: 'counts-as-one', with: mia } });
});

test('an approval in somebody’s place does not outlive their own denial', async () => {
  world = await makeSmallWorld({ ...STAND_INS, policies: { standard: { ...TWO, deny: 2 } } });
  await name(mia, kim);
  const { id } = await world.ask();
  accepted(await vote(id, kim));
  accepted(await vote(id, mia, 'deny'));

  expect(await filledOn(id)).toEqual([]);
  expect(accepted(await vote(id, sam))).toMatchObject({ grant: null });
  expect(await filledOn(id)).toEqual([sam]);
});

test('nor does it count then in the place of another whom they stand in for', async () => {
  world = await makeSmallWorld({
    ...STAND_INS,
    groups: { ...STAND_INS.groups, 'dba-leads': { users: [mia, sam, pat] } },
    policies: { standard: { ...TWO, deny: 2 } },
  });
  await name(mia, kim);
  await name(sam, kim);
  const { id } = await world.ask();
  accepted(await vote(id, kim));
  accepted(await vote(id, mia, 'deny'));

  expect(await filledOn(id)).toEqual([]);
  expect(accepted(await vote(id, pat))).toMatchObject({ grant: null });
});

test('whoever stands in for somebody who has denied has no vote of their own by that, and keeps nobody from theirs', async () => {
  world = await makeSmallWorld({
    groups: { seconds: { users: [sam, kim] }, 'dba-leads': { users: [kim, pat] } },
    stand_ins: ['seconds'],
    policies: { standard: { deny: 2 } },
  });
  await name(kim, sam);
  await name(pat, kim);
  const { id } = await world.ask();
  accepted(await vote(id, kim, 'deny'));

  expect(await vote(id, sam)).toMatchObject({ refusal: { code: 'counts-as-one', with: kim } });
  expect(accepted(await vote(id, pat)).grant).not.toBeNull();
});

test('nobody is called on whose stand-in has denied it', async () => {
  world = await makeSmallWorld({ ...STAND_INS, policies: { standard: { deny: 2 } } });
  await name(mia, kim);
  const { id } = await world.ask();
  accepted(await vote(id, kim, 'deny'));

  expect((await loadRequestCard(world.deps, id))?.ping).toEqual([sam]);
});

test('whoever is in the group too is heard beside the denial of somebody who named them', async () => {
  world = await makeSmallWorld({ stand_ins: ['dba-leads'], policies: { standard: { ...TWO, deny: 2 } } });
  await name(mia, sam);
  const { id } = await world.ask();
  accepted(await vote(id, mia, 'deny'));

  accepted(await vote(id, sam));
  expect(await filledOn(id)).toEqual([sam]);
});

test('an approval in somebody’s place is not counted later in the place of another', async () => {
  world = await makeSmallWorld({
    ...STAND_INS,
    groups: { ...STAND_INS.groups, 'dba-leads': { users: [mia, sam, pat] } },
    policies: { standard: TWO },
  });
  await name(mia, kim);
  const { id } = await world.ask();
  accepted(await vote(id, kim));
  await name(mia, null);
  await name(sam, kim);

  expect(await filledOn(id)).toEqual([]);
  expect(accepted(await vote(id, pat))).toMatchObject({ grant: null });
});

test('an approval in somebody’s place goes on counting where their absence is made longer', async () => {
  world = await makeSmallWorld({ ...STAND_INS, policies: { standard: TWO } });
  await name(mia, kim);
  const { id } = await world.ask();
  accepted(await vote(id, kim));
  await name(mia, kim, 2 * DAY_MS);

  expect(await filledOn(id)).toEqual([kim]);
  expect(accepted(await vote(id, sam)).grant).not.toBeNull();
});

test('but not where it was over in between', async () => {
  world = await makeSmallWorld({ ...STAND_INS, policies: { standard: TWO } });
  await name(mia, kim);
  const { id } = await world.ask();
  accepted(await vote(id, kim));
  await name(mia, null);
  await name(mia, kim);

  expect(await filledOn(id)).toEqual([]);
});

test('a manager names a stand-in also where the group of managers leaves somebody out', async () => {
  world = await makeSmallWorld({
    groups: {
      ...STAND_INS.groups,
      contractors: { users: [pat] },
      manager: { manager_of: 'requester', except: ['contractors'] },
    },
    managers: { U03DANA: mia, U04LEE: mia },
    stand_ins: ['seconds'],
    policies: {
      standard: { approve: [{ from: ['manager'] }] },
      critical: { approve: [{ from: ['manager'] }] },
    },
  });

  expect(await name(mia, kim)).toMatchObject({ made: { standIn: kim } });
});
