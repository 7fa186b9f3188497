/** Who has what, with a million grants in the past; and every other look that the main thread takes. */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { loadCatalog } from '../../src/catalog/load-catalog.js';
import { connectorKinds } from '../../src/connectors/registry.js';
import { asUserId } from '../../src/domain/ids.js';
import { DAY_MS, HOUR_MS } from '../../src/domain/time.js';
import type { WhoHasAbout } from '../../src/domain/views.js';
import type { DueKind, GrantFilter, Store } from '../../src/ports.js';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';
import { whoHas as whoHasUseCase } from '../../src/usecases/who-has.js';
import type { Row } from '../bench.js';
import { median, percentile, type Figure } from '../figures.js';
import { APPROVER, CATALOG, holder } from '../support/place.js';
import { makeDatabase, seedEnded, seedRunning } from '../support/seed.js';

const LIMIT_MS = 20;
const LIVE = 10_000;
const PAGE = 10;

type Look = readonly [what: string, look: () => Promise<unknown>];

export const whoHas: Row = {
  name: 'who-has',
  title: 'who-has over 1,000,000 past grants, 10,000 live',
  async run({ quick, folder }) {
    const past = quick ? 20_000 : 1_000_000;
    const times = quick ? 30 : 200;
    const without = await openSeeded(join(folder, 'live.db'), 0);
    const store = await openSeeded(join(folder, 'past.db'), past);
    try {
      const floors = new Map<string, number>();
      for (const [what, look] of looks(without)) {
        floors.set(what, percentile(await timesOf(look, times), 99));
      }
      const found: Figure[] = [];
      const medians: number[] = [];
      for (const [what, look] of looks(store)) {
        const taken = await timesOf(look, times);
        medians.push(median(taken));
        found.push({
          what: `${what}, p99`,
          value: percentile(taken, 99),
          unit: 'ms',
          floor: { what: 'without the past', value: floors.get(what) ?? 0, unit: 'ms' },
          bound: { side: 'at most', limit: LIMIT_MS },
        });
      }
      const slowest: Figure = {
        // On a busy machine the percentiles above are its neighbours'; this one hardly is.
        what: 'the slowest of these looks, p50',
        value: Math.max(...medians),
        unit: 'ms',
        floor: null,
        bound: null,
      };
      return [...found, slowest, await longestStandstill(store)];
    } finally {
      await without.close();
      await store.close();
    }
  },
};

async function openSeeded(path: string, past: number): Promise<Store> {
  const now = Date.now();
  await makeDatabase(path);
  await seedRunning(path, { name: 'live', count: LIVE, endsAt: `${now + HOUR_MS} + n` });
  if (past > 0) {
    // Over two years, as they would come.
    const endsAt = `${now - 730 * DAY_MS} + n * ${Math.floor((729 * DAY_MS) / past)}`;
    await seedEnded(path, { name: 'past', count: past, endsAt });
  }
  return createStore({ database: await openDatabase({ path, role: 'start' }) });
}

function looks(store: Store): Look[] {
  return [...useCaseLooks(store), ...filterLooks(store), ...otherLooks(store)];
}

/** The whole use case: several queries, with the catalog and the groups at hand. */
function useCaseLooks(store: Store): Look[] {
  const loaded = loadCatalog({ source: CATALOG, file: 'access.yaml', kinds: connectorKinds });
  if (!loaded.ok) {
    throw new Error('The catalog of the benchmark is wrong');
  }
  const { catalog } = loaded;
  const deps: Parameters<typeof whoHasUseCase>[0] = {
    store,
    catalogs: { current: () => ({ catalog, endingOnly: false }) },
    connectors: { get: () => undefined },
    directory: {
      person: async (userId) => ({
        userId,
        email: `${userId}@example.com`,
        emailConfirmed: true,
        deactivated: false,
        outsider: null,
        timeZone: null,
      }),
      profileField: async () => ({ readable: true, value: null }),
      members: async ({ name }) => ({
        readable: true,
        userIds: new Set([asUserId(name === 'leads' ? APPROVER : holder(1))]),
      }),
    },
    callTimeoutMs: 1_000,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  };
  const ask = (viewer: string, about: WhoHasAbout, offset: number) => async () => {
    const answer = await whoHasUseCase(deps, { viewer: asUserId(viewer), about, offset });
    if (!answer.ok || answer.value.holders.length === 0) {
      throw new Error(`who-has found nobody: ${JSON.stringify(answer)}`);
    }
  };
  return [
    ['who-has, an admin, everything', ask(APPROVER, { kind: 'all' }, 0)],
    ['who-has, an admin, last page', ask(APPROVER, { kind: 'all' }, LIVE - PAGE)],
    ['who-has, a member, one resource', ask(holder(1), { kind: 'resource', resource: 'prod-db' }, 0)],
    ['who-has, one person', ask(APPROVER, { kind: 'person', userId: asUserId(holder(7)) }, 0)],
  ];
}

function filterLooks(store: Store): Look[] {
  const among = [{ resource: 'prod-db', role: 'readonly' }];
  const beneficiary = asUserId(holder(3));
  const filters: Record<string, GrantFilter> = {
    'of all': {},
    'of a person': { beneficiary },
    'of a role': { among },
    'of a person and a role': { beneficiary, among },
  };
  return Object.entries(filters).flatMap(([what, filter]): Look[] => [
    [`a page ${what}`, async () => await store.liveGrants(filter, { offset: 0, limit: PAGE })],
    [`the count ${what}`, async () => await store.countLiveGrants(filter)],
  ]);
}

function otherLooks(store: Store): Look[] {
  const now = Date.now();
  const due = (kind: DueKind) => async () =>
    await store.due(kind, { before: now + DAY_MS, now, after: null, limit: 200 });
  return [
    ['due entitlements, a page', due('entitlement')],
    ['due reminders, a page', due('grant')],
    ['the next due moment', async () => await store.nextDueAt()],
    ['connectors in use', async () => await store.connectorsInUse()],
    ['unreachable connectors', async () => await store.unreachableConnectors()],
    ['pending of a person', async () => await store.pendingOf(asUserId(holder(5)))],
    [
      'owners of an account',
      async () => await store.ownersOf({ connector: 'target', accountId: 'sim:seeded-past-7' }),
    ],
  ];
}

async function timesOf(look: () => Promise<unknown>, times: number): Promise<number[]> {
  const taken: number[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const before = performance.now();
    await look();
    taken.push(performance.now() - before);
  }
  return taken;
}

/** While what has outlived its retention is removed, which goes over everything in small steps. */
async function longestStandstill(store: Store): Promise<Figure> {
  const gaps: number[] = [];
  const done = new AbortController();
  const watching = (async () => {
    while (!done.signal.aborted) {
      const before = performance.now();
      await setImmediate();
      gaps.push(performance.now() - before);
    }
  })();
  await store.forget(Date.now() + DAY_MS);
  done.abort();
  await watching;
  return {
    what: 'a step of forgetting, p99',
    value: percentile(gaps, 99),
    unit: 'ms',
    floor: null,
    bound: { side: 'at most', limit: LIMIT_MS },
  };
}
