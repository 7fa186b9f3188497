import { nudgedText } from './blocks/answers.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { tellOutcome } from './tell-outcome.js';

/** Nudge, on the private answer to a request and in the list of one's own; `/access nudge` does the same. */
export async function nudge(deps: SlackDeps, at: Interaction, which: string | null): Promise<void> {
  const outcome = await deps.actions.nudgeRequest({ delivery: at.delivery, by: at.user, which });
  await tellOutcome(deps, at, outcome, nudgedText);
}
