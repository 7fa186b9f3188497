import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { setupFromReadme, type PostgresMode } from './postgres-setup.js';
import type { PostgresVersion, TestServers } from './servers/ensure-installed.js';
import { startPostgres, type PostgresServer } from './servers/postgres.js';

/** Each person of the tests has an account of this name, and so does whom Hallpass must refuse. */
export const ACCOUNTS = ['dana', 'lee', 'mia', 'sam', 'max', 'gus'] as const;
export const ROLES = ['app_readonly', 'app_admin'] as const;
const BOT = 'hallpass';
/** Of the functions; their own membership is for giving it. */
const OWNER = 'hallpass_owner';

type Row = Record<string, unknown>;

/** A connection that somebody keeps open. */
export type LiveSession = {
  query(this: void, text: string): Promise<Row[]>;
  /** Whether the server, or anybody else, has ended it. */
  hasEnded(this: void): boolean;
  close(this: void): Promise<void>;
};

export type TargetDatabase = {
  readonly server: PostgresServer;
  /** Of the account with which Hallpass comes: in its mode it may give the two roles and end sessions, no more. */
  readonly botUrl: string;
  /** As one of the accounts, or as `superuser`. */
  sql(this: void, user: string, query: string): Promise<Row[]>;
  /** Whether the target's own catalogue says so. */
  holdsRole(this: void, user: string, role: string): Promise<boolean>;
  /** Every account with the role, as often as it stands in the target's catalogue. */
  membersOf(this: void, role: string): Promise<string[]>;
  /** What Hallpass has changed in the target, from the server's own log: GRANT and REVOKE statements. */
  changesByHallpass(this: void): Promise<string[]>;
  /** Another account, for a person whom a test brings along. */
  addAccount(this: void, name: string): Promise<void>;
  openSession(this: void, user: string): Promise<LiveSession>;
  /** Takes both roles from everybody, so that the next test begins with nobody holding anything. */
  clear(this: void): Promise<void>;
  stop(this: void): Promise<void>;
};

/** A private PostgreSQL with a table, two roles that may use it, and people who may not. */
export async function startTargetDatabase(
  version: PostgresVersion = '15',
  servers?: TestServers,
  mode: PostgresMode = 'group',
): Promise<TargetDatabase> {
  const server = await startPostgres({ version }, servers);
  const urlOf = (user: string): string =>
    user === 'superuser' ? server.superuserUrl : server.url(user, passwordOf(user));
  const sql: TargetDatabase['sql'] = async (user, text) => await runSql(urlOf(user), text);
  const hasGrantors = Number(server.version) >= 16;
  for (const statement of await setUp(server.version, mode)) {
    await sql('superuser', statement);
  }

  async function memberships(): Promise<{ role: string; member: string; grantor: string }[]> {
    const rows = await sql(
      'superuser',
      `select role.rolname as role, member.rolname as member, grantor.rolname as grantor
       from pg_auth_members m
         join pg_roles role on role.oid = m.roleid
         join pg_roles member on member.oid = m.member
         join pg_roles grantor on grantor.oid = m.grantor
       where role.rolname in (${ROLES.map(escapeLiteral).join(', ')}) and member.rolname not in ('${BOT}', '${OWNER}')
       order by member.rolname`,
    );
    return rows.map((row) => ({
      role: String(row['role']),
      member: String(row['member']),
      grantor: String(row['grantor']),
    }));
  }
  async function membersOf(role: string): Promise<string[]> {
    const found = await memberships();
    return found.filter((each) => each.role === role).map(({ member }) => member);
  }

  return {
    server,
    botUrl: urlOf(BOT),
    sql,
    membersOf,
    holdsRole: async (user, role) => (await membersOf(role)).includes(user),
    async changesByHallpass() {
      const log = await readFile(join(server.folder, 'server.log'), 'utf8');
      return log
        .split('\n')
        .filter((line) => line.startsWith(`by ${BOT} `))
        .flatMap((line) => /\b(?:GRANT|REVOKE) [^;]*/.exec(line)?.[0] ?? []);
    },
    async addAccount(name) {
      await sql('superuser', createAccount(name));
    },
    openSession: async (user) => await openSession(urlOf(user)),
    async clear() {
      for (const { role, member, grantor } of await memberships()) {
        const by = hasGrantors ? ` granted by ${escapeIdentifier(grantor)}` : '';
        await sql('superuser', `revoke ${role} from ${escapeIdentifier(member)}${by}`);
      }
    },
    stop: async () => await server.stop(),
  };
}

async function setUp(version: string, mode: PostgresMode): Promise<string[]> {
  return [
    // For changesByHallpass: every line of the log then says whose statement it was.
    "alter system set log_statement = 'ddl'",
    "alter system set log_line_prefix = 'by %u '",
    'select pg_reload_conf()',
    'create table orders (id int primary key, item text)',
    "insert into orders values (4711, 'a stuck migration')",
    ...ROLES.map((role) => `create role ${role} nologin`),
    'grant select on orders to app_readonly',
    'grant all on orders to app_admin',
    ...(await setupFromReadme(version, mode)),
    // The README's limit is for one Hallpass; some tests run several on one server.
    `alter role ${BOT} password ${escapeLiteral(passwordOf(BOT))} connection limit -1`,
    ...ACCOUNTS.map(createAccount),
  ];
}

function createAccount(name: string): string {
  return `create role ${escapeIdentifier(name)} login password ${escapeLiteral(passwordOf(name))}`;
}

function passwordOf(user: string): string {
  return `password-of-${user}`;
}

async function runSql(url: string, text: string): Promise<Row[]> {
  const session = await openSession(url);
  try {
    return await session.query(text);
  } finally {
    await session.close();
  }
}

/** As whoever the URL says. */
export async function openSession(url: string): Promise<LiveSession> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  let ended = false;
  client.on('error', () => {
    ended = true;
  });
  client.on('end', () => {
    ended = true;
  });
  await client.connect();
  return {
    query: async (text) => (await client.query<Row>(text)).rows,
    hasEnded: () => ended,
    close: async () => await client.end(),
  };
}
