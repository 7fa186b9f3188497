import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Grant } from '../../src/domain/grant.js';
import { asChannelId, asUserId } from '../../src/domain/ids.js';
import type { PendingRequest } from '../../src/domain/request.js';
import type { Result } from '../../src/domain/result.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { endOwnGrant, revokeGrant } from '../../src/usecases/end-grant.js';
import { lookAtPerson } from '../../src/usecases/look-for-leavers.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { mine } from '../../src/usecases/mine.js';
import { whoHas } from '../../src/usecases/who-has.js';
import { dana, lee, mia, start } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace, type SmallWorld } from '../support/small-world.js';

let world: SmallWorld;
beforeEach(async () => {
  world = await makeSmallWorld();
});
afterEach(async () => await world.close());

const AT = start + 9 * HOUR_MS;

async function later(durationMs = 2 * HOUR_MS, startsAt = AT): Promise<Grant> {
  return await world.approve(await world.ask({ durationMs, startsAt, startZone: 'Europe/Berlin' }));
}

async function at(moment: number): Promise<void> {
  world.now = moment;
  await world.pass();
}

async function kindsOf(grant: Grant): Promise<string[]> {
  const events = await world.deps.store.auditEvents({ after: 0, limit: 200 });
  return events
    .filter(({ grantId, kind }) => grantId === grant.id && kind.startsWith('grant.'))
    .map(({ kind }) => kind);
}

function codeOf(outcome: Result<unknown, { code: string }>): string {
  return outcome.ok ? 'accepted' : outcome.refusal.code;
}

async function submit(asked: Parameters<SmallWorld['submit']>[0]): Promise<string> {
  const atThen = { durationMs: HOUR_MS, startsAt: AT, startZone: null, reason: 'nightly' };
  return codeOf(await world.submit({ ...atThen, ...asked }));
}

async function voteFor({ id: requestId }: PendingRequest, durationMs: number | null) {
  const vote = { requestId, termsVersion: 1, approver: mia, verdict: 'approve', reason: null } as const;
  return await decideRequest(world.deps, { ...vote, durationMs, delivery: world.delivery() });
}

