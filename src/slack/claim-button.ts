import { asRequestId } from '../domain/ids.js';
import { claimedText } from './blocks/answers.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { tellOutcome } from './tell-outcome.js';

/** Claim, or Take over, on the card. */
export async function claimButton(deps: SlackDeps, at: Interaction, requestId: string): Promise<void> {
  await claim(deps, at, requestId, true);
}

/** Release, on the card. */
export async function releaseButton(deps: SlackDeps, at: Interaction, requestId: string): Promise<void> {
  await claim(deps, at, requestId, false);
}

async function claim(deps: SlackDeps, at: Interaction, requestId: string, claims: boolean): Promise<void> {
  const outcome = await deps.actions.claimRequest({
    delivery: at.delivery,
    by: at.user,
    requestId: asRequestId(requestId),
    claims,
  });
  await tellOutcome(deps, at, outcome, claimedText);
}
