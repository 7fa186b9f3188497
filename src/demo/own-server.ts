import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SECOND_MS } from '../domain/time.js';
import type { Watchdog } from './watchdog.js';

/** Whom a server runs as, where that is not the user of this process. */
export type RunAs = { readonly uid: number; readonly gid: number };

export type ServerPlan = {
  readonly name: string;
  readonly folder: string;
  readonly program: string;
  readonly args: (port: number) => readonly string[];
  readonly runAs?: RunAs;
  /** Throws until the server answers. It must not take another run's server for this one. */
  readonly probe: (port: number) => Promise<void>;
};

export type OwnServer = { readonly port: number; stop(): Promise<void> };

const ATTEMPTS = 5;
const READY_MS = 30 * SECOND_MS;
const END_MS = 5 * SECOND_MS;

/** A server of this run's own on a free port of 127.0.0.1. */
export async function startOwnServer(plan: ServerPlan, watchdog: Watchdog): Promise<OwnServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const child = await launch(plan, port, watchdog);
    try {
      await untilReady(plan, child, port);
      return { port, stop: () => end(child) };
    } catch (error) {
      const exited = hasExited(child);
      await end(child);
      // Somebody else may have taken the port in between.
      if (!exited || attempt === ATTEMPTS) {
        throw new Error(`${plan.name} did not start. The end of its log:\n${await logTail(plan)}`, {
          cause: error,
        });
      }
    }
  }
}

async function launch(plan: ServerPlan, port: number, watchdog: Watchdog): Promise<ChildProcess> {
  const log = openSync(logFile(plan), 'a');
  try {
    const child = spawn(plan.program, plan.args(port), {
      cwd: plan.folder,
      // Nothing from the user's shell: PGPORT and the like would change what runs.
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', log, log],
      // Ctrl-C reaches the demo alone, which ends its servers in good order.
      detached: true,
      ...plan.runAs,
    });
    await once(child, 'spawn');
    const { pid } = child;
    if (pid !== undefined) {
      watchdog.watch(pid);
      child.once('exit', () => watchdog.forget(pid));
    }
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

async function untilReady(plan: ServerPlan, child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const problem = await plan.probe(port).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if (hasExited(child)) {
      throw new Error(`${plan.name} ended while it started`);
    }
    if (problem === null) {
      return;
    }
    if (performance.now() > deadline) {
      throw new Error(`${plan.name} did not answer within ${READY_MS} ms`, { cause: problem.error });
    }
    await pause(50);
  }
}

/** By its own pid, and only while it is our child: a pid that is free again may be anybody's. */
async function end(child: ChildProcess): Promise<void> {
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    if (hasExited(child)) {
      return;
    }
    const exited = once(child, 'exit');
    child.ref();
    child.kill(signal);
    await Promise.race([exited, pause(END_MS, undefined, { ref: false })]);
  }
  if (!hasExited(child)) {
    throw new Error(`The process ${child.pid} does not end`);
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function freePort(): Promise<number> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0, exclusive: true });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('The system gave no port');
  }
  return address.port;
}

function logFile({ folder }: ServerPlan): string {
  return join(folder, 'server.log');
}

async function logTail(plan: ServerPlan): Promise<string> {
  const log = await readFile(logFile(plan), 'utf8');
  return log.trimEnd().split('\n').slice(-10).join('\n');
}
