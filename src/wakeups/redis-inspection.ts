import type { Redis } from 'ioredis';

const oldestVersion = { major: 6, minor: 2 };
const fullFrom = 0.8;

/** What is wrong with a Redis for keeping wake-ups, in words for whoever runs it; empty when nothing is. */
export async function inspectRedis(connection: Redis): Promise<string[]> {
  try {
    const info = readInfo(await connection.info());
    return [
      ...complainOfVersion(info),
      ...complainOfEviction(info),
      ...complainOfMemory(info),
      ...(await complainOfPersistence(connection, info)),
    ];
  } catch (error) {
    return [`Redis could not be inspected: ${describe(error)}.`];
  }
}

type Info = ReadonlyMap<string, string>;

function readInfo(text: string): Info {
  const facts = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) {
      facts.set(line.slice(0, colon), line.slice(colon + 1));
    }
  }
  return facts;
}

function complainOfVersion(info: Info): string[] {
  const version = info.get('redis_version');
  const [major, minor] = (version ?? '').split('.').map(Number);
  if (version === undefined || major === undefined || minor === undefined || Number.isNaN(major + minor)) {
    return ['The version of Redis could not be checked; it has to be 6.2 or later.'];
  }
  const tooOld =
    major < oldestVersion.major || (major === oldestVersion.major && minor < oldestVersion.minor);
  return tooOld ? [`Redis ${version} is too old: 6.2 or later is needed.`] : [];
}

function complainOfEviction(info: Info): string[] {
  const policy = info.get('maxmemory_policy');
  if (policy === undefined) {
    return ['The eviction policy of Redis could not be checked; maxmemory-policy has to be noeviction.'];
  }
  return policy === 'noeviction'
    ? []
    : [`Redis may evict wake-ups: maxmemory-policy is ${policy}; set it to noeviction.`];
}

function complainOfMemory(info: Info): string[] {
  const used = Number(info.get('used_memory'));
  const limit = Number(info.get('maxmemory'));
  // Zero is no limit of Redis's own.
  return limit > 0 && used >= fullFrom * limit
    ? [`Redis is nearly full: ${toMebibytes(used)} of maxmemory ${toMebibytes(limit)} are used.`]
    : [];
}

async function complainOfPersistence(connection: Redis, info: Info): Promise<string[]> {
  const enabled = info.get('aof_enabled');
  if (enabled === undefined) {
    return ['The persistence of Redis could not be checked; appendonly should be yes.'];
  }
  if (enabled !== '1') {
    return ['Redis forgets wake-ups when it restarts: set appendonly to yes.'];
  }
  try {
    const [, appendfsync] = await connection.config('GET', 'appendfsync');
    return appendfsync === 'no'
      ? ['Redis may forget wake-ups when its machine fails: appendfsync is no; set it to everysec.']
      : [];
  } catch (error) {
    // Managed services often refuse CONFIG.
    return [`The setting appendfsync of Redis could not be checked: ${describe(error)}.`];
  }
}

function toMebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
