import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '../wait-for.js';
import { freePort } from './free-port.js';
import { childrenOf, isAlive, isStopped, signalProcesses } from './process-tree.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

export type RunAs = { uid: number; gid: number };

/** How one kind of server is run. */
export type ServerPlan = {
  name: string;
  /** A temporary folder of this server's own, already filled; it is removed with the server. */
  folder: string;
  command: (port: number) => { file: string; args: string[] };
  runAs: RunAs | undefined;
  /** Resolves once the server answers on the port; rejects while it does not. */
  probe: (port: number) => Promise<unknown>;
  /** For a restart: an orderly end that keeps the data. */
  shutdownSignal: NodeJS.Signals;
  /** For the end of the test: the data are not needed any more. */
  endSignal: 'QUIT' | 'TERM';
  /** Frees what a killed process leaves outside its folder. */
  cleanUp?: () => Promise<void>;
};

export type PrivateServer = {
  readonly port: number;
  /** Its temporary folder, with its data and its log. */
  readonly folder: string;
  /** The pid of the current process; it changes with every restart. */
  readonly pid: number;
  /** Ends the server and removes its data. May be called twice, and in any state. */
  stop: () => Promise<void>;
  /** SIGKILL to the server and its children; the data stay for `restart`. */
  kill: () => Promise<void>;
  /** Shuts the server down in good order, if it runs, and starts it on the same port and data. */
  restart: () => Promise<void>;
  /** Freezes the server and its children: connections stay open and nobody answers. */
  pause: () => Promise<void>;
  resume: () => Promise<void>;
};

type Running = { pid: number; hasExited: () => boolean };

const readyWithinMs = 20_000;
const endWithinMs = 10_000;
const portAttempts = 5;

export async function startPrivateServer(plan: ServerPlan): Promise<PrivateServer> {
  const watchdog = startWatchdog(plan.folder, plan.endSignal);
  try {
    const { running, port } = await startOnFreePort(plan, watchdog);
    return controls(plan, watchdog, running, port);
  } catch (error) {
    await removeFolder(plan, watchdog);
    throw error;
  }
}

function controls(plan: ServerPlan, watchdog: Watchdog, first: Running, port: number): PrivateServer {
  let running = first;
  let stopped = false;

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!running.hasExited()) {
      await resume();
      signalProcesses([running.pid], signal);
      await waitFor(`${plan.name} to end after ${signal}`, running.hasExited, { withinMs: endWithinMs });
    }
  }
  async function kill(): Promise<void> {
    await killFamily(plan.name, running);
  }
  async function resume(): Promise<void> {
    if (!running.hasExited()) {
      signalProcesses([...(await childrenOf(running.pid)), running.pid], 'SIGCONT');
    }
  }
  return {
    port,
    folder: plan.folder,
    get pid() {
      return running.pid;
    },
    kill,
    resume,
    stop: async () => {
      if (!stopped) {
        stopped = true;
        await end(`SIG${plan.endSignal}`).catch(kill);
        await removeFolder(plan, watchdog);
      }
    },
    restart: async () => {
      if (stopped) {
        throw new Error(`${plan.name} was stopped: its data are gone`);
      }
      await end(plan.shutdownSignal);
      running = await start(plan, watchdog, port);
    },
    pause: async () => {
      const { pid } = running;
      signalProcesses([pid], 'SIGSTOP');
      // Only once it stands still does it start no further child.
      await waitFor(`${plan.name} to stand still`, () => isStopped(pid));
      signalProcesses(await childrenOf(pid), 'SIGSTOP');
    },
  };
}

async function startOnFreePort(
  plan: ServerPlan,
  watchdog: Watchdog,
): Promise<{ running: Running; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { running: await start(plan, watchdog, port), port };
    } catch (error) {
      const portWasTaken = error instanceof Error && /address already in use/i.test(error.message);
      if (!portWasTaken || attempt === portAttempts) {
        throw error;
      }
    }
  }
}

async function start(plan: ServerPlan, watchdog: Watchdog, port: number): Promise<Running> {
  const running = await launch(plan, watchdog, port);
  const outcome = await waitFor(
    `${plan.name} to answer on port ${port}`,
    async () => {
      if (running.hasExited()) {
        return 'exited';
      }
      await plan.probe(port);
      return 'ready';
    },
    { withinMs: readyWithinMs },
  ).catch((error: unknown) => ({ error }));
  if (outcome === 'ready') {
    return running;
  }
  await killFamily(plan.name, running);
  const problem =
    outcome === 'exited' ? 'ended while it started' : `did not answer within ${readyWithinMs} ms`;
  throw new Error(`${plan.name} ${problem}. The end of its log:\n${await logTail(plan)}`, {
    cause: outcome === 'exited' ? undefined : outcome.error,
  });
}

async function launch(plan: ServerPlan, watchdog: Watchdog, port: number): Promise<Running> {
  const { file, args } = plan.command(port);
  const log = openSync(logFile(plan), 'a');
  try {
    const child = spawn(file, args, {
      cwd: plan.folder,
      // Nothing from the developer's shell: PGPORT, PGDATA and the like would change what is tested.
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', log, log],
      // In a session of its own, an interrupt from the terminal reaches the test first, not the server.
      detached: true,
      ...plan.runAs,
    });
    watchdog.watch(child.pid);
    let exited = false;
    child.once('exit', () => {
      exited = true;
      watchdog.watch(undefined);
    });
    await once(child, 'spawn');
    child.unref();
    const { pid } = child;
    if (pid === undefined) {
      throw new Error(`${plan.name} has no pid`);
    }
    return { pid, hasExited: () => exited };
  } finally {
    closeSync(log);
  }
}

async function killFamily(name: string, running: Running): Promise<void> {
  if (running.hasExited()) {
    return;
  }
  // A stopped parent starts no further child between the look and the kill.
  signalProcesses([running.pid], 'SIGSTOP');
  const children = await childrenOf(running.pid);
  signalProcesses([running.pid, ...children], 'SIGKILL');
  await waitFor(
    `${name} to be gone`,
    async () => {
      const alive = await Promise.all(children.map(isAlive));
      return running.hasExited() && !alive.includes(true);
    },
    { withinMs: endWithinMs },
  );
}

async function removeFolder(plan: ServerPlan, watchdog: Watchdog): Promise<void> {
  await plan.cleanUp?.();
  await rm(plan.folder, { recursive: true, force: true, maxRetries: 3 });
  watchdog.dismiss();
}

function logFile(plan: ServerPlan): string {
  return join(plan.folder, 'server.log');
}

async function logTail(plan: ServerPlan): Promise<string> {
  const log = await readFile(logFile(plan), 'utf8');
  return log.trimEnd().split('\n').slice(-30).join('\n');
}
