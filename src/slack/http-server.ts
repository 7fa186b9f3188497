import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Log } from '../ports.js';

/** Answers a probe, with `facts` or as Prometheus reads it. Whoever asks is shown it: no secrets, no names. */
export type HealthCheck = () => Promise<
  { readonly ok: boolean; readonly facts: Readonly<Record<string, unknown>> } | { readonly metrics: string }
>;

export const EVENTS_PATH = '/slack/events';

/** Slack's own rule for stamps that are too old, applied to stamps of the future as well. */
const STAMP_TOLERANCE_SECONDS = 300;

/** Slack's bodies are small and come at once; whoever dawdles is somebody else. */
const REQUEST_TIMEOUT_MS = 10_000;

export type HttpServer = {
  /** Rejects when the port cannot be had. Answers the port. */
  start(port: number, host: string | null): Promise<number>;
  stop(): Promise<void>;
};

/**
 * The health probes, and in HTTP mode Slack's requests, handed on to Bolt's receiver. A server of our own:
 * Bolt's accepts signatures dated in the future, and in Socket Mode does not notice that a port is taken.
 */
export function createHttpServer(parts: {
  /** Null in Socket Mode. */
  readonly slack: RequestListener | null;
  readonly probes: Readonly<Record<string, HealthCheck>>;
  readonly clock: Clock;
  readonly log: Log;
}): HttpServer {
  const { slack, probes, clock, log } = parts;
  const server = createServer((request, response) => {
    if (!server.listening) {
      // A proxy or a probe that keeps its connection would be served on it, and waited for, without end.
      response.setHeader('connection', 'close');
    }
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const probe = request.method === 'GET' ? probes[path] : undefined;
    if (probe !== undefined) {
      void answerProbe(probe, response, log);
    } else if (slack === null || path !== EVENTS_PATH || request.method !== 'POST') {
      response.writeHead(404).end();
    } else if (isFromTheFuture(request.headers['x-slack-request-timestamp'], clock.now())) {
      log.warn({}, 'A request to the Slack endpoint is dated in the future; refused');
      response.writeHead(401).end();
    } else {
      slack(request, response);
    }
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;

  return {
    async start(port, host) {
      server.listen({ port, ...(host === null ? {} : { host }) });
      await once(server, 'listening');
      server.on('error', (error) => log.error({ err: error }, 'The HTTP server met an error'));
      return boundPort(server.address());
    },
    async stop() {
      if (!server.listening) {
        return;
      }
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        // Slack keeps connections open; those that carry nothing now need not be waited for.
        server.closeIdleConnections();
      });
    },
  };
}

function boundPort(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function isFromTheFuture(stamp: string | string[] | undefined, now: number): boolean {
  return Number(stamp) > now / 1_000 + STAMP_TOLERANCE_SECONDS;
}

async function answerProbe(probe: HealthCheck, response: ServerResponse, log: Log): Promise<void> {
  try {
    const answer = await probe();
    if ('metrics' in answer) {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(answer.metrics);
      return;
    }
    const { ok, facts } = answer;
    response
      .writeHead(ok ? 200 : 503, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ok, ...facts }));
  } catch (error) {
    log.error({ err: error }, 'A health probe broke');
    response.writeHead(503).end();
  }
}
