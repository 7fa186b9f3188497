import { afterEach, describe, expect, test } from 'vitest';
import { watchRules } from '../../src/rules-watch.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { asChannelId, asUserId } from '../../src/domain/ids.js';
import type { RequestId, UserId } from '../../src/domain/ids.js';
import type { Doubts } from '../../src/domain/lost-eligibility.js';
import type { GroupMembers } from '../../src/domain/person.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import type { NoticeView } from '../../src/domain/views.js';
import { ConnectorError } from '../../src/ports.js';
import type { GrantFilter } from '../../src/ports.js';
import { noticeBody } from '../../src/slack/blocks/notices.js';
import { delegate } from '../../src/usecases/delegate.js';
import { lookForLost } from '../../src/usecases/look-for-lost.js';
import { renewAll } from '../../src/usecases/renew-terms.js';
import { takeEmergency } from '../../src/usecases/take-emergency.js';
import { dana, lee, mia } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace, type SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';
import { waitFor } from '../support/wait-for.js';

const worlds: SmallWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) {
    await world.close();
  }
});

async function open(change: CatalogChange = {}) {
  const world = await makeSmallWorld(change);
  worlds.push(world);
  const usual = world.members;
  const groups = new Map<string, GroupMembers>();
  world.members = async (group) => groups.get(group.name) ?? (await usual(group));
  let doubts: Doubts = new Map();
  return Object.assign(world, {
    holds: (name: string, ...userIds: readonly UserId[]) =>
      void groups.set(name, { readable: true, userIds: new Set(userIds) }),
    asBefore: (name: string) => void groups.delete(name),
    async lookAfter(ms: number): Promise<void> {
      world.now += ms;
      doubts = await lookForLost(world.deps, { doubts, goesOn: async () => true });
    },
    async give(holder: UserId = dana, durationMs = 2 * HOUR_MS) {
      const asking = { requester: holder, beneficiary: holder, durationMs };
      const grant = await world.approve(await world.ask(asking));
      await world.pass();
      return grant;
    },
    told: (kind: string): NoticeView[] =>
      world.notices.flatMap(({ notice }) => (notice.kind === kind ? [notice] : [])),
  });
}

const TEN = 10 * MINUTE_MS;
const CROWD = Array.from({ length: 6 }, (_, index) => asUserId(`U0C${10 + index}`));

describe('a group that is emptied by mistake twice', () => {
  test('admins are warned the second time as well, before anything ends', async () => {
    const world = await open();
    world.holds('engineers', ...CROWD);
    const grants = [];
    for (const one of CROWD) {
      grants.push(await world.give(one));
    }
    world.holds('engineers', lee);
    await world.lookAfter(TEN);
    await world.pass();
    const first = world.told('many-ineligible').length;
    expect(first).toBeGreaterThan(0);
    // put right in time, as the warning says
    world.holds('engineers', ...CROWD);
    await world.lookAfter(TEN);
    // and again, a while later
    world.holds('engineers', lee);
    await world.lookAfter(TEN);
    await world.pass();
    expect(world.told('many-ineligible').length).toBe(2 * first);
  });
});

describe('a review in a channel that is archived', () => {
  test('somebody is told that the review of an emergency is asked for where nobody can read', async () => {
    const world = await open({
      groups: { 'on-duty': { users: ['U03DANA'] }, reviewers: { users: ['U01MIA', 'U02SAM'] } },
      policies: {
        critical: {
          emergency: { for: ['on-duty'], up_to: '1h', channel: 'C0ALERT', review: { by: ['reviewers'] } },
        },
      },
    });
    const { grant } = accepted(
      await takeEmergency(world.deps, {
        delivery: world.delivery(),
        workspace,
        requester: dana,
        resource: 'prod-db',
        role: 'admin',
        durationMs: null,
        reason: 'orders are stuck, dropping the lock',
      }),
    );
    await world.passes(2, 0);
    await world.passes(4, TEN);
    expect(await world.stateOf(grant)).toBe('ended');
    // The channel is archived now.
    world.notify = async (to) =>
      to === 'C0ALERT'
        ? { kind: 'impossible', error: 'is_archived' }
        : { kind: 'posted', channel: asChannelId('D0ADMIN'), ts: '2.0' };
    world.post = async () => ({ kind: 'impossible', error: 'is_archived' });
    world.edit = async () => ({ kind: 'impossible', error: 'is_archived' });
    for (let day = 0; day < 30; day += 1) {
      await world.passes(3, DAY_MS / 3);
    }
    expect(world.told('emergency-not-shown').length).toBeGreaterThan(0);
  });
});

