import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { readVariable, type Environment } from '../variables.js';
import type { Belongings } from './belongings.js';
import { startOwnServer } from './own-server.js';

export type WakeUpSource = {
  /** What wakes Hallpass up, in words. */
  readonly words: string;
  /** Null: the timer in the process. */
  readonly redis: { readonly url: string; readonly keyPrefix: string } | null;
};

/** BullMQ needs it, for its blocking reads. */
const OLDEST_REDIS = 6.2;

/** The Redis that is given, else one of the demo's own where the program is there, else none. */
export async function findWakeUpSource(env: Environment, belongings: Belongings): Promise<WakeUpSource> {
  // Of this run alone: on a Redis that a real Hallpass uses, the demo must not take its wake-ups.
  const keyPrefix = `hallpass-demo-${randomBytes(6).toString('hex')}`;
  const given = readVariable('REDIS_URL', env);
  if (given.kind === 'value') {
    return await givenRedis({ url: given.text, keyPrefix }, belongings);
  }
  const version = await installedVersion();
  if (version === null) {
    return { words: 'a timer in the process (there is no redis-server on the PATH)', redis: null };
  }
  if (Number.parseFloat(version) < OLDEST_REDIS) {
    return { words: `a timer in the process (redis-server ${version} is too old)`, redis: null };
  }
  const url = await startRedis(belongings);
  return { words: `BullMQ on redis-server ${version}, one of the demo's own`, redis: { url, keyPrefix } };
}

async function givenRedis(
  redis: { readonly url: string; readonly keyPrefix: string },
  belongings: Belongings,
): Promise<WakeUpSource> {
  try {
    await withRedis(redis.url, (connection) => connection.ping());
  } catch {
    return { words: 'a timer in the process (the Redis of REDIS_URL does not answer)', redis: null };
  }
  belongings.add(`The keys ${redis.keyPrefix}:* in the Redis of REDIS_URL`, async () => {
    await withRedis(redis.url, (connection) => removeKeys(connection, redis.keyPrefix));
  });
  return { words: `BullMQ on the Redis of REDIS_URL, under ${redis.keyPrefix}:*`, redis };
}

async function removeKeys(connection: Redis, keyPrefix: string): Promise<void> {
  for await (const keys of connection.scanStream({ match: `${keyPrefix}:*`, count: 1_000 })) {
    if (Array.isArray(keys) && keys.length > 0) {
      await connection.unlink(...keys.map(String));
    }
  }
}

async function installedVersion(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('redis-server', ['--version']);
    return /\bv=(\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

async function startRedis(belongings: Belongings): Promise<string> {
  const folder = join(belongings.folder, 'redis');
  const password = randomBytes(16).toString('hex');
  const settings = [
    'bind 127.0.0.1',
    `dir "${folder}"`,
    `requirepass ${password}`,
    'save ""',
    'appendonly yes',
    'maxmemory-policy noeviction',
  ];
  await mkdir(folder, { mode: 0o700 });
  await writeFile(join(folder, 'redis.conf'), settings.join('\n'), { mode: 0o600 });
  const urlOf = (port: number): string => `redis://:${password}@127.0.0.1:${port}`;
  const server = await startOwnServer(
    {
      name: 'redis-server',
      folder,
      program: 'redis-server',
      args: (port) => ['redis.conf', '--port', String(port)],
      probe: async (port) => {
        await withRedis(urlOf(port), (connection) => connection.ping());
      },
    },
    belongings.watchdog,
  );
  belongings.add('redis-server', () => server.stop());
  return urlOf(server.port);
}

async function withRedis<Value>(url: string, work: (connection: Redis) => Promise<Value>): Promise<Value> {
  const connection = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // What goes wrong is told by the call that waits for it.
  connection.on('error', () => undefined);
  try {
    await connection.connect();
    return await work(connection);
  } finally {
    connection.disconnect();
  }
}
