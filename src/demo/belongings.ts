import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECOND_MS } from '../domain/time.js';
import { withTimeLimit } from '../time-limit.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

/** What the demo has made and started, until it is put away. */
export type Belongings = {
  /** A new folder of this run's own. */
  readonly folder: string;
  /** Of the processes that must not outlive the demo. */
  readonly watchdog: Watchdog;
  add(what: string, putAway: () => Promise<void>): void;
  /** The newest first, and the folder last. Gives what could not be put away, in words. */
  putAway(): Promise<string[]>;
};

const PUT_AWAY_MS = 25 * SECOND_MS;

export async function gatherBelongings(): Promise<Belongings> {
  const folder = await mkdtemp(join(tmpdir(), 'hallpass-demo-'));
  // A server that runs as somebody else has to pass through; it can't list what is here.
  await chmod(folder, 0o711);
  const all = [{ what: `The folder ${folder}`, putAway: () => rm(folder, { recursive: true, force: true }) }];
  const watchdog = startWatchdog(folder);
  return {
    folder,
    watchdog,
    add: (what, putAway) => void all.push({ what, putAway }),
    async putAway() {
      const leftBehind: string[] = [];
      for (const { what, putAway } of all.splice(0).toReversed()) {
        const tell = (error: unknown): void =>
          void leftBehind.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
        try {
          await withTimeLimit(putAway(), { ms: PUT_AWAY_MS, what: 'Putting it away', onLate: tell });
        } catch (error) {
          tell(error);
        }
      }
      // What is left behind is left to it.
      if (leftBehind.length === 0) {
        watchdog.dismiss();
      }
      return leftBehind;
    },
  };
}
