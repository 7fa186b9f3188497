import { explainBody } from './blocks/explain.js';
import { sentenceBody } from './blocks/message.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';

/** `/access explain prod-db:admin` */
export async function explainCommand(
  deps: SlackDeps,
  at: Interaction,
  about: { readonly resource: string; readonly role: string | null },
): Promise<void> {
  const { resource, role } = about;
  const reader = { viewer: at.user, command: deps.command };
  const outcome = await deps.actions.explainRole({ viewer: at.user, resource, role });
  if (outcome.ok) {
    await at.tell(explainBody(outcome.value, reader));
    return;
  }
  const text = refusalText(outcome.refusal, reader);
  if (text !== null) {
    await at.tell(sentenceBody(text));
  }
}
