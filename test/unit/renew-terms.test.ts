import { afterEach, describe, expect, test } from 'vitest';
import type { UserId } from '../../src/domain/ids.js';
import type { PendingRequest } from '../../src/domain/request.js';
import { renew } from '../../src/domain/renewal.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { renewAll, renewTerms } from '../../src/usecases/renew-terms.js';
import { aRequest, dana, lee, mia, sam, start } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace, type SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

const TWO = { standard: { approve: [{ from: ['dba-leads'], count: 2 }] } };
const SHORT = { standard: { duration: { min: '1s', default: '10m', max: '10m' } } };

const worlds: SmallWorld[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map(async (world) => await world.close()));
});

async function open(change: CatalogChange = {}) {
  const world = await makeSmallWorld(change);
  worlds.push(world);
  return Object.assign(world, {
    look: async () => await renewAll(world.deps, () => true),
    vote: async (id: PendingRequest['id'], approver: UserId, termsVersion: number) =>
      await decideRequest(world.deps, {
        requestId: id,
        termsVersion,
        approver,
        verdict: 'approve',
        reason: null,
        durationMs: null,
        delivery: world.delivery(),
      }),
    kinds: () => world.notices.map(({ to, notice: { kind } }) => `${to} ${kind}`),
    events: async (kind: string) =>
      (await world.deps.store.auditEvents({ after: 0, limit: 1_000 })).filter((one) => one.kind === kind),
  });
}

/** The account that the map gives to dana. */
function mapped(account: string): CatalogChange {
  return {
    connectors: {
      'orders-db': {
        use: 'simulate',
        url: null,
        end_sessions: null,
        identity: { map: { U03DANA: account } },
      },
    },
  };
}

