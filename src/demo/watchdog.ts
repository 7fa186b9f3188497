import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

/** Waits until its input ends: with a word, when all is well; without one, when the demo is gone. */
const SCRIPT = `
  read -r word && exit
  kill -INT "$1"
  tries=0
  while kill -0 "$1" && [ "$tries" -lt 50 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done 2>/dev/null
  kill -KILL "$1" 2>/dev/null
  rm -rf "$2"`;

/**
 * Ends the server should this process be killed in a way that leaves it no last word. Gives the function that
 * sends the watchdog away.
 */
export function startWatchdog(server: ChildProcess, folder: string): () => void {
  const child = spawn('sh', ['-c', SCRIPT, 'sh', String(server.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const { stdin } = child;
  // Without a watchdog the demo runs all the same.
  child.on('error', () => undefined);
  stdin.on('error', () => undefined);
  // It must not keep this process alive.
  child.unref();
  if (stdin instanceof Socket) {
    stdin.unref();
  }
  return () => void stdin.end('done\n');
}
