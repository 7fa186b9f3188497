import { afterEach, beforeEach, expect, test } from 'vitest';
import { shorterTimes } from '../../src/domain/approval.js';
import type { PendingRequest } from '../../src/domain/request.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { dana, mia } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace, type SmallWorld } from '../support/small-world.js';

let world: SmallWorld;
beforeEach(async () => {
  world = await makeSmallWorld();
});
afterEach(async () => await world.close());

async function approveFor({ id: requestId }: Pick<PendingRequest, 'id'>, durationMs: number) {
  const vote = { requestId, termsVersion: 1, approver: mia, verdict: 'approve', reason: null } as const;
  return accepted(await decideRequest(world.deps, { ...vote, durationMs, delivery: world.delivery() })).grant;
}

test('the window and a prolongation are as long as the approver gave, and the audit says so', async () => {
  const opened = await approveFor(await world.ask({ durationMs: 2 * HOUR_MS }), 30 * MINUTE_MS);
  expect((opened?.endsAt ?? 0) - (opened?.startsAt ?? 0)).toBe(30 * MINUTE_MS);

  await world.passes(1, SECOND_MS);
  if (opened === null) {
    throw new Error('Nothing was opened.');
  }
  const more = { workspace, requester: dana, grantId: opened.id, durationMs: HOUR_MS, reason: 'more' };
  const { request } = accepted(await prolongGrant(world.deps, { ...more, delivery: world.delivery() }));
  const prolonged = await approveFor(request, 15 * MINUTE_MS);
  expect((prolonged?.endsAt ?? 0) - opened.endsAt).toBe(15 * MINUTE_MS);

  const events = await world.deps.store.auditEvents({ after: 0, limit: 100 });
  const given = events
    .filter(({ kind }) => kind === 'request.approved')
    .map(({ facts }) => facts['durationMs']);
  expect(given).toEqual([30 * MINUTE_MS, 15 * MINUTE_MS]);
});

test.each([
  [2 * HOUR_MS, MINUTE_MS, [60, 30, 15]],
  [45 * MINUTE_MS, MINUTE_MS, [30, 23, 15]],
  [4 * HOUR_MS, HOUR_MS, [120, 60]],
  [15 * MINUTE_MS, 10 * MINUTE_MS, []],
  [6 * SECOND_MS, SECOND_MS, []],
])('of %d ms with a minimum of %d ms, less is offered in round times', (asked, min, minutes) => {
  expect(shorterTimes(asked, min).map((ms) => ms / MINUTE_MS)).toEqual(minutes);
});
