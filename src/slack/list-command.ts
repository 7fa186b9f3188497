import type { Body } from './blocks/message.js';
import { offerListBody } from './blocks/offer-list.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/** `/access list` */
export async function listCommand(deps: SlackDeps, at: Interaction): Promise<void> {
  await at.tell(await page(deps, at, 0));
}

/** Earlier and Later, in the place of the page that was shown. */
export async function listPageButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  await at.replace(/^\d{1,9}$/.test(value) ? await page(deps, at, Number(value)) : OUT_OF_DATE);
}

async function page(deps: SlackDeps, at: Interaction, offset: number): Promise<Body> {
  return offerListBody(await deps.actions.offers({ viewer: at.user }), { command: deps.command, offset });
}
