import { afterEach, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import type { Grant } from '../../src/domain/grant.js';
import { asChannelId } from '../../src/domain/ids.js';
import { ConnectorError } from '../../src/ports.js';
import type { Delivered } from '../../src/ports.js';
import { convergeEntitlement } from '../../src/usecases/converge-entitlement.js';
import { endOwnGrant } from '../../src/usecases/end-grant.js';
import { dana, mia, sam } from '../support/rows.js';
import type { SmallWorld } from '../support/small-world.js';
import { accepted, makeSmallWorld } from '../support/small-world.js';

const OPS = 'C0OPS';
const WITH_CHANNEL = { alarm_channel: OPS };

let world: SmallWorld;
afterEach(async () => {
  await world.close();
});

function refuseRevocations(): void {
  world.beforeCall = async (call) => {
    if (call === 'revoke') {
      throw new ConnectorError('retryable', 'Not now.');
    }
  };
}

function works(): void {
  world.beforeCall = async () => undefined;
}

async function open(role = 'readonly'): Promise<Grant> {
  const grant = await world.approve(await world.ask({ role }));
  await world.pass();
  return grant;
}

async function end(grant: Grant): Promise<void> {
  accepted(await endOwnGrant(world.deps, { delivery: world.delivery(), by: dana, which: grant.id }));
}

function told(kind: string): string[] {
  return world.notices.filter(({ notice }) => notice.kind === kind).map(({ to }) => to);
}

test('from the third failure on the admins are told, and the alarm channel at once with them', async () => {
  world = await makeSmallWorld(WITH_CHANNEL);
  await end(await open());
  refuseRevocations();
  await world.passes(1, SECOND_MS);
  await world.passes(1, 2 * SECOND_MS);
  expect(told('revocation-stuck')).toEqual([]);

  await world.passes(4, 7 * SECOND_MS);
  expect(told('revocation-stuck').toSorted()).toEqual([OPS, mia, sam].toSorted());
});

test('one alarm a connector and hour, however many revocations are stuck in it', async () => {
  world = await makeSmallWorld(WITH_CHANNEL);
  const grants = [await open(), await open('admin')];
  await Promise.all(grants.map(end));
  refuseRevocations();
  await world.passes(3 * 12, 5 * MINUTE_MS);

  const inChannel = told('revocation-stuck').filter((to) => to === OPS);
  expect(inChannel).toHaveLength(3);
});

test('what failed is on record, and its lane free, while nobody can say who the admins are', async () => {
  world = await makeSmallWorld({}, { callTimeoutMs: 50 });
  const grant = await open();
  const [hold] = await world.deps.store.holds(grant.id);
  await end(grant);
  refuseRevocations();
  const { members } = world;
  let asked = 0;
  world.members = async () => {
    asked += 1;
    return await new Promise<never>(() => undefined);
  };
  for (let tries = 0; tries < 4; tries += 1) {
    world.now += MINUTE_MS;
    await convergeEntitlement(world.deps, hold?.entitlementId ?? grantHasNoHold());
  }
  const row = await world.deps.store.entitlement(hold?.entitlementId ?? grantHasNoHold());
  expect([row?.attempts, row?.lease, asked]).toEqual([4, null, 0]);

  // The process may die here: the alarm is owed by what the rows say.
  await world.pass();
  expect(told('revocation-stuck')).toEqual([]);
  world.members = members;
  await world.pass();
  await world.pass();
  expect(told('revocation-stuck').toSorted()).toEqual([mia, sam].toSorted());
});

function grantHasNoHold(): never {
  throw new Error('The grant holds nothing.');
}

test('an alarm channel that takes no posts costs nobody the alarm, and the admins are told of it once', async () => {
  world = await makeSmallWorld(WITH_CHANNEL);
  world.notify = async (to) =>
    to === OPS ? { kind: 'impossible', error: 'not_in_channel' } : await posted();
  await end(await open());
  refuseRevocations();
  await world.passes(2 * 12, 5 * MINUTE_MS);

  expect(told('revocation-stuck').filter((to) => to === mia).length).toBeGreaterThanOrEqual(2);
  expect(told('alarm-not-shown').toSorted()).toEqual([mia, sam].toSorted());
  const [about] = world.notices.flatMap(({ notice }) => (notice.kind === 'alarm-not-shown' ? [notice] : []));
  expect(about).toEqual({ kind: 'alarm-not-shown', channel: OPS, error: 'not_in_channel' });
});

async function posted(): Promise<Delivered> {
  return { kind: 'posted', channel: asChannelId('D0'), ts: '1.000' };
}

test('an alarm that never went out, for all was well again, keeps no place: a new failure in that hour is told', async () => {
  world = await makeSmallWorld();
  await end(await open());
  refuseRevocations();
  world.notify = async () => ({ kind: 'retry', afterMs: null, error: 'no_answer' });
  await world.passes(4, 40 * SECOND_MS);
  works();
  const { now } = world;
  await world.passes(1, 6 * MINUTE_MS);
  world.notify = posted;
  await world.passes(1, 6 * MINUTE_MS);
  expect([...told('revocation-stuck'), ...told('connector-back')]).toEqual([]);

  await end(await open());
  refuseRevocations();
  await world.passes(5, 40 * SECOND_MS);
  expect(Math.floor(world.now / HOUR_MS)).toBe(Math.floor(now / HOUR_MS));
  expect(told('revocation-stuck').toSorted()).toEqual([mia, sam].toSorted());
});

test('the all-clear comes when the last one is gone, also within the hour of the first, and to whoever was alarmed', async () => {
  world = await makeSmallWorld(WITH_CHANNEL);
  const grants = [await open(), await open('admin')];
  await Promise.all(grants.map(end));
  refuseRevocations();
  await world.passes(5, 40 * SECOND_MS);
  world.beforeCall = async (call, target) => {
    if (call === 'revoke' && target?.role === 'app_admin') {
      throw new ConnectorError('retryable', 'Not now.');
    }
  };
  await world.passes(2, 6 * MINUTE_MS);
  expect(told('connector-back')).toEqual([]);

  works();
  await world.passes(2, 6 * MINUTE_MS);
  expect(told('connector-back').toSorted()).toEqual([OPS, mia, sam].toSorted());
});

test('what gets stuck after the all-clear is told, also within the hour of the alarm before it', async () => {
  world = await makeSmallWorld(WITH_CHANNEL);
  await end(await open());
  refuseRevocations();
  await world.passes(5, 40 * SECOND_MS);
  works();
  await world.passes(2, 3 * MINUTE_MS);
  expect(told('connector-back')).toHaveLength(3);
  const before = told('revocation-stuck').length;
  const { now } = world;

  await end(await open());
  refuseRevocations();
  await world.passes(5, 40 * SECOND_MS);
  expect(Math.floor(world.now / HOUR_MS)).toBe(Math.floor(now / HOUR_MS));
  expect(told('revocation-stuck').slice(before).toSorted()).toEqual([OPS, mia, sam].toSorted());
  await world.passes(8, 40 * SECOND_MS);
  expect(told('revocation-stuck')).toHaveLength(before + 3);

  works();
  await world.passes(2, 6 * MINUTE_MS);
  expect(told('connector-back')).toHaveLength(6);
});
