import { afterEach, describe, expect, test } from 'vitest';
import { asUserId } from '../../src/domain/ids.js';
import type { UserId } from '../../src/domain/ids.js';
import { AGREE_AFTER_MS } from '../../src/domain/leaving.js';
import type { GroupMembers } from '../../src/domain/person.js';
import { DAY_MS, HOUR_MS } from '../../src/domain/time.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { delegate, delegationsOf } from '../../src/usecases/delegate.js';
import { explainRole } from '../../src/usecases/explain-role.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { lookForLost } from '../../src/usecases/look-for-lost.js';
import { takeEmergency } from '../../src/usecases/take-emergency.js';
import { dana, mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace } from '../support/small-world.js';
import { waitFor } from '../support/wait-for.js';
import type { SmallWorld } from '../support/small-world.js';

const kim = asUserId('U05KIM');
const pat = asUserId('U06PAT');

let world: SmallWorld;
afterEach(() => world.close());

const withStandIns = { groups: { seconds: { users: [kim] } }, stand_ins: ['seconds'] };

async function name(by: UserId, standIn: UserId, forMs = DAY_MS) {
  const named = { standIn, untilAt: world.now + forMs };
  return await delegate(world.deps, { by, named, delivery: world.delivery() });
}

async function takeBack(by: UserId) {
  return await delegate(world.deps, { by, named: null, delivery: world.delivery() });
}

async function vote(requestId: Awaited<ReturnType<SmallWorld['ask']>>['id'], approver: UserId) {
  const how = { termsVersion: 1, verdict: 'approve', reason: null, durationMs: null } as const;
  return await decideRequest(world.deps, { ...how, requestId, approver, delivery: world.delivery() });
}

async function audited(): Promise<{ kind: string; facts: unknown }[]> {
  const events = await world.deps.store.auditEvents({ after: 0, limit: 100 });
  return events.map(({ kind, facts }) => ({ kind, facts }));
}

describe('whoever approves', () => {
  test('is stood in for by somebody whom the catalog lets, from the next click on', async () => {
    world = await makeSmallWorld(withStandIns);
    const request = await world.ask();
    expect(await vote(request.id, kim)).toMatchObject({ refusal: { code: 'not-an-approver' } });

    accepted(await name(mia, kim));

    const card = await loadRequestCard(world.deps, request.id);
    expect(card).toMatchObject({ ping: [sam, kim], inPlaceOf: [{ standIn: kim, delegator: mia }] });
    expect(await vote(request.id, kim)).toMatchObject({ value: { request: { state: 'approved' } } });
    expect(await world.deps.store.decisions(request.id)).toMatchObject([{ approver: kim, inPlaceOf: mia }]);
    expect(await audited()).toEqual(
      expect.arrayContaining([
        { kind: 'delegation.made', facts: { standIn: kim, untilAt: world.now + DAY_MS } },
        { kind: 'request.approved', facts: expect.objectContaining({ inPlaceOf: mia }) },
      ]),
    );
  });

  test('decides by themselves again once it is over, or taken back', async () => {
    world = await makeSmallWorld(withStandIns);
    const request = await world.ask();
    accepted(await name(mia, kim, HOUR_MS / 2));
    world.now += HOUR_MS / 2;
    expect(await vote(request.id, kim)).toMatchObject({ refusal: { code: 'not-an-approver' } });

    accepted(await name(mia, kim));
    expect(accepted(await takeBack(mia))).toMatchObject({ made: null, ended: { standIn: kim } });
    expect(await vote(request.id, kim)).toMatchObject({ refusal: { code: 'not-an-approver' } });
    expect(await takeBack(mia)).toMatchObject({ refusal: { code: 'no-delegation' } });
  });

  test('has one stand-in: another takes the place of the first', async () => {
    world = await makeSmallWorld({ ...withStandIns, groups: { seconds: { users: [kim, pat] } } });
    accepted(await name(mia, kim));
    const again = accepted(await name(mia, pat));

    expect(again).toMatchObject({ made: { standIn: pat }, ended: { standIn: kim } });
    expect(await delegationsOf(world.deps, { viewer: mia })).toMatchObject({ own: { standIn: pat } });
    expect(await delegationsOf(world.deps, { viewer: kim })).toEqual({ own: null, forOthers: [] });
    expect(await delegationsOf(world.deps, { viewer: pat })).toMatchObject({
      forOthers: [{ delegator: mia }],
    });
    expect((await audited()).map(({ kind }) => kind)).toEqual([
      'delegation.made',
      'delegation.ended',
      'delegation.made',
    ]);
  });

  test('may name somebody of their own group, who is then called on for both', async () => {
    world = await makeSmallWorld();
    accepted(await name(mia, sam));
    const request = await world.ask();

    expect(await loadRequestCard(world.deps, request.id)).toMatchObject({ ping: [sam] });
  });

  test('is called on again when the stand-in is deactivated, or let go by the catalog', async () => {
    world = await makeSmallWorld(withStandIns);
    accepted(await name(mia, kim));
    const request = await world.ask();
    const person = world.person;
    world.person = (userId) => ({ ...person(userId), deactivated: userId === kim });
    expect(await loadRequestCard(world.deps, request.id)).toMatchObject({ ping: [mia, sam] });

    world.person = person;
    world.reload({});
    expect(await loadRequestCard(world.deps, request.id)).toMatchObject({ ping: [mia, sam] });
    expect(await vote(request.id, kim)).toMatchObject({ refusal: { code: 'not-an-approver' } });
  });

  test('is asked about together with all else that a click rests on: no answer is waited for after another', async () => {
    world = await makeSmallWorld(withStandIns);
    accepted(await name(mia, kim));
    const request = await world.ask();
    const asked = new Set<string>();
    let answer: (members: GroupMembers) => void = () => undefined;
    const silent = new Promise<GroupMembers>((resolve) => {
      answer = resolve;
    });
    world.members = async (group) => {
      asked.add(group.name);
      return await silent;
    };
    const { directory } = world.deps;
    const person: typeof directory.person = async (userId) => {
      asked.add(userId);
      await silent;
      return await directory.person(userId);
    };
    const how = { termsVersion: 1, verdict: 'approve', reason: null, durationMs: null } as const;
    const click = decideRequest(
      { ...world.deps, directory: { ...directory, person } },
      { ...how, requestId: request.id, approver: kim, delivery: world.delivery() },
    );
    await waitFor('all are asked about while nothing is known', () =>
      ['engineers', 'dba-leads', 'seconds', dana, kim, mia].every((one) => asked.has(one)),
    );
    answer({ readable: false, why: 'Slack takes too long' });

    expect(await click).toMatchObject({
      refusal: { code: 'groups-unreadable', groups: ['dba-leads'], why: ['Slack takes too long'] },
    });
  });

  test('lends nothing once they are deactivated', async () => {
    world = await makeSmallWorld(withStandIns);
    accepted(await name(mia, kim));
    const request = await world.ask();
    const person = world.person;
    world.person = (userId) => ({ ...person(userId), deactivated: userId === mia });

    expect(await vote(request.id, kim)).toMatchObject({ refusal: { code: 'not-an-approver' } });
  });
});