describe('a window that begins later', () => {
  test('opens at its start and ends with its window, and the target is not touched before', async () => {
    const grant = await later();
    await world.passes(8, HOUR_MS);
    expect([await world.stateOf(grant), world.calls.filter((call) => call !== 'resolve')]).toEqual([
      'scheduled',
      [],
    ]);

    await at(AT - 1);
    expect(await world.stateOf(grant)).toBe('scheduled');
    await at(AT);
    expect([await world.stateOf(grant), world.given.size]).toEqual(['active', 1]);
    await at(AT + 106 * MINUTE_MS);
    await at(AT + 2 * HOUR_MS);
    expect([await world.stateOf(grant), world.given.size]).toEqual(['ended', 0]);
    expect(await kindsOf(grant)).toEqual([
      'grant.scheduled',
      'grant.opening',
      'grant.active',
      'grant.reminded',
      'grant.ending',
      'grant.ended',
    ]);
  });

  test('tells its holder once that the access is there, when it was read back, and not before', async () => {
    const tellings = () => world.notices.filter(({ notice }) => notice.kind === 'grant-opened');
    const grant = await later();
    world.beforeCall = async (call) => {
      if (call === 'grant') {
        throw new ConnectorError('retryable', 'Not now.');
      }
    };
    await at(AT);
    await at(AT + SECOND_MS);
    expect(tellings()).toEqual([]);

    world.beforeCall = async () => undefined;
    await world.passes(3, 10 * SECOND_MS);
    expect(tellings()).toMatchObject([{ to: dana, notice: { card: { grant: { id: grant.id } } } }]);
  });

  test('tells nobody that it is there when it was over before that could be sent', async () => {
    world.notify = async () => ({ kind: 'retry', afterMs: null, error: 'no_answer' });
    const grant = await later();
    await at(AT);
    accepted(await endOwnGrant(world.deps, { by: dana, which: grant.id, delivery: world.delivery() }));
    world.notify = async (to) => ({ kind: 'posted', channel: asChannelId(to), ts: '2.000' });
    await world.passes(3, MINUTE_MS);

    expect(world.notices).toEqual([]);
  });

  test('tells nobody that it is there when it was taken away by hand before that could be sent', async () => {
    world.notify = async () => ({ kind: 'retry', afterMs: null, error: 'no_answer' });
    const grant = await later();
    await at(AT);
    world.given.clear();
    await world.reconcile();
    await world.pass();
    world.notify = async (to) => ({ kind: 'posted', channel: asChannelId(to), ts: '2.000' });
    await world.passes(3, MINUTE_MS);

    expect(await world.stateOf(grant)).toBe('active');
    expect(world.notices.map(({ notice }) => notice.kind)).not.toContain('grant-opened');
    expect(world.notices.map(({ notice }) => notice.kind)).toContain('access-drifted');
  });

  test('and opens with its approval is told of by its card alone', async () => {
    await world.approve(await world.ask({ durationMs: HOUR_MS }));
    await world.passes(2, SECOND_MS);
    const request = await world.ask({
      role: 'admin',
      durationMs: 2 * HOUR_MS,
      startsAt: world.now + MINUTE_MS,
    });
    world.now += 5 * MINUTE_MS;
    const late = await world.approve(request);
    await world.passes(2, SECOND_MS);

    expect(await world.stateOf(late)).toBe('active');
    expect(world.notices).toEqual([]);
  });

  test('is as long as the approver gave, from its start', async () => {
    const request = await world.ask({ durationMs: 2 * HOUR_MS, startsAt: AT });
    const { grant } = accepted(await voteFor(request, 30 * MINUTE_MS));

    expect([grant?.startsAt, grant?.endsAt]).toEqual([AT, AT + 30 * MINUTE_MS]);
  });

  test('and was approved late opens at once and ends no later', async () => {
    const request = await world.ask({ durationMs: 2 * HOUR_MS, startsAt: start + 20 * MINUTE_MS });
    world.now = start + 40 * MINUTE_MS;
    expect(await world.approve(request)).toMatchObject({
      state: 'opening',
      startsAt: start + 20 * MINUTE_MS,
      endsAt: start + 140 * MINUTE_MS,
      openBefore: start + 50 * MINUTE_MS,
    });
  });

  test('is not opened for next to nothing', async () => {
    const request = await world.ask({ durationMs: HOUR_MS, startsAt: start + 10 * MINUTE_MS });
    world.now = start + 40 * MINUTE_MS;
    expect(codeOf(await voteFor(request, 30 * MINUTE_MS))).toBe('nothing-left');
    expect(codeOf(await voteFor(request, null))).toBe('accepted');
  });

  test('cannot be approved when it is over: by then its request has expired', async () => {
    const near = await world.ask({ durationMs: 30 * MINUTE_MS, startsAt: start + 10 * MINUTE_MS });
    expect(near.expiresAt).toBe(start + 40 * MINUTE_MS - SECOND_MS);
    world.now = near.expiresAt;
    expect(codeOf(await voteFor(near, null))).toBe('not-pending');
    await world.pass();

    const far = await world.ask({ startsAt: AT });
    expect(far.expiresAt - world.now).toBe(HOUR_MS);
  });

  test('that passes while Hallpass is down is called failed, and is told', async () => {
    const grant = await later();
    await at(AT + 3 * HOUR_MS);
    await world.pass();

    expect([await world.stateOf(grant), world.given.size]).toEqual(['failed', 0]);
    expect(world.notices.map(({ notice }) => notice.kind)).toContain('grant-not-opened');
  });

  test('of which Hallpass missed a part opens for the rest', async () => {
    const grant = await later();
    await at(AT + HOUR_MS);

    expect(await world.stateOf(grant)).toBe('active');
  });
});

