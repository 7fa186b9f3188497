import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { asEntitlementId, asGrantId, asMessageId, asNoticeId, asRequestId } from '../../../src/domain/ids.js';
import type { Due } from '../../../src/ports.js';
import { createBullmqWakeups, type BullmqWakeups } from '../../../src/wakeups/bullmq-wakeups.js';
import { createSystemClock } from '../../../src/wakeups/system-clock.js';
import type { WakeupHint } from '../../../src/wakeups/wakeup-jobs.js';
import { recordingLog, type LogLine } from '../../support/recording-log.js';
import { freePort } from '../../support/servers/free-port.js';
import { startRedis, type RedisOptions, type RedisServer } from '../../support/servers/redis.js';
import { waitFor } from '../../support/wait-for.js';

const clock = createSystemClock();
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) {
    await cleanUp();
  }
});

async function redis(options?: RedisOptions): Promise<RedisServer> {
  const server = await startRedis(options);
  cleanUps.push(() => server.stop());
  return server;
}

/** A client of the test's own, to look at Redis or to do it harm. */
function outsider(server: RedisServer): Redis {
  const client = new Redis(server.url);
  cleanUps.push(async () => client.disconnect());
  return client;
}

type Woken = WakeupHint & { readonly at: number };

function wakeupsOn(redisUrl: string, onWake: (hint: WakeupHint) => Promise<void> = () => Promise.resolve()) {
  const seen = { woken: [] as Woken[], readyCount: 0 };
  const log = recordingLog();
  const wakeups = createBullmqWakeups({
    redisUrl,
    clock,
    onWake: (hint) => {
      seen.woken.push({ ...hint, at: clock.now() });
      return onWake(hint);
    },
    onReady: () => {
      seen.readyCount += 1;
    },
    onAway: () => undefined,
    log,
  });
  cleanUps.push(() => wakeups.stop({ withinMs: 2_000 }));
  wakeups.start();
  return { wakeups, seen, log };
}

async function reachableWakeups(server: RedisServer) {
  const all = wakeupsOn(server.url);
  await reached(all.wakeups);
  return all;
}

function reached(wakeups: BullmqWakeups): Promise<unknown> {
  return waitFor('Redis to be reachable', () => wakeups.isReachable());
}

function ending(id: string, inMs: number, version = 1): Due {
  return {
    kind: 'entitlement',
    id: asEntitlementId(id),
    version,
    at: clock.now() + inMs,
    connector: 'orders-db',
    direction: 'revocations',
  };
}

function idsOf(woken: readonly Woken[]): string[] {
  return woken.map(({ id }) => id).toSorted();
}