describe('what is said before it is known', () => {
  test('no line says that access has ended while the target still holds it', async () => {
    const world = await open();
    const grant = await world.give();
    world.holds('engineers', lee);
    await world.lookAfter(TEN);
    world.beforeCall = async (call) => {
      if (call === 'revoke') {
        throw new ConnectorError('unreachable', 'away');
      }
    };
    await world.lookAfter(TEN);
    await world.passes(3, 1000);
    expect(await world.stateOf(grant)).toBe('ending');
    expect([...world.given.keys()]).toHaveLength(1);
    const said = world.notices.map(({ notice }) => noticeBody(notice).text).join('\n');
    expect(said).not.toMatch(/Ended early/);
  });
});

describe('a stand-in named by a clock that had jumped ahead', () => {
  test('is taken back', async () => {
    const world = await open({ groups: { seconds: { users: ['U05KIM'] } }, stand_ins: ['seconds'] });
    const kim = asUserId('U05KIM');
    const right = world.now;
    world.now += 365 * DAY_MS;
    accepted(
      await delegate(world.deps, {
        by: mia,
        named: { standIn: kim, untilAt: world.now + DAY_MS },
        delivery: world.delivery(),
      }),
    );
    world.now = right;
    const outcome = await delegate(world.deps, { by: mia, named: null, delivery: world.delivery() });
    expect(outcome.ok).toBe(true);
  });
});

describe('one row that breaks', () => {
  test('one request that cannot be read does not keep the others from new terms', async () => {
    const world = await open();
    const bad = await world.ask({ requester: dana, beneficiary: dana });
    world.now += 1000;
    const good = await world.ask({ requester: lee, beneficiary: lee });
    const { store } = world.deps;
    const request = store.request.bind(store);
    world.deps.store.request = async (id) => {
      if (id === bad.id) {
        throw new Error('Row cannot be');
      }
      return await request(id);
    };
    world.reload({ policies: { standard: { duration: { min: '1s', default: '10m', max: '10m' } } } });
    await renewAll(world.deps, () => true);
    expect((await request(good.id))?.termsVersion).toBe(2);
  });

  test('one grant that cannot be ended does not keep the others', async () => {
    const world = await open();
    const bad = await world.give(dana);
    const good = await world.give(lee);
    world.holds('engineers', mia);
    await world.lookAfter(TEN);
    const { store } = world.deps;
    const grant = store.grant.bind(store);
    world.deps.store.grant = async (id) => {
      if (id === bad.id) {
        throw new Error('Row cannot be');
      }
      return await grant(id);
    };
    for (let round = 0; round < 5; round += 1) {
      await world.lookAfter(TEN);
    }
    expect((await grant(good.id))?.state).not.toBe('active');
  });

  test('one group whose reading throws does not keep other roles from being looked at', async () => {
    const world = await open({
      groups: { others: { users: ['U03DANA'] } },
      policies: { critical: { request: ['others'] } },
    });
    await world.approve(await world.ask({ role: 'admin' }));
    const lost = await world.give(lee);
    const before = world.members;
    world.holds('engineers', mia);
    world.members = async (group) => {
      if (group.name === 'others') {
        throw new TypeError('Slack answered something else');
      }
      return group.name === 'engineers' ? { readable: true, userIds: new Set([mia]) } : await before(group);
    };
    for (let round = 0; round < 5; round += 1) {
      await world.lookAfter(TEN);
    }
    expect(await world.stateOf(lost)).not.toBe('active');
  });
});

