import { afterEach, describe, expect, test } from 'vitest';
import { asUserId, type UserId } from '../../src/domain/ids.js';
import type { Result } from '../../src/domain/result.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { endOwnGrant } from '../../src/usecases/end-grant.js';
import { checkTable } from '../support/catalog-text.js';
import { dana, lee, mia } from '../support/rows.js';
import { accepted, makeSmallWorld, type SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

const worlds: SmallWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) {
    await world.close();
  }
});

async function worldWith(change: CatalogChange): Promise<SmallWorld> {
  const world = await makeSmallWorld(change);
  worlds.push(world);
  return world;
}

async function submit(world: SmallWorld, role: string, who: UserId = dana) {
  const [resource = '', name = null] = role.split(':');
  return await world.submit({ requester: who, beneficiary: who, resource, role: name, durationMs: null });
}

async function vote(world: SmallWorld, requestId: Awaited<ReturnType<SmallWorld['ask']>>['id']) {
  const by = { termsVersion: 1, approver: mia, verdict: 'approve', reason: null, durationMs: null } as const;
  return await decideRequest(world.deps, { requestId, ...by, delivery: world.delivery() });
}

function codeOf(outcome: Result<unknown, { code: string }>): string {
  return outcome.ok ? 'accepted' : outcome.refusal.code;
}

describe('each person', () => {
  test('has so many requests waiting at most, and as many again when one is decided', async () => {
    const world = await worldWith({ limits: { pending: 1 } });
    const first = accepted(await submit(world, 'prod-db:readonly')).request;
    expect(codeOf(await submit(world, 'playground:viewer'))).toBe('too-many-pending');
    expect(codeOf(await submit(world, 'playground:viewer', lee))).toBe('accepted');

    await vote(world, first.id);
    expect(codeOf(await submit(world, 'playground:viewer'))).toBe('accepted');
  });

  test('makes so many requests an hour at most', async () => {
    const world = await worldWith({ limits: { requests_per_hour: 2 } });
    await submit(world, 'prod-db:readonly');
    await submit(world, 'prod-db:admin');
    expect(codeOf(await submit(world, 'playground:viewer'))).toBe('too-many-requests');

    world.now += HOUR_MS + MINUTE_MS;
    expect(codeOf(await submit(world, 'playground:viewer'))).toBe('accepted');
  });

  test('holds so many windows at most, also when all were asked for before the first was approved', async () => {
    const world = await worldWith({ limits: { active: 1 } });
    const one = accepted(await submit(world, 'prod-db:readonly')).request;
    const other = accepted(await submit(world, 'playground:viewer')).request;
    const grant = accepted(await vote(world, one.id)).grant;
    expect(codeOf(await vote(world, other.id))).toBe('too-many-held');
    expect(codeOf(await submit(world, 'prod-db:admin'))).toBe('too-many-held');

    await world.passes(1, 1_000);
    accepted(
      await endOwnGrant(world.deps, { by: dana, which: grant?.id ?? null, delivery: world.delivery() }),
    );
    await world.passes(2, 1_000);
    expect(codeOf(await vote(world, other.id))).toBe('accepted');
  });
});

test('two approvals at once do not both fit into what is left', async () => {
  const world = await worldWith({ limits: { active: 1 } });
  const one = accepted(await submit(world, 'prod-db:readonly')).request;
  const other = accepted(await submit(world, 'playground:viewer')).request;
  const outcomes = await Promise.all([vote(world, one.id), vote(world, other.id)]);

  expect(outcomes.map(codeOf).toSorted()).toEqual(['accepted', 'too-many-held']);
});

test('a role is held by so many at once', async () => {
  const world = await worldWith({ resources: { 'prod-db': { roles: { readonly: { max_active: 1 } } } } });
  const [ofDana, ofLee] = [
    accepted(await submit(world, 'prod-db:readonly')),
    accepted(await submit(world, 'prod-db:readonly', lee)),
  ];
  expect(codeOf(await vote(world, ofDana.request.id))).toBe('accepted');

  expect(codeOf(await vote(world, ofLee.request.id))).toBe('role-full');
});

describe('roles that conflict', () => {
  const conflicts = { conflicts: [['prod-db:readonly', 'playground:viewer']] };

  test('are not asked for while the other is held or asked for, by one person', async () => {
    const world = await worldWith(conflicts);
    const { request } = accepted(await submit(world, 'prod-db:readonly'));
    expect(await submit(world, 'playground:viewer')).toMatchObject({
      refusal: { code: 'roles-conflict', other: 'prod-db:readonly', how: 'asked' },
    });
    await vote(world, request.id);
    expect(await submit(world, 'playground:viewer')).toMatchObject({ refusal: { how: 'held' } });
    expect(codeOf(await submit(world, 'playground:viewer', lee))).toBe('accepted');
    expect(codeOf(await submit(world, 'prod-db:admin'))).toBe('accepted');
  });

  test('do not come together by two requests at once', async () => {
    const world = await worldWith(conflicts);
    const outcomes = await Promise.all([
      submit(world, 'prod-db:readonly'),
      submit(world, 'playground:viewer'),
    ]);

    expect(outcomes.map(codeOf).toSorted()).toEqual(['accepted', 'roles-conflict']);
  });
});

test('whoever approves may be barred from holding', async () => {
  const world = await worldWith({
    groups: { engineers: { users: ['dana@example.com', 'U02SAM'] } },
    policies: { standard: { approvers_may_hold: false } },
  });
  expect(await submit(world, 'prod-db:readonly')).toMatchObject({ ok: true });
  const sam = asUserId('U02SAM');
  expect(await submit(world, 'prod-db:readonly', sam)).toMatchObject({
    refusal: { code: 'approver-cannot-hold', who: sam },
  });
});

describe('limits in the catalog', () => {
  const admins = 'admins: [leads]';
  checkTable([
    [
      'a limit of none',
      admins,
      `${admins}\nlimits: { active: 0 }`,
      ['access.yaml:8:19 a limit of none forbids it altogether; write 1 or more'],
    ],
    [
      'a conflict with an unknown role',
      admins,
      `${admins}\nconflicts: [[prod-db:admin, prod-db:readnly]]`,
      ['access.yaml:8:29 unknown role "prod-db:readnly"; did you mean "prod-db:readonly"?'],
    ],
    [
      'a conflict of one',
      admins,
      `${admins}\nconflicts: [[prod-db:admin]]`,
      ['access.yaml:8:13 one role conflicts with nothing; name two or more'],
    ],
  ]);
});
