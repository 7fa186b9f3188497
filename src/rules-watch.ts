import { setImmediate as breathe } from 'node:timers/promises';
import type { Doubts } from './domain/lost-eligibility.js';
import { MINUTE_MS } from './domain/time.js';
import { lookForLost } from './usecases/look-for-lost.js';
import { renewAll } from './usecases/renew-terms.js';
import type { RenewDeps } from './usecases/renew-terms.js';
import { oneAtATime } from './wakeups/one-at-a-time.js';
import type { Round } from './wakeups/rounds.js';

const LOOK_EVERY_MS = 10 * MINUTE_MS;

/** Holds what waits and what is held against the catalog and the groups as they are now. */
export type RulesWatch = {
  /** Another catalog is in force, or somebody else stands in. Nobody waits for the look that follows. */
  lookAnew(this: void): void;
  /** At the start and then every ten minutes: maps and groups change without a word, and targets come back. */
  readonly round: Round;
  /** Resolves once a look that is under way has ended. */
  stop(this: void): Promise<void>;
};

export function watchRules(deps: RenewDeps): RulesWatch {
  let isStopping = false;
  let doubts: Doubts = new Map();

  async function lookAtHolders(): Promise<void> {
    const goesOn = async (): Promise<boolean> => {
      await breathe();
      return !isStopping;
    };
    try {
      doubts = await lookForLost(deps, { doubts, goesOn });
    } catch (error) {
      deps.log.error({ err: error }, 'What is held could not be held against the catalog');
    }
  }

  async function lookAtWaiting(): Promise<void> {
    try {
      await renewAll(deps, () => !isStopping);
    } catch (error) {
      deps.log.error({ err: error }, 'Pending requests could not be held against the catalog');
    }
  }

  const look = oneAtATime(async () => {
    await lookAtHolders();
    await lookAtWaiting();
  });

  return {
    lookAnew: () => void look.run(),
    round: { everyMs: LOOK_EVERY_MS, atStart: true, work: () => look.run() },
    async stop() {
      isStopping = true;
      await look.settled();
    },
  };
}
