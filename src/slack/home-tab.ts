import type { AllMiddlewareArgs, SlackEventMiddlewareArgs } from '@slack/bolt';
import { asUserId } from '../domain/ids.js';
import { decodeHomePlace } from './button-values.js';
import type { Homes } from './homes.js';
import { FIRST_PAGE } from './homes.js';
import type { ClickHandler } from './interaction.js';
import type { ListenerParts } from './listener.js';

type Args = SlackEventMiddlewareArgs<'app_home_opened'> & AllMiddlewareArgs;

/** Bolt has acknowledged the event before this runs. The same event comes for the Messages tab. */
export function homeOpenedListener(parts: ListenerParts, homes: Homes): (args: Args) => Promise<void> {
  return async ({ event }) =>
    parts.run(async () => {
      if (event.tab === 'home') {
        await homes.opened(asUserId(event.user));
      }
    });
}

/** Earlier, or Later, below a list of the Home tab. */
export function homePageButton(homes: Homes): ClickHandler {
  return async (_deps, at, value) => await homes.turn(at.user, decodeHomePlace(value) ?? FIRST_PAGE);
}