describe('wake-ups on Redis', () => {
  test('each kind of row is woken at its moment, with its kind and id and nothing else', async () => {
    const { wakeups, seen } = await reachableWakeups(await redis());
    const at = clock.now() + 400;
    wakeups.arm([
      { ...ending('ent_1', 0), at },
      {
        kind: 'entitlement',
        id: asEntitlementId('ent_2'),
        version: 3,
        at,
        connector: 'c',
        direction: 'grants',
      },
      { kind: 'request', id: asRequestId('req_1'), version: 1, at },
      { kind: 'grant', id: asGrantId('grt_1'), version: 1, at },
      { kind: 'message', id: asMessageId('msg_1'), version: 1, at },
      { kind: 'notice', id: asNoticeId('1234'), version: 1, at },
    ]);
    await waitFor('six wake-ups', () => seen.woken.length === 6);
    expect(seen.woken.map(({ kind, id }) => `${kind} ${id}`).toSorted()).toEqual([
      'entitlement ent_1',
      'entitlement ent_2',
      'grant grt_1',
      'message msg_1',
      'notice 1234',
      'request req_1',
    ]);
    for (const woken of seen.woken) {
      expect(woken.at).toBeGreaterThanOrEqual(at);
      expect(woken.at).toBeLessThan(at + 1_000);
    }
  });

  test('a row that is due already, or overdue for an hour, is woken at once', async () => {
    const { wakeups, seen } = await reachableWakeups(await redis());
    wakeups.arm([ending('now', 0), ending('overdue', -3_600_000)]);
    await waitFor('both', () => seen.woken.length === 2);
    expect(idsOf(seen.woken)).toEqual(['now', 'overdue']);
  });

  test('a row in 60 days waits that long, and holds up none that comes before it', async () => {
    const server = await redis();
    const { wakeups, seen } = await reachableWakeups(server);
    const dayMs = 86_400_000;
    wakeups.arm([ending('far', 60 * dayMs), ending('near', 200)]);
    await waitFor('the near one', () => seen.woken.length > 0);

    const queue = new Queue('revocations', { connection: { url: server.url }, prefix: 'hallpass' });
    cleanUps.push(() => queue.close());
    const [far, ...more] = await queue.getDelayed();
    expect(idsOf(seen.woken)).toEqual(['near']);
    expect(more).toEqual([]);
    expect(far?.data).toEqual({ kind: 'entitlement', id: 'far' });
    expect(Math.round((far?.delay ?? 0) / dayMs)).toBe(60);
    await far?.promote();
    await waitFor('the far one, once it is moved forward', () => seen.woken.length === 2);
  });

  test('a row that is armed twice is woken once, and once more under its next version', async () => {
    const { wakeups, seen } = await reachableWakeups(await redis());
    wakeups.arm([ending('twice', 300)]);
    wakeups.arm([ending('twice', 300), ending('twice', 300)]);
    wakeups.arm([ending('marker', 600)]);
    await waitFor('the marker', () => idsOf(seen.woken).includes('marker'));
    expect(idsOf(seen.woken)).toEqual(['marker', 'twice']);
    wakeups.arm([ending('twice', 0, 2)]);
    await waitFor('the next version', () => seen.woken.length === 3);
  });

  test('a row whose moment moves nearer is woken at the new one, though the old alarm is still set', async () => {
    const { wakeups, seen } = await reachableWakeups(await redis());
    wakeups.arm([ending('moved', 600_000, 1)]);
    const nearer = ending('moved', 300, 2);
    wakeups.arm([nearer]);
    await waitFor('the wake-up', () => seen.woken.length === 1);
    expect(seen.woken[0]?.at).toBeLessThan(nearer.at + 1_000);
  });

  test('when a row was woken Redis keeps nothing of it, so the same version can be armed again', async () => {
    const server = await redis();
    const { wakeups, seen } = await reachableWakeups(server);
    wakeups.arm([ending('again', 0)]);
    await waitFor('it', () => seen.woken.length === 1);
    const client = outsider(server);
    await waitFor('no job left', async () => (await client.keys('hallpass:*:entitlement-*')).length === 0);
    wakeups.arm([ending('again', 0)]);
    await waitFor('it again', () => seen.woken.length === 2);
    expect(idsOf(seen.woken)).toEqual(['again', 'again']);
  });

  test('a wake-up that fails is logged once and stops none of the others', async () => {
    const { wakeups, seen, log } = wakeupsOn((await redis()).url, ({ id }) =>
      id === 'bad' ? Promise.reject(new Error('database is locked')) : Promise.resolve(),
    );
    await reached(wakeups);
    wakeups.arm([ending('bad', 0), ending('good', 200)]);
    await waitFor('both', () => seen.woken.length === 2);
    const errors = log.lines.filter((line) => line.level === 'error');
    expect(errors).toEqual([
      {
        level: 'error',
        facts: { kind: 'entitlement', id: 'bad', err: new Error('database is locked') },
        message: 'A wake-up failed',
      },
    ]);
  });

  test('twenty thousand rows armed anew in pages do not hold up one that is due soon', async () => {
    const server = await redis();
    const client = outsider(server);
    const armed = () => client.zcard('hallpass:revocations:delayed');
    let armedBySoon = 0;
    const { wakeups, seen } = wakeupsOn(server.url, async () => {
      armedBySoon = await armed();
    });
    await reached(wakeups);
    wakeups.arm(Array.from({ length: 20_000 }, (_, index) => ending(`later_${index}`, 600_000)));
    wakeups.arm([ending('soon', 0)]);
    await waitFor('all the others', async () => (await armed()) === 20_000);
    expect(idsOf(seen.woken)).toEqual(['soon']);
    expect(armedBySoon).toBeLessThan(10_000);
  });

  test('a job that Hallpass did not put there wakes nobody', async () => {
    const server = await redis();
    const { wakeups, seen, log } = await reachableWakeups(server);
    const forger = new Queue('revocations', { connection: { url: server.url }, prefix: 'hallpass' });
    cleanUps.push(() => forger.close());
    await forger.add('wake', { kind: 'shell', id: 'rm -rf /' }, { removeOnComplete: true });
    wakeups.arm([ending('real', 100)]);
    await waitFor('the real one', () => seen.woken.length > 0);
    expect(idsOf(seen.woken)).toEqual(['real']);
    expect(log.lines.map((line) => line.message)).toContain(
      'A job in Redis is not a wake-up of Hallpass; it is dropped',
    );
  });
});

