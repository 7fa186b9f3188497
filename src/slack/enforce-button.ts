import { enforcedText } from './blocks/answers.js';
import { decodeDryRun } from './button-values.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { tellOutcome } from './tell-outcome.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/** Enforce from now on, under the list of whom that removes. */
export async function enforceButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const dryRun = decodeDryRun(value);
  if (dryRun === null) {
    await at.tell(OUT_OF_DATE);
    return;
  }
  const outcome = await deps.actions.confirmEnforcement({ delivery: at.delivery, by: at.user, ...dryRun });
  await tellOutcome(deps, at, outcome, enforcedText);
}
