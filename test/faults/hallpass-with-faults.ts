/**
 * Hallpass in a process of its own, as `hallpass start` runs it, that takes orders line by line on its standard
 * input: where to run, at which point to die, and where its wall clock stands.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { startApp } from '../../src/app.js';
import { createLog } from '../../src/ops/log.js';
import { readSettings } from '../../src/settings.js';
import { createSystemClock } from '../../src/wakeups/system-clock.js';
import { crashPoints, partsThatDieAt, type CrashPoint } from '../support/crash-points.js';

const orderSchema = z.union([
  z.strictObject({ run: z.string(), clockBy: z.number() }),
  z.strictObject({ dieAt: z.enum(crashPoints).nullable() }),
  z.strictObject({ clockBy: z.number() }),
  z.strictObject({ tell: z.literal('now') }),
]);

const wallClock = Date.now;
let clockBy = 0;
// The whole machine's clock is set, for every part and every package alike.
Date.now = () => wallClock() + clockBy;

const clock = { current: createSystemClock() };
let dieAt: CrashPoint | null = null;
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());

createInterface({ input: process.stdin })
  .on('line', (line) => obey(orderSchema.parse(JSON.parse(line))))
  // Whoever started this process is gone: nobody would ever end it.
  .once('close', () => process.kill(process.pid, 'SIGKILL'));
process.stdout.write('loaded\n');

function obey(order: z.infer<typeof orderSchema>): void {
  if ('run' in order) {
    clockBy = order.clockBy;
    run(order.run).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    });
  } else if ('dieAt' in order) {
    dieAt = order.dieAt;
  } else if ('clockBy' in order) {
    clockBy = order.clockBy;
  } else {
    process.stdout.write(`now ${clock.current.now()}\n`);
  }
}

async function run(folder: string): Promise<void> {
  process.umask(0o077);
  process.chdir(folder);
  const env = parseEnv(readFileSync('.env', 'utf8'));
  const read = readSettings(env);
  if (!read.ok) {
    throw new Error(read.problems.join('\n'));
  }
  clock.current = createSystemClock();
  const log = createLog({ level: read.settings.logLevel, pretty: false });
  const app = await startApp(
    { settings: read.settings, env, clock: clock.current, log, reconcileEveryMs: 3_000 },
    partsThatDieAt(() => dieAt),
  );
  if (!stopping.signal.aborted) {
    await once(stopping.signal, 'abort');
  }
  await app.stop();
  process.exit(0);
}
