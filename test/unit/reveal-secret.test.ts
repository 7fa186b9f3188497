import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Grant } from '../../src/domain/grant.js';
import { asGrantId } from '../../src/domain/ids.js';
import type { UserId } from '../../src/domain/ids.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { endOwnGrant } from '../../src/usecases/end-grant.js';
import { revealSecret } from '../../src/usecases/reveal-secret.js';
import { dana, mia } from '../support/rows.js';
import type { SmallWorld } from '../support/small-world.js';
import { accepted, makeSmallWorld } from '../support/small-world.js';

let world: SmallWorld;
beforeEach(async () => {
  world = await makeSmallWorld();
  world.issuesSecrets = true;
});
afterEach(async () => {
  await world.close();
});

async function open(): Promise<Grant> {
  const grant = await world.approve(await world.ask({ durationMs: HOUR_MS }));
  await world.pass();
  return grant;
}

/** What a click on the button shows: the secret, or why not. */
async function click(
  grant: Pick<Grant, 'id'>,
  by: UserId = dana,
  delivery = world.delivery(),
): Promise<string[]> {
  const outcome = await revealSecret(world.deps, { delivery, by, grantId: grant.id });
  return outcome.ok
    ? outcome.value.secrets.flatMap(({ fields }) => fields.map(({ value }) => value.reveal()))
    : [outcome.refusal.code];
}

async function audited(): Promise<string[]> {
  const events = await world.deps.store.auditEvents({ after: 0, limit: 1_000 });
  return events.flatMap(({ kind, actor }) =>
    kind.startsWith('secret.') ? [`${kind} ${actor.kind === 'person' ? actor.userId : actor.kind}`] : [],
  );
}

test('the holder is shown a secret, a second click makes a new one, and both are on record', async () => {
  const grant = await open();

  expect(await click(grant)).toEqual(['secret-1']);
  expect(await click(grant)).toEqual(['secret-2']);
  expect(await audited()).toEqual([
    `secret.revealing ${dana}`,
    `secret.revealed ${dana}`,
    `secret.revealing ${dana}`,
    `secret.revealed ${dana}`,
  ]);
});

test('one click that Slack delivers twice makes one secret', async () => {
  const grant = await open();
  const delivery = world.delivery();

  expect(await click(grant, dana, delivery)).toEqual(['secret-1']);
  expect(await click(grant, dana, delivery)).toEqual(['already-handled']);
  expect(world.secrets).toHaveLength(1);
});

test('nobody else is shown it, not even who approved it, and the try is on record', async () => {
  const grant = await open();

  expect(await click(grant, mia)).toEqual(['not-your-grant']);
  expect(world.secrets).toEqual([]);
  expect(await audited()).toEqual([`secret.refused ${mia}`]);
});

test('there is none before the access is open, and none after its end', async () => {
  const grant = await world.approve(await world.ask({ durationMs: HOUR_MS }));
  expect(await click(grant)).toEqual(['grant-not-active']);
  await world.pass();
  accepted(await endOwnGrant(world.deps, { delivery: world.delivery(), by: dana, which: grant.id }));
  expect(await click(grant)).toEqual(['grant-over']);

  const other = await open();
  world.now = other.endsAt;
  expect(await click(other)).toEqual(['grant-over']);
  expect(await click({ id: asGrantId('G-NONE') })).toEqual(['unknown-grant']);
  expect(world.secrets).toEqual([]);
});

test('a secret whose window closes while the target makes it is not shown', async () => {
  const grant = await open();
  world.beforeCall = async (call) => {
    if (call === 'reveal') {
      accepted(await endOwnGrant(world.deps, { delivery: world.delivery(), by: dana, which: grant.id }));
    }
  };

  expect(await click(grant)).toEqual(['grant-over']);
});

test('a secret that could not be recorded is not shown', async () => {
  const grant = await open();
  const { store } = world.deps;
  world.beforeCall = async (call) => {
    if (call === 'reveal') {
      store.commit = async () => await Promise.reject(new Error('The disk is full.'));
    }
  };

  await expect(click(grant)).rejects.toThrow('The disk is full.');
});

test('a target that cannot make one is named, with whether it helps to try again', async () => {
  const grant = await open();
  const failing = (kind: 'unreachable' | 'final') => async (call: string) => {
    if (call === 'reveal') {
      throw new ConnectorError(kind, 'No.');
    }
  };

  world.beforeCall = failing('unreachable');
  expect(await click(grant)).toEqual(['target-unavailable']);
  world.beforeCall = failing('final');
  expect(await click(grant)).toEqual(['target-refuses']);
});

test('access through an account of their own needs none', async () => {
  world.issuesSecrets = false;
  const other = await makeSmallWorld();
  const grant = await other.approve(await other.ask({ durationMs: 30 * MINUTE_MS }));
  await other.pass();
  const outcome = await revealSecret(other.deps, { delivery: 'd', by: dana, grantId: grant.id });
  await other.close();

  expect(outcome).toMatchObject({ ok: false, refusal: { code: 'no-secret' } });
});
