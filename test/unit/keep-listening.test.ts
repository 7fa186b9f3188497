import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { keepListening } from '../../src/keep-listening.js';
import { createHttpServer } from '../../src/slack/http-server.js';
import { createSystemClock } from '../../src/wakeups/system-clock.js';
import { recordingLog } from '../support/recording-log.js';
import { waitFor } from '../support/wait-for.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0)) {
    await one();
  }
});

async function listenOn(where: { host: string; port: number }) {
  const log = recordingLog();
  const server = createHttpServer({ slack: null, probes: {}, clock: createSystemClock(), log });
  const listen = async () => ({ port: await server.start(where.port, where.host) });
  const listening = await keepListening(listen, { where, log, againAfterMs: 5 });
  undo.push(
    () => listening.stop(),
    async () => server.stop(),
  );
  return { lines: log.lines, listening };
}

test('an address that is not on the machine is laid to HOST, and not to PORT', async () => {
  const where = { host: '192.0.2.1', port: 0 };
  const { lines, listening } = await listenOn(where);

  expect(listening.port()).toBeNull();
  expect(lines[0]).toEqual({
    level: 'error',
    facts: { ...where, error: 'EADDRNOTAVAIL' },
    message: expect.stringMatching(
      /^HOST is not an address of this machine: set HOST .* what is live ends all the same/,
    ),
  });
});

test('a taken port is laid to PORT, and had as soon as it is free, however often it was asked for', async () => {
  const warnings: string[] = [];
  const keep = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', keep);
  undo.push(() => process.off('warning', keep));
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { lines, listening } = await listenOn({ host: '127.0.0.1', port });

  expect(lines[0]?.message).toMatch(/^PORT is taken by another program: set PORT to a free one/);
  await waitFor('a dozen tries', () => lines.length > 12);
  other.close();
  await waitFor('the port', () => listening.port() === port);

  expect(lines.at(-1)).toMatchObject({ level: 'info', facts: { port }, message: 'Hallpass listens now' });
  expect(warnings).toEqual([]);
});

test.each([
  ['ENOTFOUND', /^HOST /],
  ['EAI_AGAIN', /^HOST /],
  ['EACCES', /^This user may not listen on PORT: /],
  ['EMFILE', /^Hallpass cannot listen on HOST and PORT: /],
])('%s is told as what it is', async (code, text) => {
  const log = recordingLog();
  const listen = async () => await Promise.reject(Object.assign(new Error(code), { code }));
  const listening = await keepListening(listen, { where: { host: 'nosuch.invalid', port: 3000 }, log });
  listening.stop();

  expect(log.lines).toEqual([
    {
      level: 'error',
      facts: { host: 'nosuch.invalid', port: 3000, error: code },
      message: expect.stringMatching(text),
    },
  ]);
});

test('what is no answer of the system is logged as the fault that it is', async () => {
  const log = recordingLog();
  const fault = new Error('wrong');
  const listening = await keepListening(async () => await Promise.reject(fault), {
    where: { host: null, port: 3000 },
    log,
  });
  listening.stop();

  expect(log.lines[0]?.facts).toMatchObject({ err: fault });
});
