import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { startApp, type App } from '../../src/app.js';
import { readSettings } from '../../src/settings.js';
import { createSystemClock } from '../../src/wakeups/system-clock.js';
import { personShortcuts } from '../support/person-shortcuts.js';
import { recordingLog } from '../support/recording-log.js';
import { readRecords } from '../support/records.js';
import { prepareHallpass } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';

/** The wall clock of the machine is set while a window is open. */

const hourMs = 3_600_000;
const target = await startTargetDatabase('18');
afterAll(async () => await target.stop());

async function startWithOwnClock() {
  const place = await prepareHallpass({ target });
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
});
