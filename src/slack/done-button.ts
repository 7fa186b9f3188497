import { endedText } from './blocks/answers.js';
import { sentenceBody } from './blocks/message.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';

/** I'm done, on the message that says the access is ready, and on the reminder; `/access done` does the same. */
export async function doneButton(deps: SlackDeps, at: Interaction, grantId: string): Promise<void> {
  await endOwnGrant(deps, at, grantId);
}

export async function endOwnGrant(deps: SlackDeps, at: Interaction, which: string | null): Promise<void> {
  const outcome = await deps.actions.endOwnGrant({ delivery: at.delivery, by: at.user, which });
  const text = outcome.ok
    ? endedText(outcome.value)
    : refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
  if (text !== null) {
    await at.tell(sentenceBody(text));
  }
}