describe('a pending request after a reload', () => {
  test('stands for the new longest time, its vote counts no longer, and an old button is no vote', async () => {
    const world = await open({ policies: TWO });
    const request = await world.ask();
    await world.pass();
    expect(await world.vote(request.id, mia, 1)).toMatchObject({ ok: true, value: { grant: null } });
    world.reload({ policies: { standard: { ...TWO.standard, ...SHORT.standard } } });

    await world.look();
    await world.pass();

    const card = await loadRequestCard(world.deps, request.id);
    expect(card).toMatchObject({
      request: {
        durationMs: 10 * MINUTE_MS,
        termsVersion: 2,
        state: 'pending',
        expiresAt: request.expiresAt,
      },
      agreedMs: 10 * MINUTE_MS,
      steps: [{ filledBy: [] }],
    });
    expect(world.cards.at(-1)).toMatchObject({ view: { request: { termsVersion: 2 } } });
    expect(world.notices).toContainEqual({
      to: 'C0APPROVALS',
      thread: '1.000',
      notice: expect.objectContaining({ kind: 'request-terms-changed', changed: ['time'], voters: [mia] }),
    });
    expect(world.kinds()).toContain(`${dana} request-renewed`);
    expect(await world.events('request.terms-changed')).toMatchObject([
      {
        requestId: request.id,
        facts: { changed: ['time'], durationMsBefore: 30 * MINUTE_MS, durationMs: 10 * MINUTE_MS },
      },
    ]);

    const old = await world.vote(request.id, sam, 1);
    expect(old).toMatchObject({ refusal: { code: 'terms-changed' } });
    expect(await world.vote(request.id, mia, 2)).toMatchObject({ ok: true, value: { grant: null } });
    const last = await world.vote(request.id, sam, 2);
    expect(last).toMatchObject({ ok: true, value: { grant: { endsAt: start + 10 * MINUTE_MS } } });
  });

  test('is looked at as often as one likes: the second look changes and says nothing', async () => {
    const world = await open();
    const request = await world.ask();
    world.reload({ policies: SHORT });
    await Promise.all([world.look(), world.look()]);
    await world.look();
    await world.pass();

    expect(await world.deps.store.request(request.id)).toMatchObject({ termsVersion: 2 });
    expect(await world.events('request.terms-changed')).toHaveLength(1);
    expect(world.kinds().filter((kind) => kind.endsWith('request-renewed'))).toHaveLength(1);
  });

  test('goes to the account that the map gives now', async () => {
    const world = await open();
    const request = await world.ask();
    world.reload(mapped('dana2'));
    expect(await world.vote(request.id, mia, 1)).toMatchObject({ refusal: { code: 'terms-changed' } });

    await renewTerms(world.deps, request.id);

    expect(await world.deps.store.request(request.id)).toMatchObject({
      termsVersion: 2,
      entitlements: [{ account: { name: 'dana2', id: 'id-dana2' } }],
    });
    expect(await world.vote(request.id, mia, 2)).toMatchObject({ ok: true });
  });

  test('keeps its start, and shows the steps as they are now', async () => {
    const world = await open({ policies: TWO });
    const request = await world.ask({ startsAt: start + HOUR_MS });
    await world.pass();
    await world.vote(request.id, mia, 1);
    const drawn = world.cards.length;
    world.reload({
      groups: { 'dba-leads': { users: ['U01MIA', 'U02SAM', 'U08ROB'] } },
      policies: {
        standard: { approve: [{ name: 'Three', from: ['dba-leads'], count: 3 }], start_within: '1m' },
      },
    });

    await world.look();
    await world.pass();

    expect(world.cards.length).toBe(drawn + 1);
    expect(await loadRequestCard(world.deps, request.id)).toMatchObject({
      request: { termsVersion: 2, startsAt: start + HOUR_MS },
      steps: [{ name: 'Three', count: 3, filledBy: [] }],
    });
  });

  test('waits for a target that does not answer, which is asked once in a look', async () => {
    const world = await open();
    const [first, second] = [await world.ask(), await world.ask({ requester: lee, beneficiary: lee })];
    world.reload({ policies: SHORT });
    world.calls.length = 0;
    world.beforeCall = async (call) => {
      if (call === 'resolve') {
        throw new ConnectorError('unreachable', 'It is down.');
      }
    };
    await world.look();
    expect(world.calls).toEqual(['resolve']);
    expect(await world.deps.store.request(first.id)).toMatchObject({ state: 'pending', termsVersion: 1 });

    world.beforeCall = async () => undefined;
    await world.look();

    expect(await world.deps.store.request(first.id)).toMatchObject({ termsVersion: 2 });
    expect(await world.deps.store.request(second.id)).toMatchObject({ termsVersion: 2 });
  });

  test('is left alone while Slack cannot say who it is for', async () => {
    const world = await open();
    const request = await world.ask();
    world.reload(mapped('dana2'));
    const directory = { ...world.deps.directory, person: async () => 'unreadable' as const };
    await renewTerms({ ...world.deps, directory }, request.id);
    expect(await world.deps.store.request(request.id)).toMatchObject({ state: 'pending', termsVersion: 1 });
  });

  test.each<[string, CatalogChange, string]>([
    [
      'is no longer offered',
      { resources: { 'prod-db': { roles: { readonly: null }, default_role: 'admin' } } },
      'not-offered',
    ],
    [
      'has no account for them any more',
      {
        connectors: {
          'orders-db': {
            use: 'simulate',
            url: null,
            end_sessions: null,
            identity: { from_email: null, map: { U04LEE: 'lee' } },
          },
        },
      },
      'no-account',
    ],
    [
      'gives their account to somebody else',
      {
        connectors: {
          'orders-db': {
            use: 'simulate',
            url: null,
            end_sessions: null,
            identity: { map: { U04LEE: 'dana' } },
          },
        },
      },
      'account-shared',
    ],
    [
      'has a longer shortest time',
      { policies: { standard: { duration: { min: '1h', default: '1h', max: '4h' } } } },
      'too-short',
    ],
    [
      'is approved by rules, or not at all',
      {
        policies: {
          standard: { approve: null, auto_approve: [{ name: 'Short', for: ['engineers'], up_to: '30m' }] },
        },
      },
      'no-approvers',
    ],
  ])('is cancelled with a word when the role %s', async (_why, change, why) => {
    const world = await open();
    const request = await world.ask();
    await world.pass();
    world.reload(change);

    await world.look();
    await world.look();
    await world.pass();

    expect(await loadRequestCard(world.deps, request.id)).toMatchObject({
      request: { state: 'cancelled' },
      untenable: why,
      left: null,
    });
    expect(world.notices).toContainEqual(
      expect.objectContaining({
        to: dana,
        notice: expect.objectContaining({ kind: 'request-untenable', why }),
      }),
    );
    expect(await world.events('request.cancelled')).toMatchObject([{ facts: { cause: 'terms', why } }]);
  });

  test('is cancelled when it asks for more of what the grant does not hold', async () => {
    const world = await open();
    const grant = await world.approve(await world.ask());
    await world.pass();
    const more = {
      grantId: grant.id,
      requester: dana,
      durationMs: 20 * MINUTE_MS,
      reason: 'not done yet',
      workspace,
    };
    const { request } = accepted(await prolongGrant(world.deps, { ...more, delivery: world.delivery() }));
    world.reload({ policies: SHORT });
    await world.look();
    expect(await world.deps.store.request(request.id)).toMatchObject({
      state: 'pending',
      durationMs: 10 * MINUTE_MS,
    });
    world.reload(mapped('dana2'));

    await world.look();

    expect(await loadRequestCard(world.deps, request.id)).toMatchObject({ untenable: 'not-as-held' });
    expect(await world.stateOf(grant)).toBe('active');
  });

  test('is left alone on the last good catalog of a broken file', async () => {
    const world = await open();
    const request = await world.ask();
    world.reload({ policies: SHORT });
    const { catalog } = world.deps.catalogs.current();
    const catalogs = { current: () => ({ catalog, endingOnly: true }) };
    await renewAll({ ...world.deps, catalogs }, () => true);
    expect(await world.deps.store.request(request.id)).toMatchObject({ termsVersion: 1 });
  });
});

