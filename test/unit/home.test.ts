/** What stands on somebody's Home tab, by the rows and the catalog as they are. */
import { afterEach, describe, expect, test } from 'vitest';
import { asUserId } from '../../src/domain/ids.js';
import type { UserId } from '../../src/domain/ids.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import type { HomePlace, HomeView } from '../../src/domain/views.js';
import { ConnectorError } from '../../src/ports.js';
import { asText } from '../../src/emulated-slack/read-as-person.js';
import { homeTab } from '../../src/slack/blocks/home.js';
import { delegate } from '../../src/usecases/delegate.js';
import { loadHome } from '../../src/usecases/load-home.js';
import { reviewEmergency } from '../../src/usecases/review-emergency.js';
import { takeEmergency } from '../../src/usecases/take-emergency.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

const max = asUserId('U09MAX');
const FIRST: HomePlace = { held: 0, deciding: 0, asked: 0 };

let world: SmallWorld;
afterEach(() => world.close());

async function begin(change: CatalogChange = {}): Promise<void> {
  world = await makeSmallWorld(change);
}

async function home(viewer: UserId, place: HomePlace = FIRST): Promise<HomeView> {
  return accepted(await loadHome(world.deps, { viewer, place }));
}

async function waitsFor(viewer: UserId, place: HomePlace = FIRST): Promise<string[]> {
  return (await home(viewer, place)).deciding.map(({ request }) => request.id);
}

async function reads(viewer: UserId): Promise<string> {
  const { blocks } = homeTab(await home(viewer), '/access');
  return asText(
    { blocks: blocks.map((block) => ({ ...block })) },
    {
      nameOf: (id) => id.slice(3).toLowerCase(),
      groupHandle: () => undefined,
      timeZone: 'Europe/Berlin',
      now: new Date(world.now),
    },
  );
}

describe('what waits for a decision', () => {
  test('stands with those whose approval would be counted now, and with nobody else', async () => {
    await begin({ groups: { engineers: { users: [dana, lee, mia] } } });
    const own = await world.ask({ requester: mia, beneficiary: mia });
    const other = await world.ask();

    expect(await waitsFor(mia)).toEqual([other.id]);
    expect((await waitsFor(sam)).toSorted()).toEqual([own.id, other.id].toSorted());
    expect([await waitsFor(dana), await waitsFor(lee), await waitsFor(max)]).toEqual([[], [], []]);
  });

  test('stands with whoever stands in for an approver, and with nobody once it is decided', async () => {
    await begin({ groups: { seconds: { users: [max] } }, stand_ins: ['seconds'] });
    const request = await world.ask();
    const named = { standIn: max, untilAt: world.now + HOUR_MS };
    accepted(await delegate(world.deps, { by: mia, named, delivery: world.delivery() }));
    expect(await waitsFor(max)).toEqual([request.id]);

    await world.approve(request);
    expect([await waitsFor(max), await waitsFor(sam)]).toEqual([[], []]);
  });

  test('stands with the manager of whoever asks, and with no other manager', async () => {
    await begin({
      groups: { boss: { manager_of: 'requester' } },
      managers: { [dana]: max, [lee]: sam },
      policies: { standard: { approve: [{ from: ['boss'] }] } },
    });
    const request = await world.ask();

    expect([await waitsFor(max), await waitsFor(sam), await waitsFor(mia)]).toEqual([[request.id], [], []]);
  });

  test('comes in its turn where steps have an order', async () => {
    const approve = [{ from: ['dba-leads'] }, { from: ['security'] }];
    await begin({
      groups: { security: { users: [max] } },
      policies: { standard: { approve, in_order: true } },
    });
    const request = await world.ask();

    expect([await waitsFor(mia), await waitsFor(max)]).toEqual([[request.id], []]);
  });

  test('comes in pages, the oldest first', async () => {
    const crowd = Array.from({ length: 7 }, (_, nth) => asUserId(`U0CROWD${nth}`));
    await begin({ groups: { engineers: { users: crowd } } });
    const ids: string[] = [];
    for (const one of crowd) {
      world.now += MINUTE_MS;
      ids.push((await world.ask({ requester: one, beneficiary: one })).id);
    }

    expect(await waitsFor(mia)).toEqual(ids.slice(0, 5));
    expect(await waitsFor(mia, { ...FIRST, deciding: 5 })).toEqual(ids.slice(5));
    expect((await home(mia)).decidingIsMore).toBe(true);
    expect((await home(mia, { ...FIRST, deciding: 5 })).decidingIsMore).toBe(false);
  });
});

