import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

export type Watchdog = {
  watch(pid: number): void;
  /** The process has ended: its pid may soon be anybody's. */
  forget(pid: number): void;
  dismiss(): void;
};

/** Reads until its input ends: after `done` all is well; without it the demo is gone, and this puts away. */
const SCRIPT = `
  pids=' '
  while read -r word; do
    case $word in
      done) exit ;;
      +*) pids="$pids\${word#+} " ;;
      -*) pids=$(printf %s "$pids" | sed "s/ \${word#-} / /") ;;
    esac
  done
  for pid in $pids; do
    kill -INT "$pid"
  done
  for pid in $pids; do
    tries=0
    while kill -0 "$pid" && [ "$tries" -lt 50 ]; do
      sleep 0.1
      tries=$((tries + 1))
    done
    kill -KILL "$pid"
  done
  rm -rf "$1"`;

/** Ends the demo's servers and removes its folder should the demo be killed without a last word. */
export function startWatchdog(folder: string): Watchdog {
  const child = spawn('sh', ['-c', SCRIPT, 'sh', folder], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C reaches the demo alone.
    detached: true,
  });
  const { stdin } = child;
  // Where there is no shell, the demo runs without.
  child.on('error', () => undefined);
  stdin.on('error', () => undefined);
  // It must not keep the demo's process alive.
  child.unref();
  if (stdin instanceof Socket) {
    stdin.unref();
  }
  return {
    watch: (pid) => void stdin.write(`+${pid}\n`),
    forget: (pid) => void stdin.write(`-${pid}\n`),
    dismiss: () => void stdin.end('done\n'),
  };
}
