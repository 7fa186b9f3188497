import { once } from 'node:events';
import { createConnection } from 'node:net';
import { inject } from 'vitest';
import type { TestServers } from './ensure-installed.js';
import { startPrivateServer, type PrivateServer } from './private-server.js';
import { temporaryServerFolder } from './server-folder.js';

export type RedisOptions = {
  maxmemoryPolicy?: 'noeviction' | 'allkeys-lru' | 'volatile-lru';
  appendonly?: boolean;
};

export type RedisServer = PrivateServer & { readonly url: string };

/** A Redis of the test's own, on 127.0.0.1 alone. `servers` is only needed outside a vitest run. */
export async function startRedis(
  { maxmemoryPolicy = 'noeviction', appendonly = true }: RedisOptions = {},
  servers: TestServers = inject('testServers'),
): Promise<RedisServer> {
  const folder = await temporaryServerFolder('hallpass-redis-', undefined);
  const settings = {
    bind: '127.0.0.1',
    dir: folder,
    hz: '100',
    save: '',
    appendonly: appendonly ? 'yes' : 'no',
    'maxmemory-policy': maxmemoryPolicy,
  };
  const server = await startPrivateServer({
    name: 'Redis',
    folder,
    runAs: undefined,
    command: (port) => ({
      file: servers.redisServer,
      args: Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
        `--${name}`,
        value,
      ]),
    }),
    probe: ping,
    shutdownSignal: 'SIGTERM',
    endSignal: 'TERM',
  });
  return Object.assign(server, { url: `redis://127.0.0.1:${server.port}` });
}

async function ping(port: number): Promise<void> {
  const socket = createConnection({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [reply]: unknown[] = await once(socket, 'data', { signal: AbortSignal.timeout(1000) });
    if (!String(reply).startsWith('+PONG')) {
      throw new Error(`Redis answered PING with ${String(reply).trim()}`);
    }
  } finally {
    socket.destroy();
  }
}