describe('where approvers may not hold what they approve, whoever stands in for one', () => {
  const BARRED = {
    ...withStandIns,
    groups: {
      engineers: { users: ['dana@example.com', 'U04LEE', kim] },
      seconds: { users: [kim] },
    },
    policies: { standard: { approvers_may_hold: false } },
  };
  const forKim = { requester: kim, beneficiary: kim };
  const barred = { refusal: { code: 'approver-cannot-hold', who: kim } };

  test('may not ask for it, and may once that is over', async () => {
    world = await makeSmallWorld(BARRED);
    accepted(await name(mia, kim));
    expect(await world.submit(forKim)).toMatchObject(barred);
    expect(
      await explainRole(world.deps, { viewer: kim, resource: 'prod-db', role: 'readonly' }),
    ).toMatchObject({
      value: { problem: { code: 'approver-cannot-hold' } },
    });

    accepted(await takeBack(mia));
    expect(await world.submit(forKim)).toMatchObject({ ok: true });
  });

  test('is not given what they asked for before', async () => {
    world = await makeSmallWorld(BARRED);
    const { id } = await world.ask(forKim);
    accepted(await name(mia, kim));

    expect(await vote(id, sam)).toMatchObject(barred);
  });

  test('may ask for it where the catalog lets them stand in for nobody', async () => {
    world = await makeSmallWorld({
      ...BARRED,
      stand_ins: null,
      groups: { ...BARRED.groups, 'dba-leads': { users: [mia, sam, kim] } },
    });
    accepted(await name(mia, kim));
    world.reload({ ...BARRED, stand_ins: null });

    expect(await world.submit(forKim)).toMatchObject({ ok: true });
  });

  test('may not ask for a bundle of it', async () => {
    const asBarred = {
      request: ['engineers'],
      approve: [{ from: ['dba-leads'] }],
      duration: { default: '30m', max: '4h' },
      channel: 'C0APPROVALS',
      approvers_may_hold: false,
    };
    world = await makeSmallWorld({
      ...BARRED,
      policies: { barred: asBarred },
      resources: {
        playground: { policy: 'barred' },
        support: {
          title: 'Support',
          policy: 'standard',
          roles: { all: { bundle: ['prod-db:readonly', 'playground:viewer'] } },
        },
      },
    });
    accepted(await name(mia, kim));

    expect(await world.submit({ ...forKim, resource: 'support', role: 'all' })).toMatchObject(barred);
  });

  test('may not take it in an emergency', async () => {
    const emergency = {
      for: ['engineers'],
      up_to: '1h',
      channel: 'C0ALARMS',
      review: { by: ['dba-leads'] },
    };
    world = await makeSmallWorld({
      ...BARRED,
      policies: { standard: { approvers_may_hold: false, emergency } },
    });
    const asked = { workspace, requester: kim, resource: 'prod-db', role: 'readonly', durationMs: null };
    accepted(await name(mia, kim));

    expect(
      await takeEmergency(world.deps, {
        ...asked,
        reason: 'the database is down',
        delivery: world.delivery(),
      }),
    ).toMatchObject(barred);
  });

  test('loses what they hold, after two looks that agree', async () => {
    world = await makeSmallWorld(BARRED);
    const grant = await world.approve(await world.ask({ ...forKim, durationMs: 2 * HOUR_MS }));
    await world.pass();
    accepted(await name(mia, kim));
    const goesOn = async () => true;
    const doubts = await lookForLost(world.deps, { doubts: new Map(), goesOn });
    expect(await world.stateOf(grant)).toBe('active');
    world.now += AGREE_AFTER_MS;
    await lookForLost(world.deps, { doubts, goesOn });

    expect(await world.stateOf(grant)).toBe('ending');
  });
});

