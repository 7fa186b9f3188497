import { sentenceBody } from './blocks/message.js';
import { reconciledBody } from './blocks/strays.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';

/** `/access reconcile`: an admin has every target looked at now. */
export async function reconcileCommand(deps: SlackDeps, at: Interaction): Promise<void> {
  const outcome = await deps.actions.reconcile({ viewer: at.user });
  if (outcome.ok) {
    await at.tell(reconciledBody(outcome.value));
    return;
  }
  const text = refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
  if (text !== null) {
    await at.tell(sentenceBody(text));
  }
}
