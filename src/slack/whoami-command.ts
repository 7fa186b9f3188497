import { sentenceBody } from './blocks/message.js';
import { whoAmIBody } from './blocks/whoami.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';

/** `/access whoami` */
export async function whoAmICommand(deps: SlackDeps, at: Interaction): Promise<void> {
  const reader = { viewer: at.user, command: deps.command };
  const outcome = await deps.actions.whoAmI({ viewer: at.user });
  if (outcome.ok) {
    await at.tell(whoAmIBody(outcome.value, { workspace: at.workspace, channel: at.channel, reader }));
    return;
  }
  const text = refusalText(outcome.refusal, reader);
  if (text !== null) {
    await at.tell(sentenceBody(text));
  }
}
