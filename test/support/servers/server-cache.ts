import { chmod, lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunAs } from './private-server.js';
import { runCommand } from './run-command.js';

/**
 * A folder of this machine and user for what is made once and used by every run. It lies in the system's
 * temporary folder, because an unprivileged server process could not look into a checkout under /root.
 */
export async function cacheFolder(): Promise<string> {
  const uid = process.geteuid?.() ?? 0;
  const folder = join(tmpdir(), `hallpass-test-servers-${uid}`);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const found = await lstat(folder);
  // Anybody may write to the temporary folder: what another user has put there is not run.
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o022) !== 0) {
    throw new Error(`${folder} is not a folder that only this user can write to: remove it and run again`);
  }
  return folder;
}

/** Makes `name` in the cache unless it is there. Other runs never see it half made. */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const cache = await cacheFolder();
  const wanted = join(cache, name);
  if (existsSync(wanted)) {
    return wanted;
  }
  const draft = await mkdtemp(join(cache, `draft-${name}-`));
  try {
    // mkdtemp closes the folder to all others, and the servers' user has to pass through.
    await chmod(draft, 0o755);
    const made = join(draft, 'made');
    await make(made);
    await rename(made, wanted).catch((error: unknown) => {
      // Another run was faster; both have made the same.
      if (!existsSync(wanted)) {
        throw error;
      }
    });
    return wanted;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Root runs the servers as somebody else, because PostgreSQL refuses to run as root. */
export async function unprivilegedUser(): Promise<RunAs | undefined> {
  if (process.geteuid?.() !== 0) {
    return undefined;
  }
  const name = await runCommand('id', ['-u', 'postgres']).then(
    () => 'postgres',
    () => 'nobody',
  );
  const [uid, gid] = await Promise.all([runCommand('id', ['-u', name]), runCommand('id', ['-g', name])]);
  return { uid: Number(uid), gid: Number(gid) };
}
