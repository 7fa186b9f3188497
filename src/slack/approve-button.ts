import { decidedText } from './blocks/answers.js';
import { decodeShorter, decodeVote, type Vote } from './button-values.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { tellOutcome } from './tell-outcome.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/** Approve, on the card. Whether this person may is decided anew; everybody gets an honest answer. */
export async function approveButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  await approve(deps, at, decodeVote(value), null);
}

/** Approve for less, chosen from the list on the card. */
export async function approveForLess(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const chosen = decodeShorter(value);
  await approve(deps, at, chosen?.vote ?? null, chosen?.durationMs ?? null);
}

async function approve(
  deps: SlackDeps,
  at: Interaction,
  vote: Vote | null,
  durationMs: number | null,
): Promise<void> {
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
    durationMs,
  });
  await tellOutcome(deps, at, outcome, decidedText);
}
