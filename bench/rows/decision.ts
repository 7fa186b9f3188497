/** An approval committed with its audit rows, beside bare transactions that write the very same rows. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalog } from '../../src/catalog/load-catalog.js';
import { connectorKinds } from '../../src/connectors/registry.js';
import type { Change } from '../../src/domain/change.js';
import { asRequestId, asUserId } from '../../src/domain/ids.js';
import type { Store } from '../../src/ports.js';
import { createIds } from '../../src/random-ids.js';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import type { Row } from '../bench.js';
import { median, type Figure } from '../figures.js';
import { prepareBareWrites } from '../support/bare-writes.js';
import { APPROVER, CATALOG } from '../support/place.js';
import { makeDatabase, seedPending } from '../support/seed.js';

const LIMIT_PERCENT = 50;
/** As many as one target lets end at once. */
const AT_ONCE = 20;

export const decision: Row = {
  name: 'decision',
  title: 'A decision committed with its audit rows',
  async run({ quick, folder }) {
    const rounds = quick ? 3 : 11;
    const each = quick ? 60 : 200;
    const path = join(folder, 'decisions.db');
    const barePath = join(folder, 'bare.db');
    await makeDatabase(path);
    await seedPending(path, { count: 2 * rounds * each, owner: `printf('U0P%05d', n)` });
    copyFileSync(path, barePath);
    const ours = await openDatabase({ path, role: 'start' });
    const bare = await openDatabase({ path: barePath, role: 'start' });
    const store = createStore({ database: ours });
    const bareWrites = prepareBareWrites({ from: ours.connection, to: bare.connection });
    const found: Round[] = [];
    // By turns, so that both meet the same neighbours on this machine.
    for (let round = 0; round < rounds; round += 1) {
      const changes = await changesOf(store, 2 * round * each, each);
      const alone = await rate(each, async () => {
        for (const change of changes) {
          await store.commit(change);
        }
      });
      const write = bareWrites(changes);
      const floor = await rate(each, async () => write());
      const more = await changesOf(store, (2 * round + 1) * each, each);
      const together = await rate(each, async () => {
        for (let place = 0; place < each; place += AT_ONCE) {
          await Promise.all(more.slice(place, place + AT_ONCE).map(async (change) => store.commit(change)));
        }
      });
      // The floor's database must go on from where ours stands.
      bareWrites(more)();
      found.push({ alone, bare: floor, together });
    }
    await store.close();
    bare.close();
    return figures(found);
  },
};

/** Commits a second. */
type Round = { readonly alone: number; readonly bare: number; readonly together: number };

function figures(rounds: readonly Round[]): Figure[] {
  const bare = { what: 'bare', value: median(rounds.map((round) => round.bare)), unit: '/s' } as const;
  return [
    {
      what: 'share of the bare rate, median of the rounds',
      value: median(rounds.map((round) => (100 * round.alone) / round.bare)),
      unit: '%',
      floor: { what: 'bare transactions of the same rows', value: 100, unit: '%' },
      bound: { side: 'at least', limit: LIMIT_PERCENT },
    },
    {
      what: 'decisions committed, one after another',
      value: median(rounds.map((round) => round.alone)),
      unit: '/s',
      floor: bare,
      bound: null,
    },
    {
      what: `decisions committed, ${AT_ONCE} at once`,
      value: median(rounds.map((round) => round.together)),
      unit: '/s',
      floor: bare,
      bound: null,
    },
  ];
}

async function rate(count: number, work: () => Promise<void>): Promise<number> {
  const before = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - before);
}

/** What the use case would commit for an approval of each of these requests. */
async function changesOf(store: Store, first: number, count: number): Promise<Change[]> {
  const changes: Change[] = [];
  const loaded = loadCatalog({ source: CATALOG, file: 'access.yaml', kinds: connectorKinds });
  if (!loaded.ok) {
    throw new Error('The catalog of the benchmark is wrong');
  }
  const { catalog } = loaded;
  for (let place = first; place < first + count; place += 1) {
    const requestId = asRequestId(`R-pending-${place}`);
    const asking = asUserId(`U0P${String(place).padStart(5, '0')}`);
    const outcome = await decideRequest(
      {
        store: {
          ...store,
          async commit(change) {
            changes.push(change);
            return 'committed';
          },
        },
        wakeups: { arm() {} },
        clock: { now: () => Date.now(), behindMs: () => 0 },
        ids: createIds(),
        directory: {
          person: async (userId) => ({
            userId,
            email: `${userId.toLowerCase()}@example.com`,
            emailConfirmed: true,
            deactivated: false,
            outsider: null,
            timeZone: null,
          }),
          profileField: async () => ({ readable: true, value: null }),
          members: async ({ name }) => ({
            readable: true,
            userIds: new Set([name === 'leads' ? asUserId(APPROVER) : asking]),
          }),
        },
        catalogs: { current: () => ({ catalog, endingOnly: false }) },
      },
      {
        requestId,
        approver: asUserId(APPROVER),
        verdict: 'approve',
        reason: null,
        durationMs: null,
        termsVersion: 1,
        delivery: `delivery-${place}`,
      },
    );
    if (!outcome.ok || outcome.value.grant === null) {
      throw new Error(`An approval of the benchmark was not one: ${JSON.stringify(outcome)}`);
    }
  }
  return changes;
}
