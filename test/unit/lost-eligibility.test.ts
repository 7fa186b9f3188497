import { afterEach, describe, expect, test } from 'vitest';
import type { Grant } from '../../src/domain/grant.js';
import { asUserId } from '../../src/domain/ids.js';
import type { UserId } from '../../src/domain/ids.js';
import { AGREE_AFTER_MS, FEW } from '../../src/domain/leaving.js';
import type { Doubts } from '../../src/domain/lost-eligibility.js';
import type { GroupMembers } from '../../src/domain/person.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { noticeBody } from '../../src/slack/blocks/notices.js';
import { adoptOrphan } from '../../src/usecases/adopt-orphan.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { lookForLost } from '../../src/usecases/look-for-lost.js';
import { takeEmergency } from '../../src/usecases/take-emergency.js';
import { lostAtStart } from '../../src/usecases/lost-at-start.js';
import { recordingLog } from '../support/recording-log.js';
import { dana, lee, mia, sam, start } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace, type SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

const CROWD = Array.from({ length: 12 }, (_, index) => asUserId(`U0C${10 + index}`));
const DANAS = 'orders-db/app_readonly/dana';
const TEN_MINUTES = 10 * MINUTE_MS;

const worlds: SmallWorld[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map(async (world) => await world.close()));
});

/** A world in which the groups of the catalog can be made to hold others, or to be unreadable. */
async function open(change: CatalogChange = {}) {
  const world = await makeSmallWorld(change);
  worlds.push(world);
  const usual = world.members;
  const groups = new Map<string, GroupMembers>();
  world.members = async (group) => groups.get(group.name) ?? (await usual(group));
  const log = recordingLog();
  const deps = { ...world.deps, log };
  let doubts: Doubts = new Map();
  return Object.assign(world, {
    log,
    holds: (name: string, ...userIds: readonly UserId[]) =>
      void groups.set(name, { readable: true, userIds: new Set(userIds) }),
    unreadable: (name: string) => void groups.set(name, { readable: false, why: 'slack is away' }),
    asBefore: (name: string) => void groups.delete(name),
    look: async (with_: Partial<typeof deps> = {}): Promise<void> => {
      doubts = await lookForLost({ ...deps, ...with_ }, { doubts, goesOn: async () => true });
    },
    /** Another look, so long after the one before. */
    async lookAfter(ms: number): Promise<void> {
      world.now += ms;
      await this.look();
    },
    async give(holder: UserId = dana, asked: Parameters<SmallWorld['ask']>[0] = {}): Promise<Grant> {
      const asking = { requester: holder, beneficiary: holder, durationMs: 2 * HOUR_MS };
      const grant = await world.approve(await world.ask({ ...asking, ...asked }));
      await world.pass();
      return grant;
    },
    told: (to: string, kind: string) =>
      world.notices.flatMap(({ to: who, notice }) => (who === to && notice.kind === kind ? [notice] : [])),
    events: async (kind: string) =>
      (await world.deps.store.auditEvents({ after: 0, limit: 1_000 })).filter((one) => one.kind === kind),
  });
}