describe('an emergency', () => {
  const emergency = { for: ['engineers'], up_to: '1h', channel: 'C0ALERT', review: { by: ['reviewers'] } };

  test('stands with those who can review it, until they have', async () => {
    await begin({
      groups: { reviewers: { users: [max, lee, dana] } },
      policies: { critical: { emergency } },
    });
    const taken = accepted(
      await takeEmergency(world.deps, {
        delivery: world.delivery(),
        workspace,
        requester: dana,
        resource: 'prod-db',
        role: 'admin',
        durationMs: null,
        reason: 'orders are stuck',
      }),
    );
    expect(await reads(max)).toContain('Waiting for your review');
    expect(await reads(max)).toContain('[Justified] [Not justified]');
    expect(await reads(max)).not.toContain('Nothing waits for your decision.');
    for (const nobody of [dana, sam]) {
      expect((await home(nobody)).reviews).toEqual([]);
    }

    const by = { by: max, requestId: taken.request.id, delivery: world.delivery() };
    accepted(await reviewEmergency(world.deps, { ...by, verdict: 'justified', note: null }));
    expect((await home(max)).reviews).toEqual([]);
    expect((await home(lee)).reviews).toHaveLength(1);
  });
});

describe('what is one’s own', () => {
  test('stands there with what can be done about it', async () => {
    await begin();
    await world.approve(await world.ask());
    await world.pass();
    await world.ask({ resource: 'playground', role: 'viewer' });

    expect(await reads(dana)).toContain("[I'm done] [Extend]");
    expect(await reads(dana)).toContain('[Nudge] [Cancel]');
    expect(await reads(lee)).toContain('You hold nothing now.');
    expect(await reads(lee)).toContain('Nothing waits for your decision.');
  });

  test('can’t be extended where the policy gives no more time', async () => {
    await begin({ policies: { standard: { extend: 'none' } } });
    await world.approve(await world.ask());
    await world.pass();

    expect(await reads(dana)).toContain("[I'm done]");
    expect(await reads(dana)).not.toContain('[Extend]');
  });
});

describe('what needs a look', () => {
  test('is counted for admins and auditors, and not even named to others', async () => {
    await begin({ groups: { watchers: { users: [max] } }, auditors: ['watchers'] });
    const grant = await world.approve(await world.ask());
    await world.pass();
    world.standing.add('playground/viewer/lee');
    await world.reconcile();
    world.beforeCall = async (call) => {
      if (call === 'revoke') {
        throw new ConnectorError('unreachable', 'no answer');
      }
    };
    world.now = grant.endsAt;
    await world.passes(2, 0);
    await world.ask({ requester: lee, beneficiary: lee });
    await world.passes(2, 10 * MINUTE_MS);

    expect((await home(mia)).admin).toEqual({
      failing: 1,
      orphans: 0,
      standing: 1,
      unanswered: 1,
      isAdmin: true,
    });
    expect((await home(max)).admin).toMatchObject({ failing: 1, isAdmin: false });
    expect((await home(lee)).admin).toBeNull();
    expect(await reads(mia)).toContain(
      [
        'For admins',
        'Revocations that fail: 1 · `/access stuck`',
        'Standing access, not given by Hallpass: 1 · `/access reconcile`',
        'Requests that nobody has answered since the approvers were nudged: 1',
      ].join('\n'),
    );
  });

  test('is said to be nothing where it is nothing', async () => {
    await begin();

    expect(await reads(mia)).toContain('Nothing needs a look.');
  });
});

test('whoever can’t take part sees no Home, and reads why', async () => {
  await begin();
  const usual = world.person;
  world.person = (one) => ({ ...usual(one), outsider: one === lee ? 'guest' : null });

  expect(await loadHome(world.deps, { viewer: lee, place: FIRST })).toMatchObject({
    refusal: { code: 'no-part', why: 'guest' },
  });
});

test('a page of what waits for a decision that is no longer there gives the last one', async () => {
  await begin();
  for (const role of ['readonly', 'admin']) {
    await world.ask({ role });
  }
  const view = await home(mia, { ...FIRST, deciding: 5 });

  expect(view.place.deciding).toBe(0);
  expect(view.deciding).toHaveLength(2);
});
