import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { inject } from 'vitest';
import type { PostgresVersion, TestServers } from './ensure-installed.js';
import { superuser } from './postgres-template.js';
import { startPrivateServer, type PrivateServer } from './private-server.js';
import { runCommand } from './run-command.js';
import { temporaryServerFolder } from './server-folder.js';

export type PostgresServer = PrivateServer & {
  /** The major version that runs, such as `15`. */
  readonly version: string;
  /** A superuser on the database `postgres`. */
  readonly superuserUrl: string;
  url: (user: string, password?: string, database?: string) => string;
  /** Creates a database and gives the superuser's URL to it. */
  createDatabase: (name: string) => Promise<string>;
};

/** A PostgreSQL of the test's own, on 127.0.0.1 alone. `servers` is only needed outside a vitest run. */
export async function startPostgres(
  { version: wanted }: { version: PostgresVersion },
  servers: TestServers = inject('testServers'),
): Promise<PostgresServer> {
  const { version, bin, template } = servers.postgres[wanted];
  const folder = await temporaryServerFolder(`hallpass-postgresql-${version}-`, servers.runAs);
  const data = join(folder, 'data');
  await runCommand('cp', ['-a', template, data]);
  const server = await startPrivateServer({
    name: `PostgreSQL ${version}`,
    folder,
    runAs: servers.runAs,
    command: (port) => ({ file: join(bin, 'postgres'), args: ['-D', data, ...settings(version, port)] }),
    probe: (port) => query(urlOf(port, superuser.name, superuser.password, 'postgres'), 'select 1'),
    shutdownSignal: 'SIGINT',
    endSignal: 'QUIT',
    cleanUp: () => removeSharedMemory(data),
  });
  const url: PostgresServer['url'] = (user, password, database = 'postgres') =>
    urlOf(server.port, user, password, database);
  const superuserUrl = url(superuser.name, superuser.password);
  return Object.assign(server, {
    version,
    superuserUrl,
    url,
    createDatabase: async (name: string) => {
      await query(superuserUrl, `create database ${escapeIdentifier(name)}`);
      return url(superuser.name, superuser.password, name);
    },
  });
}

function settings(version: string, port: number): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '8MB',
    min_wal_size: '2MB',
    max_wal_size: '32MB',
    jit: 'off',
    timezone: 'UTC',
    // Inside the data folder: a killed server would leave any other kind behind in the system.
    dynamic_shared_memory_type: 'mmap',
    // Spares each server three processes.
    ...(Number(version) >= 18 ? { io_method: 'sync' } : {}),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function urlOf(port: number, user: string, password: string | undefined, database: string): string {
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  return `postgres://${encodeURIComponent(user)}${secret}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

async function query(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  // A server that goes away meanwhile is reported by the query itself.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** A killed server leaves a few bytes of System V shared memory, which count against the system's limit. */
async function removeSharedMemory(data: string): Promise<void> {
  const lockFile = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const [, id] = lockFile.split('\n')[6]?.trim().split(/\s+/) ?? [];
  if (id !== undefined) {
    await runCommand('ipcrm', ['-m', id]).catch(() => undefined);
  }
}
