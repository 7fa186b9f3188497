import { chown, mkdir, mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunAs } from './private-server.js';

const roomForManyServersBytes = 2 * 1024 ** 3;

/**
 * A new folder for one server's data. In memory where the system has room for it: a fresh PostgreSQL has a
 * thousand files, and making them has been seen to take 20 times as long on a disk.
 */
export async function temporaryServerFolder(prefix: string, runAs: RunAs | undefined): Promise<string> {
  const folder = await mkdtemp(join((await memoryFolder()) ?? tmpdir(), prefix));
  await giveTo(folder, runAs);
  return folder;
}

export async function makeFolder(path: string, runAs: RunAs | undefined): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  await giveTo(path, runAs);
}

/** Containers often have a few megabytes here: too small for a server. */
async function memoryFolder(): Promise<string | undefined> {
  const folder = '/dev/shm';
  const found = await statfs(folder).catch(() => undefined);
  return found !== undefined && found.bavail * found.bsize >= roomForManyServersBytes ? folder : undefined;
}

async function giveTo(path: string, runAs: RunAs | undefined): Promise<void> {
  if (runAs !== undefined) {
    await chown(path, runAs.uid, runAs.gid);
  }
}
