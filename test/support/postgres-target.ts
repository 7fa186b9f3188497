import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { postgres } from '../../src/connectors/postgres/index.js';
import { shippedSql } from '../../src/connectors/postgres/sql/shipped-sql.js';
import type { Connector, Log } from '../../src/ports.js';
import type { RemoteHarness } from './connector-contract.js';
import { setupFromReadme, type PostgresMode } from './postgres-setup.js';
import type { PostgresVersion } from './servers/ensure-installed.js';
import { startPostgres, type PostgresServer } from './servers/postgres.js';

export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore(): void {}

export const botPassword = 'canary-3f9a/:@#';

export const people = [
  'dana',
  'sam',
  'mia.w',
  'lee@example.com',
  'kim$',
  'ann-b',
  '_zoe',
  'p7',
  'p8',
  'p9',
  'p10',
  'p11',
];

/** A server with managed roles, people, and the account of Hallpass as the README sets it up. */
export type PostgresTarget = RemoteHarness & {
  readonly server: PostgresServer;
  /** As the superuser, in the database `orders`. */
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** A session of somebody else in `orders`; it is closed with the target. */
  session(user: string, password?: string): Promise<Client>;
  /** Another connector to the same server. */
  connect(options?: ConnectOptions): Connector;
  readonly botUrl: string;
  /** Runs what `hallpass sql postgres` prints. */
  install(): Promise<unknown>;
  serverLog(): Promise<string>;
};

export type ConnectOptions = {
  manage?: readonly string[];
  endSessions?: boolean;
  settings?: Record<string, unknown>;
  readSecret?: (ref: string) => string;
  log?: Log;
};

export async function startPostgresTarget(
  version: PostgresVersion,
  mode: PostgresMode = 'group',
): Promise<PostgresTarget> {
  const server = await startPostgres({ version });
  const ordersUrl = await server.createDatabase('orders');
  const clients: Client[] = [];
  const connectors: Connector[] = [];

  async function open(url: string): Promise<Client> {
    const client = new Client({ connectionString: url });
    // The tests end these sessions and kill the server; what matters they read from the next query.
    client.on('error', ignore);
    await client.connect();
    clients.push(client);
    return client;
  }
  async function sql(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: ordersUrl });
    client.on('error', ignore);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text, values)).rows;
    } finally {
      await client.end();
    }
  }
  await sql(`
    CREATE ROLE app_readonly; CREATE ROLE app_admin; CREATE ROLE unmanaged;
    CREATE TABLE orders AS SELECT 4711 AS id;
    GRANT SELECT ON orders TO app_readonly;
    CREATE ROLE dba LOGIN PASSWORD 'dba';
    GRANT app_readonly, app_admin TO dba WITH ADMIN OPTION;
    ${people.map((name) => `CREATE ROLE ${escapeIdentifier(name)} LOGIN PASSWORD 'person';`).join('\n')}
  `);
  for (const step of await setupFromReadme(server.version, mode)) {
    await sql(step);
  }
  // The README's limit is for one Hallpass; these tests run several on one server, and keep their connections.
  await sql(`ALTER ROLE hallpass PASSWORD '${botPassword}' CONNECTION LIMIT -1`);
  const botUrl = server.url('hallpass', botPassword, 'orders');

  function connect({
    manage = ['app_readonly', 'app_admin'],
    endSessions = true,
    settings = {},
    readSecret = () => botUrl,
    log = silentLog,
  }: ConnectOptions = {}): Connector {
    const spec = {
      name: 'orders-db',
      use: 'postgres',
      manage,
      identity: { map: new Map(), fromEmail: null },
      endSessions,
      settings: { url: 'env:ORDERS_DB_URL', mode, ...settings },
    };
    const connector = postgres.create({ spec, readSecret, log });
    connectors.push(connector);
    return connector;
  }
  return {
    server,
    sql,
    install: () => sql(shippedSql),
    serverLog: () => readFile(join(server.folder, 'server.log'), 'utf8'),
    connect,
    botUrl,
    session: (user, password = 'person') => open(server.url(user, password, 'orders')),
    connector: connect(),
    role: 'app_readonly',
    unmanagedRole: 'unmanaged',
    accounts: people,
    unknownAccount:
      mode === 'ephemeral'
        ? { id: 'login:hp_dana_00000000', name: 'dana' }
        : { id: '4294967295', name: 'dana' },
    secrets: [botPassword, encodeURIComponent(botPassword)],
    holds: async (account) => {
      const member = mode === 'ephemeral' ? `hallpass.login_name('app_readonly', $1::text)` : '$1::name';
      const rows = await sql(
        `select from pg_auth_members m where roleid = 'app_readonly'::regrole and member =
        (select oid from pg_roles where rolname = ${member})`,
        [account],
      );
      return rows.length > 0;
    },
    giveByHand: async (account) => {
      const dba = await open(server.url('dba', 'dba', 'orders'));
      await dba.query(`GRANT app_readonly TO ${escapeIdentifier(account)}`);
    },
    freeze: () => server.pause(),
    thaw: () => server.resume(),
    goDown: () => server.kill(),
    comeUp: () => server.restart(),
    stop: async () => {
      await Promise.all(connectors.map((connector) => connector.close()));
      await Promise.all(clients.map((client) => client.end()));
      await server.stop();
    },
  };
}