describe('when Redis fails', () => {
  test('a flush loses every wake-up without an error, and asks for arming anew, which brings them back', async () => {
    const server = await redis();
    const { wakeups, seen } = await reachableWakeups(server);
    const row = ending('lost', 1_500);
    wakeups.arm([row]);
    const client = outsider(server);
    await waitFor('the job', async () => (await client.zcard('hallpass:revocations:delayed')) === 1);
    const readyBefore = seen.readyCount;
    await client.flushall();
    await waitFor('the call to arm anew', () => seen.readyCount > readyBefore);
    expect(seen.woken).toEqual([]);
    wakeups.arm([row]);
    await waitFor('the wake-up', () => seen.woken.length === 1);
  });

  test('a wake-up whose moment passes while Redis is dead comes when Redis is back', async () => {
    const server = await redis();
    const { wakeups, seen } = await reachableWakeups(server);
    const row = ending('survivor', 1_000);
    wakeups.arm([row]);
    const client = outsider(server);
    client.on('error', () => undefined);
    await waitFor('the job', async () => (await client.zcard('hallpass:revocations:delayed')) === 1);
    await server.kill();
    await waitFor('the loss to be noticed', () => !wakeups.isReachable());
    const readyBefore = seen.readyCount;
    wakeups.arm([ending('never armed', 100)]);
    await waitFor('its moment', () => clock.now() > row.at);
    await server.restart();
    const backAt = clock.now();
    await waitFor('the wake-up', () => seen.woken.length === 1);
    expect(idsOf(seen.woken)).toEqual(['survivor']);
    await waitFor('the call to arm anew', () => seen.readyCount > readyBefore);
    expect(clock.now() - backAt).toBeLessThan(5_000);
    wakeups.arm([ending('after', 0)]);
    await waitFor('a new wake-up', () => seen.woken.length === 2);
  });

  test('a frozen Redis holds nobody up: arming returns, it counts as away, and stopping keeps its bound', async () => {
    const server = await redis();
    const { wakeups, log } = await reachableWakeups(server);
    await server.pause();
    const before = performance.now();
    wakeups.arm([ending('a', 100), ending('b', 60_000)]);
    expect(performance.now() - before).toBeLessThan(50);
    await waitFor('it to count as away', () => !wakeups.isReachable(), { withinMs: 3_000 });
    expect(log.lines.filter((line) => line.level === 'warn').length).toBeGreaterThan(0);
    const stoppedAt = performance.now();
    await wakeups.stop({ withinMs: 1_000 });
    expect(performance.now() - stoppedAt).toBeLessThan(1_500);
    await server.resume();
  });

  test('stopping keeps its bound also when Redis froze a moment ago and nobody knows yet', async () => {
    const server = await redis();
    const { wakeups } = await reachableWakeups(server);
    await server.pause();
    const stoppedAt = performance.now();
    await wakeups.stop({ withinMs: 500 });
    expect(performance.now() - stoppedAt).toBeLessThan(1_000);
    await server.resume();
  });

  test('a Redis that thaws is trusted again and wakes', async () => {
    const server = await redis();
    const { wakeups, seen } = await reachableWakeups(server);
    await server.pause();
    await waitFor('it to count as away', () => !wakeups.isReachable(), { withinMs: 3_500 });
    await server.resume();
    await reached(wakeups);
    expect(seen.readyCount).toBe(2);
    wakeups.arm([ending('thawed', 100)]);
    await waitFor('the wake-up', () => seen.woken.length === 1);
  });

  test('without Redis at the start everything returns, and wake-ups begin when Redis appears', async () => {
    const port = await freePort();
    const { wakeups, seen, log } = wakeupsOn(`redis://127.0.0.1:${port}`);
    wakeups.arm([ending('unarmed', 0)]);
    expect(wakeups.isReachable()).toBe(false);
    await waitFor('a warning', () => log.lines.some((line) => line.message.startsWith('Redis is away')));
    expect(seen).toEqual({ woken: [], readyCount: 0 });
    const stoppedAt = performance.now();
    await wakeups.stop({ withinMs: 1_000 });
    expect(performance.now() - stoppedAt).toBeLessThan(500);
  });

  test('a Redis that appears late is connected within two seconds', async () => {
    const server = await redis();
    await server.kill();
    const { wakeups, seen, log } = wakeupsOn(server.url);
    await waitFor('a warning', () => log.lines.some((line) => line.message.startsWith('Redis is away')));
    wakeups.arm([ending('left to the watchman', 0)]);
    await server.restart();
    const upAt = performance.now();
    await reached(wakeups);
    expect(performance.now() - upAt).toBeLessThan(2_000);
    wakeups.arm([ending('late', 100)]);
    await waitFor('the wake-up', () => seen.woken.length > 0);
    expect(idsOf(seen.woken)).toEqual(['late']);
  });

  test('a full Redis counts as away, wakes what it holds, and is trusted again when there is room', async () => {
    const server = await redis();
    const { wakeups, seen } = await reachableWakeups(server);
    const client = outsider(server);
    wakeups.arm([ending('held', 2_500)]);
    await waitFor('the job', async () => (await client.zcard('hallpass:revocations:delayed')) === 1);
    await client.config('SET', 'maxmemory', '1');
    await waitFor('it to count as away', () => !wakeups.isReachable());
    wakeups.arm([ending('refused', 0)]);
    await waitFor('the held one', () => seen.woken.length === 1);
    expect(idsOf(seen.woken)).toEqual(['held']);
    await client.config('SET', 'maxmemory', '0');
    await reached(wakeups);
    wakeups.arm([ending('room', 0)]);
    await waitFor('the new one', () => seen.woken.length === 2);
  });

  test('a Redis that refuses BullMQ its scripts counts as away and says why', async () => {
    const server = await redis();
    await outsider(server).call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-@scripting');
    const { wakeups, log } = wakeupsOn(server.url.replace('redis://', 'redis://app:secret@'));
    await reached(wakeups);
    wakeups.arm([ending('refused', 0)]);
    const isThat = ({ message, facts }: LogLine) =>
      message.startsWith('Redis is away') && String(facts['err']).includes('NOPERM');
    await waitFor('the reason', () => log.lines.some(isThat));
    expect(log.lines.find(isThat)?.level).toBe('warn');
  });

  test('a Redis killed again and again while rows are armed raises nothing unhandled', async () => {
    const server = await redis();
    const { wakeups, seen } = await reachableWakeups(server);
    for (let round = 0; round < 3; round += 1) {
      wakeups.arm(Array.from({ length: 2_000 }, (_, index) => ending(`r${round}_${index}`, 600_000)));
      await server.kill();
      wakeups.arm([ending(`dead_${round}`, 0)]);
      await waitFor('the loss to be noticed', () => !wakeups.isReachable());
      await server.restart();
      await reached(wakeups);
    }
    wakeups.arm([ending('end', 0)]);
    await waitFor('the last one', () => idsOf(seen.woken).includes('end'));
    // What was handed over while Redis was dead is left to the watchman, not sent later.
    expect(idsOf(seen.woken)).toEqual(['end']);
  });
});

