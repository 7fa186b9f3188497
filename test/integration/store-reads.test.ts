import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asEntitlementId, asGrantId, asRequestId } from '../../src/domain/ids.js';
import { MINUTE_MS } from '../../src/domain/time.js';
import type { Store } from '../../src/ports.js';
import type { TestStore } from '../support/open-store.js';
import { openTestStore } from '../support/open-store.js';
import {
  aDecision,
  aDeniedRequest,
  aGrant,
  aHold,
  aRequest,
  anApprovedRequest,
  anEndedGrant,
  anEndingGrant,
  anEntitlement,
  anOpeningGrant,
  dana,
  lee,
  mia,
  sam,
  start,
} from '../support/rows.js';

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  ({ store } = opened);
});

afterEach(() => opened.close());

const req1 = asRequestId('req-1');
const grant1 = asGrantId('grant-1');
const ent1 = asEntitlementId('ent-1');
const ent2 = asEntitlementId('ent-2');

describe('a row comes back as it was written', () => {
  test.each([
    aRequest({ workspace: { teamId: null, enterpriseId: 'E01ACME' }, reason: `it's "stuck" \u0000 🔥` }),
    aRequest({ startsAt: start + 9, startZone: 'Europe/Berlin' }),
    anApprovedRequest(),
    aDeniedRequest(),
    { ...aDeniedRequest(), state: 'cancelled' as const },
    { ...aDeniedRequest(), state: 'expired' as const },
  ])('a request that is $state', async (request) => {
    await store.commit({ at: start, requests: [request], grants: [anOpeningGrant()], audit: [] });

    expect(await store.request(req1)).toEqual({ ...request, version: 1 });
  });

  const byAdmin = { kind: 'person', userId: mia } as const;
  const byOperator = { kind: 'operator', name: 'root' } as const;
  test.each([
    { ...anOpeningGrant(), state: 'scheduled' as const },
    anOpeningGrant({ remindAt: null }),
    aGrant(),
    anEndingGrant(),
    anEndingGrant({ activeAt: null, ending: { cause: 'revoked', by: byAdmin, reason: 'leak', at: start } }),
    anEndedGrant({ ending: { cause: 'done', by: byOperator, reason: null, at: start } }),
    {
      ...anEndedGrant(),
      state: 'failed' as const,
      activeAt: null,
      ending: { cause: 'not-opened', by: { kind: 'hallpass' }, reason: 'refused', at: start } as const,
    },
  ])('a grant that is $state', async (grant) => {
    await store.commit({ at: start, requests: [anApprovedRequest()], grants: [grant], audit: [] });

    expect(await store.grant(grant1)).toEqual({ ...grant, version: 1 });
  });

  test.each([
    anEntitlement(),
    anEntitlement({
      ours: false,
      seen: 'unknown',
      seenAt: null,
      direction: 'grants',
      nextAt: null,
      attempts: 4,
      failingSince: start,
      error: { kind: 'wrong-target', text: 'another cluster' },
      lateUntil: start + 9,
      lease: { by: 'token', until: start + 8 },
    }),
  ])('an entitlement seen $seen', async (entitlement) => {
    await store.commit({ at: start, entitlements: [entitlement], audit: [] });

    expect(await store.entitlement(ent1)).toEqual({ ...entitlement, version: 1 });
    expect(
      await store.entitlementOf({ connector: 'orders-db', role: 'app_readonly', accountId: '16401' }),
    ).toEqual({ ...entitlement, version: 1 });
  });

  test('and what was never written is null', async () => {
    expect(await store.request(req1)).toBeNull();
    expect(await store.grant(grant1)).toBeNull();
    expect(await store.entitlement(ent1)).toBeNull();
    expect(await store.entitlementState(ent1)).toBeNull();
    expect(await store.lastCatalog()).toBeNull();
  });

  test.each([
    ['a scheduled grant that was active', `UPDATE grants SET state = 'scheduled'`],
    ['an active grant that was closed', `UPDATE grants SET closed_at = 1`],
    ['an ending by nobody', `UPDATE grants SET end_cause = 'window', ending_at = 1, state = 'ending'`],
    [
      'a person without an id',
      `UPDATE grants SET ended_by_kind = 'person', end_cause = 'done', ending_at = 1`,
    ],
  ])('but %s is a fault', async (_, damage) => {
    await store.commit({ at: start, requests: [anApprovedRequest()], grants: [aGrant()], audit: [] });
    const connection = new SqliteDatabase(opened.path);
    connection.pragma('ignore_check_constraints = ON');
    connection.exec(damage);
    connection.close();

    await expect(store.grant(grant1)).rejects.toThrow(/Row grant-1 of grants cannot be/);
  });
});

