import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import type { PostgresVersion } from '../support/servers/ensure-installed.js';
import { startPostgres } from '../support/servers/postgres.js';
import type { PrivateServer } from '../support/servers/private-server.js';
import { childrenOf, isAlive } from '../support/servers/process-tree.js';
import { startRedis } from '../support/servers/redis.js';
import { waitFor } from '../support/wait-for.js';

const postgresVersions = ['15', '18'] as const satisfies PostgresVersion[];

const ownerSchema = z.object({ pids: z.array(z.number()), folders: z.array(z.string()) });

const started: PrivateServer[] = [];
const clients: { end: () => Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

describe('a private Redis', () => {
  test('answers PING, appends every write to a file and evicts nothing', async () => {
    const redis = await connectRedis(await running(startRedis()));

    expect(await redis.ping()).toBe('PONG');
    expect(await redis.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await redis.config('GET', 'hz')).toEqual(['hz', '100']);
  });

  test('can be asked to evict and to keep nothing on disk', async () => {
    const server = await running(startRedis({ appendonly: false, maxmemoryPolicy: 'allkeys-lru' }));
    const redis = await connectRedis(server);

    expect(await redis.config('GET', 'appendonly')).toEqual(['appendonly', 'no']);
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'allkeys-lru']);
  });

  test('keeps its data through a kill, then a restart in good order, on the same port', async () => {
    const server = await running(startRedis());
    const before = await connectRedis(server);
    await before.set('window', 'open');
    const firstPid = server.pid;

    await server.kill();
    expect(await isAlive(firstPid)).toBe(false);
    await expect(connectRedis(server)).rejects.toThrow('closed');
    await server.restart();
    await server.restart();

    expect(server.pid).not.toBe(firstPid);
    const after = await connectRedis(server);
    expect(await after.get('window')).toBe('open');
  });

  test('answers nobody while it is paused', async () => {
    const server = await running(startRedis());
    const redis = await connectRedis(server);

    await server.pause();
    const answer = redis.ping();
    expect(await answerOrSilence(answer)).toBe('silence');
    await server.resume();

    expect(await answer).toBe('PONG');
  });
});

