import { asGrantId } from '../domain/ids.js';
import { secretView } from './blocks/secrets.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { openAndFill, refusalView } from './modals.js';

const TITLE = 'Your login';

/** Reveal login, on the message of a running access: shown in a window that Slack keeps no copy of. */
export async function revealButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  await openAndFill(deps, at, {
    title: TITLE,
    typed: null,
    async fill() {
      const outcome = await deps.actions.revealSecret({
        delivery: at.delivery,
        by: at.user,
        grantId: asGrantId(value),
      });
      return outcome.ok ? secretView(TITLE, outcome.value) : refusalView(TITLE, outcome.refusal, deps, at);
    },
  });
}
