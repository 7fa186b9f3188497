import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { SECOND_MS } from '../domain/time.js';
import type { Log } from '../ports.js';
import type { Health, HealthAnswer } from './health.js';

export type HealthServer = { readonly port: number; close(): Promise<void> };

/**
 * GET /healthz and /readyz, for Socket Mode, where nothing else listens. On all interfaces, because in a
 * container the probe comes from outside. Rejects when the port cannot be had.
 */
export async function startHealthServer({
  port,
  health,
  log,
}: {
  readonly port: number;
  readonly health: Health;
  readonly log: Log;
}): Promise<HealthServer> {
  const server = createServer({ requestTimeout: 10 * SECOND_MS }, (request, response) => {
    void answer(request.method, request.url, response);
  });

  async function answer(
    method: string | undefined,
    url: string | undefined,
    response: ServerResponse,
  ): Promise<void> {
    try {
      const found = await route(method, url);
      send(response, found?.status ?? 404, found?.body ?? { status: 'not found' });
    } catch (error) {
      log.error({ err: error }, 'A health check failed');
      send(response, 500, { status: 'failed' });
    }
  }

  async function route(method: string | undefined, url: string | undefined): Promise<HealthAnswer | null> {
    const path = url?.split('?')[0];
    if (method !== 'GET') {
      return null;
    }
    if (path === '/healthz') {
      return health.live();
    }
    return path === '/readyz' ? health.ready() : null;
  }

  server.listen(port);
  await once(server, 'listening');
  server.on('error', (error) => log.error({ err: error }, 'The health server failed'));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      if (server.listening) {
        server.close();
        server.closeAllConnections();
        await once(server, 'close');
      }
    },
  };
}

function send(response: ServerResponse, status: number, body: HealthAnswer['body']): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
