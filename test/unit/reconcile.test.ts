import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Recipient } from '../../src/domain/ids.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import type { Stray } from '../../src/domain/stray.js';
import { ConnectorError } from '../../src/ports.js';
import { adoptOrphan } from '../../src/usecases/adopt-orphan.js';
import { confirmEnforcement } from '../../src/usecases/confirm-enforcement.js';
import { convergeEntitlement } from '../../src/usecases/converge-entitlement.js';
import { orphansForm, removeOrphan } from '../../src/usecases/remove-orphan.js';
import { reconcileAll } from '../../src/usecases/reconcile-connector.js';
import { validateConnectors } from '../../src/usecases/validate-connectors.js';
import { whoHas } from '../../src/usecases/who-has.js';
import { recordingLog } from '../support/recording-log.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import type { SmallWorld } from '../support/small-world.js';
import { accepted, makeSmallWorld, workspace } from '../support/small-world.js';

const DANAS = 'orders-db/app_readonly/dana';

let world: SmallWorld;
beforeEach(async () => {
  world = await makeSmallWorld();
});
afterEach(async () => {
  await world.close();
});

/** With this rule for drift in the connector of the tests. */
async function ruled(onDrift: 'report' | 'restore' | 'enforce'): Promise<void> {
  await world.close();
  const orders = { use: 'simulate', url: null, end_sessions: null, on_drift: onDrift };
  world = await makeSmallWorld({ connectors: { 'orders-db': orders } });
}

function told(kind: string): Recipient[] {
  return world.notices.flatMap(({ to, notice }) => (notice.kind === kind ? [to] : []));
}

async function events(): Promise<string[]> {
  return (await world.deps.store.auditEvents({ after: 0, limit: 500 })).map(({ kind }) => kind);
}

async function found() {
  const all = await world.reconcile();
  const orders = all.find(({ connector }) => connector === 'orders-db');
  if (orders === undefined) {
    throw new Error('The target was not looked at.');
  }
  return orders;
}

async function onlyOrphan(): Promise<Stray> {
  const [orphan, ...more] = (await found()).orphans;
  if (orphan === undefined || more.length > 0) {
    throw new Error('There is not exactly one orphan.');
  }
  return orphan;
}

function adoption(orphan: Stray, change: object = {}) {
  return {
    delivery: world.delivery(),
    workspace,
    by: mia,
    strayId: orphan.id,
    beneficiary: dana,
    durationMs: HOUR_MS,
    reason: 'the database was set back',
    ...change,
  };
}

