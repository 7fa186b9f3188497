import { offerListBody } from './blocks/offer-list.js';
import type { Interaction, SlackDeps } from './interaction.js';

/** `/access list` */
export async function listCommand(deps: SlackDeps, at: Interaction): Promise<void> {
  await at.tell(offerListBody(await deps.actions.offers({ viewer: at.user }), deps.command));
}
