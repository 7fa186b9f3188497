/** Killed with many live grants, and started again: how long until everything overdue is under way. */
import { SECOND_MS } from '../../src/domain/time.js';
import { setTimeout as pause } from 'node:timers/promises';
import type { Row } from '../bench.js';
import { CALL_MS, lateness, takenUpAt } from '../support/ends.js';
import { openPlace } from '../support/place.js';
import { startApp } from '../support/processes.js';
import { makeDatabase, seedRunning } from '../support/seed.js';

const AT_ONCE = 20;
const LIMIT_S = 5;

export const restart: Row = {
  name: 'restart',
  title: 'Start after kill -9 with 10,000 live grants, 2,000 of them overdue',
  async run(bench) {
    const live = bench.quick ? 500 : 8_000;
    const overdue = bench.quick ? 100 : 2_000;
    const place = await openPlace(bench.folder, null);
    await makeDatabase(place.databaseFile);
    const endsAt = Date.now() + 8 * SECOND_MS;
    await seedRunning(place.databaseFile, { name: 'overdue', count: overdue, endsAt: String(endsAt) });
    await seedRunning(place.databaseFile, { name: 'later', count: live, endsAt: `${endsAt + 600_000} + n` });
    const first = await startApp({ env: place.env, callMs: CALL_MS });
    await first.kill();
    await pause(Math.max(0, endsAt + 100 - Date.now()));
    const again = await startApp({ env: place.env, callMs: CALL_MS });
    try {
      const runsAfter = Date.now() - again.bornAt;
      const begun = Math.max(...(await takenUpAt(place.databaseFile, 'overdue', overdue))) - again.bornAt;
      const late = await lateness(place.databaseFile, 'overdue', overdue);
      const gone = Math.max(...late) + endsAt - again.bornAt;
      const ideal = (2 * overdue * CALL_MS) / AT_ONCE / SECOND_MS;
      const floor = { what: 'of calls alone', value: ideal, unit: 's' } as const;
      return [
        {
          what: `start → last of ${overdue.toLocaleString('en')} overdue rows has its lease and its call`,
          value: begun / SECOND_MS,
          unit: 's',
          floor,
          bound: { side: 'at most', limit: LIMIT_S },
        },
        {
          what: 'start → last of them read back as gone',
          value: gone / SECOND_MS,
          unit: 's',
          floor,
          bound: null,
        },
        {
          what: 'start → Hallpass is running',
          value: runsAfter / SECOND_MS,
          unit: 's',
          floor: null,
          bound: null,
        },
      ];
    } finally {
      await again.kill();
      await place.close();
    }
  },
};