describe('access that somebody else took away within its window', () => {
  test('is told once to its holder and to each admin, stands on the card, and is not given again', async () => {
    const grant = await world.approve(await world.ask());
    await world.pass();
    world.given.delete(DANAS);
    expect((await found()).drifted).toMatchObject([{ role: 'app_readonly', owner: dana }]);
    await world.passes(1, SECOND_MS);
    await world.passes(2, MINUTE_MS);
    await found();
    await world.pass();

    expect(told('access-drifted').toSorted()).toEqual([mia, sam, dana].toSorted());
    expect(await events()).toContain('entitlement.drifted');
    expect(world.cards.at(-1)?.view.entitlements).toMatchObject([{ seen: 'absent' }]);
    expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['active']);

    world.now = grant.endsAt;
    await world.passes(2, SECOND_MS);
    expect(await world.stateOf(grant)).toBe('ended');
  });

  test('is given again where the catalog says so, and its holder reads that it is back', async () => {
    await ruled('restore');
    const grant = await world.approve(await world.ask());
    await world.pass();
    world.given.delete(DANAS);
    await found();
    await world.passes(3, SECOND_MS);

    expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['active', DANAS]);
    expect(told('access-drifted')).toContain(dana);
    expect((await found()).drifted).toEqual([]);
    world.now = grant.endsAt;
    await world.passes(2, SECOND_MS);
    expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);
  });

  test('is tried again with pauses when the target refuses it, and its window neither fails nor waits', async () => {
    await ruled('restore');
    const grant = await world.approve(await world.ask({ durationMs: HOUR_MS }));
    await world.pass();
    world.given.delete(DANAS);
    world.beforeCall = async (call) => {
      if (call === 'grant') {
        throw new ConnectorError('final', 'Never.');
      }
    };
    await found();
    const before = world.calls.filter((call) => call === 'grant').length;
    await world.passes(120, SECOND_MS);

    expect(world.calls.filter((call) => call === 'grant').length - before).toBeLessThan(6);
    expect(await world.stateOf(grant)).toBe('active');
    world.now = grant.endsAt;
    await world.passes(2, SECOND_MS);
    expect(await world.stateOf(grant)).toBe('ended');
  });

  test('is told again when it was put back and taken away once more', async () => {
    await world.approve(await world.ask({ durationMs: 4 * HOUR_MS }));
    await world.pass();
    for (const _ of ['once', 'twice']) {
      world.given.delete(DANAS);
      await found();
      await world.passes(1, MINUTE_MS);
      world.given.set(DANAS, 0);
      await found();
      await world.passes(1, MINUTE_MS);
    }

    expect(told('access-drifted').filter((to) => to === dana)).toHaveLength(2);
    expect(await events()).toContain('entitlement.found-again');
  });

  test('of a window that is over is never given again', async () => {
    await ruled('restore');
    const grant = await world.approve(await world.ask());
    await world.pass();
    world.given.delete(DANAS);
    world.now = grant.endsAt;
    await found();
    await world.passes(3, SECOND_MS);
    await found();
    await world.passes(3, SECOND_MS);

    expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);
    expect(told('access-drifted')).toEqual([]);
  });
});

test('access of ours that is there past its end is taken away', async () => {
  const grant = await world.approve(await world.ask());
  world.beforeCall = async (call) => {
    if (call === 'grant') {
      throw new ConnectorError('retryable', 'The answer was lost.', { uncertain: true });
    }
  };
  await world.pass();
  world.beforeCall = async () => undefined;
  // Ours, gone when it was read back, and yet the lost call may come.
  world.now = grant.startsAt + 15 * MINUTE_MS;
  const [hold] = await world.deps.store.holds(grant.id);
  const row = await world.deps.store.entitlement(hold?.entitlementId ?? fail());
  const lateUntil = world.now + HOUR_MS;
  const late = { ...(row ?? fail()), ours: true, seen: 'absent', seenAt: world.now, lateUntil } as const;
  await world.deps.store.commit({
    at: world.now,
    audit: [],
    entitlements: [{ ...late, attempts: 0, error: null, failingSince: null, nextAt: lateUntil }],
    grants: [
      {
        ...((await world.deps.store.grant(grant.id)) ?? fail()),
        state: 'failed',
        activeAt: null,
        closedAt: world.now,
        ending: { cause: 'not-opened', by: { kind: 'hallpass' }, reason: null, at: world.now },
      },
    ],
  });
  world.given.set(DANAS, 0);

  expect((await found()).overdue).toMatchObject([{ role: 'app_readonly' }]);
  await world.passes(1, SECOND_MS);
  expect([...world.given.keys()]).toEqual([]);
});

