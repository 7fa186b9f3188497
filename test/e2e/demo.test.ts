import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { Command } from '../../src/commands/command.js';
import { startPglite } from '../../src/demo/pglite.js';
import { runDemo } from '../../src/demo/run-demo.js';
import { startTarget } from '../../src/demo/start-target.js';

/** A safety net for a busy machine, not an assertion. */
const PATIENCE = { timeout: 120_000 };
const DEMO = ['--import', 'tsx', 'src/main.ts', 'demo'];

const IN_THE_MIDDLE = '7. The reminder';

/** Nothing of whoever runs the tests, who may have a Redis of their own. */
const ENV = { PATH: '/usr/local/bin:/usr/bin:/bin' };

const CHAPTERS = [
  "a server of the demo's own",
  'Reason: stuck migration 4711',
  'You are not among the approvers of `prod-db:readonly`.',
  'Nobody decides their own access.',
  'Approved by @mia. Access until today',
  'dana   | app_readonly | hallpass',
  '4711 | stuck',
  '@dana · prod-db:readonly · until today',
  'This access ends today',
  'its time was over.',
  '(0 rows)',
  'ERROR: permission denied for table orders (42501)',
  'Nobody holds `prod-db` through Hallpass.',
  '✓ Every step stands in it, with who and when',
  '✓ Its hash chain is whole',
];

function heard(said: string[]): Command {
  return {
    args: [],
    env: {},
    stopping: new AbortController().signal,
    onHangUp: () => undefined,
    isTerminal: false,
    out: (text) => said.push(text),
    err: (text) => said.push(`ERROR ${text}`),
  };
}

test('npm run demo tells the whole story, and exits 0', PATIENCE, async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, DEMO, { env: ENV });
  expect(stderr).toBe('');
  let from = 0;
  for (const words of CHAPTERS) {
    from = stdout.indexOf(words, from);
    expect(from, `${words}\n\nin:\n${stdout}`).toBeGreaterThan(-1);
  }
  const [, met, all] = /^(\d+) of (\d+) expectations met, and everything is put away/m.exec(stdout) ?? [];
  expect(Number(met)).toBeGreaterThan(20);
  expect(met).toBe(all);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test('on PGlite, without a Redis, the story is the same', PATIENCE, async () => {
  const said: string[] = [];
  const command = { ...heard(said), env: { REDIS_URL: 'redis://127.0.0.1:1' } };
  const code = await runDemo(command, { startTarget: startPglite });
  const story = said.join('\n');
  expect(story).toContain('PostgreSQL 18 in WebAssembly');
  expect(story).toContain('a timer in the process (the Redis of REDIS_URL does not answer)');
  expect(code).toBe(0);
  expect(story).not.toContain('ERROR {');
});

test('access that does not show in the target makes the exit code 1', PATIENCE, async () => {
  const said: string[] = [];
  const code = await runDemo(heard(said), {
    startTarget: async (belongings) => {
      const target = await startTarget(belongings);
      return { ...target, asDana: () => Promise.resolve({ kind: 'rows', columns: [], rows: [] }) };
    },
  });
  const story = said.join('\n');
  expect(code).toBe(1);
  expect(story).toContain('✗ Dana is refused by the database');
  expect(story).toContain('1 of 2 expectations met: the story did not come to its end.');
});

test('asked to end in the middle, it puts everything away', PATIENCE, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hallpass-test-demo-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  // The server of a root user's demo runs as somebody else.
  await chmod(folder, 0o755);
  const child = spawn(process.execPath, DEMO, {
    env: { ...ENV, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let story = '';
  for await (const chunk of child.stdout) {
    const before = story;
    story += String(chunk);
    // A second one would end it at once.
    if (!before.includes(IN_THE_MIDDLE) && story.includes(IN_THE_MIDDLE)) {
      child.kill('SIGINT');
    }
  }
  if (child.exitCode === null) {
    await once(child, 'exit');
  }
  expect(child.exitCode).toBe(1);
  expect(story).toContain('Stopped. Putting everything away.');
  expect((await readdir(folder)).filter((name) => name.startsWith('hallpass-demo-'))).toEqual([]);
});
