import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallErrorKind } from '../../src/domain/entitlement.js';
import { openBefore } from '../../src/domain/grant-life.js';
import type { Grant } from '../../src/domain/grant.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { dana, lee, mia } from '../support/rows.js';
import type { SmallWorld } from '../support/small-world.js';
import { makeSmallWorld } from '../support/small-world.js';

test.each([
  [1 * SECOND_MS, 500],
  [9 * MINUTE_MS, 4.5 * MINUTE_MS],
  [10 * MINUTE_MS, 5 * MINUTE_MS],
  [10 * MINUTE_MS + 2, 5 * MINUTE_MS],
  [50 * MINUTE_MS, 5 * MINUTE_MS],
  [50 * MINUTE_MS + 10, 5 * MINUTE_MS + 1],
  [4 * HOUR_MS, 24 * MINUTE_MS],
])('a window of %i ms is tried for %i ms', (windowMs, triedMs) => {
  expect(openBefore(1_000, 1_000 + windowMs)).toBe(1_000 + triedMs);
});

let world: SmallWorld;
beforeEach(async () => {
  world = await makeSmallWorld({ policies: { standard: { for_others: true } } });
});
afterEach(async () => {
  await world.close();
});

async function approved(durationMs = 30 * MINUTE_MS): Promise<Grant> {
  return await world.approve(await world.ask({ durationMs }));
}

function fails(kind: CallErrorKind, text = 'Not now.'): void {
  world.beforeCall = async (call) => {
    if (call === 'grant') {
      throw new ConnectorError(kind, text);
    }
  };
}

async function reasonOf(grant: Grant): Promise<string | null | undefined> {
  const found = await world.deps.store.grant(grant.id);
  return found !== null && 'ending' in found ? found.ending.reason : undefined;
}

describe('what may pass is tried', () => {
  test.each([
    ['five minutes', 30 * MINUTE_MS, 5 * MINUTE_MS],
    ['a tenth of a long window', 4 * HOUR_MS, 24 * MINUTE_MS],
    ['half of a short one', 2 * MINUTE_MS, MINUTE_MS],
  ])('for %s, and given up to the millisecond', async (_what, windowMs, triedMs) => {
    const grant = await approved(windowMs);
    fails('unreachable');
    while (world.now + 20 * SECOND_MS < grant.startsAt + triedMs) {
      await world.passes(1, 20 * SECOND_MS);
    }
    world.now = grant.startsAt + triedMs - 1;
    await world.pass();
    expect(await world.stateOf(grant)).toBe('opening');

    world.now += 1;
    const calls = world.calls.filter((call) => call === 'grant').length;
    await world.passes(2, 0);
    expect(await world.stateOf(grant)).toBe('failed');
    expect(world.calls.filter((call) => call === 'grant')).toHaveLength(calls);
    expect(await reasonOf(grant)).toBe('Not now. Have orders-db brought back, then ask again.');
  });

  test('a call that hangs across that moment is the last: its effect is taken back when its answer is lost', async () => {
    const grant = await approved(2 * MINUTE_MS);
    world.now = grant.openBefore - SECOND_MS;
    world.beforeCall = async (call) => {
      if (call === 'grant') {
        world.now += 10 * SECOND_MS;
        world.given.set('orders-db/app_readonly/dana', 0);
        throw new ConnectorError('retryable', 'No answer within 10 s.', { uncertain: true });
      }
    };
    await world.pass();
    expect(world.now).toBeGreaterThan(grant.openBefore);
    await world.passes(6, 5 * SECOND_MS);

    expect([await world.stateOf(grant), world.given.size]).toEqual(['failed', 0]);
    expect(world.calls.filter((call) => call === 'grant')).toHaveLength(1);
  });

  test('a look that hangs across that moment is followed by no grant call', async () => {
    const grant = await approved(2 * MINUTE_MS);
    world.now = grant.openBefore - SECOND_MS;
    world.beforeCall = async (call) => {
      if (call === 'check') {
        world.now += 10 * SECOND_MS;
      }
    };
    await world.passes(3, SECOND_MS);

    expect(world.calls).not.toContain('grant');
    expect(await world.stateOf(grant)).toBe('failed');
  });
});

describe('what will not pass fails at once', () => {
  test.each<[CallErrorKind, string]>([
    ['final', 'There is no role x. Have an admin put that right in orders-db, then ask again.'],
    [
      'unknown-account',
      'There is no role x. Have the account made in orders-db, or mapped in the catalog, then ask again.',
    ],
    [
      'wrong-target',
      'There is no role x. Have an admin see which system orders-db leads to, then ask again.',
    ],
  ])('%s: with the next step', async (kind, reason) => {
    const grant = await approved();
    fails(kind, 'There is no role x');
    await world.passes(2, SECOND_MS);

    expect(await world.stateOf(grant)).toBe('failed');
    expect(await reasonOf(grant)).toBe(reason);
  });

  test('who asked, who was to get it and who approved are told, and the card is drawn again', async () => {
    const request = await world.ask({ requester: lee, beneficiary: dana });
    fails('final', 'There is no role x');
    const grant = await world.approve(request);
    await world.passes(4, SECOND_MS);

    const told = world.notices.filter(({ notice }) => notice.kind === 'grant-not-opened');
    expect(told.map(({ to }) => to).toSorted()).toEqual([dana, lee, mia].toSorted());
    const card = world.cards.filter(({ kind }) => kind === 'request-card').at(-1);
    expect(card?.view.grant).toMatchObject({ id: grant.id, state: 'failed' });
  });
});
