import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { dana } from '../support/rows.js';
import type { SmallWorld } from '../support/small-world.js';
import { accepted, makeSmallWorld, workspace } from '../support/small-world.js';

let world: SmallWorld;
beforeEach(async () => {
  world = await makeSmallWorld();
});
afterEach(async () => {
  await world.close();
});

/** Time passes during the calls of that name. */
function slow(name: string, ms: number, error?: ConnectorError): void {
  world.beforeCall = async (call) => {
    if (call !== name) {
      return;
    }
    world.now += ms;
    if (error !== undefined) {
      throw error;
    }
  };
}

function works(): void {
  world.beforeCall = async () => undefined;
}

test('a window that passes while its opening waits for an answer is closed, and told', async () => {
  const grant = await world.approve(await world.ask());
  slow('check', HOUR_MS, new ConnectorError('retryable', 'No answer.'));
  await world.pass();
  works();
  await world.passes(3, MINUTE_MS);

  expect(await world.stateOf(grant)).toBe('failed');
  expect(world.notices.map(({ notice }) => notice.kind)).toEqual(['grant-not-opened']);
});

test('a window that passes while another one on the same role is being opened is closed', async () => {
  const short = await world.approve(await world.ask({ durationMs: MINUTE_MS }));
  await world.pass();
  world.now += 59 * SECOND_MS;
  const long = await world.approve(await world.ask({ durationMs: 4 * HOUR_MS }));
  slow('check', 2 * SECOND_MS);
  await world.pass();
  works();
  await world.passes(1, SECOND_MS);

  expect([await world.stateOf(short), await world.stateOf(long)]).toEqual(['ended', 'active']);
});

test('a window that is over is closed also when another one on the same role is prolonged before that', async () => {
  const short = await world.approve(await world.ask({ durationMs: MINUTE_MS }));
  const long = await world.approve(await world.ask({ durationMs: HOUR_MS }));
  await world.passes(1, 10 * SECOND_MS);
  const more = { workspace, requester: dana, grantId: long.id, durationMs: HOUR_MS, reason: 'more' };
  const { request } = accepted(await prolongGrant(world.deps, { ...more, delivery: world.delivery() }));
  world.now = short.endsAt;
  await world.approve(request);
  await world.passes(1, SECOND_MS);

  expect([await world.stateOf(short), await world.stateOf(long)]).toEqual(['ended', 'active']);
});
