import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.js';
import { cached, cacheFolder } from './server-cache.js';

const unpackedPrefix = 'debian-postgresql-';

/**
 * Gets the servers from Debian's or Ubuntu's packages without setting up any service: the package of the Redis
 * tools holds the server's program too, and PostgreSQL's server package, which would create and start a cluster,
 * is only unpacked into the cache, next to libraries that are really installed.
 */
export async function installDebianPackages(missing: { redis: boolean; postgres: boolean }): Promise<void> {
  await aptGet(['update']);
  if (missing.redis) {
    await install(['redis-tools']);
  }
  if (missing.postgres) {
    const server = await newestServerPackage();
    await install(await librariesOf(server));
    await unpack(server);
  }
}

/** The folders with `postgres` and `initdb` in them that an earlier run has unpacked. */
export async function findDebianPackages(): Promise<string[]> {
  const cache = await cacheFolder();
  const unpacked = (await readdir(cache)).filter((name) => name.startsWith(unpackedPrefix));
  return unpacked
    .map((name) => join(cache, name, 'usr/lib/postgresql', name.slice(unpackedPrefix.length), 'bin'))
    .filter((folder) => existsSync(folder));
}

async function newestServerPackage(): Promise<string> {
  const dependencies = await dependenciesOf('postgresql');
  const server = dependencies.find((name) => /^postgresql-\d+$/.test(name));
  if (server === undefined) {
    throw new Error(`The package postgresql depends on no server: ${dependencies.join(', ')}`);
  }
  return server;
}

/** The compiler library is for just-in-time compilation alone, which the tests leave off. */
async function librariesOf(server: string): Promise<string[]> {
  const dependencies = await dependenciesOf(server);
  return dependencies.filter((name) => /^(lib|zlib|tzdata)/.test(name) && !name.startsWith('libllvm'));
}

async function dependenciesOf(name: string): Promise<string[]> {
  const printed = await runCommand('apt-cache', ['depends', '--important', name]);
  return [...printed.matchAll(/^ {2}(?:Pre)?Depends: ([a-z0-9][^\s:]*)/gm)].flatMap(
    ([, found]) => found ?? [],
  );
}

async function install(packages: readonly string[]): Promise<void> {
  await aptGet(['install', '-y', '--no-install-recommends', ...packages]);
}

async function unpack(server: string): Promise<void> {
  await cached(`${unpackedPrefix}${server.replace('postgresql-', '')}`, async (folder) => {
    await mkdir(folder);
    // As root, apt would otherwise warn that its own user may not write here.
    await aptGet(['-o', 'APT::Sandbox::User=root', 'download', server], folder);
    const archives = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
    await Promise.all(
      archives.map((archive) => runCommand('dpkg-deb', ['-x', archive, folder], { cwd: folder })),
    );
  });
}

async function aptGet(args: readonly string[], cwd = '/'): Promise<void> {
  const options = ['-q', '-o', 'DPkg::Lock::Timeout=300'];
  await runCommand('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...options, ...args], { cwd });
}
