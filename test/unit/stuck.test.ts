import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Entitlement } from '../../src/domain/entitlement.js';
import type { Grant } from '../../src/domain/grant.js';
import { asEntitlementId } from '../../src/domain/ids.js';
import type { UserId } from '../../src/domain/ids.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { isWordTaken } from '../../src/domain/stuck.js';
import { askStuck } from '../../src/usecases/ask-stuck.js';
import { endOwnGrant } from '../../src/usecases/end-grant.js';
import { listStuck } from '../../src/usecases/list-stuck.js';
import { markRemoved, removalForm, retryStuck } from '../../src/usecases/unstick.js';
import { whoHas } from '../../src/usecases/who-has.js';
import { dana, lee, mia } from '../support/rows.js';
import type { SmallWorld } from '../support/small-world.js';
import { accepted, makeSmallWorld } from '../support/small-world.js';

const KEY = 'orders-db/app_readonly/dana';
const REASON = 'dropped by the DBA, seen in pg_roles';
const GONE_ACCOUNT = new ConnectorError('unknown-account', 'There is no account dana any more.');

let world: SmallWorld;
beforeEach(async () => {
  world = await makeSmallWorld();
});
afterEach(async () => {
  await world.close();
});

type CallName = Parameters<SmallWorld['beforeCall']>[0];

function fails(error: ConnectorError, ...calls: readonly CallName[]): void {
  world.beforeCall = async (call) => {
    if (calls.includes(call)) {
      throw error;
    }
  };
}

function works(): void {
  world.beforeCall = async () => undefined;
}

/** A grant of dana's whose revocation has failed four times by now. */
async function stuck(error = GONE_ACCOUNT, ...calls: readonly CallName[]): Promise<Grant> {
  const grant = await world.approve(await world.ask());
  await world.pass();
  accepted(await endOwnGrant(world.deps, { delivery: world.delivery(), by: dana, which: grant.id }));
  fails(error, ...(calls.length === 0 ? (['revoke', 'check', 'resolve'] as const) : calls));
  await world.passes(5, 40 * SECOND_MS);
  return grant;
}

async function row(): Promise<Entitlement> {
  const key = { connector: 'orders-db', role: 'app_readonly', accountId: 'id-dana' };
  const found = await world.deps.store.entitlementOf(key);
  if (found === null) {
    throw new Error('There is no such row.');
  }
  return found;
}

async function mark(by: UserId = mia, reason = REASON) {
  const { id: entitlementId } = await row();
  return await markRemoved(world.deps, { delivery: world.delivery(), by, entitlementId, reason });
}

async function retry(by: UserId = mia) {
  const { id: entitlementId } = await row();
  return await retryStuck(world.deps, { delivery: world.delivery(), by, entitlementId });
}

async function audited(kind: string) {
  const events = await world.deps.store.auditEvents({ after: 0, limit: 1_000 });
  return events.filter((event) => event.kind === kind);
}

function toldLately(kind: string, since: number): number {
  return world.notices.slice(since).filter(({ notice }) => notice.kind === kind).length;
}

test('marked as removed, and read back as gone: it ends as any other, and says so', async () => {
  const grant = await stuck();
  world.given.delete(KEY);
  works();

  expect(accepted(await mark()).outcome).toBe('gone');
  expect(await world.stateOf(grant)).toBe('ended');
  expect(await row()).toMatchObject({ ours: false, seen: 'absent', byHand: null });
  expect(await audited('entitlement.revoked')).toHaveLength(1);
});

test('a target that no longer lets Hallpass revoke may still let it look: what is gone is known as gone', async () => {
  const grant = await stuck(new ConnectorError('final', 'No right to revoke.'), 'revoke');
  world.given.delete(KEY);

  expect(accepted(await mark()).outcome).toBe('gone');
  expect(await world.stateOf(grant)).toBe('ended');
});