describe('a start', () => {
  test('must be still to come, and within what the policy says', async () => {
    expect(await submit({ startsAt: start })).toBe('start-passed');
    expect(await submit({ startsAt: start + 7 * DAY_MS + 1 })).toBe('start-too-far');
    expect(await submit({ startsAt: start + 7 * DAY_MS })).toBe('accepted');
  });

  test('is asked for nearer where the policy says so', async () => {
    await world.close();
    world = await makeSmallWorld({ policies: { standard: { start_within: '12h' } } });

    expect(await submit({ startsAt: start + 13 * HOUR_MS })).toBe('start-too-far');
    expect(await submit({ startsAt: start + 12 * HOUR_MS })).toBe('accepted');
  });
});

describe('before it begins', () => {
  test('its holder calls it off, and it is over at once', async () => {
    const grant = await later();
    const calls = world.calls.length;
    const ended = accepted(
      await endOwnGrant(world.deps, { by: dana, which: 'prod-db', delivery: world.delivery() }),
    );

    expect(ended.grant).toMatchObject({ id: grant.id, state: 'ended', ending: { cause: 'done' } });
    await at(AT);
    expect([await world.stateOf(grant), world.calls.length]).toEqual(['ended', calls]);
    expect(await world.deps.store.nextDueAt(AT)).toBeNull();
  });

  test('an approver revokes it', async () => {
    const grant = await later();
    const input = { by: mia, which: grant.id, reason: 'not tonight', delivery: world.delivery() };
    accepted(await revokeGrant(world.deps, input));

    expect(await world.stateOf(grant)).toBe('ended');
    await world.pass();
    expect(world.notices.map(({ notice }) => notice.kind)).toContain('grant-revoked');
  });

  test('it ends with its holder’s part in the workspace', async () => {
    const grant = await later();
    const isHere = world.person;
    world.person = (userId) => ({ ...isHere(userId), deactivated: userId === dana });

    expect(await lookAtPerson(world.deps, dana)).toBe(true);
    expect(await world.stateOf(grant)).toBe('ended');
    expect(await world.deps.store.peopleInvolved({ after: null, limit: 10 })).toEqual([]);
  });

  test('nobody asks for more of it', async () => {
    const grant = await later();
    const more = { workspace, requester: dana, grantId: grant.id, durationMs: HOUR_MS, reason: 'more' };

    expect(codeOf(await prolongGrant(world.deps, { ...more, delivery: world.delivery() }))).toBe(
      'grant-not-active',
    );
  });

  test('it is listed as what it is', async () => {
    const grant = await later();
    const held = await whoHas(world.deps, { viewer: mia, about: { kind: 'all' }, offset: 0 });

    expect(accepted(held).holders).toMatchObject([{ grantId: grant.id, state: 'scheduled', startsAt: AT }]);
    expect((await mine(world.deps, { viewer: dana })).grants).toMatchObject([{ state: 'scheduled' }]);
    expect(await world.deps.store.figures(AT + DAY_MS)).toMatchObject({
      liveGrants: { scheduled: 1, opening: 0 },
      overdueGrants: 0,
    });
  });

  test('its account is its holder’s alone, and the catalog may drop its connector', async () => {
    await later();

    expect(await world.deps.store.ownersOf({ connector: 'orders-db', accountId: 'id-dana' })).toEqual([dana]);
    expect(await world.deps.store.connectorsInUse()).toEqual([]);
  });
});

describe('it counts as held', () => {
  test.each<[string, Parameters<typeof makeSmallWorld>[0], Parameters<typeof submit>[0], string]>([
    ['by its holder', { limits: { active: 1 } }, { role: 'admin' }, 'too-many-held'],
    [
      'of its role',
      { resources: { 'prod-db': { roles: { readonly: { max_active: 1 } } } } },
      { requester: lee, beneficiary: lee },
      'role-full',
    ],
    [
      'where it conflicts',
      { conflicts: [['prod-db:readonly', 'prod-db:admin']] },
      { role: 'admin' },
      'roles-conflict',
    ],
  ])('%s', async (_how, catalog, asked, code) => {
    await world.close();
    world = await makeSmallWorld(catalog);
    await later();

    expect(await submit({ ...asked, startsAt: null, durationMs: MINUTE_MS })).toBe(code);
  });
});

