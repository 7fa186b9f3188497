/** Two Slack users on one account of a target are one person there, by what the map says at each click. */
import { afterEach, describe, expect, test } from 'vitest';
import type { RequestId, UserId } from '../../src/domain/ids.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { explainRole } from '../../src/usecases/explain-role.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

let world: SmallWorld;
afterEach(() => world.close());

const TWO = { standard: { approve: [{ from: ['dba-leads'], count: 2 }] } };

/** From now on their e-mail is one that gives them this account. */
function uses(userId: UserId, account: string): void {
  const usual = world.person;
  world.person = (one) => ({ ...usual(one), ...(one === userId ? { email: `${account}@example.com` } : {}) });
}

async function open(change: CatalogChange = {}): Promise<void> {
  world = await makeSmallWorld({
    groups: { 'dba-leads': { users: [mia, sam, lee] }, engineers: { users: [dana, mia] } },
    ...change,
  });
}

async function approves(requestId: RequestId, approver: UserId) {
  const how = { termsVersion: 1, verdict: 'approve', reason: null, durationMs: null } as const;
  return await decideRequest(world.deps, { ...how, requestId, approver, delivery: world.delivery() });
}

async function filledBy(id: RequestId): Promise<unknown> {
  return (await loadRequestCard(world.deps, id))?.steps.map((step) => step.filledBy);
}

describe('an approval', () => {
  test('counts no more once its voter uses the account that it is for, on the card and at the next click', async () => {
    await open({ policies: TWO });
    const { id } = await world.ask();
    accepted(await approves(id, mia));
    expect(await filledBy(id)).toEqual([[mia]]);
    uses(mia, 'dana');

    expect(await filledBy(id)).toEqual([[]]);
    expect(await approves(id, sam)).toMatchObject({ value: { grant: null } });
    expect(await loadRequestCard(world.deps, id)).toMatchObject({
      steps: [{ filledBy: [sam] }],
      ping: [lee],
    });
    expect(accepted(await approves(id, lee)).grant).not.toBeNull();
  });

  test('counts once for two voters who use one account by now', async () => {
    await open({ policies: { standard: { approve: [{ from: ['dba-leads'], count: 3 }] } } });
    const { id } = await world.ask();
    accepted(await approves(id, mia));
    accepted(await approves(id, sam));
    uses(sam, 'mia');

    expect(await filledBy(id)).toEqual([[mia]]);
    expect(await approves(id, lee)).toMatchObject({ value: { grant: null } });
  });
});

describe('a request that nobody could approve', () => {
  const ONE = {
    groups: { 'dba-leads': { users: [mia] }, engineers: { users: [dana, lee] } },
    admins: ['engineers'],
  };

  test('because the only approver uses the account that it is for is refused when it is made', async () => {
    await open(ONE);
    uses(mia, 'dana');

    expect(await world.submit()).toMatchObject({ refusal: { code: 'too-few-approvers' } });
    expect(
      await explainRole(world.deps, { viewer: dana, resource: 'prod-db', role: 'readonly' }),
    ).toMatchObject({ value: { problem: { code: 'too-few-approvers' } } });
    expect(await world.submit({ requester: lee, beneficiary: lee })).toMatchObject({ ok: true });
  });

  test('because the only approver uses the account of whoever asks for somebody else is refused as well', async () => {
    await open({ ...ONE, policies: { standard: { for_others: true } } });
    uses(mia, 'lee');

    expect(await world.submit({ requester: lee, beneficiary: dana })).toMatchObject({
      refusal: { code: 'too-few-approvers' },
    });
    expect(await world.submit()).toMatchObject({ ok: true });
  });
});
