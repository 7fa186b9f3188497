/** What was asked for, and what became of it: who sees what of it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asUserId } from '../../src/domain/ids.js';
import type { UserId } from '../../src/domain/ids.js';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../src/domain/time.js';
import type { HistoryView, WhoHasAbout } from '../../src/domain/views.js';
import { historyBody } from '../../src/slack/blocks/history.js';
import { cancelRequest } from '../../src/usecases/cancel-request.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { history } from '../../src/usecases/history.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';

const max = asUserId('U09MAX');
const ALL: WhoHasAbout = { kind: 'all' };

let world: SmallWorld;
beforeEach(async () => {
  world = await makeSmallWorld({
    groups: { watchers: { users: [max] }, others: { users: [sam] }, 'dba-leads': { users: [mia] } },
    admins: ['watchers'],
    policies: { critical: { approve: [{ from: ['others'] }] } },
  });
});
afterEach(() => world.close());

async function seen(
  viewer: UserId,
  about: WhoHasAbout = ALL,
  how: Partial<{ backMs: number; offset: number }> = {},
): Promise<HistoryView> {
  return accepted(await history(world.deps, { viewer, about, backMs: 30 * DAY_MS, offset: 0, ...how }));
}

async function idsOf(...args: Parameters<typeof seen>): Promise<string[]> {
  return (await seen(...args)).items.map(({ request }) => request.id);
}

/** One that ended, one that was denied, one that was taken back, and one that waits. */
async function story() {
  const kept = await world.ask();
  await world.approve(kept);
  await world.pass();
  world.now += HOUR_MS;
  await world.passes(2, SECOND_MS);
  const denied = await world.ask({ requester: lee, beneficiary: lee });
  const no = { termsVersion: 1, verdict: 'deny', reason: 'use the replica', durationMs: null } as const;
  accepted(
    await decideRequest(world.deps, {
      ...no,
      requestId: denied.id,
      approver: mia,
      delivery: world.delivery(),
    }),
  );
  world.now += HOUR_MS;
  const back = await world.ask({ role: 'admin' });
  await cancelRequest(world.deps, { by: dana, which: back.id, delivery: world.delivery() });
  world.now += HOUR_MS;
  const waits = await world.ask();
  return { kept: kept.id, denied: denied.id, back: back.id, waits: waits.id };
}

test('admins see everything, newest first, with what became of it and by whose leave', async () => {
  const { kept, denied, back, waits } = await story();

  expect(await idsOf(max)).toEqual([waits, back, denied, kept]);
  const { text } = historyBody(await seen(max));
  expect(text).toContain('*4 requests* in the last 30 d');
  expect(text).toMatch(/approved for 30 min, kept to the end, approved by <@U01MIA>/);
  expect(text).toMatch(/denied, by <@U01MIA>/);
  expect(text).toMatch(/, cancelled · /);
  expect(text).toMatch(/, waits · /);
});

test('others see what was for themselves', async () => {
  const { kept, denied, back, waits } = await story();

  expect(await idsOf(dana)).toEqual([waits, back, kept]);
  expect(await idsOf(lee)).toEqual([denied]);
  expect(await idsOf(dana, { kind: 'person', userId: lee })).toEqual([]);
  expect(historyBody(await seen(dana, { kind: 'person', userId: lee })).text).toContain(
    'Nothing for <@U04LEE> was asked for in the last 30 d, as far as you may see.',
  );
});

test('whoever approves a role sees what was asked for of it, and of no other', async () => {
  const { kept, denied, back, waits } = await story();
  const readonly = { kind: 'role', resource: 'prod-db', role: 'readonly' } as const;
  const admin = { ...readonly, role: 'admin' } as const;

  expect(await idsOf(mia, readonly)).toEqual([waits, denied, kept]);
  expect(await idsOf(mia, { kind: 'resource', resource: 'prod-db' })).toEqual([waits, denied, kept]);
  expect(await idsOf(mia, { kind: 'person', userId: lee })).toEqual([denied]);
  expect(await idsOf(sam, { kind: 'person', userId: dana })).toEqual([back]);
  expect(await idsOf(dana, readonly)).toEqual([waits, kept]);
  expect(await history(world.deps, { viewer: mia, about: admin, backMs: DAY_MS, offset: 0 })).toMatchObject({
    refusal: { code: 'not-eligible', roleKey: 'prod-db:admin' },
  });
});

test('it goes back as far as was asked, in pages', async () => {
  const { waits, back } = await story();

  expect(await idsOf(max, ALL, { backMs: HOUR_MS })).toEqual([waits, back]);
  for (let count = 0; count < 7; count += 1) {
    const request = await world.ask({ resource: 'playground', role: 'viewer' });
    await cancelRequest(world.deps, { by: dana, which: request.id, delivery: world.delivery() });
    world.now += SECOND_MS;
  }
  expect(await seen(max)).toMatchObject({ total: 11, offset: 0 });
  expect((await seen(max)).items).toHaveLength(8);
  expect((await seen(max, ALL, { offset: 8 })).items).toHaveLength(3);
  expect(await seen(max, ALL, { offset: 800 })).toMatchObject({ offset: 8 });
});
