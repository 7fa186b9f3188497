import { nudgedText } from './blocks/answers.js';
import { sentenceBody } from './blocks/message.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';

/** Nudge, on the private answer to a request and in the list of one's own; `/access nudge` does the same. */
export async function nudge(deps: SlackDeps, at: Interaction, which: string | null): Promise<void> {
  const outcome = await deps.actions.nudgeRequest({ delivery: at.delivery, by: at.user, which });
  const text = outcome.ok
    ? nudgedText(outcome.value)
    : refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
  if (text !== null) {
    await at.tell(sentenceBody(text));
  }
}
