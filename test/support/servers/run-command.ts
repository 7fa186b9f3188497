import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RunAs } from './private-server.js';

const outputLimitBytes = 64 * 1024 * 1024;

type CommandOptions = { cwd?: string; runAs?: RunAs | undefined };

/** Runs a command to its end and gives what it printed; on failure the error carries everything it printed. */
export async function runCommand(
  file: string,
  args: readonly string[],
  { cwd, runAs }: CommandOptions = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, args, {
      maxBuffer: outputLimitBytes,
      ...(cwd === undefined ? {} : { cwd }),
      ...runAs,
    });
    return stdout;
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trimEnd() : '';
    throw new Error(`${file} ${args.join(' ')} failed\n${stderr}`, { cause: error });
  }
}

/** Where a command stands on the PATH, if it is there. */
export async function findCommand(name: string): Promise<string | undefined> {
  const found = await runCommand('sh', ['-c', 'command -v "$1"', 'sh', name]).catch(() => '');
  return found.trim() === '' ? undefined : found.trim();
}
