/** Who decides, revokes and holds is read of people as they are now, and what can't be read helps nobody. */
import { afterEach, describe, expect, test } from 'vitest';
import { asUserId } from '../../src/domain/ids.js';
import type { RequestId, UserId } from '../../src/domain/ids.js';
import { AGREE_AFTER_MS } from '../../src/domain/leaving.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { requestedStart } from '../../src/slack/requested-start.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { delegate } from '../../src/usecases/delegate.js';
import { revokeGrant } from '../../src/usecases/end-grant.js';
import { explainRole } from '../../src/usecases/explain-role.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { loadHome } from '../../src/usecases/load-home.js';
import { lookForLost } from '../../src/usecases/look-for-lost.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { dana, mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';

const kim = asUserId('U05KIM');
const pat = asUserId('U06PAT');

let world: SmallWorld;
afterEach(() => world.close());

/** From now on this is so of them. */
function are(userId: UserId, change: Partial<ReturnType<SmallWorld['person']>>): void {
  const before = world.person;
  world.person = (one) => ({ ...before(one), ...(one === userId ? change : {}) });
}

async function vote(requestId: RequestId, approver: UserId) {
  const how = { termsVersion: 1, verdict: 'approve', reason: null, durationMs: null } as const;
  return await decideRequest(world.deps, { ...how, requestId, approver, delivery: world.delivery() });
}

async function name(by: UserId, standIn: UserId) {
  const named = { standIn, untilAt: world.now + DAY_MS };
  return accepted(await delegate(world.deps, { by, named, delivery: world.delivery() }));
}

const MANAGED = {
  groups: { contractors: { users: [pat] }, manager: { manager_of: 'requester', except: ['contractors'] } },
  managers: { U03DANA: mia, U04LEE: mia },
  policies: { standard: { approve: [{ from: ['manager'] }] } },
};

test('a manager who has left approves nothing: nobody waits for them', async () => {
  world = await makeSmallWorld(MANAGED);
  are(mia, { deactivated: true });

  expect(await world.submit()).toMatchObject({
    refusal: { code: 'groups-unreadable', why: ['their manager has left'] },
  });
});

test('a manager finds on Home what waits for them, also where their group leaves somebody out', async () => {
  world = await makeSmallWorld({ ...MANAGED, groups: { ...MANAGED.groups, 'dba-leads': { users: [sam] } } });
  const { id } = await world.ask();
  const place = { held: 0, deciding: 0, asked: 0 };

  const { deciding } = accepted(await loadHome(world.deps, { viewer: mia, place }));
  expect(deciding.map(({ request }) => request.id)).toEqual([id]);
});

test('whoever comes to stand in for their own manager loses what approvers may not hold', async () => {
  world = await makeSmallWorld({
    ...MANAGED,
    groups: { ...MANAGED.groups, seconds: { users: [dana] } },
    stand_ins: ['seconds'],
    policies: { standard: { approvers_may_hold: false, approve: [{ from: ['manager'] }] } },
  });
  const grant = await world.approve(await world.ask({ durationMs: 2 * HOUR_MS }));
  await world.pass();
  const goesOn = async () => true;
  const before = await lookForLost(world.deps, { doubts: new Map(), goesOn });
  expect(before.size).toBe(0);

  await name(mia, dana);
  const doubts = await lookForLost(world.deps, { doubts: before, goesOn });
  world.now += AGREE_AFTER_MS;
  await lookForLost(world.deps, { doubts, goesOn });
  expect(await world.stateOf(grant)).toBe('ending');
});

test('an approver is called on again where their stand-in uses the account that it is for', async () => {
  world = await makeSmallWorld({
    groups: { seconds: { users: [kim] }, 'dba-leads': { users: [mia] } },
    stand_ins: ['seconds'],
  });
  are(kim, { email: 'dana@example.com' });
  await name(mia, kim);
  const { id } = await world.ask();

  expect((await loadRequestCard(world.deps, id))?.ping).toEqual([mia]);
  expect(await vote(id, kim)).toMatchObject({ refusal: { code: 'same-account' } });
});

test('an address that is not confirmed makes nobody another person', async () => {
  world = await makeSmallWorld();
  are(mia, { email: 'dana@example.com', emailConfirmed: false });
  const { id } = await world.ask();

  expect(await vote(id, mia)).toMatchObject({ refusal: { code: 'same-account' } });
});

test('an explanation says that an account is another person’s by the map', async () => {
  world = await makeSmallWorld({ connectors: { 'orders-db': { identity: { map: { U04LEE: 'dana' } } } } });
  const shared = { code: 'account-shared', connector: 'orders-db', account: 'dana' };

  expect(await world.submit()).toMatchObject({ refusal: shared });
  expect(
    await explainRole(world.deps, { viewer: dana, resource: 'prod-db', role: 'readonly' }),
  ).toMatchObject({ value: { problem: shared } });
});

describe('a revocation', () => {
  const revoke = async (by: UserId, which: string) =>
    await revokeGrant(world.deps, { by, which, reason: 'enough', delivery: world.delivery() });

  test('is open to whoever an escalation made an approver of more time', async () => {
    world = await makeSmallWorld({
      groups: { bosses: { users: [kim] } },
      policies: { standard: { escalate: { after: '10m', to: ['bosses'] } } },
    });
    const grant = await world.approve(await world.ask({ durationMs: HOUR_MS }));
    await world.pass();
    expect(await revoke(kim, grant.id)).toMatchObject({ refusal: { code: 'may-not-revoke' } });
    const asked = { workspace, requester: dana, grantId: grant.id, durationMs: HOUR_MS, reason: 'more' };
    const { request } = accepted(await prolongGrant(world.deps, { ...asked, delivery: world.delivery() }));
    await world.passes(2, 6 * MINUTE_MS);
    accepted(await vote(request.id, kim));

    accepted(await revoke(kim, grant.id));
  });

  test('says that a group can’t be read, and not that whoever may be in it may not', async () => {
    world = await makeSmallWorld({
      groups: { leads: { users: [kim] } },
      policies: { standard: { approve: [{ from: ['leads'] }] } },
    });
    const { id } = await world.ask();
    const { grant } = accepted(await vote(id, kim));
    const before = world.members;
    world.members = async (group) =>
      group.name === 'leads' ? { readable: false, why: 'Slack takes too long' } : await before(group);

    expect(await revoke(kim, grant?.id ?? '')).toMatchObject({ refusal: { code: 'groups-unreadable' } });
    accepted(await revoke(sam, grant?.id ?? ''));
  });
});

describe('a start that is typed', () => {
  const clock = { now: () => Date.UTC(2026, 10, 23, 9), behindMs: () => 0 };
  const typed = async (found: string) => {
    const person = {
      userId: dana,
      email: null,
      emailConfirmed: false,
      deactivated: false,
      outsider: null,
      timeZone: found,
    };
    const directory = {
      person: async () => (found === 'unreadable' || found === 'unknown' ? found : person),
    } as const;
    return await requestedStart({ clock, directory }, dana, 'at 18:00');
  };

  test('is in the zone of the profile, in UTC where Slack knows none, and in none while Slack says nothing', async () => {
    expect(await typed('Europe/Berlin')).toMatchObject({ startsAt: Date.UTC(2026, 10, 23, 17) });
    expect(await typed('unknown')).toMatchObject({ startsAt: Date.UTC(2026, 10, 23, 18) });
    expect(await typed('unreadable')).toEqual({
      problem: 'Slack does not say now in which time zone you are. Try again in a minute.',
    });
  });
});
