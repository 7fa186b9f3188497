import { afterEach, describe, expect, test } from 'vitest';
import { asUserId } from '../../src/domain/ids.js';
import type { GrantId, RequestId, UserId } from '../../src/domain/ids.js';
import { copyOf } from '../../src/domain/message.js';
import type { GroupMembers } from '../../src/domain/person.js';
import { ConnectorError } from '../../src/ports.js';
import type { Grant } from '../../src/domain/grant.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { claimRequest } from '../../src/usecases/claim-request.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { delegate } from '../../src/usecases/delegate.js';
import { endOwnGrant } from '../../src/usecases/end-grant.js';
import { nudgeRequest } from '../../src/usecases/nudge-request.js';
import { takeEmergency } from '../../src/usecases/take-emergency.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { renewAll } from '../../src/usecases/renew-terms.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

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

  test.each(['C0CHIEFS', 'C0LEADS'])(
    'come after its time also where a second card stands already: %s',
    async (channel) => {
      const calling = (standard: object) => ({ ...CALLING, policies: { standard } });
      world = await makeSmallWorld(calling({ escalate: { after: '5m', to: ['leads'], channel: 'C0LEADS' } }));
      const { id } = await world.ask();
      await world.pass();
      await world.passes(3, 2 * MINUTE_MS);
      await world.passes(2, 0);
      world.reload(calling({ escalate: { after: '50m', to: ['chiefs'], channel } }));
      await renewAll(world.deps, () => true);
      expect(await waiting(id)).toMatchObject({ escalatedAt: null });

      await world.passes(2, 25 * MINUTE_MS);
      await world.passes(2, 0);
      expect((await waiting(id))?.escalatedAt).not.toBeNull();
      expect(await world.deps.store.message(copyOf(id))).toMatchObject({ to: channel });
      expect(world.notices.filter(({ notice }) => notice.kind === 'request-escalated')).toHaveLength(2);
      accepted(await vote(id, lee, 2));
    },
  );

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

describe('more time that waits', () => {
  test('is void once the access has ended, which its holder is told, and may ask anew', async () => {
    world = await makeSmallWorld();
    const grant = await world.approve(await world.ask());
    await world.pass();
    const { request } = accepted(await more(grant.id));
    accepted(await endOwnGrant(world.deps, { by: dana, which: null, delivery: world.delivery() }));
    await world.passes(3, MINUTE_MS);

    expect(await world.deps.store.request(request.id)).toMatchObject({ state: 'cancelled' });
    expect(world.notices.map(({ notice }) => notice)).toContainEqual(
      expect.objectContaining({ kind: 'request-untenable', why: 'access-over' }),
    );
    accepted(await world.submit());
  });

  test('is void as soon as the access ends, also while the target is away', async () => {
    world = await makeSmallWorld();
    const grant = await world.approve(await world.ask());
    await world.pass();
    const { request } = accepted(await more(grant.id));
    world.beforeCall = async () => {
      throw new ConnectorError('unreachable', 'no answer');
    };
    accepted(await endOwnGrant(world.deps, { by: dana, which: null, delivery: world.delivery() }));
    await world.pass();

    expect(await world.stateOf(grant)).toBe('ending');
    expect(await world.deps.store.request(request.id)).toMatchObject({ state: 'cancelled' });
    world.beforeCall = async () => undefined;
    accepted(await world.submit());
  });

  test('is not asked of anybody where the access ends while Slack is asked', async () => {
    world = await makeSmallWorld();
    const grant = await world.approve(await world.ask());
    await world.pass();
    const before = world.members;
    world.members = async (group) => {
      world.members = before;
      accepted(await endOwnGrant(world.deps, { by: dana, which: null, delivery: world.delivery() }));
      await world.pass();
      return await before(group);
    };

    expect(await more(grant.id)).toMatchObject({ refusal: { code: 'grant-over' } });
    accepted(await world.submit());
  });

  test('is void where the policy gives none by now, and is approved by no click before that is seen', async () => {
    world = await makeSmallWorld();
    const grant = await world.approve(await world.ask());
    await world.pass();
    const { request } = accepted(await more(grant.id));
    world.reload({ policies: { standard: { extend: 'none' } } });

    expect(await vote(request.id, mia)).toMatchObject({ refusal: { code: 'no-more-time' } });
    await renewAll(world.deps, () => true);
    expect(await world.deps.store.request(request.id)).toMatchObject({ state: 'cancelled' });
  });

  test('is not given on one of two roles that nobody holds together', async () => {
    const conflicts = [['prod-db:readonly', 'prod-db:admin']];
    world = await makeSmallWorld({ policies: { standard: { extend: { automatically: '1h' } } } });
    const grant = await world.approve(await world.ask());
    const { request } = accepted(
      await more(grant.id).then(async () => await world.submit({ role: 'admin' })),
    );
    await world.pass();
    const other = await world.approve({ id: request.id });
    await world.pass();
    world.reload({ conflicts, policies: { standard: { extend: { automatically: '1h' } } } });

    expect(await more(other.id)).toMatchObject({
      refusal: { code: 'roles-conflict', other: 'prod-db:readonly', how: 'held' },
    });
  });
});