describe('an empty database before a target with access that bears our mark', () => {
  beforeEach(() => {
    world.given.set(DANAS, 0);
  });

  test('takes nothing away, and tells the admins at once and then every hour', async () => {
    for (let look = 0; look < 12; look += 1) {
      await found();
      await world.pass();
      world.now += 10 * MINUTE_MS;
    }

    expect([...world.given.keys()]).toEqual([DANAS]);
    expect(world.calls).not.toContain('revoke');
    expect(told('orphans-found').filter((to) => to === mia)).toHaveLength(2);
    expect(told('orphans-found')).toHaveLength(4);
    expect((await events()).filter((kind) => kind === 'orphan.found')).toHaveLength(1);
  });

  test('a second orphan is told at once, not with the next hour', async () => {
    await found();
    await world.pass();
    world.given.set('orders-db/app_admin/lee', 0);
    world.now += 10 * MINUTE_MS;
    await found();
    await world.pass();

    expect(told('orphans-found').filter((to) => to === mia)).toHaveLength(2);
  });

  test('an orphan is removed on an admin’s word, and read back', async () => {
    const orphan = await onlyOrphan();
    const input = { delivery: world.delivery(), by: mia, strayId: orphan.id, reason: 'nobody knows it' };
    accepted(await removeOrphan(world.deps, input));
    await world.passes(1, SECOND_MS);

    expect([...world.given.keys()]).toEqual([]);
    expect((await found()).orphans).toEqual([]);
    const audit = await world.deps.store.auditEvents({ after: 0, limit: 500 });
    expect(audit.find(({ kind }) => kind === 'orphan.removed')).toMatchObject({
      actor: { kind: 'person', userId: mia },
      text: 'nobody knows it',
    });
    expect(audit.map(({ kind }) => kind)).toContain('entitlement.revoked');
  });

  test('an adopted orphan has a person, an end, a card and a line in who-has, and ends on time', async () => {
    const orphan = await onlyOrphan();
    const { grant } = accepted(await adoptOrphan(world.deps, adoption(orphan)));
    await world.passes(1, SECOND_MS);

    expect(await world.stateOf(grant)).toBe('active');
    expect(world.cards.map(({ kind }) => kind).toSorted()).toEqual(['grant-card', 'request-card']);
    const { holders } = accepted(
      await whoHas(world.deps, { viewer: mia, about: { kind: 'all' }, offset: 0 }),
    );
    expect(holders).toMatchObject([{ beneficiary: dana, roleKey: 'prod-db:readonly', approvedBy: [mia] }]);
    expect((await found()).orphans).toEqual([]);
    world.now = grant.endsAt - MINUTE_MS;
    await world.passes(2, SECOND_MS);
    expect(told('grant-reminder')).toEqual([dana]);
    world.now = grant.endsAt;
    await world.passes(2, SECOND_MS);
    expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);
    expect((await found()).orphans).toEqual([]);
  });

  test.each([
    ['by somebody who is no admin', { by: lee }, 'admins-only'],
    ['for oneself', { by: mia, beneficiary: mia }, 'self-approval'],
    ['for somebody whose account it is not', { beneficiary: lee }, 'orphan-of-another'],
    ['for longer than the role lasts', { durationMs: 5 * HOUR_MS }, 'duration-too-long'],
    ['without a reason', { reason: ' ' }, 'reason-missing'],
    ['that there is not', { strayId: 'S-NONE' }, 'unknown-orphan'],
  ])('adopting %s is refused, and nothing changes', async (_what, change, code) => {
    const orphan = await onlyOrphan();
    const refused = await adoptOrphan(world.deps, adoption(orphan, change));

    expect(refused).toMatchObject({ ok: false, refusal: { code } });
    expect((await found()).orphans).toHaveLength(1);
  });

  test('nobody adopts what belongs to an account of their own', async () => {
    world.given.clear();
    world.given.set('orders-db/app_readonly/mia', 0);
    const refused = await adoptOrphan(world.deps, adoption(await onlyOrphan()));

    expect(refused).toMatchObject({ ok: false, refusal: { code: 'same-account' } });
  });

  test('nobody is given by an adoption what approvers may not hold', async () => {
    await world.close();
    world = await makeSmallWorld({
      groups: { 'dba-leads': { users: [mia, sam, dana] } },
      policies: { standard: { approvers_may_hold: false } },
    });
    world.given.set(DANAS, 0);
    const refused = await adoptOrphan(world.deps, adoption(await onlyOrphan()));

    expect(refused).toMatchObject({ ok: false, refusal: { code: 'approver-cannot-hold' } });
  });

  test('an orphan that no role of the catalog gives by itself can only be removed', async () => {
    await world.close();
    const parts = [
      { connector: 'orders-db', role: 'app_readonly' },
      { connector: 'orders-db', role: 'app_admin' },
    ];
    world = await makeSmallWorld({
      resources: { 'prod-db': { roles: { readonly: { entitlements: parts } } } },
    });
    world.given.set(DANAS, 0);
    const refused = await adoptOrphan(world.deps, adoption(await onlyOrphan()));

    expect(refused).toMatchObject({ ok: false, refusal: { code: 'orphan-not-offered' } });
  });

  test('an orphan that is gone is closed, and no admin can adopt it any more', async () => {
    const orphan = await onlyOrphan();
    world.given.clear();
    const tooLate = await adoptOrphan(world.deps, adoption(orphan));
    expect(tooLate).toMatchObject({ ok: false, refusal: { code: 'orphan-closed', how: 'gone' } });
    expect((await found()).orphans).toEqual([]);

    expect(await events()).toContain('orphan.gone');
    const form = await orphansForm(world.deps, { viewer: mia, connector: null });
    expect(form).toMatchObject({ ok: false, refusal: { code: 'no-orphans' } });
  });

  test('two admins who decide at once get one decision and one honest answer', async () => {
    const orphan = await onlyOrphan();
    const answers = await Promise.all([
      removeOrphan(world.deps, {
        delivery: world.delivery(),
        by: sam,
        strayId: orphan.id,
        reason: 'nobody knows it',
      }),
      adoptOrphan(world.deps, adoption(orphan)),
    ]);

    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(answers.find(({ ok }) => !ok)).toMatchObject({ refusal: { code: 'orphan-closed' } });
  });
});

