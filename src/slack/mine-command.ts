import { mineBody } from './blocks/mine.js';
import type { Interaction, SlackDeps } from './interaction.js';

/** `/access mine` */
export async function mineCommand(deps: SlackDeps, at: Interaction): Promise<void> {
  await at.tell(mineBody(await deps.actions.mine({ viewer: at.user })));
}
