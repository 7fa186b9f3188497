import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXPIRY_GRACE_MS } from '../../src/domain/schedule.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { endOwnGrant } from '../../src/usecases/end-grant.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import type { Grant } from '../../src/domain/grant.js';
import { dana } from '../support/rows.js';
import type { SmallWorld } from '../support/small-world.js';
import { accepted, makeSmallWorld, workspace } from '../support/small-world.js';

const KEY = 'orders-db/app_readonly/dana';

let world: SmallWorld;
beforeEach(async () => {
  world = await makeSmallWorld();
  world.endsItself = true;
});
afterEach(async () => {
  await world.close();
});

async function open(durationMs: number): Promise<Grant> {
  const grant = await world.approve(await world.ask({ durationMs }));
  await world.pass();
  return grant;
}

async function prolong({ id: grantId }: Grant, durationMs: number): Promise<void> {
  const more = { workspace, requester: dana, grantId, durationMs, reason: 'more' };
  const { request } = accepted(await prolongGrant(world.deps, { ...more, delivery: world.delivery() }));
  await world.approve(request);
}

async function end({ id }: Grant): Promise<void> {
  accepted(await endOwnGrant(world.deps, { delivery: world.delivery(), by: dana, which: id }));
}

async function auditKinds(): Promise<string[]> {
  return (await world.deps.store.auditEvents({ after: 0, limit: 1_000 })).map(({ kind }) => kind);
}

/** Calls of that name fail. */
function failing(name: string, error: ConnectorError): void {
  world.beforeCall = async (call) => {
    if (call === name) {
      throw error;
    }
  };
}

test('the target is told to end the access a minute after the window', async () => {
  const grant = await open(HOUR_MS);

  expect(world.given.get(KEY)).toBe(grant.endsAt + EXPIRY_GRACE_MS);
});

test('a target that cannot end access by itself is called once, also when the window grows', async () => {
  world.endsItself = false;
  const grant = await open(HOUR_MS);
  await prolong(grant, HOUR_MS);
  await world.passes(3, SECOND_MS);

  expect(world.calls.filter((call) => call === 'grant')).toHaveLength(1);
});

test("a later end moves the target's own end with it, and is read back and on record", async () => {
  const grant = await open(HOUR_MS);
  await prolong(grant, 2 * HOUR_MS);
  await world.passes(3, SECOND_MS);

  const ends = grant.endsAt + 2 * HOUR_MS + EXPIRY_GRACE_MS;
  expect(world.given.get(KEY)).toBe(ends);
  const account = { connector: 'orders-db', role: 'app_readonly', accountId: 'id-dana' };
  expect(await world.deps.store.entitlementOf(account)).toMatchObject({
    expiresAt: ends,
    seen: 'present',
    attempts: 0,
  });
  expect((await auditKinds()).filter((kind) => /renew/.test(kind))).toEqual([
    'entitlement.renewing',
    'entitlement.renewed',
  ]);
  expect(world.calls.filter((call) => call === 'grant')).toHaveLength(2);
});

test('two windows on one entitlement: the last of them counts, and when it ends early the other one', async () => {
  const short = await open(HOUR_MS);
  const long = await open(3 * HOUR_MS);
  await world.passes(1, SECOND_MS);
  expect(world.given.get(KEY)).toBe(long.endsAt + EXPIRY_GRACE_MS);

  await end(long);
  await world.passes(2, SECOND_MS);

  expect(await world.stateOf(long)).toBe('ended');
  expect(world.given.get(KEY)).toBe(short.endsAt + EXPIRY_GRACE_MS);
});

test('a target that cannot be told the later end is asked again, and the window still ends on time', async () => {
  const grant = await open(HOUR_MS);
  await prolong(grant, HOUR_MS);
  failing('grant', new ConnectorError('retryable', 'Not now.'));
  await world.passes(40, MINUTE_MS);
  expect(await world.stateOf(grant)).toBe('active');
  world.now = grant.endsAt + HOUR_MS;
  await world.passes(1, 0);

  expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);
});

test('a final error about the later end takes nothing away and does not make it ask in a circle', async () => {
  const grant = await open(HOUR_MS);
  await prolong(grant, HOUR_MS);
  failing('grant', new ConnectorError('final', 'No.'));
  world.calls.length = 0;
  await world.passes(10, SECOND_MS);

  expect(await world.stateOf(grant)).toBe('active');
  expect(world.given.has(KEY)).toBe(true);
  expect(world.calls.filter((call) => call === 'grant').length).toBeLessThan(5);
});

test('a target that cannot be told an earlier end has no stuck revocation, and nobody is alarmed', async () => {
  const short = await open(HOUR_MS);
  const long = await open(3 * HOUR_MS);
  await world.passes(1, SECOND_MS);
  world.now = short.endsAt - 20 * SECOND_MS;
  await end(long);
  failing('grant', new ConnectorError('retryable', 'Not now.'));
  await world.passes(4, 4 * SECOND_MS);
  const { store } = world.deps;
  const account = { connector: 'orders-db', role: 'app_readonly', accountId: 'id-dana' };

  // The next thing to do is the end of the other window, and what failed is not that.
  expect(await store.entitlementOf(account)).toMatchObject({ attempts: 3, direction: 'revocations' });
  expect(await store.stuckConnectors(1)).toEqual([]);
  expect(await store.countFailingRevocations()).toBe(0);
  expect(await store.failingRevocations({ offset: 0, limit: 10 })).toEqual([]);
  expect(await store.failingRevocationsIn('orders-db', 10)).toEqual([]);
  expect((await store.figures(world.now)).stuck).toEqual(new Map());
});

test('a call that came late and gave the role anew after the end is taken back', async () => {
  const grant = await open(HOUR_MS);
  await prolong(grant, HOUR_MS);
  let late = (): void => undefined;
  world.beforeCall = async (call) => {
    if (call === 'grant') {
      const expiresAt = world.now + HOUR_MS;
      late = () => void world.given.set(KEY, expiresAt);
      throw new ConnectorError('retryable', 'No answer.', { uncertain: true });
    }
  };
  await world.passes(1, SECOND_MS);
  await end(grant);
  await world.pass();
  expect(world.given.has(KEY)).toBe(false);

  late();
  await world.passes(10, 5 * SECOND_MS);

  expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);
});

test('the same holds when Hallpass dies in the midst of that call', async () => {
  const grant = await open(HOUR_MS);
  await prolong(grant, HOUR_MS);
  const { store } = world.deps;
  const commit = store.commit.bind(store);
  world.beforeCall = async (call) => {
    if (call === 'grant') {
      store.commit = async () => await Promise.reject(new Error('The process is gone.'));
      throw new ConnectorError('retryable', 'No answer.', { uncertain: true });
    }
  };
  await world.passes(1, SECOND_MS);
  store.commit = commit;
  world.beforeCall = async () => undefined;
  await store.voidLeases();
  await end(grant);
  await world.pass();
  expect(world.given.has(KEY)).toBe(false);

  world.given.set(KEY, grant.endsAt);
  await world.passes(10, 5 * SECOND_MS);

  expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);
});

test('access that somebody took away is not given anew by way of a later end, and it is on record', async () => {
  const grant = await open(HOUR_MS);
  await prolong(grant, HOUR_MS);
  world.given.delete(KEY);
  await world.passes(5, SECOND_MS);

  expect(world.given.has(KEY)).toBe(false);
  expect((await auditKinds()).filter((kind) => kind === 'entitlement.drifted')).toHaveLength(1);
  expect(await world.stateOf(grant)).toBe('active');
});
