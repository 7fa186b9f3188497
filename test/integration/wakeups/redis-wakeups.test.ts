import { afterEach, expect, test } from 'vitest';
import { asGrantId } from '../../../src/domain/ids.js';
import type { Due } from '../../../src/ports.js';
import { createRedisWakeups } from '../../../src/wakeups/redis-wakeups.js';
import { createSystemClock } from '../../../src/wakeups/system-clock.js';
import { recordingLog } from '../../support/recording-log.js';
import { startRedis } from '../../support/servers/redis.js';
import { waitFor } from '../../support/wait-for.js';

const clock = createSystemClock();
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) {
    await cleanUp();
  }
});

/** Rows that are taken by whoever comes first after their moment. */
function wakeupsOver(redisUrl: string) {
  const rows = new Map<string, Due>();
  const found: { id: string; by: 'redis' | 'timer'; lateMs: number }[] = [];
  function take(id: string, by: 'redis' | 'timer'): void {
    const row = rows.get(id);
    if (row !== undefined && rows.delete(id)) {
      found.push({ id, by, lateMs: clock.now() - row.at });
    }
  }
  const wakeups = createRedisWakeups({
    redisUrl,
    clock,
    nextDueAt: () =>
      Promise.resolve(rows.size === 0 ? null : Math.min(...[...rows.values()].map(({ at }) => at))),
    onDue: () => {
      const due = [...rows.values()].filter(({ at }) => at <= clock.now());
      due.forEach(({ id }) => take(id, 'timer'));
      return Promise.resolve();
    },
    onWake: ({ id }) => Promise.resolve(take(id, 'redis')),
    onReady: () => undefined,
    log: recordingLog(),
  });
  cleanUps.push(() => wakeups.stop({ withinMs: 2_000 }));
  function arm(id: string): void {
    const row: Due = { kind: 'grant', id: asGrantId(id), version: 1, at: clock.now() + 300 };
    rows.set(id, row);
    wakeups.arm([row]);
  }

  return { wakeups, found, arm };
}

test('a row is found at its moment before Redis is up, by Redis while it runs, and again without it', async () => {
  const server = await startRedis();
  cleanUps.push(() => server.stop());
  await server.kill();

  const { wakeups, found, arm } = wakeupsOver(server.url);

  wakeups.start();
  arm('before');
  await waitFor('the first', () => found.length === 1);
  await server.restart();
  await waitFor('Redis to be reachable', () => wakeups.isReachable());
  arm('during');
  await waitFor('the second', () => found.length === 2);
  await server.kill();
  await waitFor('the loss to be noticed', () => !wakeups.isReachable());
  arm('after');
  await waitFor('the third', () => found.length === 3);

  expect(found.map(({ id, by }) => `${id} by ${by}`)).toEqual([
    'before by timer',
    'during by redis',
    'after by timer',
  ]);
  for (const { lateMs } of found) {
    expect(lateMs).toBeLessThan(1_000);
  }
});

test('a Redis that is frozen at the start makes nothing late', async () => {
  const server = await startRedis();
  cleanUps.push(() => server.stop());
  await server.pause();
  const { wakeups, found, arm } = wakeupsOver(server.url);
  wakeups.start();
  arm('row');
  await waitFor('it', () => found.length === 1);
  expect(found[0]?.by).toBe('timer');
  expect(found[0]?.lateMs).toBeLessThan(1_000);
});
