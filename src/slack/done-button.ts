import { endedText } from './blocks/answers.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { tellOutcome } from './tell-outcome.js';

/** I'm done, on the message that says the access is ready, and on the reminder; `/access done` does the same. */
export async function doneButton(deps: SlackDeps, at: Interaction, grantId: string): Promise<void> {
  await endOwnGrant(deps, at, grantId);
}

export async function endOwnGrant(deps: SlackDeps, at: Interaction, which: string | null): Promise<void> {
  const outcome = await deps.actions.endOwnGrant({ delivery: at.delivery, by: at.user, which });
  await tellOutcome(deps, at, outcome, endedText);
}