describe('a row that can’t be read', () => {
  const broken = async (): Promise<never> => await Promise.reject(new Error('The terms are no JSON'));

  test.each(['request', 'liveGrants'] as const)(
    'of one holder does not keep another from being looked at: %s',
    async (which) => {
      const world = await open();
      const one = await world.give(dana, 4 * HOUR_MS);
      const other = await world.give(lee, 4 * HOUR_MS);
      world.holds('engineers', mia);
      const { store } = world.deps;
      const before = { ...store };
      Object.assign(
        store,
        which === 'request'
          ? {
              request: async (id: RequestId) =>
                id === one.requestId ? await broken() : await before.request(id),
            }
          : {
              liveGrants: async (filter: GrantFilter, page: { offset: number; limit: number }) =>
                filter.beneficiary === dana ? await broken() : await before.liveGrants(filter, page),
            },
      );
      for (let round = 0; round < 5; round += 1) {
        await world.lookAfter(TEN);
      }
      expect(await world.stateOf(other)).not.toBe('active');
    },
  );

  test('of a window that begins does not keep the end of another from being closed', async () => {
    const world = await open();
    const first = await world.give(dana, HOUR_MS);
    const startsAt = first.endsAt;
    const { requestId } = await world.approve(await world.ask({ durationMs: HOUR_MS, startsAt }));
    world.holds('engineers', mia);
    const { store } = world.deps;
    const before = { ...store };
    Object.assign(store, {
      request: async (id: RequestId) => (id === requestId ? await broken() : await before.request(id)),
    });
    await world.passes(1, HOUR_MS);
    await world.passes(5, MINUTE_MS);
    expect(await world.stateOf(first)).toBe('ended');
  });
});

describe('two looks that do not agree', () => {
  test('another reason, by another catalog, is a first look of its own', async () => {
    const world = await open({ groups: { others: { users: ['U01MIA', 'U03DANA'] } } });
    const grant = await world.give();
    // First: the group is emptied by mistake.
    world.holds('engineers', lee);
    await world.lookAfter(TEN);
    // Put right, and at once another catalog, with another mistake, is in force: its first look comes at once.
    world.asBefore('engineers');
    world.now += 9 * MINUTE_MS + 30_000;
    world.reload({
      groups: { others: { users: ['U04LEE'] } },
      policies: { standard: { request: ['others'] } },
    });
    await world.lookAfter(0);
    expect(await world.stateOf(grant)).toBe('active');
  });
});

describe('a window that ends as another begins', () => {
  test('a group whose reading throws at the start does not keep the end of another window from being closed', async () => {
    const world = await open();
    const first = await world.give(dana, HOUR_MS);
    const second = await world.approve(await world.ask({ durationMs: HOUR_MS, startsAt: first.endsAt }));
    world.members = async () => {
      throw new TypeError('Slack answered something else');
    };
    await world.passes(1, HOUR_MS);
    await world.passes(30, MINUTE_MS);
    expect(await world.stateOf(first)).toBe('ended');
    expect(await world.stateOf(second)).toBe('active');
  });
});

describe('a review that nobody is left for', () => {
  test('a review whose group has been emptied since can still be closed by somebody, or somebody is told', async () => {
    const world = await open({
      groups: { 'on-duty': { users: ['U03DANA'] }, reviewers: { users: ['U01MIA', 'U02SAM'] } },
      policies: {
        critical: {
          emergency: { for: ['on-duty'], up_to: '1h', channel: 'C0ALERT', review: { by: ['reviewers'] } },
        },
      },
    });
    accepted(
      await takeEmergency(world.deps, {
        delivery: world.delivery(),
        workspace,
        requester: dana,
        resource: 'prod-db',
        role: 'admin',
        durationMs: null,
        reason: 'orders are stuck, dropping the lock',
      }),
    );
    await world.passes(2, 0);
    world.holds('reviewers');
    for (let day = 0; day < 10; day += 1) {
      await world.passes(3, DAY_MS / 3);
    }
    const nags = world.told('review-nag').flatMap((nag) => (nag.kind === 'review-nag' ? [nag] : []));
    expect(nags.length).toBeGreaterThan(5);
    expect(nags.some(({ mention }) => mention.length > 0)).toBe(true);
  });
});

