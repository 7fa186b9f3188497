/**
 * Hallpass in a process of its own. It loads everything, says so, and waits for one line of JSON: the folder
 * to run in, whose `.env` holds the settings, where to die, and how far ahead its clock stands. Without a place to die
 * it is `main.ts` itself. Each further line sets the clock.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { start } from '../../src/commands/start.js';
import { crashPoints, partsThatDieAt } from './crash-points.js';

// All that main.ts will need.
await import('../../src/cli.js');

const clockSchema = z.object({ aheadMs: z.number() });
const orderSchema = clockSchema.extend({ folder: z.string(), dieAt: z.enum(crashPoints).nullable() });

const wall = Date.now.bind(Date);
let aheadMs = 0;
Date.now = () => wall() + aheadMs;
let isRunning = false;

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order: unknown = JSON.parse(line);
    ({ aheadMs } = clockSchema.parse(order));
    if (!isRunning) {
      isRunning = true;
      void run(orderSchema.parse(order));
    }
  })
  // Whoever started this process is gone: nobody would ever end it.
  .once('close', () => process.kill(process.pid, 'SIGKILL'));
// Standard input alone must not keep a Hallpass alive that has stopped.
process.stdin.unref();
const waiting = setInterval(() => undefined, 60_000);
process.stdout.write('loaded\n');

async function run({ folder, dieAt }: z.infer<typeof orderSchema>): Promise<void> {
  clearInterval(waiting);
  process.chdir(folder);
  if (dieAt === null) {
    process.argv.splice(2, Infinity, 'start');
    await import('../../src/main.js');
    return;
  }
  const command = {
    args: [],
    env: parseEnv(readFileSync('.env', 'utf8')),
    stopping: new AbortController().signal,
    onHangUp: () => undefined,
    isTerminal: false,
    out: (text: string) => void process.stdout.write(`${text}\n`),
    err: (text: string) => void process.stderr.write(`${text}\n`),
  };
  process.exitCode = await start(
    command,
    partsThatDieAt(() => dieAt),
  );
}