describe('a window whose start comes', () => {
  const AT = HOUR_MS;
  const later = async (change: CatalogChange): Promise<Grant> => {
    world = await makeSmallWorld();
    const startsAt = world.now + AT;
    const grant = await world.approve(await world.ask({ startsAt, startZone: 'UTC', durationMs: 3 * AT }));
    world.reload(change);
    await world.passes(2, AT);
    return grant;
  };

  test('does not open for an account that is somebody else’s by now', async () => {
    const grant = await later({ connectors: { 'orders-db': { identity: { map: { U04LEE: 'dana' } } } } });

    expect(await world.stateOf(grant)).toBe('ended');
    expect([...world.given.keys()]).toEqual([]);
    expect(await world.deps.store.grant(grant.id)).toMatchObject({
      ending: { reason: 'The role gives something else by now, or to another account, than was approved.' },
    });
  });

  test('does not open for what the role gives no longer', async () => {
    const entitlements = [{ connector: 'playground', role: 'viewer' }];
    const grant = await later({ resources: { 'prod-db': { roles: { readonly: { entitlements } } } } });

    expect(await world.stateOf(grant)).toBe('ended');
    expect([...world.given.keys()]).toEqual([]);
  });

  test('opens while it can’t be said whose account it is', async () => {
    world = await makeSmallWorld();
    const startsAt = world.now + AT;
    const grant = await world.approve(await world.ask({ startsAt, startZone: 'UTC', durationMs: 3 * AT }));
    const before = world.person;
    world.person = (userId) => ({ ...before(userId), emailConfirmed: false });
    await world.passes(2, AT);

    expect(await world.stateOf(grant)).toBe('active');
  });

  test('opens where nothing of that has changed', async () => {
    world = await makeSmallWorld();
    const startsAt = world.now + AT;
    const grant = await world.approve(await world.ask({ startsAt, startZone: 'UTC', durationMs: 3 * AT }));
    world.reload({ limits: { pending: 9 } });
    await world.passes(2, AT);

    expect(await world.stateOf(grant)).toBe('active');
  });
});

test('of a window that has begun nobody gives so little that nothing is left of it', async () => {
  world = await makeSmallWorld({
    policies: {
      standard: {
        ...TWO.policies.standard,
        unanswered_after: '8h',
        duration: { min: '5m', default: '30m', max: '4h' },
      },
    },
  });
  const startsAt = world.now + 10 * MINUTE_MS;
  const { id } = await world.ask({ durationMs: 2 * HOUR_MS, startsAt, startZone: 'UTC' });
  world.now = startsAt + 30 * MINUTE_MS;
  expect((await loadRequestCard(world.deps, id))?.shorterMs).toEqual([HOUR_MS]);
  const how = { termsVersion: 1, verdict: 'approve', reason: null, durationMs: 15 * MINUTE_MS } as const;
  const shorter = { ...how, requestId: id, approver: mia, delivery: world.delivery() };

  expect(await decideRequest(world.deps, shorter)).toMatchObject({ refusal: { code: 'nothing-left' } });
  accepted(await vote(id, mia));
  expect(accepted(await vote(id, sam)).grant).not.toBeNull();
});

test('a later window that approvers shorten expires once nothing of it would be left', async () => {
  world = await makeSmallWorld({
    policies: {
      standard: {
        ...TWO.policies.standard,
        unanswered_after: '8h',
        duration: { min: '5m', default: '30m', max: '4h' },
      },
    },
  });
  const startsAt = world.now + HOUR_MS;
  const { id } = await world.ask({ durationMs: 4 * HOUR_MS, startsAt, startZone: 'UTC' });
  const how = { termsVersion: 1, verdict: 'approve', reason: null, durationMs: 15 * MINUTE_MS } as const;
  const { request } = accepted(
    await decideRequest(world.deps, { ...how, requestId: id, approver: mia, delivery: world.delivery() }),
  );

  expect(request).toMatchObject({ expiresAt: startsAt + 10 * MINUTE_MS });
});

