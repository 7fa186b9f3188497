import { decidedText } from './blocks/answers.js';
import { sentenceBody } from './blocks/message.js';
import { decodeVote } from './button-values.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/** Approve, on the card. Whether this person may is decided anew; everybody gets an honest answer. */
export async function approveButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const vote = decodeVote(value);
  if (vote === null) {
    await at.tell(OUT_OF_DATE);
    return;
  }
  const outcome = await deps.actions.decideRequest({
    delivery: at.delivery,
    requestId: vote.requestId,
    termsVersion: vote.termsVersion,
    approver: at.user,
    verdict: 'approve',
    reason: null,
  });
  const text = outcome.ok
    ? decidedText(outcome.value)
    : refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
  if (text !== null) {
    await at.tell(sentenceBody(text));
  }
}
