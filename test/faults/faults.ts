/** What goes wrong, and how it is put right again. */
import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { FailureOrder } from '../../src/emulated-slack/failures.js';
import type { Fault, SlackTrouble } from './schedule.js';
import type { World } from './world.js';

/** Longer than Hallpass waits for any answer of Slack. */
export const TOO_LATE_MS = 11_000;

export async function beginFault(world: World, fault: Fault): Promise<void> {
  world.timeline.note('fault', faultText(fault));
  const { app, redis, target, wire } = world;
  switch (fault.fault) {
    case 'app killed':
      return app.kill(fault.forMs);
    case 'app dies at':
      return app.dieAt(fault.point, fault.forMs);
    case 'redis killed':
    case 'redis gone for good':
      return await redis.kill();
    case 'redis loses the end of its AOF':
      await redis.kill();
      return await cutAof(redis.folder, fault.bytes);
    case 'redis frozen':
      return await redis.pause();
    case 'redis emptied':
      return await emptyRedis(redis.url);
    case 'target refuses':
      return wire.setMode('refuse');
    case 'target hangs':
      return wire.setMode('hang');
    case 'target is slow':
      return wire.setMode('slow');
    case 'target is read-only':
      return await setReadOnly(target, true);
    case 'target cuts before the change':
      return wire.foresee({ fate: 'cut before' }, fault.times);
    case 'target cuts after the change':
      return wire.foresee({ fate: 'cut after' }, fault.times);
    case 'target makes the change late':
      return wire.foresee({ fate: 'late', ms: fault.lateMs }, 1);
    case 'slack':
      return world.place.world.fail(fault.method, order(fault.trouble));
    case 'disk full':
      return await app.setDiskFull(true);
    case 'clock set':
      return app.setClock(fault.byMs);
    default:
      return fault satisfies never;
  }
}

export async function endFault(world: World, fault: Fault): Promise<void> {
  const { app, redis, target, wire } = world;
  switch (fault.fault) {
    case 'app killed':
    case 'redis emptied':
    case 'redis gone for good':
      return;
    case 'app dies at':
      return app.dieAt(null, fault.forMs);
    case 'redis killed':
    case 'redis loses the end of its AOF':
      await redis.restart();
      break;
    case 'redis frozen':
      await redis.resume();
      break;
    case 'target refuses':
    case 'target hangs':
    case 'target is slow':
      wire.setMode('pass');
      break;
    case 'target is read-only':
      await setReadOnly(target, false);
      break;
    case 'target cuts before the change':
    case 'target cuts after the change':
    case 'target makes the change late':
      wire.heal();
      break;
    case 'slack':
      world.place.world.heal();
      break;
    case 'disk full':
      await app.setDiskFull(false);
      break;
    case 'clock set':
      app.setClock(0);
      break;
    default:
      fault satisfies never;
  }
  world.timeline.note('fault', `over: ${faultText(fault)}`);
}

export function faultText({ fault, at: _at, forMs, ...rest }: Fault): string {
  const how = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  const lasts = forMs === 0 || forMs === Infinity ? [] : [`for ${forMs} ms`];
  return [fault, ...how, ...lasts].join(', ');
}

function order(trouble: SlackTrouble): FailureOrder {
  switch (trouble) {
    case '429':
      return { with: 'rate_limited', retryAfter: 1 };
    case '500':
      return { with: 'http_500' };
    case 'hang':
      return { with: 'hang' };
    case 'too late':
      return { with: 'slow', ms: TOO_LATE_MS };
    case 'answer lost':
      return { with: 'drop_after' };
    case 'no connection':
      return { with: 'drop_before' };
    default:
      return trouble satisfies never;
  }
}

/** For every session, also those that are open. */
async function setReadOnly(target: World['target'], readOnly: boolean): Promise<void> {
  await target.sql(
    'superuser',
    `alter system set default_transaction_read_only = ${readOnly ? 'on' : 'off'}`,
  );
  await target.sql('superuser', 'select pg_reload_conf()');
}

async function emptyRedis(url: string): Promise<void> {
  const client = new Redis(url, { maxRetriesPerRequest: null });
  try {
    await client.flushall();
  } finally {
    client.disconnect();
  }
}

/** As after a power cut: the last writes never came to the disk. */
async function cutAof(folder: string, bytes: number): Promise<void> {
  const aof = join(folder, 'appendonlydir');
  const parts = (await readdir(aof)).filter((name) => name.endsWith('.incr.aof')).toSorted();
  const last = join(aof, parts.at(-1) ?? '');
  const { size } = await stat(last);
  await truncate(last, Math.max(0, size - bytes));
}
