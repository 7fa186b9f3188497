import { once } from 'node:events';
import { startApp, type App, type AppParts } from '../app.js';
import { NoCatalog } from '../catalog/catalog-in-force.js';
import { createLog } from '../ops/log.js';
import type { Log } from '../ports.js';
import { DatabaseRefused } from '../store/database-refused.js';
import { createSystemClock } from '../wakeups/system-clock.js';
import type { Command } from './command.js';
import { settingsOf } from './settings-of.js';

/** Runs until it is asked to end. */
export async function start(command: Command, parts?: AppParts): Promise<number> {
  const settings = settingsOf(command);
  if (settings === null) {
    return 2;
  }
  const log = createLog({ level: settings.logLevel, pretty: command.isTerminal });
  try {
    const options = { settings, env: command.env, clock: createSystemClock(), log };
    const starting = startApp(options, parts);
    command.onHangUp(() => void reload(starting, log));
    const app = await starting;
    if (!command.stopping.aborted) {
      await once(command.stopping, 'abort');
    }
    await app.stop();
    return 0;
  } catch (error) {
    return explain(command, log, error);
  }
}

async function reload(starting: Promise<App>, log: Log): Promise<void> {
  try {
    await (await starting).reload();
  } catch (error) {
    log.error({ err: error }, 'A reload that was asked for by SIGHUP went wrong');
  }
}

/** What the person who runs Hallpass can mend is told in words; everything else is a fault. */
function explain(command: Command, log: Log, error: unknown): number {
  if (error instanceof NoCatalog) {
    command.err(['hallpass: the catalog needs a look:', ...error.problems].join('\n  '));
    return 2;
  }
  if (error instanceof DatabaseRefused) {
    command.err(`hallpass: ${error.message}`);
    return 2;
  }
  log.error({ err: error }, 'Hallpass could not go on');
  return 1;
}