describe.each(postgresVersions)('a private PostgreSQL %s', (version) => {
  test('answers with its version, to a password only', async () => {
    const server = await running(startPostgres({ version }));
    const [row] = await rows(server.superuserUrl, 'select version()');

    expect(row).toMatchObject({ version: expect.stringMatching(`^PostgreSQL ${server.version}[.]`) });
    expect(server.version).toBe(version === '18' ? '18' : inject('testServers').postgres['15'].version);
    await expect(rows(server.url('postgres', 'wrong'), 'select 1')).rejects.toThrow('authentication failed');
  });

  test('creates databases', async () => {
    const server = await running(startPostgres({ version }));
    const url = await server.createDatabase('orders "eu"');

    expect(await rows(url, 'select current_database() as name')).toEqual([{ name: 'orders "eu"' }]);
  });

  test('keeps its data through a kill, then a restart in good order, on the same port', async () => {
    const server = await running(startPostgres({ version }));
    await rows(server.superuserUrl, `create table windows as select 'open' as state`);
    const firstPid = server.pid;
    const children = await childrenOf(firstPid);
    expect(children.length).toBeGreaterThan(0);

    await server.kill();
    expect(await Promise.all([firstPid, ...children].map(isAlive))).not.toContain(true);
    await expect(rows(server.superuserUrl, 'select 1')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    await server.restart();

    expect(server.pid).not.toBe(firstPid);
    expect(await rows(server.superuserUrl, 'select state from windows')).toEqual([{ state: 'open' }]);
  });

  test('answers nobody while it is paused, on open connections as on new ones', async () => {
    const server = await running(startPostgres({ version }));
    const open = await connectPostgres(server.superuserUrl);

    await server.pause();
    const answers = [open.query('select 1'), rows(server.superuserUrl, 'select 1')] as const;
    expect(await answerOrSilence(Promise.race(answers))).toBe('silence');
    await server.resume();

    expect((await answers[0]).rowCount).toBe(1);
    expect(await answers[1]).toHaveLength(1);
  });
});

const startOne: [string, () => Promise<PrivateServer>][] = [
  ['Redis', () => startRedis()],
  ...postgresVersions.map((version): [string, () => Promise<PrivateServer>] => [
    `PostgreSQL ${version}`,
    () => startPostgres({ version }),
  ]),
];

describe.each(startOne)('a private %s', (_name, start) => {
  test('is reached through 127.0.0.1 and no other address', async () => {
    const { port } = await running(start());

    expect(await accepts('127.0.0.1', port)).toBe(true);
    const others = otherAddresses();
    expect(others.length).toBeGreaterThan(0);
    expect(await Promise.all(others.map((address) => accepts(address, port)))).not.toContain(true);
  });

  test('leaves no process behind when it is stopped, even while it is paused', async () => {
    const server = await running(start());
    const family = [server.pid, ...(await childrenOf(server.pid))];
    await server.pause();

    await server.stop();

    expect(await Promise.all(family.map(isAlive))).not.toContain(true);
    await expect(server.restart()).rejects.toThrow('was stopped');
  });
});

const script = fileURLToPath(new URL('../support/servers/start-and-wait.ts', import.meta.url));
const withTypeScript = ['--import', 'tsx'];
// As vitest does it: a worker that is forked by the process that gets killed.
const runner = `require('node:child_process').fork(process.argv[1], { execArgv: process.argv.slice(2) })`;

const deaths: [string, NodeJS.Signals, string[]][] = [
  ['that ends by SIGKILL', 'SIGKILL', [...withTypeScript, script]],
  ['that ends by SIGTERM', 'SIGTERM', [...withTypeScript, script]],
  ['that ends by SIGINT', 'SIGINT', [...withTypeScript, script]],
  ['whose runner ends by SIGKILL', 'SIGKILL', ['-e', runner, script, ...withTypeScript]],
];

test.each(deaths)('no server and no folder outlives a test process %s', async (_how, signal, args) => {
  const victim = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line]: unknown[] = await once(createInterface(victim.stdout), 'line');
  const { pids, folders } = ownerSchema.parse(JSON.parse(String(line)));
  expect(await Promise.all(pids.map(isAlive))).not.toContain(false);
  expect(folders.map((folder) => existsSync(folder))).not.toContain(false);

  victim.kill(signal);

  await waitFor('the servers to end', async () => !(await Promise.all(pids.map(isAlive))).includes(true));
  await waitFor('their folders to go', () => !folders.some((folder) => existsSync(folder)));
});

async function running<T extends PrivateServer>(start: Promise<T>): Promise<T> {
  const server = await start;
  started.push(server);
  return server;
}

async function connectRedis({ port }: PrivateServer): Promise<Redis> {
  const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null });
  // The error of a lost connection; what fails because of it says so itself.
  redis.on('error', () => undefined);
  clients.push({ end: async () => redis.disconnect() });
  await redis.connect();
  return redis;
}

async function connectPostgres(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

async function rows(url: string, sql: string): Promise<unknown[]> {
  const client = await connectPostgres(url);
  const { rows: found } = await client.query<Record<string, unknown>>(sql);
  return found;
}

/** A third of a second, in which a server that is not paused would have answered many times over. */
async function answerOrSilence(answer: Promise<unknown>): Promise<unknown> {
  const aWhile = waitFor('an answer from a paused server', () => undefined, { withinMs: 300 });
  return Promise.race([answer, aWhile.catch(() => 'silence')]);
}

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = createConnection({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(2000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Linux answers for all of 127.0.0.0/8, so that a server on every address is seen even without a network. */
function otherAddresses(): string[] {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const others = own.map(({ address }) => address).filter((address) => address !== '127.0.0.1');
  return [...others, '::1', ...(process.platform === 'linux' ? ['127.0.0.2'] : [])];
}
