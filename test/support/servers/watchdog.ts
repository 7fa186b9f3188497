import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

let endsWithRunner = false;

export type Watchdog = {
  /** The process to end, or undefined while the server does not run. */
  watch: (pid: number | undefined) => void;
  dismiss: () => void;
};

/**
 * Starts a process of its own that outlives this one just long enough to end the watched server and to remove
 * `folder`. Exit handlers can't do that: they do not run when the test runner kills a worker.
 */
export function startWatchdog(folder: string, endSignal: 'QUIT' | 'TERM'): Watchdog {
  endWithRunner();
  const script = fileURLToPath(new URL('watchdog.sh', import.meta.url));
  // Detached: an interrupt from the terminal must not reach the watchdog before it has done its work.
  const child = spawn('sh', [script, folder, endSignal], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const orders = child.stdin;
  child.on('error', (error) => {
    throw new Error('The watchdog of a test server did not start', { cause: error });
  });
  // The watchdog alone must not keep the test process alive.
  child.unref();
  if (orders instanceof Socket) {
    orders.unref();
  }
  return {
    watch: (pid) => {
      orders.write(`${pid ?? 'none'}\n`);
    },
    dismiss: () => {
      orders.end('done\n');
    },
  };
}

/**
 * A vitest worker whose runner was killed goes on with its test, and with it all its servers. SIGKILL, because
 * vitest forbids process.exit in its workers; the watchdogs do the rest.
 */
function endWithRunner(): void {
  if (process.connected && !endsWithRunner) {
    endsWithRunner = true;
    process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  }
}
