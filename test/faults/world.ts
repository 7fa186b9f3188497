/** Everything around Hallpass for one run: a PostgreSQL behind a wire, a Redis with AOF, an emulated Slack. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { personShortcuts, type PersonShortcuts } from '../support/person-shortcuts.js';
import { prepareHallpass, type HallpassPlace } from '../support/running-hallpass.js';
import type { TestServers } from '../support/servers/ensure-installed.js';
import { startRedis, type RedisServer } from '../support/servers/redis.js';
import { startTargetDatabase, type TargetDatabase } from '../support/target-database.js';
import type { AppProcesses } from './app-process.js';
import type { Change, Membership } from './evidence-type.js';
import { startObserver, type Observer } from './observer.js';
import { keepRunning, type RunningApp } from './running-app.js';
import { TARGET_ROLES } from './schedule.js';
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
  memberships(this: void): Promise<Membership[]>;
  /** What Hallpass has changed in the target, from the server's own log. */
  changes(this: void): Promise<Change[]>;
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

export async function startWorld(servers: TestServers, processes: AppProcesses): Promise<World> {
  const stops: (() => unknown)[] = [];
  try {
    return await build(servers, processes, stops);
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
  stops: (() => unknown)[],
): Promise<World> {
  const [target, redis] = await Promise.all([startTargetDatabase('18', servers), startRedis({}, servers)]);
  stops.push(target.stop, redis.stop);
  await prepareTarget(target);
  const wire = await startWire(target.server.port);
  stops.push(wire.close);
  const place = await prepareHallpass({
    target: { ...target, botUrl: throughWire(target.botUrl, wire.port) },
    redisUrl: redis.url,
    people: PEOPLE,
    catalog: CATALOG,
  });
  stops.push(place.remove);
  const env = Object.entries(place.env).map(([name, value]) => `${name}="${value}"`);
  await writeFile(join(place.folder, '.env'), env.join('\n'));
  const timeline = createTimeline();
  const observer = startObserver(place.databaseFile, timeline);
  stops.push(observer.stop);
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
    memberships: async () => await memberships(target),
    changes: async () => changesIn(await readFile(join(target.server.folder, 'server.log'), 'utf8')),
    stop: async () => await stopAll(stops),
  };
}

/** Of what Hallpass does, the log then tells when it was done and committed: failed statements have no duration. */
async function prepareTarget(target: TargetDatabase): Promise<void> {
  for (const { name } of PEOPLE) {
    await target.addAccount(name);
  }
  await target.sql('superuser', "alter system set log_line_prefix = '%n by %u '");
  await target.sql('superuser', "alter role hallpass set log_statement = 'none'");
  await target.sql('superuser', 'alter role hallpass set log_min_duration_statement = 0');
  await target.sql('superuser', 'select pg_reload_conf()');
}

function throughWire(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

async function memberships(target: TargetDatabase): Promise<Membership[]> {
  const rows = await target.sql(
    'superuser',
    `select role.rolname as role, member.rolname as account, grantor.rolname as grantor
     from pg_auth_members m
       join pg_roles role on role.oid = m.roleid
       join pg_roles member on member.oid = m.member
       join pg_roles grantor on grantor.oid = m.grantor
     where role.rolname in (${TARGET_ROLES.map((role) => `'${role}'`).join(', ')}) and member.rolname <> 'hallpass'`,
  );
  return rows.map((row) => ({
    role: String(row['role']),
    account: String(row['account']),
    by: row['grantor'] === 'hallpass' ? 'hallpass' : 'hand',
  }));
}

const DONE =
  /^(\d+\.\d+) by hallpass LOG: {2}duration: [\d.]+ ms {2}statement: (GRANT|REVOKE) (\w+) (?:TO|FROM) (\w+)[^;]*; COMMIT/;

export function changesIn(log: string): Change[] {
  return log.split('\n').flatMap((line) => {
    const [, at, verb, role, account] = DONE.exec(line) ?? [];
    return role === undefined || account === undefined
      ? []
      : [
          {
            at: Number(at) * 1_000,
            verb: verb === 'GRANT' ? ('GRANT' as const) : ('REVOKE' as const),
            role,
            account,
          },
        ];
  });
}