describe('a holder who is in no group that may ask any more', () => {
  test('loses the access after two looks that agree, and everybody concerned reads why', async () => {
    const world = await open();
    const [danas, lees] = [await world.give(dana), await world.give(lee)];
    world.holds('engineers', lee);

    await world.look();
    await world.lookAfter(AGREE_AFTER_MS - 1);
    expect(await world.stateOf(danas)).toBe('active');
    await world.lookAfter(1);
    await world.pass();

    expect(await world.deps.store.grant(danas.id)).toMatchObject({
      state: 'ended',
      ending: {
        cause: 'revoked',
        by: { kind: 'hallpass' },
        reason: 'In none of the groups that may ask for it any more: engineers.',
      },
    });
    expect(await world.stateOf(lees)).toBe('active');
    expect([...world.given.keys()]).toEqual(['orders-db/app_readonly/lee']);
    expect(await world.events('grant.eligibility-lost')).toMatchObject([
      {
        grantId: danas.id,
        requestId: danas.requestId,
        actor: { kind: 'hallpass' },
        facts: { beneficiary: dana, why: 'not-in', groups: ['engineers'], resource: 'prod-db' },
      },
    ]);
    expect(world.told('C0APPROVALS', 'request-access-lost')).toEqual([
      {
        kind: 'request-access-lost',
        holder: dana,
        lost: { why: 'not-in', groups: ['engineers'] },
        opened: true,
      },
    ]);
    expect(world.notices.find(({ notice }) => notice.kind === 'request-access-lost')?.thread).toBe('1.000');
    const [word] = world.told(dana, 'grant-revoked');
    expect(word === undefined ? '' : noticeBody(word).text).toContain(
      'Your access is taken away: its holder could no longer ask for it.',
    );
    expect(world.told(mia, 'many-ineligible')).toEqual([]);
  });

  test('keeps it when they are back between two looks, and the count begins anew', async () => {
    const world = await open();
    const grant = await world.give();
    world.holds('engineers');
    await world.look();
    world.asBefore('engineers');
    await world.lookAfter(TEN_MINUTES);
    world.holds('engineers');
    await world.lookAfter(TEN_MINUTES);
    expect(await world.stateOf(grant)).toBe('active');

    await world.lookAfter(TEN_MINUTES);

    expect(await world.stateOf(grant)).toBe('ending');
  });

  test('keeps it while the group cannot be read, and the log says so', async () => {
    const world = await open();
    const grant = await world.give();
    world.unreadable('engineers');

    await world.look();
    await world.lookAfter(TEN_MINUTES);
    await world.lookAfter(TEN_MINUTES);

    expect(await world.stateOf(grant)).toBe('active');
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({ facts: { role: 'prod-db:readonly', groups: ['engineers'] } }),
    );
    world.now = grant.endsAt;
    await world.pass();
    expect(await world.stateOf(grant)).toBe('ended');
  });

  test('loses it also where a look in between could not read the group', async () => {
    const world = await open();
    const grant = await world.give();
    world.holds('engineers');
    await world.look();
    world.unreadable('engineers');
    await world.lookAfter(TEN_MINUTES);
    expect(await world.stateOf(grant)).toBe('active');
    world.holds('engineers');

    await world.lookAfter(TEN_MINUTES);

    expect(await world.stateOf(grant)).toBe('ending');
  });

  test('keeps it to its end where the policy says so', async () => {
    const world = await open({ policies: { standard: { on_lost_eligibility: 'keep' } } });
    const grant = await world.give();
    world.holds('engineers');

    await world.look();
    await world.lookAfter(TEN_MINUTES);
    await world.lookAfter(TEN_MINUTES);

    expect(await world.stateOf(grant)).toBe('active');
  });

  test('is judged by the groups of the role, where it has its own', async () => {
    const world = await open();
    const grant = await world.give();
    world.reload({ resources: { 'prod-db': { roles: { readonly: { request: ['dba-leads'] } } } } });

    await world.look();
    await world.lookAfter(TEN_MINUTES);

    expect(await world.deps.store.grant(grant.id)).toMatchObject({
      ending: { reason: 'In none of the groups that may ask for it any more: dba-leads.' },
    });
  });

  test('and nobody else: who asked on their behalf may have lost it', async () => {
    const world = await open();
    const onBehalf = { requester: lee, role: 'admin' };
    const danas = await world.give(dana, onBehalf);
    world.holds('engineers', dana);
    await world.look();
    await world.lookAfter(TEN_MINUTES);
    expect(await world.stateOf(danas)).toBe('active');

    world.holds('engineers', lee);
    await world.look();
    await world.lookAfter(TEN_MINUTES);

    expect(await world.stateOf(danas)).toBe('ending');
  });

  test('or who approves by now, where approvers may not hold it', async () => {
    const world = await open({ policies: { standard: { approvers_may_hold: false } } });
    const grant = await world.give();
    world.holds('dba-leads', mia, sam, dana);

    await world.look();
    await world.lookAfter(TEN_MINUTES);
    await world.pass();

    expect(await world.stateOf(grant)).toBe('ended');
    expect(world.told('C0APPROVALS', 'request-access-lost')).toMatchObject([{ lost: { why: 'approves' } }]);
  });
});