test('marked as removed, and still there: the mark is not kept, and it is tried and alarmed about as before', async () => {
  const grant = await stuck(new ConnectorError('final', 'No right to revoke.'), 'revoke');

  expect(accepted(await mark()).outcome).toBe('there');
  expect(await row()).toMatchObject({ ours: true, byHand: null });
  expect(await audited('entitlement.still-there')).toMatchObject([{ facts: { markedBy: mia } }]);
  const told = world.notices.length;
  await world.passes(13, 5 * MINUTE_MS);
  expect(await world.stateOf(grant)).toBe('ending');
  expect(toldLately('revocation-stuck', told)).toBeGreaterThan(0);

  works();
  await world.passes(2, 6 * MINUTE_MS);
  expect([await world.stateOf(grant), world.given.size]).toEqual(['ended', 0]);
});

test.each([
  ['does not know the account', GONE_ACCOUNT],
  ['is another system', new ConnectorError('wrong-target', 'It is another system.')],
  ['cannot be reached', new ConnectorError('unreachable', 'Nothing answers.')],
  ['refuses for good', new ConnectorError('final', 'No.')],
])(
  'marked while the target %s: the word of the admin ends the grant, and is never called revoked',
  async (_how, error) => {
    const grant = await stuck(error);

    expect(accepted(await mark()).outcome).toBe('taken');
    expect(await world.stateOf(grant)).toBe('ended');
    expect(await row()).toMatchObject({
      ours: true,
      byHand: { by: { kind: 'person', userId: mia }, at: world.now },
    });
    const [statement] = await audited('entitlement.removed-by-hand');
    expect(statement).toMatchObject({
      actor: { kind: 'person', userId: mia },
      text: REASON,
      facts: { error: error.kind },
    });
    expect(await audited('entitlement.unconfirmed')).toHaveLength(1);
    expect(await audited('entitlement.revoked')).toHaveLength(0);

    await world.passes(2, SECOND_MS);
    const card = world.cards.filter(({ view }) => view.grant?.id === grant.id).at(-1);
    expect(card?.view.entitlements).toMatchObject([{ byHand: { by: { userId: mia } } }]);
    const holding = accepted(
      await whoHas(world.deps, { viewer: mia, about: { kind: 'resource', resource: 'prod-db' }, offset: 0 }),
    );
    expect(holding).toMatchObject({
      holders: [],
      marked: [{ account: 'dana', byHand: { by: { userId: mia } } }],
    });
  },
);

test('while a mark stands there are no alarms, and a look every five minutes at most', async () => {
  await stuck(new ConnectorError('unreachable', 'Nothing answers.'));
  accepted(await mark());
  const told = world.notices.length;
  const calls = world.calls.filter((call) => call === 'revoke').length;
  await world.passes(120, MINUTE_MS);

  expect(world.calls.filter((call) => call === 'revoke').length - calls).toBeLessThanOrEqual(24);
  expect(world.calls.filter((call) => call === 'revoke').length - calls).toBeGreaterThan(10);
  expect(toldLately('revocation-stuck', told)).toBe(0);
  expect(await world.deps.store.unreachableConnectors()).toEqual([]);
});

test('a later look that reads it back as gone clears the mark', async () => {
  await stuck();
  accepted(await mark());
  world.given.delete(KEY);
  works();
  await world.passes(1, 7 * MINUTE_MS);

  expect(await row()).toMatchObject({ ours: false, seen: 'absent', byHand: null, nextAt: null });
  expect(await audited('entitlement.revoked')).toHaveLength(1);
});

test('a later look that finds it there clears the mark too: it is revoked, and alarmed about while that fails', async () => {
  await stuck();
  accepted(await mark());
  fails(new ConnectorError('final', 'No right to revoke.'), 'revoke');
  const told = world.notices.length;
  await world.passes(1, 7 * MINUTE_MS);
  expect(await row()).toMatchObject({ ours: true, byHand: null });
  await world.passes(3, SECOND_MS + HOUR_MS);
  expect(toldLately('revocation-stuck', told)).toBeGreaterThan(0);

  works();
  await world.passes(1, 7 * MINUTE_MS);
  expect([(await row()).ours, world.given.size]).toEqual([false, 0]);
});