describe('what is ours is no orphan', () => {
  test('while it is given, held, and taken away, whenever the target is listed', async () => {
    const grant = await world.approve(await world.ask());
    let listing = false;
    world.beforeCall = async (call) => {
      if (!listing && (call === 'grant' || call === 'revoke' || call === 'check')) {
        listing = true;
        await world.reconcile();
        listing = false;
      }
    };
    await world.pass();
    await world.reconcile();
    world.now = grant.endsAt;
    await world.passes(2, SECOND_MS);
    await world.reconcile();

    expect(await world.stateOf(grant)).toBe('ended');
    expect(await events()).not.toContain('orphan.found');
  });

  test('also when it was taken away and read back while its list was on the way', async () => {
    const grant = await world.approve(await world.ask());
    await world.pass();
    const [hold] = await world.deps.store.holds(grant.id);
    world.now = grant.endsAt;
    const orders = world.deps.connectors.get('orders-db') ?? fail();
    const list = orders.list?.bind(orders) ?? fail();
    orders.list = async (role, call) => {
      const members = await list(role, call);
      await convergeEntitlement(world.deps, hold?.entitlementId ?? fail());
      return members;
    };
    await found();

    expect(await world.stateOf(grant)).toBe('ended');
    expect(await events()).not.toContain('orphan.found');
  });
});

test('nothing is concluded from a target that cannot be reached, and it is asked no further', async () => {
  await world.approve(await world.ask());
  await world.approve(await world.ask({ role: 'admin' }));
  await world.pass();
  world.calls.length = 0;
  world.beforeCall = async () => {
    throw new ConnectorError('unreachable', 'Nothing answers.');
  };
  const { looked, drifted, orphans, problems } = await found();
  await world.pass();

  expect({ looked, drifted, orphans, problems }).toEqual({
    looked: 0,
    drifted: [],
    orphans: [],
    problems: ['Nothing answers.'],
  });
  expect(world.calls.length).toBeLessThanOrEqual(4);
  expect(told('access-drifted')).toEqual([]);
});

