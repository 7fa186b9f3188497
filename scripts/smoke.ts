/** Starts the built bundle as an operator would, against a pretend Slack, and ends it again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../test/support/wait-for.js';
import { startSlackWorld } from '../src/emulated-slack/world.js';

const CATALOG = `version: 1
groups:
  everybody: { users: [U03DANA] }
  leads: { users: [U01MIA] }
admins: [leads]
connectors:
  play: { use: simulate, manage: [reader], identity: { from_email: { part: local, domains: [example.com] } } }
policies:
  standard:
    request: [everybody]
    approve: [{ from: [leads] }]
    duration: { default: 30m, max: 4h }
    channel: C0APPROVALS
resources:
  play: { title: A pretend system, policy: standard, roles: { reader: { entitlements: [{ connector: play, role: reader }] } } }
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('no free port');
  }
  return address.port;
}

const folder = mkdtempSync(join(tmpdir(), 'hallpass-smoke-'));
writeFileSync(join(folder, 'access.yaml'), CATALOG);
const world = await startSlackWorld({
  people: [
    { id: 'U03DANA', name: 'dana', email: 'dana@example.com' },
    { id: 'U01MIA', name: 'mia', email: 'mia@example.com' },
  ],
  channels: [{ id: 'C0APPROVALS', name: 'approvals' }],
  signingSecret: 'smoke-signing-secret',
  botToken: 'xoxb-smoke',
});
const port = await freePort();
const hallpass = spawn(process.execPath, ['dist/main.js', 'start'], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: {
    PATH: process.env['PATH'],
    SLACK_BOT_TOKEN: 'xoxb-smoke',
    SLACK_SIGNING_SECRET: 'smoke-signing-secret',
    SLACK_API_URL: world.apiUrl,
    PORT: String(port),
    HOST: '127.0.0.1',
    CATALOG: join(folder, 'access.yaml'),
    DATABASE_URL: `file:${join(folder, 'hallpass.db')}`,
  },
});
const ended = once(hallpass, 'exit');

async function isReady(): Promise<boolean> {
  if (hallpass.exitCode !== null) {
    throw new Error(`the bundle ended with ${hallpass.exitCode} before it was ready`);
  }
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  } catch (error) {
    if (error instanceof TypeError) {
      return false;
    }
    throw error;
  }
}

try {
  await waitFor('the bundle is ready', isReady);
  world.deliverTo(`http://127.0.0.1:${port}/slack/events`);
  await world.command({ user: 'dana', text: 'request play 30m smoke test' });
  const card = await world.until(() => world.messagesIn('C0APPROVALS')[0], {
    what: 'the card',
    timeoutMs: 10_000,
  });
  process.stdout.write(`${world.textOf(card, { reader: 'mia' })}\n`);
  hallpass.kill('SIGTERM');
  const [code] = await ended;
  if (code !== 0) {
    throw new Error(`the bundle ended with ${String(code)} after SIGTERM`);
  }
  process.stdout.write('Smoke test passed: ready, a request answered with its card, a clean end.\n');
} finally {
  hallpass.kill('SIGKILL');
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
}