test('a mark that comes while a call is under way is looked into by a call of its own', async () => {
  const grant = await stuck(new ConnectorError('final', 'No right to revoke.'), 'revoke');
  const { id: entitlementId } = await row();
  world.beforeCall = async (call) => {
    if (call === 'revoke') {
      fails(new ConnectorError('final', 'No right to revoke.'), 'revoke');
      const by = { kind: 'operator', name: 'root' } as const;
      accepted(await askStuck(world.deps, { entitlementId, by, removed: { reason: REASON } }));
      throw new ConnectorError('unreachable', 'Nothing answers.');
    }
  };
  await world.passes(1, 6 * MINUTE_MS);
  expect([await world.stateOf(grant), (await row()).byHand?.by]).toEqual([
    'ending',
    { kind: 'operator', name: 'root' },
  ]);

  await world.pass();
  expect([await world.stateOf(grant), (await row()).byHand]).toEqual(['ending', null]);
});

test('a mark is not taken while no look has come since it, however often it is tried', async () => {
  await stuck(new ConnectorError('final', 'No right to revoke.'), 'revoke');
  const { id: entitlementId } = await row();
  const by = { kind: 'operator', name: 'root' } as const;
  world.beforeCall = async (call) => {
    if (call === 'revoke') {
      accepted(await askStuck(world.deps, { entitlementId, by, removed: { reason: REASON } }));
      world.now += SECOND_MS;
      throw new ConnectorError('retryable', 'Not now.');
    }
  };
  await world.passes(1, 6 * MINUTE_MS);
  expect([(await row()).byHand?.by, isWordTaken(await row())]).toEqual([by, false]);

  world.now += SECOND_MS;
  accepted(await askStuck(world.deps, { entitlementId, by, removed: null }));
  expect(isWordTaken(await row())).toBe(false);
});

test('a mark is not taken while the look that it asks for is under way', async () => {
  await stuck(new ConnectorError('final', 'No right to revoke.'), 'revoke');
  const { id: entitlementId } = await row();
  const by = { kind: 'operator', name: 'root' } as const;
  accepted(await askStuck(world.deps, { entitlementId, by, removed: { reason: REASON } }));
  let taken: boolean | null = null;
  world.beforeCall = async (call) => {
    if (call === 'revoke') {
      taken = isWordTaken(await row());
    }
  };
  await world.passes(1, SECOND_MS);

  expect(taken).toBe(false);
});

test('the command line marks beside the running bot, whose next pass takes it up', async () => {
  const grant = await stuck();
  const { id: entitlementId } = await row();
  const by = { kind: 'operator', name: 'root' } as const;
  accepted(await askStuck(world.deps, { entitlementId, by, removed: { reason: REASON } }));
  expect(await world.stateOf(grant)).toBe('ending');
  await world.pass();

  expect(await world.stateOf(grant)).toBe('ended');
  expect(await audited('entitlement.removed-by-hand')).toMatchObject([{ actor: by, text: REASON }]);
});

test('access that is marked can be asked for and given anew', async () => {
  await stuck();
  accepted(await mark());
  world.given.delete(KEY);
  works();
  const again = await world.approve(await world.ask());
  await world.pass();

  expect([await world.stateOf(again), world.given.size]).toEqual(['active', 1]);
  expect((await row()).byHand).toBeNull();
});

test('in another target of that name, too: what somebody else gave there is standing access', async () => {
  await stuck(new ConnectorError('wrong-target', 'It is another system.'));
  accepted(await mark());
  const connector = world.deps.connectors.get('orders-db');
  if (connector === undefined) {
    throw new Error('There is no such connector.');
  }
  connector.resolve = async (account) => ({
    account: { id: `id-${account}`, name: account },
    fingerprint: 'the new one',
  });
  connector.check = async () => ({ state: 'present', expiresAt: null });
  works();
  const again = await world.approve(await world.ask({ durationMs: MINUTE_MS }));
  await world.pass();
  world.calls.length = 0;
  await world.passes(2, MINUTE_MS);

  expect(await world.stateOf(again)).toBe('ended');
  expect(await row()).toMatchObject({ fingerprint: 'the new one', ours: false });
  expect(world.calls).not.toContain('revoke');
});

test('without a mark, access in another target of that name waits until the old one has ended', async () => {
  await stuck(new ConnectorError('wrong-target', 'It is another system.'));
  const connector = world.deps.connectors.get('orders-db');
  works();
  if (connector !== undefined) {
    connector.resolve = async (account) => ({
      account: { id: `id-${account}`, name: account },
      fingerprint: 'the new one',
    });
  }
  const request = await world.ask();
  await expect(world.approve(request)).rejects.toThrow('target-refuses');
});

