/** Everything around Hallpass for one run: a PostgreSQL behind a wire, a Redis with AOF, an emulated Slack. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { personShortcuts, type PersonShortcuts } from '../support/person-shortcuts.js';
import type { PostgresMode } from '../support/postgres-setup.js';
import { prepareHallpass, type HallpassPlace } from '../support/running-hallpass.js';
import type { TestServers } from '../support/servers/ensure-installed.js';
import { startRedis, type RedisServer } from '../support/servers/redis.js';
import { startTargetDatabase, type TargetDatabase } from '../support/target-database.js';
import type { AppProcesses } from './app-process.js';
import { startObserver, type Observer } from './observer.js';
import { keepRunning, type RunningApp } from './running-app.js';
import type { Whom } from './evidence-type.js';
import { createLoggingIn, type LoggingIn } from './logging-in.js';
import type { RevealClick } from './people.js';
import { REQUESTERS, type Schedule } from './schedule.js';
import { logWhatHallpassDoes, readLoginNames } from './target-evidence.js';
import { createTimeline, type Timeline } from './timeline.js';
import { startWire, type Wire } from './wire.js';

export type World = {
  readonly timeline: Timeline;
  readonly target: TargetDatabase;
  readonly wire: Wire;
  readonly redis: RedisServer;
  readonly place: HallpassPlace;
  readonly people: PersonShortcuts;
  readonly app: RunningApp;
  readonly observer: Observer;
  /** What was given by hand and not taken by hand. */
  readonly byHand: { role: string; account: string }[];
  readonly mode: PostgresMode;
  /** In mode ephemeral: whose temporary login this is. */
  whoseIs(this: void, login: string): Whom;
  readonly loggingIn: LoggingIn;
  readonly reveals: RevealClick[];
  stop(this: void): Promise<void>;
};

/** Two roles on one entitlement, one role with two, and one that takes two approvals. */
const CATALOG = {
  groups: { engineers: { users: ['U03DANA', 'U04LEE', 'U05ANN', 'U06BEN'] } },
  policies: { critical: { approve: [{ from: ['dba-leads'], count: 2 }], deny_reason: null } },
  resources: {
    'prod-db': {
      roles: {
        both: {
          entitlements: [
            { connector: 'orders-db', role: 'app_readonly' },
            { connector: 'orders-db', role: 'app_admin' },
          ],
        },
      },
    },
    reports: {
      title: 'Reports',
      policy: 'standard',
      roles: { reader: { entitlements: [{ connector: 'orders-db', role: 'app_readonly' }] } },
    },
  },
};

const PEOPLE = [
  { id: 'U05ANN', name: 'ann', email: 'ann@example.com' },
  { id: 'U06BEN', name: 'ben', email: 'ben@example.com' },
];

export async function startWorld(
  servers: TestServers,
  processes: AppProcesses,
  how: Pick<Schedule, 'mode' | 'isSwept'>,
): Promise<World> {
  const stops: (() => unknown)[] = [];
  try {
    return await build(servers, processes, how, stops);
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function stopAll(stops: (() => unknown)[]): Promise<void> {
  for (const stop of stops.splice(0).toReversed()) {
    await stop();
  }
}

async function build(
  servers: TestServers,
  processes: AppProcesses,
  { mode, isSwept }: Pick<Schedule, 'mode' | 'isSwept'>,
  stops: (() => unknown)[],
): Promise<World> {
  const [target, redis] = await Promise.all([
    startTargetDatabase('18', servers, mode),
    startRedis({}, servers),
  ]);
  stops.push(target.stop, redis.stop);
  await prepareTarget(target);
  if (isSwept) {
    stops.push(keepSweeping(target));
  }
  const wire = await startWire(target.server.port);
  stops.push(wire.close);
  const place = await prepareHallpass({
    target: { ...target, botUrl: throughWire(target.botUrl, wire.port) },
    redisUrl: redis.url,
    people: PEOPLE,
    catalog: { ...CATALOG, connectors: { 'orders-db': { mode } } },
  });
  stops.push(place.remove);
  const env = Object.entries(place.env).map(([name, value]) => `${name}="${value}"`);
  await writeFile(join(place.folder, '.env'), env.join('\n'));
  const timeline = createTimeline();
  const observer = startObserver(place.databaseFile, timeline);
  stops.push(observer.stop);
  const logins = mode === 'ephemeral' ? await readLoginNames(target, REQUESTERS) : new Map<string, Whom>();
  const whoseIs = (login: string): Whom => logins.get(login) ?? { role: 'none', account: login };
  const loggingIn = createLoggingIn(whoseIs);
  stops.push(loggingIn.stop);
  const app = keepRunning({ processes, folder: place.folder, timeline, deliverTo: place.deliverTo });
  stops.push(app.stop);
  return {
    timeline,
    target,
    wire,
    redis,
    place,
    people: personShortcuts(place.world),
    app,
    observer,
    byHand: [],
    whoseIs,
    loggingIn,
    reveals: [],
    mode,
    stop: async () => await stopAll(stops),
  };
}

async function prepareTarget(target: TargetDatabase): Promise<void> {
  for (const { name } of PEOPLE) {
    await target.addAccount(name);
  }
  await logWhatHallpassDoes(target);
}

function throughWire(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

const SWEEP_EVERY_MS = 1_000;

/** As pg_cron would, only more often: it must come into the way of nothing that Hallpass does. */
function keepSweeping({ sql }: TargetDatabase): () => Promise<void> {
  const stopping = new AbortController();
  const sweeping = (async () => {
    while (!stopping.signal.aborted) {
      // Also while the target is read-only; the next one goes on.
      await sql('superuser', 'select hallpass.sweep()').catch(() => undefined);
      await pause(SWEEP_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return async () => {
    stopping.abort();
    await sweeping;
  };
}
