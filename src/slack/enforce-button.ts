import { enforcedText } from './blocks/answers.js';
import { sentenceBody } from './blocks/message.js';
import { decodeDryRun } from './button-values.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/** Enforce from now on, under the list of whom that removes. */
export async function enforceButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const dryRun = decodeDryRun(value);
  if (dryRun === null) {
    await at.tell(OUT_OF_DATE);
    return;
  }
  const outcome = await deps.actions.confirmEnforcement({ delivery: at.delivery, by: at.user, ...dryRun });
  const text = outcome.ok
    ? enforcedText(outcome.value)
    : refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
  if (text !== null) {
    await at.tell(sentenceBody(text));
  }
}
