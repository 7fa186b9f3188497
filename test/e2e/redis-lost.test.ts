import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import type { SeenMessage } from '../../src/emulated-slack/ledger.js';
import { queueNames } from '../../src/wakeups/wakeup-jobs.js';
import { readAudit, readRecords } from '../support/records.js';
import { startHallpass, type RunningHallpass } from '../support/running-hallpass.js';
import { startRedis, type RedisServer } from '../support/servers/redis.js';
import { startTargetDatabase } from '../support/target-database.js';
import { waitFor } from '../support/wait-for.js';

/** Redis only wakes Hallpass up: whatever becomes of it, clicks are answered and windows end. */

const timeout = 120_000;
const target = await startTargetDatabase('18');
let people = 0;
const started: { stop(this: void): Promise<void> }[] = [];

afterAll(async () => {
  for (const each of started.toReversed()) {
    await each.stop();
  }
  await target.stop();
});

type Scene = {
  readonly hallpass: RunningHallpass;
  readonly redis: RedisServer;
  /** Somebody whom no other test knows, so that tests can share the target. */
  readonly holder: string;
  holds(this: void): Promise<boolean>;
  /** Asks, and has it approved. */
  give(this: void, window: string): Promise<SeenMessage>;
};

async function startScene({ redisRuns }: { redisRuns: boolean } = { redisRuns: true }): Promise<Scene> {
  people += 1;
  const holder = `awake${people}`;
  const id = `U3AWAKE${people}`;
  await target.addAccount(holder);
  const redis = await startRedis();
  started.push(redis);
  if (!redisRuns) {
    await redis.kill();
  }
  const hallpass = await startHallpass({
    target,
    redisUrl: redis.url,
    people: [{ id, name: holder, email: `${holder}@example.com` }],
    catalog: { groups: { engineers: { users: [id] } } },
  });
  started.push(hallpass);
  if (redisRuns) {
    await waitFor('Hallpass to trust its Redis', () => said(hallpass, /Redis is ready/));
  }
  return {
    hallpass,
    redis,
    holder,
    holds: async () => await target.holdsRole(holder, 'app_readonly'),
    give: async (window) => {
      const { card } = await hallpass.ask(holder, `request prod-db ${window} whatever Redis does`);
      const answer = await hallpass.click('mia', card, 'request.approve');
      expect(hallpass.read(answer, 'mia')).toMatch(/^Approved/);
      await hallpass.seeText(card, /Access until/);
      return card;
    },
  };
}

function said(hallpass: RunningHallpass, wanted: RegExp): boolean {
  return hallpass.log.lines.some(({ message }) => wanted.test(message));
}

async function seeEnded({ hallpass, holds }: Scene, card: SeenMessage): Promise<void> {
  await hallpass.seeText(card, /The access ended .*its time was over/);
  expect(await holds()).toBe(false);
  const { grants } = await readRecords(hallpass.databaseFile);
  expect(grants).toMatchObject([{ state: 'ended', endCause: 'window' }]);
  expect(grants[0]?.closedAt).toBeGreaterThanOrEqual(grants[0]?.endsAt ?? Infinity);
}

