import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.js';
import type { RunAs } from './private-server.js';
import { runCommand } from './run-command.js';
import { cached } from './server-cache.js';
import { makeFolder } from './server-folder.js';

export const superuser = { name: 'postgres', password: 'superuser-of-the-tests' };

const initdbOptions = [
  `--username=${superuser.name}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  // Megabytes of write-ahead log a segment: small, since the folder is copied for every server.
  '--wal-segsize=1',
  '--no-sync',
  '--no-instructions',
];

/** initdb takes seconds, a copy of its result a fraction of one: so it runs once a machine. */
export async function postgresTemplate(
  binaries: PostgresBinaries,
  runAs: RunAs | undefined,
): Promise<string> {
  const initdb = join(binaries.bin, 'initdb');
  const exactVersion = await runCommand(initdb, ['--version'], { cwd: '/', runAs });
  const ingredients = JSON.stringify([exactVersion, binaries.bin, initdbOptions, superuser, runAs]);
  const digest = createHash('sha256').update(ingredients).digest('hex').slice(0, 12);
  const name = `postgresql-${binaries.version}-template-${digest}`;
  const folder = await cached(name, async (made) => {
    await makeFolder(made, runAs);
    const passwordFile = join(made, 'password');
    await writeFile(passwordFile, superuser.password, { mode: 0o644 });
    const options = [...initdbOptions, `--pwfile=${passwordFile}`, `--pgdata=${join(made, 'data')}`];
    await runCommand(initdb, options, { cwd: made, runAs });
    await rm(passwordFile);
  });
  return join(folder, 'data');
}
