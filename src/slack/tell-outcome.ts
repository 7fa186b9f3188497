import type { Refusal } from '../domain/refusal.js';
import type { Result } from '../domain/result.js';
import { sentenceBody } from './blocks/message.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';

/** Says what came of it, or why nothing did; nothing where the same delivery was answered before. */
export async function tellOutcome<Value>(
  deps: SlackDeps,
  at: Interaction,
  outcome: Result<Value, Refusal>,
  toText: (value: Value) => string,
): Promise<void> {
  const text = outcome.ok
    ? toText(outcome.value)
    : refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
  if (text !== null) {
    await at.tell(sentenceBody(text));
  }
}
