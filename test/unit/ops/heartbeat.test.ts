import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MINUTE_MS } from '../../../src/domain/time.js';
import { createHeartbeat, type HeartbeatParts } from '../../../src/ops/heartbeat.js';
import { Secret } from '../../../src/secret.js';
import { recordingLog } from '../../support/recording-log.js';

type Ping = { readonly path: string; readonly body: string };

const now = 1_000_000_000;
let server: Server;
let origin: string;
let pings: Ping[];
let answer: { status: number; location?: string };

beforeEach(async () => {
  pings = [];
  answer = { status: 200 };
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      pings.push({ path: request.url ?? '', body });
      const { status, location } = answer;
      response.writeHead(status, location === undefined ? {} : { location }).end('OK');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function beatWith(change: Partial<HeartbeatParts> = {}) {
  const log = recordingLog();
  const beat = createHeartbeat({
    url: new Secret(`${origin}/canary-token`),
    clock: { now: () => now },
    watchman: { isStale: () => false },
    ping: async () => undefined,
    overdueSince: async () => null,
    log,
    ...change,
  });
  return { beat, log };
}

test('while all is well the URL itself is pinged', async () => {
  const { beat, log } = beatWith({ overdueSince: async () => now - 2 * MINUTE_MS });

  await beat();

  expect(pings).toEqual([{ path: '/canary-token', body: '' }]);
  expect(log.lines).toEqual([]);
});

test.each<[string, Partial<HeartbeatParts>, string]>([
  ['the watchman is stale', { watchman: { isStale: () => true } }, 'The watchman makes no rounds.'],
  [
    'the database does not answer',
    { ping: async () => Promise.reject(new Error('disk full')) },
    'The database does not answer.',
  ],
  [
    'access is long overdue',
    { overdueSince: async () => now - 3 * MINUTE_MS },
    'Access that should be gone for 3 minutes is not known to be.',
  ],
])('when %s, URL/fail is told why', async (_when, change, body) => {
  await beatWith(change).beat();

  expect(pings).toEqual([{ path: '/canary-token/fail', body }]);
});

test('what stands behind the path stays where it is', async () => {
  const url = new Secret(`${origin}/ping/canary-token/?create=1`);

  await beatWith({ url, watchman: { isStale: () => true } }).beat();

  expect(pings.map(({ path }) => path)).toEqual(['/ping/canary-token/fail?create=1']);
});

test('a redirect is not followed, and is told', async () => {
  answer = { status: 302, location: `${origin}/elsewhere` };
  const { beat, log } = beatWith();

  await beat();

  expect(pings).toHaveLength(1);
  expect(log.lines).toMatchObject([{ level: 'warn', facts: { status: 302 } }]);
});

test('an address that cannot be reached is told without the address, and the next beat is tried', async () => {
  const { beat, log } = beatWith({ url: new Secret('http://127.0.0.1:1/canary-token') });

  await beat();
  await beat();

  expect(log.lines).toHaveLength(2);
  expect(log.lines[0]).toMatchObject({ level: 'warn', facts: { error: expect.any(String) } });
  expect(JSON.stringify(log.lines)).not.toContain('canary');
});