test('a vote for less that counts no longer shortens no expiry', async () => {
  const standard = {
    ...TWO.policies.standard,
    unanswered_after: '8h',
    duration: { min: '5m', default: '30m', max: '4h' },
  };
  world = await makeSmallWorld({ policies: { standard } });
  const startsAt = world.now + HOUR_MS;
  const { id, expiresAt } = await world.ask({ durationMs: 4 * HOUR_MS, startsAt, startZone: 'UTC' });
  const how = { termsVersion: 1, verdict: 'approve', reason: null, durationMs: 15 * MINUTE_MS } as const;
  accepted(
    await decideRequest(world.deps, { ...how, requestId: id, approver: mia, delivery: world.delivery() }),
  );
  world.reload({ policies: { standard: { ...standard, deny: 2 } } });
  await renewAll(world.deps, () => true);

  expect(await world.deps.store.request(id)).toMatchObject({ termsVersion: 2, expiresAt });
});

test('a later window that a reload shortens expires once nothing of it would be left', async () => {
  world = await makeSmallWorld({ policies: { standard: { unanswered_after: '8h' } } });
  const startsAt = world.now + HOUR_MS;
  const { id } = await world.ask({ durationMs: 4 * HOUR_MS, startsAt, startZone: 'UTC' });
  const duration = { min: '5m', default: '10m', max: '10m' };
  world.reload({ policies: { standard: { unanswered_after: '8h', duration } } });
  await renewAll(world.deps, () => true);

  expect(await world.deps.store.request(id)).toMatchObject({ expiresAt: startsAt + 5 * MINUTE_MS });
});

test('nobody decides in a place that was taken back while Slack was asked', async () => {
  world = await makeSmallWorld({ groups: { seconds: { users: [kim] } }, stand_ins: ['seconds'] });
  const named = { standIn: kim, untilAt: world.now + DAY_MS };
  accepted(await delegate(world.deps, { by: mia, named, delivery: world.delivery() }));
  const { id } = await world.ask();
  const before = world.members;
  world.members = async (group) => {
    world.members = before;
    accepted(await delegate(world.deps, { by: mia, named: null, delivery: world.delivery() }));
    return await before(group);
  };

  expect(await vote(id, kim)).toMatchObject({ refusal: { code: 'not-an-approver' } });
});

test('of a denial whoever made it one is named, on the terms that were denied', async () => {
  const groups = { 'dba-leads': { users: [mia, sam, lee] }, engineers: { users: [dana] } };
  world = await makeSmallWorld({ groups, policies: { standard: { deny: 2 } } });
  const { id } = await world.ask();
  await world.pass();
  const deny = async (approver: UserId, termsVersion: number) =>
    accepted(
      await decideRequest(world.deps, {
        requestId: id,
        approver,
        verdict: 'deny',
        reason: `says ${approver}`,
        durationMs: null,
        termsVersion,
        delivery: world.delivery(),
      }),
    );
  await deny(mia, 1);
  world.reload({ groups, policies: { standard: { deny: 2, ...TWO.policies.standard } } });
  await renewAll(world.deps, () => true);
  await deny(sam, 2);
  await deny(lee, 2);
  await world.pass();

  expect(
    world.notices.map(({ notice }) => notice).filter(({ kind }) => kind === 'request-denied'),
  ).toMatchObject([{ by: lee, reason: 'says U04LEE' }]);
});

test('nothing that has expired is nudged', async () => {
  world = await makeSmallWorld();
  const { id } = await world.ask();
  await world.pass();
  world.now += DAY_MS;

  expect(await nudgeRequest(world.deps, { by: dana, which: id, delivery: world.delivery() })).toMatchObject({
    refusal: { code: 'not-pending' },
  });
});

test('an emergency is not taken of a role that is held by a bundle of it', async () => {
  const emergency = { for: ['engineers'], up_to: '1h', channel: 'C0ALERT', review: { by: ['dba-leads'] } };
  const bundle = { both: { bundle: ['prod-db:admin', 'playground:viewer'] } };
  world = await makeSmallWorld({
    policies: { critical: { emergency } },
    resources: {
      support: { title: 'Support', policy: 'critical', roles: bundle },
      playground: { policy: 'critical' },
    },
  });
  await world.approve(await world.ask({ resource: 'support', role: 'both' }));
  await world.pass();
  const taken = { workspace, requester: dana, resource: 'prod-db', role: 'admin', durationMs: null };

  expect(
    await takeEmergency(world.deps, { ...taken, reason: 'the database is down', delivery: world.delivery() }),
  ).toMatchObject({ refusal: { code: 'already-held' } });
});
