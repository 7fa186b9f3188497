/** Processes of Hallpass, loaded before they are needed: a restart is then as quick as that of one built file. */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CrashPoint } from '../support/crash-points.js';
import { waitFor } from '../support/wait-for.js';

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type AppProcess = {
  readonly pid: number;
  run(folder: string, clockBy: number): void;
  dieAt(point: CrashPoint | null): void;
  setClock(byMs: number): void;
  /** Hallpass's own time; null when the process is gone. */
  now(): Promise<number | null>;
  /** Every write to a file fails from now on, or none does. */
  setDiskFull(full: boolean): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** The port, or null when the process has ended instead. */
  readonly ready: Promise<number | null>;
  readonly exit: Promise<Exit>;
  /** What it logged of level warn and above, oldest first. */
  readonly complaints: readonly string[];
  /** All that it wrote, line by line. */
  readonly output: readonly string[];
};

const LOAD_WITHIN_MS = 120_000;

async function loadProcess(): Promise<AppProcess> {
  const script = fileURLToPath(new URL('hallpass-with-faults.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script], {
    // Nothing from the developer's shell: a REDIS_URL there would change what is tested.
    env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) {
    throw new Error('A process of Hallpass did not start');
  }
  const complaints: string[] = [];
  const output: string[] = [];
  const heard = { loaded: false, port: null as number | null, nows: [] as number[], gone: false };
  const order = (what: object): void => void child.stdin.write(`${JSON.stringify(what)}\n`);
  // A process that dies while it is written to.
  child.stdin.on('error', () => undefined);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints.push(text.trim());
    output.push(text);
  });
  createInterface({ input: child.stdout }).on('line', (line) => hear(line));
  function hear(line: string): void {
    output.push(line);
    if (line === 'loaded') {
      heard.loaded = true;
    } else if (line.startsWith('now ')) {
      heard.nows.push(Number(line.slice('now '.length)));
    } else if (line.startsWith('{')) {
      const said: Readonly<Record<string, unknown>> = JSON.parse(line);
      if (said['msg'] === 'Hallpass is running') {
        heard.port = Number(said['port']);
      } else if (said['level'] === 'warn' || said['level'] === 'error') {
        complaints.push(line);
      }
    }
  }
  const exit = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      heard.gone = true;
      resolve({ code, signal });
    });
  });
  await waitFor('a process of Hallpass to load', () => heard.loaded || heard.gone, {
    withinMs: LOAD_WITHIN_MS,
  });
  if (heard.gone) {
    throw new Error(`A process of Hallpass did not load: ${complaints.join('\n')}`);
  }
  const ready = (async () => {
    await waitFor('Hallpass to run, or to end', () => heard.port !== null || heard.gone, {
      withinMs: 2 ** 31 - 1,
    });
    return heard.port;
  })();
  return {
    pid,
    complaints,
    output,
    ready,
    exit,
    run: (folder, clockBy) => order({ run: folder, clockBy }),
    dieAt: (dieAt) => order({ dieAt }),
    setClock: (clockBy) => order({ clockBy }),
    async now() {
      const before = heard.nows.length;
      order({ tell: 'now' });
      await waitFor('Hallpass to tell its time', () => heard.nows.length > before || heard.gone);
      return heard.nows.at(-1) ?? null;
    },
    async setDiskFull(full) {
      // A limit on the size of files: no root, no mount, and every append to the database fails like on a full disk.
      await promisify(execFile)('prlimit', [
        '--pid',
        String(pid),
        `--fsize=${full ? '4096' : 'unlimited'}:`,
      ]).catch((error: unknown) => {
        if (!heard.gone) {
          throw error;
        }
      });
    },
    signal: (name) => void child.kill(name),
  };
}

export type AppProcesses = {
  take(): Promise<AppProcess>;
  stop(): Promise<void>;
};

/** Keeps so many of them loaded. */
export function loadAppProcesses(ahead: number): AppProcesses {
  const loading: Promise<AppProcess>[] = [];
  const all = new Set<AppProcess>();
  let stopped = false;
  let last: Promise<unknown> = Promise.resolve();
  function loadOne(): void {
    // One after another: two at once take each other's processor, and both come late.
    const load = last.then(loadProcess);
    last = load.catch(() => undefined);
    // Whoever takes it hears of the failure.
    load.then(
      (process) => {
        all.add(process);
        void process.exit.then(() => all.delete(process));
        if (stopped) {
          process.signal('SIGKILL');
        }
      },
      () => undefined,
    );
    loading.push(load);
  }
  Array.from({ length: ahead }, loadOne);
  return {
    async take() {
      loadOne();
      const next = loading.shift();
      if (next === undefined || stopped) {
        throw new Error('No more processes are loaded');
      }
      return await next;
    },
    async stop() {
      stopped = true;
      await Promise.allSettled(loading);
      const left = [...all];
      left.forEach((one) => one.signal('SIGKILL'));
      await Promise.all(left.map(({ exit }) => exit));
    },
  };
}