test('after a reload that changes nothing of the terms the targets are asked once, not at every look', async () => {
  const world = await makeSmallWorld();
  worlds.push(world);
  await world.ask();
  world.reload({ policies: { standard: { nudge: ['20m'] } } });
  await renewAll(world.deps, () => true);
  const calls = world.calls.length;
  for (let look = 0; look < 5; look += 1) {
    await renewAll(world.deps, () => true);
  }
  expect(world.calls.length).toBe(calls);
});

test('a stop waits for the question under way, and not for one question for each role', async () => {
  const world = await makeSmallWorld();
  worlds.push(world);
  for (const asked of [{}, { role: 'admin' }, { resource: 'playground', role: 'viewer' }]) {
    await world.approve(await world.ask({ durationMs: 15 * MINUTE_MS, ...asked }));
    await world.pass();
  }
  let asked = 0;
  const waiting: (() => void)[] = [];
  world.members = async () => {
    asked += 1;
    await new Promise<void>((resolve) => waiting.push(resolve));
    return { readable: false, why: 'Slack takes too long' };
  };
  const watch = watchRules(world.deps);
  void watch.round.work();
  await waitFor('a question to Slack', () => waiting.length > 0);
  const atStop = asked;
  const stop = watch.stop();
  waiting.splice(0).forEach((go) => go());
  await stop;
  expect(asked).toBe(atStop);
});

const AUTO = { auto_approve: [{ name: 'short', for: ['engineers'], up_to: '1h' }] };
test('a rule that a reload has taken away while the target was asked approves nothing', async () => {
  const world = await makeSmallWorld({ policies: { standard: AUTO } });
  worlds.push(world);
  let isReloaded = false;
  world.beforeCall = async (call) => {
    if (call === 'resolve' && !isReloaded) {
      isReloaded = true;
      world.reload({});
    }
  };
  expect(accepted(await world.submit()).request.state).toBe('pending');
});

test('an emergency that a reload has taken away while the target was asked is not given', async () => {
  const groups = { 'on-duty': { users: ['U03DANA'] }, reviewers: { users: ['U01MIA', 'U02SAM'] } };
  const emergency = { for: ['on-duty'], up_to: '1h', channel: 'C0ALERT', review: { by: ['reviewers'] } };
  const world = await makeSmallWorld({ groups, policies: { critical: { emergency } } });
  worlds.push(world);
  let isReloaded = false;
  world.beforeCall = async (call) => {
    if (call === 'resolve' && !isReloaded) {
      isReloaded = true;
      world.reload({ groups });
    }
  };
  const outcome = await takeEmergency(world.deps, {
    delivery: world.delivery(),
    workspace,
    requester: dana,
    resource: 'prod-db',
    role: 'admin',
    durationMs: null,
    reason: 'orders are stuck, dropping the lock',
  });
  expect(outcome.ok).toBe(false);
});

test('one card asks Slack about those who can decide it, not about every stand-in there is', async () => {
  const world = await makeSmallWorld();
  worlds.push(world);
  const request = await world.ask();
  for (let n = 0; n < 60; n += 1) {
    await world.deps.store.commit({
      at: world.now,
      audit: [],
      delegations: [
        {
          delegator: asUserId(`U1D${n}`),
          version: 0,
          standIn: asUserId(`U1S${n}`),
          madeAt: world.now,
          untilAt: world.now + DAY_MS,
        },
      ],
    });
  }
  let asked = 0;
  const person = world.person;
  world.person = (id) => {
    asked += 1;
    return person(id);
  };
  await loadRequestCard(world.deps, request.id);
  expect(asked).toBeLessThan(20);
});