test('a target that something can’t be taken away from is told as such, until it is gone', async () => {
  await world.approve(await world.ask());
  await world.pass();
  world.beforeCall = async (call) => {
    if (call === 'revoke') {
      throw new ConnectorError('final', 'The role is owned by another.');
    }
  };
  await world.passes(3, HOUR_MS);
  expect((await found()).stuck).toBe(true);

  world.beforeCall = async () => undefined;
  await world.passes(3, HOUR_MS);
  expect((await found()).stuck).toBe(false);
});

test('a target out of reach is logged once at the start, not by each look at it', async () => {
  await world.approve(await world.ask());
  const away = async () => await Promise.reject(new ConnectorError('unreachable', 'Nothing answers.'));
  world.beforeCall = away;
  const log = recordingLog();
  const get = (name: string) => {
    const connector = world.deps.connectors.get(name);
    return connector === undefined ? undefined : { ...connector, validate: away };
  };
  const deps = { ...world.deps, log, connectors: { get } };
  const logged = await validateConnectors(deps);
  const look = { stopping: new AbortController().signal, tells: true };

  await reconcileAll(deps, { ...look, logged });
  expect(logged.get('orders-db')).toBe('Nothing answers.');
  const toldOfOrders = () =>
    log.lines.filter(({ facts }) => facts['connector'] === 'orders-db').map(({ message }) => message);
  expect(toldOfOrders()).toEqual(['A target could not be looked at']);

  await reconcileAll(deps, look);
  expect(toldOfOrders().slice(1)).toEqual(['A target could not be reconciled']);
});

describe('members whom others put there', () => {
  const SAMS = 'orders-db/app_readonly/sam';
  beforeEach(() => {
    world.standing.add(SAMS);
  });

  test('are told once for as long as they stay, and again when they come back', async () => {
    for (let look = 0; look < 12; look += 1) {
      await found();
      await world.pass();
      world.now += 10 * MINUTE_MS;
    }
    expect(told('standing-found').filter((to) => to === mia)).toHaveLength(1);
    world.standing.clear();
    expect((await found()).standing).toEqual([]);
    world.now += 10 * MINUTE_MS;
    world.standing.add(SAMS);
    await found();
    await world.pass();

    expect(told('standing-found').filter((to) => to === mia)).toHaveLength(2);
    expect(world.calls).not.toContain('expel');
  });

  test('stay until an admin has seen whom the rule hits, and then go', async () => {
    await ruled('enforce');
    world.standing.add(SAMS);
    await found();
    await world.pass();
    expect([...world.standing]).toEqual([SAMS]);
    const asked = world.notices.flatMap(({ to, notice }) =>
      notice.kind === 'enforcement-asked' && to === mia ? [notice] : [],
    );
    expect(asked).toMatchObject([{ standing: [{ account: { name: 'sam' } }] }]);
    const { catalogSha256 = '' } = asked[0] ?? {};
    const word = { connector: 'orders-db', catalogSha256 };

    const refused = await confirmEnforcement(world.deps, { ...word, delivery: world.delivery(), by: lee });
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'admins-only' } });
    const old = { ...word, catalogSha256: 'a'.repeat(64), delivery: world.delivery(), by: mia };
    expect(await confirmEnforcement(world.deps, old)).toMatchObject({
      ok: false,
      refusal: { code: 'dry-run-outdated' },
    });
    await found();
    expect([...world.standing]).toEqual([SAMS]);

    accepted(await confirmEnforcement(world.deps, { ...word, delivery: world.delivery(), by: mia }));
    expect((await found()).standing).toEqual([]);
    expect([...world.standing]).toEqual([]);
    expect(await events()).toEqual(
      expect.arrayContaining(['enforcement.confirmed', 'standing.removing', 'standing.removed']),
    );
  });

  test('of a role that is managed since then, nobody goes before another list was seen', async () => {
    await ruled('enforce');
    await world.deps.store.commit({
      at: world.now,
      audit: [],
      enforcements: [
        {
          connector: 'orders-db',
          version: 0,
          roles: ['app_readonly'],
          by: { kind: 'person', userId: mia },
          at: world.now,
        },
      ],
    });
    world.standing.add(SAMS);
    world.standing.add('orders-db/app_admin/lee');
    await found();
    await world.pass();

    expect([...world.standing]).toEqual(['orders-db/app_admin/lee']);
    expect(told('enforcement-asked')).toContain(mia);
  });

  test('a window that opens on it while it is being removed gets access of its own', async () => {
    await ruled('enforce');
    const { sha256: catalogSha256 } = world.deps.catalogs.current().catalog;
    const word = { connector: 'orders-db', catalogSha256, delivery: world.delivery(), by: mia };
    accepted(await confirmEnforcement(world.deps, word));
    world.standing.add(DANAS);
    const request = await world.ask();
    world.beforeCall = async (call) => {
      if (call === 'expel') {
        await world.approve(request);
        await world.pass();
      }
    };
    await found();
    await world.pass();

    expect([[...world.standing], [...world.given.keys()]]).toEqual([[], [DANAS]]);
  });

  test('orphans are not removed by that rule, nor what a window rests on', async () => {
    await ruled('enforce');
    const { sha256: catalogSha256 } = world.deps.catalogs.current().catalog;
    const word = { connector: 'orders-db', catalogSha256, delivery: world.delivery(), by: mia };
    accepted(await confirmEnforcement(world.deps, word));
    world.standing.add(DANAS);
    world.given.set('orders-db/app_admin/lee', 0);
    await world.approve(await world.ask());
    await world.pass();
    await found();

    expect([...world.standing]).toEqual([DANAS]);
    expect([...world.given.keys()]).toEqual(['orders-db/app_admin/lee']);
  });
});

