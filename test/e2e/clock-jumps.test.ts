import { Queue } from 'bullmq';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { startApp, type App } from '../../src/app.js';
import { clock as clockCommand } from '../../src/commands/clock.js';
import { readSettings } from '../../src/settings.js';
import { createSystemClock } from '../../src/wakeups/system-clock.js';
import { personShortcuts } from '../support/person-shortcuts.js';
import { recordingLog } from '../support/recording-log.js';
import { readRecords } from '../support/records.js';
import { prepareHallpass, type HallpassOptions } from '../support/running-hallpass.js';
import { startRedis } from '../support/servers/redis.js';
import { startTargetDatabase } from '../support/target-database.js';
import { waitFor } from '../support/wait-for.js';

/** The wall clock of the machine is set while a window is open. */

const hourMs = 3_600_000;
const target = await startTargetDatabase('18');
afterAll(async () => await target.stop());

async function startWithOwnClock(options: HallpassOptions = {}) {
  const place = await prepareHallpass({ target, ...options });
  const log = recordingLog();
  let setBy = 0;
  let app: App | null = null;
  const start = async (): Promise<void> => {
    const read = readSettings(place.env);
    if (!read.ok) {
      throw new Error(read.problems.join('\n'));
    }
    const clock = createSystemClock({ wall: () => Date.now() + setBy, monotonic: () => performance.now() });
    app = await startApp({ settings: read.settings, env: place.env, clock, log });
    await place.deliverTo(app.port());
  };
  const stop = async (): Promise<void> => {
    await app?.stop();
    app = null;
  };
  await start();
  onTestFinished(async () => {
    await stop();
    await place.remove();
    await target.clear();
  });
  const shortcuts = personShortcuts(place.world);
  return {
    ...shortcuts,
    log,
    start,
    stop,
    readyz: async (): Promise<unknown> =>
      await (await fetch(`http://127.0.0.1:${app?.port() ?? 0}/readyz`)).json(),
    /** What `hallpass clock accept` says, and its exit code. */
    accept: async () => {
      const said: string[] = [];
      const say = (text: string): void => void said.push(text);
      const command = { args: ['accept'], env: place.env, isTerminal: false, out: say, err: say };
      const code = await clockCommand(
        { ...command, stopping: new AbortController().signal, onHangUp: () => undefined },
        () => Date.now() + setBy,
      );
      return { code, said: said.join('\n') };
    },
    setWallClock: (byMs: number) => {
      setBy += byMs;
    },
    give: async (window: string) => {
      const { card } = await shortcuts.ask('dana', `request prod-db ${window} whatever the clock says`);
      await shortcuts.click('mia', card, 'request.approve');
      await shortcuts.seeText(card, /Access until/);
      return card;
    },
    grants: async () => (await readRecords(place.databaseFile)).grants,
  };
}