test('the catalog may drop a connector once all that is left in it is marked', async () => {
  await stuck(new ConnectorError('unreachable', 'Nothing answers.'));
  expect(await world.deps.store.connectorsInUse()).toMatchObject([{ connector: 'orders-db' }]);
  accepted(await mark());

  expect(await world.deps.store.connectorsInUse()).toEqual([]);
});

test('retry now asks the target at once, and says what came of it', async () => {
  const grant = await stuck(new ConnectorError('final', 'No right to revoke.'), 'revoke');
  expect(accepted(await retry())).toMatchObject({
    outcome: 'failing',
    stuck: { error: { text: 'No right to revoke.' } },
  });
  works();

  expect(accepted(await retry()).outcome).toBe('gone');
  expect(await world.stateOf(grant)).toBe('ended');
  expect(await audited('entitlement.retried')).toMatchObject([
    { actor: { userId: mia } },
    { actor: { userId: mia } },
  ]);
});

test('only admins act on what is stuck; what was refused is on record', async () => {
  await stuck();
  for (const refused of [await mark(dana), await retry(dana), await removalFormOf(dana)]) {
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'not-an-admin', sees: false } });
  }
  expect(await audited('stuck.refused')).toHaveLength(2);
  expect((await row()).byHand).toBeNull();
});

async function removalFormOf(viewer: UserId) {
  return await removalForm(world.deps, { viewer, entitlementId: (await row()).id });
}

test('a mark needs a reason, and something that is stuck', async () => {
  await stuck();
  expect(await mark(mia, ' ')).toMatchObject({ refusal: { code: 'removal-reason-missing' } });
  const nothing = asEntitlementId('E-nothing');
  const input = { delivery: world.delivery(), by: mia, entitlementId: nothing, reason: REASON };
  expect(await markRemoved(world.deps, input)).toMatchObject({ refusal: { code: 'unknown-entitlement' } });
  works();
  accepted(await retry());

  expect(await mark()).toMatchObject({ refusal: { code: 'not-stuck', account: 'dana' } });
  expect(await removalFormOf(mia)).toMatchObject({ refusal: { code: 'unknown-entitlement' } });
});

test('the list names each stuck revocation with what to know about it, for admins and auditors alone', async () => {
  await world.close();
  world = await makeSmallWorld({ groups: { audit: { users: ['U04LEE'] } }, auditors: ['audit'] });
  await stuck();

  const page = accepted(await listStuck(world.deps, { viewer: mia, offset: 0 }));
  expect(page).toMatchObject({
    total: 1,
    mayAct: true,
    stuck: [
      {
        connector: 'orders-db',
        role: 'app_readonly',
        account: { name: 'dana' },
        holder: dana,
        kind: 'unknown-account',
        failing: { attempts: 4, text: 'There is no account dana any more.' },
      },
    ],
  });
  expect(accepted(await listStuck(world.deps, { viewer: lee, offset: 50 }))).toMatchObject({
    mayAct: false,
    offset: 0,
  });
  expect(await listStuck(world.deps, { viewer: dana, offset: 0 })).toMatchObject({
    refusal: { code: 'not-an-admin' },
  });
  expect(await retry(lee)).toMatchObject({ refusal: { code: 'not-an-admin', sees: true } });
});

test('a retry that meets a new window does not call its access gone', async () => {
  await stuck();
  works();
  const { id: entitlementId } = await row();
  const store = { ...world.deps.store };
  const request = await world.ask();
  let raced = false;
  world.deps.store.commit = async (change) => {
    const outcome = await store.commit(change);
    if (!raced && change.audit.some(({ kind }) => kind === 'entitlement.retried')) {
      raced = true;
      await world.approve(request);
    }
    return outcome;
  };

  const asked = await retryStuck(world.deps, { delivery: world.delivery(), by: mia, entitlementId });

  expect([raced, world.given.has(KEY)]).toEqual([true, true]);
  expect(accepted(asked).outcome).not.toBe('gone');
});
