/**
 * Hallpass in a process of its own. It loads everything, says so, and waits for one line of JSON: the folder
 * to run in, whose `.env` holds the settings, and where to die. Without a place to die it is `main.ts` itself.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { start } from '../../src/commands/start.js';
import { crashPoints, partsThatDieAt } from './crash-points.js';

// All that main.ts will need.
await import('../../src/cli.js');

const orderSchema = z.object({ folder: z.string(), dieAt: z.enum(crashPoints).nullable() });

createInterface({ input: process.stdin })
  .once('line', (line) => void run(orderSchema.parse(JSON.parse(line))))
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