describe('the wall clock is set', () => {
  test('back by an hour: the window is no longer than it was', async () => {
    const { give, grants, seeText, setWallClock } = await startWithOwnClock();
    const card = await give('5s');

    setWallClock(-hourMs);

    await seeText(card, /The access ended .*its time was over/);
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
    const [grant] = await grants();
    expect(grant?.closedAt).toBeGreaterThanOrEqual(grant?.endsAt ?? Infinity);
  });

  test('forward past the end: the window ends early, not late', async () => {
    const { give, grants, seeText, setWallClock } = await startWithOwnClock();
    const card = await give('1h');
    const beganAt = Date.now();

    setWallClock(2 * hourMs);

    await seeText(card, /The access ended .*its time was over/);
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
    const [grant] = await grants();
    expect(grant?.closedAt).toBeGreaterThan(beganAt + hourMs);
  });

  test('back by an hour while Hallpass is down: the window does not grow by it, and the log says so', async () => {
    const { give, grants, log, seeText, setWallClock, start, stop } = await startWithOwnClock();
    const card = await give('5s');
    await stop();

    setWallClock(-hourMs);
    await start();

    await seeText(card, /The access ended .*its time was over/);
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
    const [grant] = await grants();
    expect(grant?.closedAt).toBeGreaterThanOrEqual(grant?.endsAt ?? Infinity);
    expect(log.lines.map(({ message }) => message).join('\n')).toContain(
      'stands before the last event on record',
    );
  });

  test('back while Hallpass is down: nothing new opens and the leads are told, until it is right again', async () => {
    const { ask, click, give, hear, read, readyz, seeDm, seeText, setWallClock, start, stop } =
      await startWithOwnClock();
    await give('1h');
    const { card } = await ask('lee', 'request prod-db 1h not decided yet');
    await stop();

    setWallClock(-hourMs);
    await start();

    expect(await hear('dana', 'request prod-db:admin 5m now')).toMatch(
      /the clock of its machine stands .* before/,
    );
    const refused = await click('mia', card, 'request.approve');
    expect(read(refused, 'mia')).toMatch(/Hallpass opens nothing new now/);
    await seeDm('mia', /The clock of the machine that runs Hallpass stands .* Nothing new can be asked for/);
    expect(await readyz()).toMatchObject({
      ok: true,
      mode: 'ending-only',
      clock: expect.stringContaining('before what is on record'),
    });

    setWallClock(hourMs);

    expect(await readyz()).toMatchObject({ mode: 'normal', clock: 'goes on from what is on record' });
    await click('mia', card, 'request.approve');
    await seeText(card, /Access until/);
  });

  test('far ahead and back again: it can be accepted once nothing is open, and no window grows by it', async () => {
    const { accept, ask, click, give, grants, hear, seeDm, seeText, setWallClock, start, stop } =
      await startWithOwnClock();
    const card = await give('1h');
    await stop();
    setWallClock(-hourMs);
    expect(await accept()).toEqual({
      code: 1,
      said: expect.stringContaining('1 live grants would last longer'),
    });

    setWallClock(hourMs + 365 * 24 * hourMs);
    await start();
    await seeText(card, /The access ended .*its time was over/);
    setWallClock(-365 * 24 * hourMs);
    expect(await hear('dana', 'request prod-db 5m now')).toMatch(/stands 365 d .*before what is on record/);
    await stop();
    await start();
    await seeDm('mia', /stands 365 d .*before what is on record/);
    await seeDm('sam', /stands 365 d .*before what is on record/);
    await stop();

    expect(await accept()).toEqual({
      code: 0,
      said: expect.stringContaining('The next start goes by this clock'),
    });

    await start();
    const again = await ask('dana', 'request prod-db 5s again');
    await click('mia', again.card, 'request.approve');
    await seeText(again.card, /The access ended .*its time was over/);
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
    expect((await grants()).map(({ state }) => state)).toEqual(['ended', 'ended']);
  });

  const sixtyDays: readonly [by: string, redis: boolean][] = [
    ['a timer in the process', false],
    ['BullMQ on Redis', true],
  ];
  test.each(sixtyDays)(
    'on to the end of a window of 60 days, by %s: it ends on time',
    async (_by, withRedis) => {
      const redis = withRedis ? await startRedis() : null;
      const { give, grants, log, seeText, setWallClock } = await startWithOwnClock({
        catalog: { policies: { standard: { duration: { max: '90d' } } } },
        ...(redis === null ? {} : { redisUrl: redis.url }),
      });
      const card = await give('60d');
      if (redis !== null) {
        await wakeAllNow(redis.url);
      }
      setWallClock(60 * 24 * hourMs - 10_000);
      const looked = log.lines.length;
      expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);

      await seeText(card, /The access ended .*its time was over/);

      expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
      const [grant] = await grants();
      expect(grant?.closedAt).toBeGreaterThanOrEqual(grant?.endsAt ?? Infinity);
      expect(log.lines.slice(looked).filter(({ level }) => level === 'error')).toEqual([]);
      await redis?.stop();
    },
  );
});

/** Every alarm goes off long before its moment. */
async function wakeAllNow(redisUrl: string): Promise<void> {
  const queue = new Queue('revocations', { connection: { url: redisUrl }, prefix: 'hallpass' });
  const alarms = await waitFor('the alarm to be armed', async () => {
    const delayed = await queue.getDelayed();
    return delayed.length > 0 && delayed;
  });
  await Promise.all(alarms.map(async (alarm) => await alarm.promote()));
  await waitFor('the alarms to go off', async () => (await queue.count()) === 0);
  await queue.close();
}
