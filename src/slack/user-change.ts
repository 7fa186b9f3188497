import type { AllMiddlewareArgs, SlackEventMiddlewareArgs } from '@slack/bolt';
import { asUserId } from '../domain/ids.js';
import type { ListenerParts } from './listener.js';

type Args = SlackEventMiddlewareArgs<'user_change'> & AllMiddlewareArgs;

/**
 * Bolt has acknowledged the event before this runs. It is a hint and no more: who the person is now is
 * read from Slack, by whoever holds something alone, for each change of anybody's status comes by here.
 */
export function userChangeListener(parts: ListenerParts): (args: Args) => Promise<void> {
  return async ({ event }) =>
    parts.run(async () => {
      const { id } = event.user;
      try {
        await parts.deps.actions.personChanged(asUserId(id));
      } catch (error) {
        parts.deps.reportFault(error, { interaction: 'user_change', user: id });
      }
    });
}
