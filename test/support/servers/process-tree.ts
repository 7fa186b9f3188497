import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

type ProcessEntry = { pid: number; parent: number; state: string };

/** Direct children only: neither server used in the tests has grandchildren. */
export async function childrenOf(pid: number): Promise<number[]> {
  const processes = await listProcesses();
  return processes.filter((entry) => entry.parent === pid).map((entry) => entry.pid);
}

/** A zombie counts as gone: it holds nothing, and whoever should reap it may never do so. */
export async function isAlive(pid: number): Promise<boolean> {
  const state = await stateOf(pid);
  return state !== undefined && state !== 'Z';
}

export async function isStopped(pid: number): Promise<boolean> {
  return (await stateOf(pid)) === 'T';
}

/** Signals what is still there; a process that has just ended is no error. */
export function signalProcesses(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
        throw error;
      }
    }
  }
}

async function stateOf(pid: number): Promise<string | undefined> {
  if (existsSync('/proc/self/stat')) {
    return (await readProcess(pid))?.state;
  }
  return (await listProcesses()).find((entry) => entry.pid === pid)?.state;
}

async function listProcesses(): Promise<ProcessEntry[]> {
  if (!existsSync('/proc/self/stat')) {
    return listProcessesWithPs();
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const entries = await Promise.all(pids.map(readProcess));
  return entries.filter((entry) => entry !== undefined);
}

async function readProcess(pid: number): Promise<ProcessEntry | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name stands in parentheses and may itself hold spaces and parentheses: read on after the last one.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields ?? [];
  return state === undefined ? undefined : { pid, parent: Number(parent), state };
}

async function listProcessesWithPs(): Promise<ProcessEntry[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length === 3)
    .map(([pid, parent, state]) => ({ pid: Number(pid), parent: Number(parent), state: state?.[0] ?? '' }));
}
