import { decodeAsk } from './button-values.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { submit } from './request-command.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/**
 * Ask for 4 h, on the refusal of a longer time. The button carries the request as it was typed; it is
 * submitted as if the clicker had typed it now, so that nothing in it is trusted.
 */
export async function longestAllowedButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const ask = decodeAsk(value);
  const body = ask === null ? OUT_OF_DATE : await submit(deps, at, ask);
  if (body !== null) {
    await at.replace(body);
  }
}