describe('requests', () => {
  test('that are pending are found by whoever asked or would benefit, oldest first', async () => {
    await store.commit({
      at: start,
      requests: [
        aRequest({ id: asRequestId('for-dana'), requester: mia, createdAt: start + 2 }),
        aRequest({ id: asRequestId('by-dana'), beneficiary: lee, createdAt: start + 1 }),
        aRequest({ id: asRequestId('of-lee'), requester: lee, beneficiary: lee, role: 'admin' }),
        aDeniedRequest({ id: asRequestId('denied') }),
      ],
      audit: [],
    });

    expect((await store.pendingOf(dana)).map((request) => request.id)).toEqual(['by-dana', 'for-dana']);
    expect(await store.pendingFor({ beneficiary: lee, resource: 'prod-db', role: 'readonly' })).toMatchObject(
      { id: 'by-dana' },
    );
    expect(await store.pendingFor({ beneficiary: dana, resource: 'prod-db', role: 'admin' })).toBeNull();
  });

  test('that opened or prolonged a grant come oldest first', async () => {
    await store.commit({
      at: start,
      requests: [
        anApprovedRequest({ id: asRequestId('prolonged'), createdAt: start + 1, extendsGrant: grant1 }),
        anApprovedRequest(),
        aDeniedRequest({ id: asRequestId('refused'), extendsGrant: grant1 }),
      ],
      grants: [aGrant()],
      audit: [],
    });

    expect((await store.requestsOf(grant1)).map((request) => request.id)).toEqual(['req-1', 'prolonged']);
  });

  test('keep their decisions in the order in which they fell', async () => {
    await store.commit({
      at: start,
      requests: [aRequest()],
      decisions: [
        aDecision({ approver: sam }),
        aDecision({ approver: mia, verdict: 'deny', reason: 'why?' }),
      ],
      audit: [],
    });

    expect((await store.decisions(req1)).map((decision) => decision.approver)).toEqual([sam, mia]);
  });
});

describe('live grants', () => {
  const who = [
    { id: 'g-late', resource: 'prod-db', role: 'admin', beneficiary: dana, minutes: 50 },
    { id: 'g-b', resource: 'prod-db', role: 'readonly', beneficiary: dana, minutes: 40 },
    { id: 'g-a', resource: 'prod-db', role: 'readonly', beneficiary: lee, minutes: 40 },
    { id: 'g-ci', resource: 'ci', role: 'readonly', beneficiary: lee, minutes: 60 },
  ];

  beforeEach(() =>
    store.commit({
      at: start,
      requests: [anApprovedRequest({ grantId: asGrantId('g-late') })],
      grants: [
        ...who.map((row) =>
          aGrant({ ...row, id: asGrantId(row.id), endsAt: start + row.minutes * MINUTE_MS }),
        ),
        anOpeningGrant({ id: asGrantId('g-opening'), resource: 'wiki' }),
        anEndingGrant({ id: asGrantId('g-ending'), resource: 'wiki', endsAt: start + 20 * MINUTE_MS }),
        anEndedGrant({ id: asGrantId('g-ended'), resource: 'wiki' }),
      ],
      audit: [],
    }),
  );

  test.each([
    ['everybody', {}, ['g-ending', 'g-opening', 'g-a', 'g-b', 'g-late', 'g-ci']],
    ['a role', { among: [{ resource: 'prod-db', role: 'readonly' }] }, ['g-a', 'g-b']],
    [
      'several roles',
      {
        among: [
          { resource: 'prod-db', role: 'admin' },
          { resource: 'ci', role: 'readonly' },
        ],
      },
      ['g-late', 'g-ci'],
    ],
    ['no role', { among: [] }, []],
    ['a person', { beneficiary: lee }, ['g-a', 'g-ci']],
    [
      'a person in a role',
      { beneficiary: dana, among: [{ resource: 'prod-db', role: 'admin' }] },
      ['g-late'],
    ],
  ])('of %s come by their end, and are counted', async (_, filter, ids) => {
    expect((await store.liveGrants(filter, { offset: 0, limit: 10 })).map((grant) => grant.id)).toEqual(ids);
    expect(await store.countLiveGrants(filter)).toBe(ids.length);
  });

  test('come in pages', async () => {
    const page = await store.liveGrants({}, { offset: 2, limit: 2 });

    expect(page.map((grant) => grant.id)).toEqual(['g-a', 'g-b']);
  });
});

