import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { waitFor } from '../../test/support/wait-for.js';
import { built } from './build.js';

export type Child = {
  readonly pid: number;
  /** What it sends next, to whoever waits for it. */
  answer<Message>(schema: z.ZodType<Message>): Promise<Message>;
  send(message: object | string): void;
  /** Without a warning: everything it holds is thrown away with its folder. */
  kill(): Promise<void>;
};

export type AppChild = Child & {
  /** Milliseconds since 1970, just before the process was made. */
  readonly bornAt: number;
  readonly port: number;
  calls(): Promise<number>;
};

/** A compiled file with one order in JSON, which ends with this process. */
export function startChild(file: string, order: object = {}): Child {
  return toChild(forked(file, [JSON.stringify(order)]));
}

/** Hallpass with a slow target, once it runs. */
export async function startApp(order: {
  env: Readonly<Record<string, string>>;
  callMs: number | 'hangs';
}): Promise<AppChild> {
  return await startHallpass('bench/children/app.js', [JSON.stringify(order)], {});
}

/** Hallpass as it is shipped, once it runs. */
export async function startMain(env: Readonly<Record<string, string>>, folder: string): Promise<AppChild> {
  return await startHallpass('src/main.js', ['start'], { env, cwd: folder });
}

async function startHallpass(
  file: string,
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; cwd?: string },
): Promise<AppChild> {
  const bornAt = Date.now();
  const forkedChild = forked(file, args, options);
  const child = toChild(forkedChild);
  let port: number | null = null;
  const trouble: string[] = [];
  readLines(forkedChild, (line) => {
    const found = /"port":(\d+).*"msg":"Hallpass is running"/.exec(line);
    port = found === null ? port : Number(found[1]);
    if (/"level":(50|"error")/.test(line)) {
      trouble.push(line);
    }
  });
  const ended = once(forkedChild, 'exit').then(([code]: unknown[]) => {
    throw new Error(`Hallpass ended with ${String(code)}: ${trouble.join('\n')}`);
  });
  const runsOn = await Promise.race([waitFor('Hallpass to run', () => port), ended]);
  // From now on its end is whoever's business waits for an answer, or has killed it.
  ended.catch(() => undefined);
  return {
    ...child,
    bornAt,
    port: runsOn,
    async calls() {
      child.send('calls');
      return (await child.answer(z.object({ calls: z.number() }))).calls;
    },
  };
}

function forked(
  file: string,
  args: readonly string[],
  { env = {}, cwd }: { env?: Readonly<Record<string, string>>; cwd?: string } = {},
): ChildProcess {
  return fork(built(file), [...args], {
    // Nothing from the developer's shell, and no loader of this process.
    env: { PATH: '/usr/bin:/bin', TZ: 'UTC', ...env },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    ...(cwd === undefined ? {} : { cwd }),
  });
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', onLine);
  }
}

function toChild(child: ChildProcess): Child {
  const { pid } = child;
  if (pid === undefined) {
    throw new Error('A process of the benchmark has no pid');
  }
  child.stdout?.resume();
  return {
    pid,
    send: (message) => void child.send(message),
    async answer(schema) {
      const ended = once(child, 'exit').then(([code]: unknown[]) => {
        throw new Error(`A process of the benchmark ended with ${String(code)}`);
      });
      const [message]: unknown[] = await Promise.race([once(child, 'message'), ended]);
      return schema.parse(message);
    },
    async kill() {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }
    },
  };
}