test('who has to approve is a part of the terms: a vote given under another rule counts no longer', async () => {
  const steps = (count: number) => ({
    policies: { standard: { approve: [{ from: ['dba-leads'], count }] } },
  });
  const world = await open(steps(2));
  const request = await world.ask();
  expect(await world.vote(request.id, mia, 1)).toMatchObject({ ok: true });
  world.reload(steps(1));
  expect(await world.vote(request.id, sam, 1)).toMatchObject({ refusal: { code: 'terms-changed' } });

  await world.look();
  await world.pass();
  expect(await world.deps.store.request(request.id)).toMatchObject({ state: 'pending', termsVersion: 2 });
  expect(await world.events('request.terms-changed')).toMatchObject([{ facts: { changed: ['approval'] } }]);
  expect(await world.vote(request.id, sam, 2)).toMatchObject({ ok: true, value: { grant: {} } });
});

test('a policy that pings others, or names its steps, changes no terms', async () => {
  const world = await open();
  const request = await world.ask();
  const approve = [{ name: 'Database', from: ['dba-leads'], count: 1 }];
  world.reload({ policies: { standard: { approve, notify: 'none', unanswered_after: '2h' } } });
  await world.look();
  expect(await world.deps.store.request(request.id)).toMatchObject({ termsVersion: 1 });
});

test('each part of the terms that differs is named, and a target of the same name is told from another', async () => {
  const world = await open();
  const { catalog } = world.deps.catalogs.current();
  const role = catalog.resources.get('prod-db')?.roles.get('readonly');
  const policy = catalog.policies.get('standard');
  if (role === undefined || policy === undefined) {
    throw new Error('The catalog of this test is another.');
  }
  const request = aRequest({ policy: 'older', durationMs: 5 * HOUR_MS });
  const [one] = request.entitlements;
  const changedTo = (change: object) =>
    renew(request, { role, policy }, one === undefined ? [] : [{ ...one, ...change }], 'b'.repeat(64), start);
  expect(changedTo({ fingerprint: 'orders-db-2', account: { id: '16402', name: 'dana' } })).toMatchObject({
    kind: 'renewed',
    changed: ['policy', 'time', 'account', 'target'],
    request: { termsVersion: 2, policy: 'standard', durationMs: 4 * HOUR_MS, catalogSha256: 'b'.repeat(64) },
  });
  expect(changedTo({ role: 'app_admin' })).toMatchObject({ changed: ['policy', 'time', 'roles'] });
  expect(renew(aRequest(), { role, policy }, aRequest().entitlements, 'b'.repeat(64), start)).toEqual({
    kind: 'same',
  });
});
