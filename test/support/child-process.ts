import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Starts a TypeScript file of test/support/ in a process of its own; its standard error is ours. */
export function startChild(file: string, args: readonly string[]): ChildProcess {
  const script = fileURLToPath(new URL(file, import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The first line that the child prints. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) {
    throw new Error('The child has no standard output.');
  }
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    return line;
  }
  throw new Error('The child ended without a word.');
}

export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, 'exit');
  }
  return child.exitCode;
}
