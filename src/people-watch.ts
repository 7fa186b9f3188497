import { setTimeout as pause } from 'node:timers/promises';
import type { UserId } from './domain/ids.js';
import { FEW } from './domain/leaving.js';
import type { Suspects } from './domain/leaving.js';
import { MINUTE_MS, SECOND_MS } from './domain/time.js';
import type { LetGoDeps } from './usecases/let-go.js';
import { lookAtPerson, lookForLeavers } from './usecases/look-for-leavers.js';
import { oneAtATime } from './wakeups/one-at-a-time.js';
import type { Round } from './wakeups/rounds.js';

const LOOK_EVERY_MS = 10 * MINUTE_MS;
/** Slack lets us ask about some 100 people a minute, and whoever clicks is asked about as well. */
const QUESTION_EVERY_MS = SECOND_MS;

/** Notices when somebody can no longer take part: by Slack's word at once, else by looking. */
export type PeopleWatch = {
  personChanged(this: void, userId: UserId): Promise<void>;
  /** Looks at everybody concerned, at the start and then every ten minutes, because events get lost. */
  readonly round: Round;
  /** Resolves once a look that is under way has ended. */
  stop(this: void): Promise<void>;
};

export function watchPeople(deps: LetGoDeps): PeopleWatch {
  const stopping = new AbortController();
  let suspects: Suspects = new Map();
  let letGoByEvents = 0;
  let isFirst = true;

  async function pace(): Promise<boolean> {
    if (isFirst) {
      isFirst = false;
      return !stopping.signal.aborted;
    }
    await pause(QUESTION_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    return !stopping.signal.aborted;
  }

  const look = oneAtATime(async () => {
    isFirst = true;
    try {
      suspects = await lookForLeavers(deps, { suspects, pace });
      letGoByEvents = 0;
    } catch (error) {
      deps.log.error({ err: error }, 'The people who hold access could not be looked at');
    }
  });

  return {
    async personChanged(userId) {
      // What Slack says of many is in doubt: events wait for the looks to agree.
      if (suspects.size > 0) {
        return;
      }
      // Many at once may be Slack's mistake, which only a look at everybody can tell from the truth.
      if (letGoByEvents >= FEW) {
        if (!look.isRunning()) {
          void look.run();
        }
        return;
      }
      if (await lookAtPerson(deps, userId)) {
        letGoByEvents += 1;
      }
    },
    round: { everyMs: LOOK_EVERY_MS, atStart: true, work: () => look.run() },
    async stop() {
      stopping.abort();
      await look.settled();
    },
  };
}