describe('nothing is judged', () => {
  test('on the last good catalog of a broken file, nor while the clock stands behind', async () => {
    const world = await open();
    const grant = await world.give();
    world.holds('engineers');
    const { catalog } = world.deps.catalogs.current();
    const catalogs = { current: () => ({ catalog, endingOnly: true }) };
    await world.look({ catalogs });
    world.now += TEN_MINUTES;
    await world.look({ catalogs });
    world.behindMs = HOUR_MS;
    await world.look();
    await world.lookAfter(TEN_MINUTES);

    expect(await world.stateOf(grant)).toBe('active');
  });

  test('by a look that is cut short, or of which the catalog changed under it', async () => {
    const world = await open();
    const grant = await world.give();
    world.holds('engineers');
    await world.look();
    const lost = { why: 'not-in', groups: ['engineers'] } as const;
    const doubts: Doubts = new Map([[grant.id, { lost, since: world.now - HOUR_MS }]]);
    expect(await lookForLost(world.deps, { doubts, goesOn: async () => false })).toBe(doubts);

    const store = {
      ...world.deps.store,
      messagesOf: async (subject: Grant['requestId']) => {
        world.reload({ policies: { standard: { on_lost_eligibility: 'keep' } } });
        return await world.deps.store.messagesOf(subject);
      },
    };
    await lookForLost({ ...world.deps, store }, { doubts, goesOn: async () => true });

    expect(await world.stateOf(grant)).toBe('active');
  });

  test('of what the catalog no longer offers', async () => {
    const world = await open();
    const grant = await world.give();
    world.holds('engineers');
    world.reload({ resources: { 'prod-db': { roles: { readonly: null }, default_role: 'admin' } } });

    await world.look();
    await world.lookAfter(TEN_MINUTES);

    expect(await world.stateOf(grant)).toBe('active');
  });

  test('of what an admin has adopted', async () => {
    const world = await open();
    world.given.set(DANAS, 0);
    await world.reconcile();
    const [orphan] = await world.deps.store.openStrays('orders-db');
    const adoption = { by: mia, beneficiary: dana, durationMs: 2 * HOUR_MS, reason: 'found in the restore' };
    const { grant } = accepted(
      await adoptOrphan(world.deps, {
        ...adoption,
        workspace,
        strayId: orphan?.id ?? 'none',
        delivery: world.delivery(),
      }),
    );
    await world.pass();
    const asked = await world.give(lee);
    world.holds('engineers');

    await world.look();
    await world.lookAfter(TEN_MINUTES);
    await world.pass();

    expect([await world.stateOf(grant), await world.stateOf(asked)]).toEqual(['active', 'ended']);
  });
});

describe('access that begins later', () => {
  const AT = start + 6 * HOUR_MS;
  const later = { startsAt: AT, durationMs: 2 * HOUR_MS };

  test('is called off before it starts, after two looks', async () => {
    const world = await open();
    const grant = await world.give(dana, later);
    world.holds('engineers');

    await world.look();
    await world.lookAfter(TEN_MINUTES);
    await world.pass();

    expect(await world.deps.store.grant(grant.id)).toMatchObject({ state: 'ended', activeAt: null });
    expect(world.told('C0APPROVALS', 'request-access-lost')).toMatchObject([{ opened: false }]);
    const [word] = world.told(dana, 'grant-revoked');
    expect(word === undefined ? '' : noticeBody(word).text).toContain('called off before it started');
  });

  test('does not open when its holder could no longer ask for it at the start', async () => {
    const world = await open();
    const grant = await world.give(dana, later);
    world.holds('engineers');

    world.now = AT;
    await world.pass();
    await world.pass();

    expect(await world.deps.store.grant(grant.id)).toMatchObject({
      state: 'ended',
      ending: {
        cause: 'revoked',
        by: { kind: 'hallpass' },
        reason: 'In none of the groups that may ask for it any more: engineers.',
      },
    });
    expect(world.calls.filter((call) => call === 'grant')).toEqual([]);
    expect(await world.events('grant.eligibility-lost')).toMatchObject([{ grantId: grant.id }]);
    expect(await world.events('grant.opening')).toEqual([]);
    expect(world.told('C0APPROVALS', 'request-access-lost')).toMatchObject([{ opened: false }]);
    const [word] = world.told(dana, 'grant-revoked');
    expect(word === undefined ? '' : noticeBody(word).text).toContain('called off before it was open');
    const card = await loadRequestCard(world.deps, grant.requestId);
    expect(card).toMatchObject({ grant: { state: 'ended' } });
  });

  test('leaves alone what else its holder has of the same', async () => {
    const world = await open({
      policies: { standard: { request: ['dba-leads'] }, critical: { request: ['engineers', 'dba-leads'] } },
      resources: {
        'prod-db': { roles: { admin: { entitlements: [{ connector: 'orders-db', role: 'app_readonly' }] } } },
      },
      groups: { 'dba-leads': { users: ['U01MIA', 'U02SAM', 'U03DANA'] } },
    });
    const running = await world.give(dana, { role: 'admin', durationMs: 8 * HOUR_MS });
    const grant = await world.give(dana, later);
    world.holds('dba-leads', mia, sam);

    world.now = AT;
    await world.pass();

    expect([await world.stateOf(grant), await world.stateOf(running)]).toEqual(['ended', 'active']);
    expect([...world.given.keys()]).toEqual([DANAS]);
  });

  test.each<[string, CatalogChange, (world: Awaited<ReturnType<typeof open>>) => void]>([
    ['the group cannot be read', {}, (world) => world.unreadable('engineers')],
    [
      'the policy keeps it',
      { policies: { standard: { on_lost_eligibility: 'keep' } } },
      (world) => world.holds('engineers'),
    ],
  ])('opens when %s at the start', async (_when, change, happens) => {
    const world = await open(change);
    const grant = await world.give(dana, later);
    happens(world);

    world.now = AT;
    await world.pass();

    expect(await world.stateOf(grant)).toBe('active');
  });
});

