import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { findDebianPackages, installDebianPackages } from './debian-packages.js';
import { findEmbeddedPostgres, findSystemPostgres, type PostgresBinaries } from './postgres-binaries.js';
import { postgresTemplate } from './postgres-template.js';
import type { RunAs } from './private-server.js';
import { findCommand } from './run-command.js';
import { cached, unprivilegedUser } from './server-cache.js';

/** `15` is the system's own server, or the newest the system has; `18` comes with the npm dependencies. */
export type PostgresVersion = '15' | '18';

export type PostgresInstallation = {
  /** The major version found. */
  version: string;
  bin: string;
  /** A data folder fresh from initdb, to be copied for each server. */
  template: string;
};

/** What the tests run their servers from; it passes through vitest's `provide`, so it is plain data. */
export type TestServers = {
  redisServer: string;
  postgres: Record<PostgresVersion, PostgresInstallation>;
  runAs?: RunAs;
};

declare module 'vitest' {
  export interface ProvidedContext {
    testServers: TestServers;
  }
}

/** Finds the servers, installs what is missing where that is possible, and prepares the template folders. */
export async function ensureInstalled(): Promise<TestServers> {
  const runAs = await unprivilegedUser();
  const { redisServer, systemPostgres } = await findOrInstall();
  const embedded = await findEmbeddedPostgres(runAs);
  const [system, eighteen] = await Promise.all([prepare(systemPostgres, runAs), prepare(embedded, runAs)]);
  const servers = { redisServer, postgres: { '15': system, '18': eighteen } };
  return runAs === undefined ? servers : { ...servers, runAs };
}

async function prepare(binaries: PostgresBinaries, runAs: RunAs | undefined): Promise<PostgresInstallation> {
  return { ...binaries, template: await postgresTemplate(binaries, runAs) };
}

type Found = { redisServer: string | undefined; systemPostgres: PostgresBinaries | undefined };

async function findOrInstall(): Promise<{ redisServer: string; systemPostgres: PostgresBinaries }> {
  let found = await find();
  if (isMissingSome(found) && (await canInstall())) {
    process.stdout.write('Installing the servers the tests need with apt-get …\n');
    await installDebianPackages({
      redis: found.redisServer === undefined,
      postgres: found.systemPostgres === undefined,
    });
    found = await find();
  }
  const { redisServer, systemPostgres } = found;
  if (redisServer === undefined || systemPostgres === undefined) {
    throw new Error(await howToInstall(found));
  }
  return { redisServer, systemPostgres };
}

async function find(): Promise<Found> {
  const unpacked = await findDebianPackages();
  return { redisServer: await findRedis(), systemPostgres: await findSystemPostgres(unpacked) };
}

/**
 * The server, or `redis-check-rdb`, which is the same program under another name and, in Debian's package
 * redis-tools, comes without a service.
 */
async function findRedis(): Promise<string | undefined> {
  const server = await findCommand('redis-server');
  const twin = server === undefined ? await findCommand('redis-check-rdb') : undefined;
  return twin === undefined ? server : cached('redis-server', (path) => symlink(twin, path));
}

function isMissingSome({ redisServer, systemPostgres }: Found): boolean {
  return redisServer === undefined || systemPostgres === undefined;
}

async function canInstall(): Promise<boolean> {
  return process.geteuid?.() === 0 && existsSync('/etc/debian_version') && (await hasCommand('apt-get'));
}

async function howToInstall(found: Found): Promise<string> {
  const missing = [
    ...(found.redisServer === undefined ? ['redis-server'] : []),
    ...(found.systemPostgres === undefined ? ['a PostgreSQL server (initdb, postgres)'] : []),
  ].join(' and ');
  return `The tests need ${missing}. To install what they need, run:\n  ${await installCommand()}`;
}

async function installCommand(): Promise<string> {
  if (await hasCommand('apt-get')) {
    const sudo = process.geteuid?.() === 0 ? '' : 'sudo ';
    return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends redis-server postgresql`;
  }
  if (await hasCommand('apk')) {
    return 'apk add redis postgresql';
  }
  if (await hasCommand('brew')) {
    return 'brew install redis postgresql@15';
  }
  return 'the package manager of this system, for Redis 7 or later and PostgreSQL 15 or later';
}

async function hasCommand(name: string): Promise<boolean> {
  return (await findCommand(name)) !== undefined;
}
