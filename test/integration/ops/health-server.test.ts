import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startHealthServer, type HealthServer } from '../../../src/ops/health-server.js';
import type { Health } from '../../../src/ops/health.js';
import { recordingLog } from '../../support/recording-log.js';

const notReady: Health = {
  live: () => ({ status: 200, body: { status: 'alive' } }),
  ready: () => Promise.resolve({ status: 503, body: { slack: 'not connected' } }),
};

let server: HealthServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(health: Health) {
  const log = recordingLog();
  server = await startHealthServer({ port: 0, health, log });
  return { log, server, base: `http://127.0.0.1:${server.port}` };
}

test('over HTTP /healthz and /readyz answer in JSON with the status of the answer', async () => {
  const { base } = await serve(notReady);
  const live = await fetch(`${base}/healthz`);
  expect([live.status, live.headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(await live.json()).toEqual({ status: 'alive' });
  const ready = await fetch(`${base}/readyz?verbose=1`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ slack: 'not connected' });
});

test('over HTTP nothing else is served', async () => {
  const { base } = await serve(notReady);
  const statuses = await Promise.all([
    fetch(`${base}/`),
    fetch(`${base}/metrics`),
    fetch(`${base}/healthz`, { method: 'POST' }),
  ]);
  expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404]);
});

test('a check that throws is answered with 500 and logged, without its text', async () => {
  const broken = () => {
    throw new Error('secret detail');
  };
  const { base, log } = await serve({ live: broken, ready: broken });
  const answer = await fetch(`${base}/healthz`);
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('secret detail');
  expect(log.lines.map(({ level }) => level)).toEqual(['error']);
});

test('a port that is taken is an error at the start, not later', async () => {
  const taken = createServer().listen(0);
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const starting = startHealthServer({ port, health: notReady, log: recordingLog() });
  await expect(starting).rejects.toThrow('EADDRINUSE');
  taken.close();
});

test('closing does not wait for a probe that keeps its connection, and may be repeated', async () => {
  const { server: open } = await serve(notReady);
  const idle = connect(open.port, '127.0.0.1');
  await once(idle, 'connect');
  idle.on('error', () => undefined);
  const closed = once(idle, 'close');
  await open.close();
  await closed;
  await expect(open.close()).resolves.toBeUndefined();
});