async function onRedis<Value>(url: string, use: (client: Redis) => Promise<Value>): Promise<Value> {
  const client = new Redis(url, { maxRetriesPerRequest: null });
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

/** Ids of the rows that Redis will wake Hallpass up for. */
async function armed(redis: RedisServer): Promise<string[]> {
  return await onRedis(redis.url, async (connection) => {
    const found = await Promise.all(
      queueNames.map(async (name) => {
        const queue = new Queue<{ id: string }>(name, { connection, prefix: 'hallpass' });
        return (await queue.getDelayed()).map(({ data }) => data.id);
      }),
    );
    return found.flat();
  });
}

describe.concurrent('the window ends', { timeout }, () => {
  test('with a Redis that is emptied in the midst of it', async () => {
    const scene = await startScene();
    const card = await scene.give('6s');

    expect(await scene.holds()).toBe(true);
    await onRedis(scene.redis.url, async (client) => await client.flushall());

    await seeEnded(scene, card);
  });

  test('with a Redis that is gone for good in the midst of it', async () => {
    const scene = await startScene();
    const card = await scene.give('6s');

    await scene.redis.kill();

    await seeEnded(scene, card);
    expect(said(scene.hallpass, /Redis is away/)).toBe(true);
  });

  test('with a Redis that hangs from before the click until after the end', async () => {
    const scene = await startScene();

    await scene.redis.pause();
    const card = await scene.give('6s');
    expect(await scene.holds()).toBe(true);
    await seeEnded(scene, card);

    await scene.redis.resume();
  });

  test('with a Redis that begins to hang in the midst of it', async () => {
    const scene = await startScene();
    const card = await scene.give('6s');

    expect(await scene.holds()).toBe(true);
    await scene.redis.pause();
    await seeEnded(scene, card);

    await scene.redis.resume();
  });

  test('with a Redis that was not there at the start; once it is there, it is told of what comes', async () => {
    const scene = await startScene({ redisRuns: false });
    const early = await scene.give('4s');
    await seeEnded(scene, early);

    const { card } = await scene.hallpass.ask(scene.holder, 'request prod-db:admin 5m longer');
    await scene.hallpass.click('mia', card, 'request.approve');
    await scene.hallpass.seeText(card, /Access until/);
    await scene.redis.restart();

    const { grants } = await readRecords(scene.hallpass.databaseFile);
    const live = grants.find(({ state }) => state === 'active');
    expect(live).toMatchObject({ hold: 'held' });
    await waitFor('the end of the window to be armed in Redis', async () =>
      (await armed(scene.redis)).includes(live?.entitlementId ?? ''),
    );
  });
});

test('wake-ups that are forged, doubled, early or for nothing do no harm', { timeout }, async () => {
  const scene = await startScene();
  const { hallpass, redis, holds } = scene;
  const card = await scene.give('12s');
  const { grants, requests } = await readRecords(hallpass.databaseFile);
  const [grant] = grants;
  const ids = [grant?.id, grant?.entitlementId, requests[0]?.id, 'E-NOBODY', '__proto__', 'constructor', ''];
  const kinds = ['entitlement', 'grant', 'request', 'message', 'notice', 'root', '__proto__', 'toString'];
  const forged: unknown[] = [
    ...kinds.flatMap((kind) => ids.map((id) => ({ kind, id }))),
    null,
    7,
    'entitlement',
    [],
    {},
    { kind: ['entitlement'], id: { length: 1 } },
    JSON.parse('{"__proto__":{"kind":"entitlement","id":"E-NOBODY"}}'),
  ];

  await onRedis(redis.url, async (connection) => {
    const queues = queueNames.map((name) => new Queue(name, { connection, prefix: 'hallpass' }));
    for (const queue of queues) {
      // Twice each: the second time under the same name as the first.
      await queue.addBulk([...forged, ...forged].map((data) => ({ name: 'wake', data })));
    }
    await waitFor('Hallpass to have looked at all of them', async () => {
      const left = await Promise.all(
        queues.map(async (queue) => await queue.getJobCountByTypes('wait', 'active')),
      );
      return left.every((count) => count === 0);
    });
  });

  expect(await holds()).toBe(true);
  expect((await readRecords(hallpass.databaseFile)).grants).toMatchObject([{ state: 'active', attempts: 0 }]);
  expect(said(hallpass, /is not a wake-up of Hallpass/)).toBe(true);
  expect(hallpass.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  await seeEnded(scene, card);
  const { kinds: events, firstBad } = await readAudit(hallpass.databaseFile);
  expect(firstBad).toBeNull();
  expect(events.filter((kind) => /^(grant|entitlement)\./.test(kind))).toEqual([
    'grant.opening',
    'entitlement.granting',
    'entitlement.granted',
    'grant.active',
    'grant.reminded',
    'grant.ending',
    'entitlement.revoking',
    'entitlement.revoked',
    'grant.ended',
  ]);
});
