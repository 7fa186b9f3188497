/** Home tabs: drawn when somebody opens theirs, and anew when what stands on it has changed. */
import type { HomeView as SlackHome, WebClient } from '@slack/web-api';
import type { UserId } from '../domain/ids.js';
import { MINUTE_MS, SECOND_MS } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import type { HomePlace } from '../domain/views.js';
import type { Clock, Log } from '../ports.js';
import type { Actions } from './actions.js';
import { homeTab, homeTabOf } from './blocks/home.js';
import { sentenceBody } from './blocks/message.js';
import { refusalText } from './refusal-text.js';
import { slackTrouble } from './slack-error.js';

export type Homes = {
  /** Slack says so each time that somebody comes to their Home tab. */
  opened(user: UserId): Promise<void>;
  /** Another page of one of its lists. */
  turn(user: UserId, place: HomePlace): Promise<void>;
  /** Something was written: whoever may be looking at theirs sees it soon. */
  changed(): void;
  stop(): void;
};

export const FIRST_PAGE: HomePlace = { held: 0, deciding: 0, asked: 0 };

/** Whoever came to theirs longer ago than that sees it as it is when they come again. */
const WATCHED_MS = 30 * MINUTE_MS;
const MOST_WATCHED = 50;
/** Many things that change at once are drawn once. */
const GATHER_MS = 3 * SECOND_MS;
/** After a call that Slack did not answer. */
const LATER_MS = 10 * SECOND_MS;

/** `shown`: what Slack was last given, as a text to compare; null where that is not known. */
type Watched = { place: HomePlace; seenAt: Instant; shown: string | null; drawing: Promise<void> };

export function createHomes(parts: {
  readonly client: WebClient;
  readonly actions: Pick<Actions, 'home'>;
  readonly command: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly gatherMs?: number;
}): Homes {
  const { client, actions, command, clock, log, gatherMs = GATHER_MS } = parts;
  const watched = new Map<UserId, Watched>();
  let gathering: NodeJS.Timeout | null = null;
  let isStopped = false;
  /** Slack said that it takes nothing for a while; after that all are drawn. */
  let isPaused = false;

  async function viewFor(viewer: UserId, place: HomePlace): Promise<SlackHome> {
    const outcome = await actions.home({ viewer, place });
    if (outcome.ok) {
      return homeTab(outcome.value, command);
    }
    if (outcome.refusal.code === 'directory-unavailable') {
      gather(LATER_MS);
    }
    return homeTabOf(sentenceBody(refusalText(outcome.refusal, { viewer, command }) ?? ''));
  }

  async function publish(user: UserId, home: Watched): Promise<void> {
    try {
      const view = await viewFor(user, home.place);
      const shown = JSON.stringify(view);
      if (shown !== home.shown) {
        home.shown = null;
        await client.views.publish({ user_id: user, view });
        home.shown = shown;
      }
    } catch (error) {
      const trouble = slackTrouble(error);
      log.warn({ user, error: trouble?.code, err: error }, 'A Home tab could not be drawn');
      if (trouble === null || trouble.kind === 'refused') {
        // When it is opened again, it is tried again.
        watched.delete(user);
      } else if (trouble.kind === 'rate-limited') {
        pause(trouble.afterMs);
      } else {
        gather(LATER_MS);
      }
    }
  }

  function pause(ms: number): void {
    clearTimeout(gathering ?? undefined);
    gathering = null;
    gather(ms);
    isPaused = gathering !== null;
  }

  function gather(ms: number): void {
    if (gathering === null && watched.size > 0 && !isStopped) {
      gathering = setTimeout(() => void redraw(), ms);
      gathering.unref();
    }
  }

  /** One drawing after the other, so that the last one is what stays. */
  async function draw(user: UserId, home: Watched): Promise<void> {
    home.drawing = home.drawing.then(async () => {
      await (isPaused ? undefined : publish(user, home));
    });
    await home.drawing;
  }

  /** Whoever came last is watched, and nobody for long. */
  function watch(user: UserId): Watched {
    const now = clock.now();
    const home = watched.get(user) ?? {
      place: FIRST_PAGE,
      seenAt: now,
      shown: null,
      drawing: Promise.resolve(),
    };
    watched.delete(user);
    watched.set(user, Object.assign(home, { seenAt: now }));
    for (const [other, { seenAt }] of watched) {
      if (watched.size > MOST_WATCHED || now - seenAt > WATCHED_MS) {
        watched.delete(other);
      }
    }
    return home;
  }

  async function redraw(): Promise<void> {
    gathering = null;
    isPaused = false;
    const now = clock.now();
    for (const [user, home] of Array.from(watched)) {
      if (!isStopped && now - home.seenAt <= WATCHED_MS) {
        await draw(user, home);
      }
    }
  }

  return {
    async opened(user) {
      const home = watch(user);
      home.place = FIRST_PAGE;
      // Slack may have lost it, or show one from before a restart.
      home.shown = null;
      await draw(user, home);
    },
    async turn(user, place) {
      const home = watch(user);
      home.place = place;
      await draw(user, home);
    },
    changed: () => gather(gatherMs),
    stop() {
      isStopped = true;
      clearTimeout(gathering ?? undefined);
    },
  };
}