function fail(): never {
  throw new Error('There is no such row.');
}

describe('a window that runs on what somebody else gave', () => {
  async function openOnStanding(): Promise<void> {
    world.standing.add(DANAS);
    const grant = await world.approve(await world.ask({ durationMs: HOUR_MS }));
    await world.pass();
    expect([await world.stateOf(grant), world.calls.includes('grant')]).toEqual(['active', false]);
  }

  test('is told to its holder and the admins once, when that somebody takes it away', async () => {
    await openOnStanding();
    expect((await found()).drifted).toEqual([]);
    world.standing.clear();

    expect((await found()).drifted).toMatchObject([{ account: { name: 'dana' } }]);
    await found();
    await world.pass();

    expect(told('access-drifted').toSorted()).toEqual([dana, mia, sam].toSorted());
    expect((await events()).filter((kind) => kind === 'entitlement.drifted')).toHaveLength(1);
    expect(world.given.size).toBe(0);
  });

  test('is opened by Hallpass then, where the catalog says restore, and ends as any other', async () => {
    await ruled('restore');
    await openOnStanding();
    world.standing.clear();
    await found();
    await world.pass();
    expect([...world.given.keys()]).toEqual([DANAS]);

    world.now += HOUR_MS;
    await world.passes(2, SECOND_MS);
    expect([...world.given.keys()]).toEqual([]);
  });
});

test('access that was opened after the backup that is restored is told of once its window is over', async () => {
  const grant = await world.approve(await world.ask());
  // The backup was made between the approval and the opening: nothing in it says whose the access is.
  world.given.set(DANAS, 0);
  await world.passes(2, SECOND_MS);
  world.now = grant.endsAt;
  await world.passes(2, SECOND_MS);
  await world.reconcile();
  await world.passes(2, SECOND_MS);

  expect(await events()).toContain('orphan.found');
  expect(told('orphans-found').filter((to) => to === mia)).toHaveLength(1);
  expect(world.given.has(DANAS)).toBe(true);
});