describe('beside a window that runs on the same access', () => {
  test('it leaves that one alone, and takes over from it without a gap', async () => {
    const now = await world.approve(await world.ask({ durationMs: HOUR_MS }));
    await world.pass();
    const upcoming = await later(HOUR_MS, start + HOUR_MS);
    await world.pass();
    expect([await world.stateOf(now), await world.stateOf(upcoming)]).toEqual(['active', 'scheduled']);

    world.calls.length = 0;
    await at(start + HOUR_MS);
    expect([await world.stateOf(now), await world.stateOf(upcoming)]).toEqual(['ended', 'active']);
    expect([world.calls, world.given.size]).toEqual([['check'], 1]);
  });

  test('one that ends in between is taken away, and given again at the start', async () => {
    const now = await world.approve(await world.ask({ durationMs: HOUR_MS }));
    await world.pass();
    const upcoming = await later();
    await at(start + HOUR_MS);
    expect([await world.stateOf(now), world.given.size]).toEqual(['ended', 0]);

    await at(AT);
    expect([await world.stateOf(upcoming), world.given.size]).toEqual(['active', 1]);
  });

  test('to be done is to be done with what runs, and says what is still to come', async () => {
    const now = await world.approve(await world.ask({ durationMs: HOUR_MS }));
    await world.pass();
    const upcoming = await later();
    const ended = accepted(
      await endOwnGrant(world.deps, { by: dana, which: 'prod-db', delivery: world.delivery() }),
    );

    expect(ended.grant.id).toBe(now.id);
    expect(ended.stillHeldBy).toMatchObject([{ grantId: upcoming.id, upcomingAt: AT }]);
  });

  test('what was taken away by somebody else is still found', async () => {
    await world.approve(await world.ask({ durationMs: 4 * HOUR_MS }));
    await world.pass();
    await later();
    world.given.clear();
    const [seen] = await world.reconcile();

    expect(seen?.drifted).toHaveLength(1);
  });
});

test('a removal that fails goes on failing, and is told, while a window is to begin on the same access', async () => {
  const now = await world.approve(await world.ask({ durationMs: HOUR_MS }));
  await world.pass();
  const upcoming = await later();
  world.beforeCall = async (call) => {
    if (call === 'revoke') {
      throw new Error('no');
    }
  };
  await at(start + HOUR_MS);
  await world.passes(8, MINUTE_MS);
  expect(await world.deps.store.stuckConnectors(3)).toEqual(['orders-db']);

  accepted(await endOwnGrant(world.deps, { by: dana, which: upcoming.id, delivery: world.delivery() }));
  expect(await world.stateOf(upcoming)).toBe('ended');
  expect(await world.deps.store.stuckConnectors(3)).toEqual(['orders-db']);

  world.beforeCall = async () => undefined;
  await world.passes(2, 10 * MINUTE_MS);
  expect([await world.stateOf(now), world.given.size]).toEqual(['ended', 0]);
});

test('a removal that waits longer for its next try than the start is away stays in its line of work', async () => {
  await world.approve(await world.ask({ durationMs: HOUR_MS }));
  await world.pass();
  world.beforeCall = async (call) => {
    if (call === 'revoke') {
      throw new Error('no');
    }
  };
  await at(start + HOUR_MS);
  await world.passes(12, MINUTE_MS);
  const upcoming = await later(HOUR_MS, world.now + 10 * SECOND_MS);
  expect(await world.deps.store.stuckConnectors(3)).toEqual(['orders-db']);

  await world.passes(1, 10 * SECOND_MS);
  expect([await world.stateOf(upcoming), await world.deps.store.stuckConnectors(3)]).toEqual(['active', []]);
});

test('access that bears our mark and that no running window explains is found before a start', async () => {
  await later();
  world.given.set('orders-db/app_readonly/dana', 0);
  const [seen] = await world.reconcile();

  expect(seen?.orphans.map(({ account }) => account.name)).toEqual(['dana']);
});

test('a stranger’s request for the same account is refused until it is over', async () => {
  await later();
  const isHere = world.person;
  const asDana = { email: 'dana@example.com' };
  world.person = (userId) => ({ ...isHere(userId), ...(userId === lee ? asDana : {}) });

  expect(await submit({ requester: lee, beneficiary: asUserId('U04LEE') })).toBe('account-shared');
});
