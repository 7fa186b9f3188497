import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startApp, type App } from '../../src/app.js';
import type { Channel, Person } from '../../src/emulated-slack/people.js';
import { startSlackWorld, type SlackWorld } from '../../src/emulated-slack/world.js';
import { readSettings, type Settings } from '../../src/settings.js';
import type { Environment } from '../../src/variables.js';
import { createSystemClock } from '../../src/wakeups/system-clock.js';
import { makeFolder } from './open-store.js';
import { APPROVALS, PATIENCE_MS, personShortcuts, type PersonShortcuts } from './person-shortcuts.js';
import { recordingLog } from './recording-log.js';
import type { TargetDatabase } from './target-database.js';
import { catalogYaml, type CatalogChange } from './test-catalog.js';

/** dana and lee are engineers and may ask; mia and sam are the leads and decide; max and gus have no part in it. */
export const PEOPLE: readonly Person[] = [
  { id: 'U03DANA', name: 'dana', email: 'dana@example.com', timeZone: 'Europe/Berlin' },
  { id: 'U04LEE', name: 'lee', email: 'lee@example.com' },
  { id: 'U01MIA', name: 'mia', email: 'mia@example.com', timeZone: 'America/New_York' },
  { id: 'U02SAM', name: 'sam', email: 'sam@example.com' },
  { id: 'U09MAX', name: 'max', email: 'max@example.com' },
  { id: 'U08GUS', name: 'gus', email: 'gus@example.com', isRestricted: true },
];

const BOT_TOKEN = 'xoxb-of-the-tests';
const APP_TOKEN = 'xapp-of-the-tests';
const SIGNING_SECRET = 'signing-secret-of-the-tests';

export type HallpassOptions = {
  /** Its url is what `env:ORDERS_DB_URL` means in the catalog. */
  readonly target?: TargetDatabase;
  readonly catalog?: CatalogChange;
  /** Besides, or instead of, those of the same id. */
  readonly people?: readonly Person[];
  readonly channels?: readonly Channel[];
  /** How Slack reaches the app; signed HTTP without it. */
  readonly mode?: 'http' | 'socket';
  readonly redisUrl?: string;
  /** More, or other, environment variables. */
  readonly env?: Readonly<Record<string, string>>;
};

export type HallpassPlace = {
  readonly world: SlackWorld;
  readonly folder: string;
  readonly catalogFile: string;
  readonly databaseFile: string;
  /** All that the program is told by its environment. */
  readonly env: Readonly<Record<string, string>>;
  writeCatalog(this: void, change: CatalogChange): void;
  /** Lets Slack deliver to the app that listens on this port, or through its sockets. */
  deliverTo(this: void, port: number | null): Promise<void>;
  remove(this: void): Promise<void>;
};

/** Everything that the app needs around it, without the app: for tests that run it in a process of its own, too. */
export async function prepareHallpass(options: HallpassOptions = {}): Promise<HallpassPlace> {
  const { target, people = [], channels = [], mode = 'http', redisUrl } = options;
  const { folder, remove } = makeFolder();
  const known = PEOPLE.filter(({ id }) => !people.some((other) => other.id === id));
  const world = await startSlackWorld({
    people: [...known, ...people],
    channels: [{ id: APPROVALS, name: 'approvals' }, ...channels],
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    ackTimeoutMs: PATIENCE_MS,
  });
  const catalogFile = join(folder, 'access.yaml');
  const databaseFile = join(folder, 'hallpass.db');
  const writeCatalog = (change: CatalogChange): void => writeFileSync(catalogFile, catalogYaml(change));
  writeCatalog(options.catalog ?? {});
  const env = {
    SLACK_BOT_TOKEN: BOT_TOKEN,
    ...(mode === 'socket' ? { SLACK_APP_TOKEN: APP_TOKEN } : { SLACK_SIGNING_SECRET: SIGNING_SECRET }),
    SLACK_API_URL: world.apiUrl,
    PORT: '0',
    HOST: '127.0.0.1',
    CATALOG: catalogFile,
    DATABASE_URL: `file:${databaseFile}`,
    // No server listens there: for tests in which nobody asks for anything in that target.
    ORDERS_DB_URL: target?.botUrl ?? 'postgres://hallpass@127.0.0.1:1/postgres',
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    ...options.env,
  };
  return {
    world,
    folder,
    catalogFile,
    databaseFile,
    env,
    writeCatalog,
    async deliverTo(port) {
      if (mode === 'http') {
        world.deliverTo(`http://127.0.0.1:${port}/slack/events`);
        return;
      }
      world.useSocketMode();
      await world.until(() => world.openSockets() > 0, { what: 'a socket', timeoutMs: PATIENCE_MS });
    },
    async remove() {
      await world.stop();
      remove();
    },
  };
}

export type RunningHallpass = HallpassPlace &
  PersonShortcuts & {
    readonly log: ReturnType<typeof recordingLog>;
    /** Stops the app in good order and starts it again on the same database; `between` runs while it is down. */
    restart(this: void, between?: () => Promise<void>): Promise<void>;
    /** Stops the app and Slack, and takes from the target what was given in it. */
    stop(this: void): Promise<void>;
  };

/** The real app in this process, an emulated Slack around it, and ways to act in it as a person. */
export async function startHallpass(options: HallpassOptions = {}): Promise<RunningHallpass> {
  const place = await prepareHallpass(options);
  const log = recordingLog();
  let app: App | null = null;
  async function start(): Promise<void> {
    app = await startApp({
      settings: settingsFrom(place.env),
      env: place.env,
      clock: createSystemClock(),
      log,
    });
    await place.deliverTo(app.port());
  }
  async function stopApp(): Promise<void> {
    await app?.stop();
    app = null;
  }
  try {
    await start();
  } catch (error) {
    await stopApp();
    await place.remove();
    throw error;
  }
  return {
    ...place,
    ...personShortcuts(place.world),
    log,
    async restart(between = async () => undefined) {
      await stopApp();
      await between();
      await start();
    },
    async stop() {
      await stopApp();
      await place.remove();
      await options.target?.clear();
    },
  };
}

/** The same, stopped with the test that called it. */
export async function startForTest(options: HallpassOptions = {}): Promise<RunningHallpass> {
  const hallpass = await startHallpass(options);
  onTestFinished(hallpass.stop);
  return hallpass;
}

function settingsFrom(env: Environment): Settings {
  const read = readSettings(env);
  if (!read.ok) {
    throw new Error(read.problems.join('\n'));
  }
  return read.settings;
}
