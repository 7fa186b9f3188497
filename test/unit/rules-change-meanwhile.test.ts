import { afterEach, describe, expect, test } from 'vitest';
import { asUserId } from '../../src/domain/ids.js';
import type { GrantId, RequestId, UserId } from '../../src/domain/ids.js';
import type { GroupMembers } from '../../src/domain/person.js';
import { MINUTE_MS } from '../../src/domain/time.js';
import { claimRequest } from '../../src/usecases/claim-request.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { renewAll } from '../../src/usecases/renew-terms.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';

const kim = asUserId('U05KIM');
const TWO = { policies: { standard: { approve: [{ from: ['dba-leads'], count: 2 }] } } };

let world: SmallWorld;
afterEach(() => world.close());

async function vote(requestId: RequestId, approver: UserId, termsVersion = 1) {
  const how = { termsVersion, verdict: 'approve', reason: null, durationMs: null } as const;
  return await decideRequest(world.deps, { ...how, requestId, approver, delivery: world.delivery() });
}

async function more(grantId: GrantId) {
  const asked = { workspace, requester: dana, grantId, durationMs: 30 * MINUTE_MS, reason: 'more' };
  return await prolongGrant(world.deps, { ...asked, delivery: world.delivery() });
}

async function claim(requestId: RequestId, by: UserId, claims: boolean) {
  return await claimRequest(world.deps, { by, requestId, claims, delivery: world.delivery() });
}

function onlyIn(name: string, ...userIds: UserId[]): void {
  const before = world.members;
  world.members = async (group): Promise<GroupMembers> =>
    group.name === name ? { readable: true, userIds: new Set(userIds) } : await before(group);
}

test('a click that is under way while other rules come into force is decided by those', async () => {
  world = await makeSmallWorld();
  const { id } = await world.ask();
  const before = world.members;
  world.members = async (group) => {
    world.members = before;
    world.reload(TWO);
    return await before(group);
  };

  expect(await vote(id, mia)).toMatchObject({ refusal: { code: 'terms-changed' } });
  expect(await world.deps.store.request(id)).toMatchObject({ state: 'pending' });
});

describe('more time without an approval', () => {
  const AUTOMATIC = { policies: { standard: { extend: { automatically: '1h' } } } };

  test.each([
    [
      'of what the role no longer gives',
      {
        resources: {
          'prod-db': { roles: { readonly: { entitlements: [{ connector: 'playground', role: 'viewer' }] } } },
        },
      },
    ],
    [
      'on an account that is another person’s by now',
      { connectors: { 'orders-db': { identity: { map: { U04LEE: 'dana' } } } } },
    ],
  ])('%s is refused, and the access ends as it was to end', async (_what, change) => {
    world = await makeSmallWorld(AUTOMATIC);
    const { id, endsAt } = await world.approve(await world.ask());
    await world.pass();
    world.reload({ ...AUTOMATIC, ...change });

    expect(await more(id)).toMatchObject({ refusal: { code: 'not-as-held', roleKey: 'prod-db:readonly' } });
    expect(await world.deps.store.grant(id)).toMatchObject({ endsAt });
  });

  test('is given where nothing of it has changed', async () => {
    world = await makeSmallWorld(AUTOMATIC);
    const { id, endsAt } = await world.approve(await world.ask());
    await world.pass();
    world.reload({ ...AUTOMATIC, limits: { pending: 9 } });

    accepted(await more(id));
    expect(await world.deps.store.grant(id)).toMatchObject({ endsAt: endsAt + 30 * MINUTE_MS });
  });
});

describe('groups that are called in', () => {
  const waiting = async (id: RequestId) => {
    const request = await world.deps.store.request(id);
    return request?.waiting;
  };

  test('by rules that came into force while it waited, come after the time of those', async () => {
    world = await makeSmallWorld();
    const { id } = await world.ask();
    await world.pass();
    world.reload({
      groups: { leads: { users: [kim] } },
      policies: { standard: { escalate: { after: '10m', to: ['leads'] } } },
    });
    await renewAll(world.deps, () => true);
    await world.passes(1, 9 * MINUTE_MS);
    expect(await waiting(id)).toMatchObject({ escalatedAt: null });

    await world.passes(1, 2 * MINUTE_MS);
    expect((await waiting(id))?.escalatedAt).not.toBeNull();
    accepted(await vote(id, kim, 2));
  });

  const GROUPS = {
    groups: { leads: { users: [kim] }, chiefs: { users: [lee] }, engineers: { users: [dana] } },
  };
  const after = (time: string, to: string) => ({ escalate: { after: time, to: [to] } });
  const CALLING = {
    ...GROUPS,
    policies: { standard: after('5m', 'leads'), critical: after('50m', 'chiefs') },
  };

  test('by another policy do not count before its time', async () => {
    world = await makeSmallWorld(CALLING);
    const { id } = await world.ask();
    await world.passes(1, 6 * MINUTE_MS);
    expect((await waiting(id))?.escalatedAt).not.toBeNull();
    world.reload({
      ...CALLING,
      resources: { 'prod-db': { roles: { readonly: { policy: 'critical' } } } },
    });
    await renewAll(world.deps, () => true);

    expect(await vote(id, lee, 2)).toMatchObject({ refusal: { code: 'not-an-approver' } });
    await world.passes(1, 45 * MINUTE_MS);
    accepted(await vote(id, lee, 2));
  });

  test('stay called in where the other rules would have called them in as well', async () => {
    world = await makeSmallWorld(CALLING);
    const { id } = await world.ask();
    await world.passes(1, 6 * MINUTE_MS);
    const { escalatedAt } = (await waiting(id)) ?? {};
    world.reload({ ...CALLING, policies: { ...CALLING.policies, standard: after('4m', 'chiefs') } });
    await renewAll(world.deps, () => true);

    expect(await waiting(id)).toMatchObject({ escalatedAt, escalateAt: null });
    accepted(await vote(id, lee, 2));
  });
});

test('a card shows no approval of somebody who is deactivated by now', async () => {
  world = await makeSmallWorld(TWO);
  const { id } = await world.ask();
  accepted(await vote(id, mia));
  const before = world.person;
  // In a large group nobody is looked at one by one: she is still among its members.
  world.person = (userId) => ({ ...before(userId), deactivated: userId === mia });
  expect((await loadRequestCard(world.deps, id))?.steps).toMatchObject([{ filledBy: [] }]);
});

test('whoever looks at it can give it back also when they may no longer decide', async () => {
  world = await makeSmallWorld();
  const { id } = await world.ask();
  accepted(await claim(id, mia, true));
  onlyIn('dba-leads', sam);

  expect(await claim(id, sam, false)).toMatchObject({ refusal: { code: 'not-your-claim' } });
  accepted(await claim(id, mia, false));
  expect((await world.deps.store.request(id))?.waiting.claim).toBeNull();
});