describe('a stand-in hears of it', () => {
  const told = () => world.notices.filter(({ notice }) => notice.kind.startsWith('stand-in'));

  test('when they are named, with the end, and when it is taken back', async () => {
    world = await makeSmallWorld(withStandIns);
    accepted(await name(mia, kim));
    await world.pass();

    expect(told()).toMatchObject([
      { to: kim, notice: { kind: 'stand-in-named', delegator: mia, untilAt: world.now + DAY_MS } },
    ]);

    world.now += HOUR_MS;
    accepted(await takeBack(mia));
    await world.pass();

    expect(told().slice(1)).toMatchObject([{ to: kim, notice: { kind: 'stand-in-over', delegator: mia } }]);
  });

  test('when another takes their place, but not when only the time changes', async () => {
    world = await makeSmallWorld({ ...withStandIns, groups: { seconds: { users: [kim, pat] } } });
    accepted(await name(mia, kim));
    await world.pass();
    world.now += HOUR_MS;
    accepted(await name(mia, kim));
    await world.pass();
    world.now += HOUR_MS;
    accepted(await name(mia, pat));
    await world.pass();

    expect(told().map(({ to, notice: { kind } }) => [to, kind])).toEqual([
      [kim, 'stand-in-named'],
      [kim, 'stand-in-named'],
      [pat, 'stand-in-named'],
      [kim, 'stand-in-over'],
    ]);
  });

  test('of nothing, where it was taken back before the word could be sent', async () => {
    world = await makeSmallWorld(withStandIns);
    accepted(await name(mia, kim));
    accepted(await takeBack(mia));
    await world.pass();

    expect(told()).toEqual([]);
  });
});

describe('a stand-in is refused', () => {
  test.each([
    ['to whoever approves nothing', dana, kim, DAY_MS, 'approves-nothing'],
    ['who is the same person', mia, mia, DAY_MS, 'own-stand-in'],
    ['who is in none of the groups', mia, pat, DAY_MS, 'not-a-stand-in'],
    ['for a time that has passed', mia, kim, 0, 'delegation-passed'],
    ['for more than 30 days', mia, kim, 30 * DAY_MS + 1, 'delegation-too-long'],
  ])('%s', async (_name, by, standIn, forMs, code) => {
    world = await makeSmallWorld(withStandIns);

    expect(await name(by, standIn, forMs)).toMatchObject({ refusal: { code } });
    expect(await world.deps.store.delegation(by)).toBeNull();
  });

  test('who is a guest or deactivated', async () => {
    world = await makeSmallWorld(withStandIns);
    const person = world.person;
    world.person = (userId) => ({ ...person(userId), outsider: userId === kim ? 'guest' : null });
    expect(await name(mia, kim)).toMatchObject({ refusal: { code: 'no-part', who: kim, why: 'guest' } });

    world.person = (userId) => ({ ...person(userId), deactivated: userId === kim });
    expect(await name(mia, kim)).toMatchObject({ refusal: { code: 'no-part', why: 'deactivated' } });
  });

  test('while a group can not be read', async () => {
    world = await makeSmallWorld(withStandIns);
    const members = world.members;
    world.members = async (group) =>
      group.name === 'seconds' ? { readable: false, why: 'Slack did not answer' } : await members(group);

    expect(await name(mia, kim)).toMatchObject({ refusal: { code: 'groups-unreadable' } });
  });
});