test('the start of a window is judged by the last good catalog of a broken file as well, and by no clock that is behind', async () => {
  const world = await open();
  const at = world.now + HOUR_MS;
  const grant = await world.give(dana, { startsAt: at });
  world.holds('engineers');
  const held = (await world.deps.store.holds(grant.id))[0];
  const state = held === undefined ? null : await world.deps.store.entitlementState(held.entitlementId);
  if (state === null) {
    throw new Error('The grant holds nothing.');
  }
  const { catalog } = world.deps.catalogs.current();
  const catalogs = { current: () => ({ catalog, endingOnly: true }) };

  expect(await lostAtStart(world.deps, state, at)).toMatchObject([{ grant: { id: grant.id } }]);
  expect(await lostAtStart(world.deps, state, at - 1)).toEqual([]);
  expect(await lostAtStart({ ...world.deps, catalogs }, state, at)).toHaveLength(1);
  world.behindMs = HOUR_MS;
  expect(await lostAtStart(world.deps, state, at)).toEqual([]);
});

describe('several at once', () => {
  async function crowd(count: number) {
    const world = await open({ groups: { engineers: { users: CROWD.slice(0, count) } } });
    const grants: Grant[] = [];
    for (const each of CROWD.slice(0, count)) {
      grants.push(await world.give(each));
    }
    return {
      world,
      states: async () => await Promise.all(grants.map(async (one) => await world.stateOf(one))),
    };
  }

  test('the admins are warned by the first look, and told once by the second', async () => {
    const { world, states } = await crowd(FEW + 1);
    world.holds('engineers');
    await world.look();
    await world.pass();
    for (const admin of [mia, sam]) {
      expect(world.told(admin, 'many-ineligible')).toMatchObject([
        { ended: false, total: FEW + 1, groups: ['engineers'] },
      ]);
    }

    await world.lookAfter(TEN_MINUTES);
    await world.pass();
    await world.lookAfter(TEN_MINUTES);
    await world.pass();

    expect(new Set(await states())).toEqual(new Set(['ended']));
    const told = world.told(mia, 'many-ineligible');
    expect(told).toMatchObject([{ ended: false }, { ended: true, total: FEW + 1, groups: ['engineers'] }]);
    expect(told.map((notice) => noticeBody(notice).text.split('\n')[0])).toEqual([
      expect.stringContaining('Hallpass ends 6 accesses in some ten minutes'),
      expect.stringContaining('Hallpass ends 6 accesses early'),
    ]);
  });

  test('a group that is filled again after the warning keeps everybody', async () => {
    const { world, states } = await crowd(FEW + 1);
    world.holds('engineers');
    await world.look();
    world.asBefore('engineers');

    await world.lookAfter(TEN_MINUTES);
    await world.lookAfter(TEN_MINUTES);

    expect(new Set(await states())).toEqual(new Set(['active']));
  });

  test('a few are told of when they end, and need no warning', async () => {
    const { world } = await crowd(2);
    world.holds('engineers');
    await world.look();
    await world.lookAfter(TEN_MINUTES);
    await world.pass();

    expect(world.told(mia, 'many-ineligible')).toMatchObject([{ ended: true, total: 2 }]);
  });
});

test('what was taken in an emergency by somebody who may not ask for it is not ended for that', async () => {
  const emergency = { for: ['dba-leads'], up_to: '1h', channel: 'C0ALERT', review: { by: ['engineers'] } };
  const groups = { engineers: { users: [dana, lee] } };
  const world = await open({ groups, policies: { standard: { emergency } } });
  const { grant } = accepted(
    await takeEmergency(world.deps, {
      delivery: world.delivery(),
      workspace,
      requester: sam,
      resource: 'prod-db',
      role: 'readonly',
      durationMs: HOUR_MS,
      reason: 'orders are stuck',
    }),
  );
  await world.pass();
  await world.look();
  await world.lookAfter(AGREE_AFTER_MS);
  await world.pass();
  expect(await world.stateOf(grant)).toBe('active');
});

test('of a bundle, whoever could no longer ask for one part loses it, and reads which groups that part has', async () => {
  const world = await open({
    groups: { readers: { users: [dana] } },
    resources: {
      playground: { roles: { viewer: { request: ['readers'] } } },
      support: {
        title: 'Support',
        policy: 'standard',
        roles: { oncall: { bundle: ['prod-db:readonly', 'playground:viewer'] } },
      },
    },
  });
  const grant = await world.give(dana, { resource: 'support', role: 'oncall' });
  world.holds('readers', lee);

  await world.look();
  await world.lookAfter(AGREE_AFTER_MS);
  await world.pass();

  expect(await world.stateOf(grant)).toBe('ended');
  expect(await world.events('grant.eligibility-lost')).toMatchObject([
    { grantId: grant.id, facts: { groups: ['readers'], role: 'oncall' } },
  ]);
});