describe('stopping', () => {
  test('in good order it ends at once, wakes nobody any more, and may be repeated', async () => {
    const server = await redis();
    const { wakeups, seen, log } = await reachableWakeups(server);
    wakeups.arm([ending('tomorrow', 86_400_000)]);
    const client = outsider(server);
    await waitFor('the job', async () => (await client.zcard('hallpass:revocations:delayed')) === 1);
    const stoppedAt = performance.now();
    await wakeups.stop({ withinMs: 5_000 });
    expect(performance.now() - stoppedAt).toBeLessThan(2_000);
    await wakeups.stop({ withinMs: 5_000 });
    wakeups.arm([ending('afterwards', 0)]);
    expect(wakeups.isReachable()).toBe(false);
    expect(seen.woken).toEqual([]);
    expect(log.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
    await waitFor(
      'no connection left',
      async () => !String(await client.client('LIST')).includes('hallpass'),
    );
  });
});

describe('inspecting Redis', () => {
  test('nothing is wrong with one that evicts nothing and appends every write to a file', async () => {
    const { wakeups } = await reachableWakeups(await redis());
    expect(await wakeups.inspect()).toEqual([]);
  });

  test('eviction and missing persistence are complained of', async () => {
    const server = await redis({ maxmemoryPolicy: 'allkeys-lru', appendonly: false });
    const { wakeups } = await reachableWakeups(server);
    expect(await wakeups.inspect()).toEqual([
      'Redis may evict wake-ups: maxmemory-policy is allkeys-lru; set it to noeviction.',
      'Redis forgets wake-ups when it restarts: set appendonly to yes.',
    ]);
  });

  test('a Redis that is nearly full and syncs nothing is complained of', async () => {
    const server = await redis();
    const { wakeups } = await reachableWakeups(server);
    const client = outsider(server);
    await client.config('SET', 'maxmemory', '1');
    await client.config('SET', 'appendfsync', 'no');
    expect(await wakeups.inspect()).toEqual([
      expect.stringMatching(/^Redis is nearly full: \d+ MiB of maxmemory 0 MiB are used\.$/),
      'Redis may forget wake-ups when its machine fails: appendfsync is no; set it to everysec.',
    ]);
  });

  test('a Redis that refuses CONFIG is said not to be checked in that', async () => {
    const server = await redis();
    const client = outsider(server);
    await client.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-config');
    const { wakeups } = wakeupsOn(server.url.replace('redis://', 'redis://app:secret@'));
    await reached(wakeups);
    expect(await wakeups.inspect()).toEqual([
      expect.stringMatching(/^The setting appendfsync of Redis could not be checked: NOPERM/),
    ]);
  });

  test('a Redis that cannot be reached is said to be that', async () => {
    const { wakeups } = wakeupsOn(`redis://127.0.0.1:${await freePort()}`);
    expect(await wakeups.inspect()).toEqual([expect.stringContaining('Redis could not be inspected')]);
  });
});
