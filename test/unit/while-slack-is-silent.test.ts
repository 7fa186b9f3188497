/** Of whoever Slack says nothing now, nobody knows that they are no guest: they see nothing, and do nothing. */
import { afterEach, expect, test } from 'vitest';
import { asUserId } from '../../src/domain/ids.js';
import type { Person } from '../../src/domain/person.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { revokeGrant } from '../../src/usecases/end-grant.js';
import { exportHistory } from '../../src/usecases/export-history.js';
import { exportHolders } from '../../src/usecases/export-holders.js';
import { history } from '../../src/usecases/history.js';
import { listOffers } from '../../src/usecases/list-offers.js';
import { listStuck } from '../../src/usecases/list-stuck.js';
import { markRemoved, removalForm } from '../../src/usecases/unstick.js';
import { whoHas } from '../../src/usecases/who-has.js';
import { dana } from '../support/rows.js';
import { makeSmallWorld } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';

const gus = asUserId('U04GUS');
const all = { kind: 'all' } as const;

let world: SmallWorld;
afterEach(() => world.close());

async function open(): Promise<void> {
  world = await makeSmallWorld({
    groups: { engineers: { users: [dana, gus] }, watchers: { users: [gus] }, ops: { users: [gus] } },
    admins: ['dba-leads', 'ops'],
    auditors: ['watchers'],
  });
}

/** What Slack says of gus: nothing, that there is nobody, or that he is a guest. */
function says(what: 'unreadable' | 'unknown' | 'guest'): void {
  const { directory } = world.deps;
  const { person } = { person: directory.person.bind(directory) };
  const guest = (found: Person): Person => ({ ...found, outsider: 'guest' });
  Object.assign(directory, {
    person: async (userId: typeof gus) => {
      if (userId !== gus) {
        return await person(userId);
      }
      return what === 'guest' ? guest(world.person(gus)) : what;
    },
  });
}

test.each(['unreadable', 'unknown', 'guest'] as const)('nothing is shown: %s', async (what) => {
  await open();
  await world.approve(await world.ask({ durationMs: HOUR_MS }));
  await world.passes(2, SECOND_MS);
  says(what);
  const seen = [
    await whoHas(world.deps, { viewer: gus, about: all, offset: 0 }),
    await history(world.deps, { viewer: gus, about: all, backMs: HOUR_MS, offset: 0 }),
    await exportHolders(world.deps, { viewer: gus, about: all }),
    await exportHistory(world.deps, { viewer: gus, about: all, backMs: HOUR_MS }),
    await listStuck(world.deps, { viewer: gus, offset: 0 }),
  ];

  expect(JSON.stringify(seen)).not.toContain('stuck migration 4711');
  expect(seen.filter(({ ok }) => ok).map((one) => one.ok && 'total' in one.value && one.value.total)).toEqual(
    what === 'unreadable' ? [] : [0, 0],
  );
  const { offers, unreadable } = await listOffers(world.deps, { viewer: gus });
  expect(offers).toEqual([]);
  expect(unreadable.length > 0).toBe(what === 'unreadable');
});

test.each(['unreadable', 'unknown', 'guest'] as const)(
  'nothing is taken away or called gone: %s',
  async (what) => {
    await open();
    const grant = await world.approve(await world.ask({ durationMs: 5 * MINUTE_MS }));
    await world.passes(2, SECOND_MS);
    const other = await world.approve(await world.ask({ resource: 'playground', role: 'viewer' }));
    await world.passes(2, SECOND_MS);
    world.beforeCall = async () => {
      throw new ConnectorError('unreachable', 'Away.');
    };
    world.now = grant.endsAt;
    await world.passes(8, 40 * SECOND_MS);
    const [row] = await world.deps.store.failingRevocations({ offset: 0, limit: 5 });
    if (row === undefined) {
      throw new Error('No revocation fails.');
    }
    says(what);
    const { id: entitlementId } = row;
    const reason = 'it is gone, believe me';

    expect((await removalForm(world.deps, { viewer: gus, entitlementId })).ok).toBe(false);
    expect(
      (await markRemoved(world.deps, { by: gus, entitlementId, reason, delivery: world.delivery() })).ok,
    ).toBe(false);
    expect(
      (await revokeGrant(world.deps, { by: gus, which: other.id, reason, delivery: world.delivery() })).ok,
    ).toBe(false);
    expect(await world.deps.store.entitlement(entitlementId)).toMatchObject({ byHand: null });
  },
);