describe('an entitlement', () => {
  test('comes with the live grants that hold it and what else they hold', async () => {
    const others = ['g-early', 'g-ended', 'g-released'].map((id) => asGrantId(id));
    const [early, ended, released] = [others[0] ?? grant1, others[1] ?? grant1, others[2] ?? grant1];
    await store.commit({
      at: start,
      requests: [anApprovedRequest()],
      grants: [
        aGrant(),
        anEndingGrant({ id: early, endsAt: start + 20 * MINUTE_MS }),
        anEndedGrant({ id: ended }),
        aGrant({ id: released }),
      ],
      entitlements: [anEntitlement(), anEntitlement({ id: ent2, role: 'app_admin' })],
      holds: [
        aHold(),
        aHold({ entitlementId: ent2, state: 'released' }),
        aHold({ grantId: early, state: 'standing' }),
        aHold({ grantId: ended }),
        aHold({ grantId: released, state: 'released' }),
        aHold({ grantId: released, entitlementId: ent2 }),
      ],
      audit: [],
    });

    const { connector, role, account, error } = anEntitlement({ role: 'app_admin' });
    expect(await store.entitlementState(ent1)).toEqual({
      entitlement: anEntitlement({ version: 1 }),
      holders: [
        {
          grant: anEndingGrant({ id: early, endsAt: start + 20 * MINUTE_MS, version: 1 }),
          hold: aHold({ grantId: early, state: 'standing' }),
          others: [],
        },
        {
          grant: aGrant({ version: 1 }),
          hold: aHold(),
          others: [
            {
              ...aHold({ entitlementId: ent2, state: 'released' }),
              part: { connector, role, account, error },
            },
          ],
        },
      ],
    });
  });

  test('ties its owner to the account while a grant lives; so does a pending request', async () => {
    const account = { connector: 'orders-db', accountId: '16401' };
    const notOurs = anEntitlement({ ours: false, seen: 'absent' });
    await store.commit({
      at: start,
      requests: [anApprovedRequest()],
      grants: [aGrant()],
      entitlements: [notOurs],
      holds: [aHold({ state: 'waiting' })],
      audit: [],
    });
    expect(await store.ownersOf(account)).toEqual([dana]);

    await store.commit({
      at: start,
      requests: [aRequest({ id: asRequestId('req-2'), beneficiary: lee })],
      audit: [],
    });
    expect(await store.ownersOf(account)).toEqual([dana, lee]);
    expect(await store.ownersOf({ ...account, connector: 'okta' })).toEqual([]);
    expect(await store.ownersOf({ ...account, accountId: '16402' })).toEqual([]);

    await store.commit({
      at: start,
      requests: [aDeniedRequest({ id: asRequestId('req-2'), beneficiary: lee, version: 1 })],
      grants: [anEndedGrant({ version: 1 })],
      audit: [],
    });
    expect(await store.ownersOf(account)).toEqual([]);
  });

  test('a pending request ties its person to an account of any name', async () => {
    const id = 'cn="Dana\\, Ops",ou=Köln\n\u2028';
    const entitlements = aRequest().entitlements.map((one) => ({ ...one, account: { id, name: 'dana' } }));
    await store.commit({
      at: start,
      requests: [aRequest({ entitlements })],
      audit: [],
    });

    expect(await store.ownersOf({ connector: 'orders-db', accountId: id })).toEqual([dana]);
    expect(await store.ownersOf({ connector: 'orders-db', accountId: 'dana' })).toEqual([]);
  });

  test('keeps its connector in use while it is ours or held', async () => {
    await store.commit({
      at: start,
      requests: [anApprovedRequest()],
      grants: [aGrant()],
      entitlements: [
        anEntitlement({ ours: false }),
        anEntitlement({ id: ent2, role: 'app_admin' }),
        anEntitlement({ id: asEntitlementId('idle'), role: 'app_idle', ours: false }),
        anEntitlement({ id: asEntitlementId('done'), connector: 'okta', ours: false }),
      ],
      holds: [
        aHold({ state: 'standing' }),
        aHold({ entitlementId: asEntitlementId('done'), state: 'released' }),
      ],
      audit: [],
    });

    expect(await store.connectorsInUse()).toEqual([
      { connector: 'orders-db', roles: ['app_admin', 'app_readonly'] },
    ]);
  });
});

describe('the catalog', () => {
  test('that was kept last is found again, also when it came back after another', async () => {
    await store.keepCatalog({ sha256: 'a', source: 'version: 1' }, start);
    await store.keepCatalog({ sha256: 'b', source: 'version: 1 # b' }, start + 2);
    await store.keepCatalog({ sha256: 'a', source: 'version: 1' }, start + 1);

    expect(await store.lastCatalog()).toEqual({ sha256: 'a', source: 'version: 1' });
  });
});

test('the store answers a ping while it is open, and throws afterwards', async () => {
  await expect(store.ping()).resolves.toBeUndefined();

  await store.close();

  await expect(store.ping()).rejects.toThrow(/not open/);
});
