import { expect, test, vi } from 'vitest';
import { createHealth } from '../../../src/ops/health.js';
import { recordingLog } from '../../support/recording-log.js';

const now = 1_000_000;

function healthOf(world: {
  ping?: () => Promise<void>;
  lastPassAt?: number | null;
  slack?: boolean;
  endingOnly?: boolean;
  behindMs?: number;
  redis?: boolean;
}) {
  const log = recordingLog();
  const { lastPassAt = now - 3_000 } = world;
  const { redis } = world;
  const health = createHealth({
    clock: { now: () => now, behindMs: () => world.behindMs ?? 0 },
    log,
    ping: world.ping ?? (() => Promise.resolve()),
    watchman: {
      lastPassAt: () => lastPassAt,
      isStale: (at) => lastPassAt === null || at - lastPassAt > 15_000,
    },
    slackConnected: () => world.slack ?? true,
    endingOnly: () => world.endingOnly ?? false,
    ...(redis === undefined ? {} : { wakeupsReachable: () => redis }),
  });
  return { health, log };
}

test('it is ready when the database answers, the watchman makes his rounds and Slack is connected', async () => {
  expect(await healthOf({}).health.ready()).toEqual({
    status: 200,
    body: {
      status: 'ready',
      mode: 'normal',
      database: 'answers',
      watchman: 'the last pass was 3 s ago',
      clock: 'goes on from what is on record',
      slack: 'connected',
      wakeups: 'a timer in the process',
    },
  });
});

test.each([
  [
    'the database does not answer',
    { ping: () => Promise.reject(new Error('disk full')) },
    { database: 'does not answer' },
  ],
  ['the watchman is stale', { lastPassAt: now - 40_000 }, { watchman: 'stale: the last pass was 40 s ago' }],
  ['the watchman has not made a pass', { lastPassAt: null }, { watchman: 'has not made a pass yet' }],
  ['Slack is not connected', { slack: false }, { slack: 'not connected' }],
])('it is not ready when %s, and says so', async (_why, world, said) => {
  const { status, body } = await healthOf(world).health.ready();
  expect(status).toBe(503);
  expect(body).toMatchObject({ status: 'not ready', ...said });
});

test('a database that hangs counts as not answering after 2 s', async () => {
  vi.useFakeTimers();
  try {
    const answer = healthOf({ ping: () => new Promise(() => undefined) }).health.ready();
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await answer).status).toBe(503);
  } finally {
    vi.useRealTimers();
  }
});

test('the error of the database goes to the log and not to whoever asks', async () => {
  const { health, log } = healthOf({ ping: () => Promise.reject(new Error('postgres://u:p@db')) });
  expect(JSON.stringify(await health.ready())).not.toContain('postgres');
  expect(log.lines.map(({ message }) => message)).toEqual(['The database does not answer']);
});

test('without Redis it stays ready, and says that Redis is away', async () => {
  expect(await healthOf({ redis: true }).health.ready()).toMatchObject({
    status: 200,
    body: { wakeups: 'Redis' },
  });
  expect(await healthOf({ redis: false }).health.ready()).toMatchObject({
    status: 200,
    body: { wakeups: 'Redis is away: due rows are found in the database' },
  });
});

test('it says so when it only ends what is live', async () => {
  const { status, body } = await healthOf({ endingOnly: true }).health.ready();
  expect(status).toBe(200);
  expect(body).toMatchObject({ mode: 'ending-only' });
});

test('it is alive whatever else is broken', () => {
  const { health } = healthOf({
    slack: false,
    lastPassAt: null,
    ping: () => Promise.reject(new Error('gone')),
  });
  expect(health.live()).toEqual({ status: 200, body: { status: 'alive' } });
});

test('a clock that stands before what is on record is told; it opens nothing new, and ends go on', async () => {
  const { status, body } = await healthOf({ behindMs: 3_600_000 }).health.ready();

  expect(status).toBe(200);
  expect(body).toMatchObject({
    mode: 'ending-only',
    clock: expect.stringContaining('stands 3600 s before what is on record'),
  });
});
