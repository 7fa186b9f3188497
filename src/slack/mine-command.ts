import type { Body } from './blocks/message.js';
import { mineBody, type MinePlace } from './blocks/mine.js';
import { decodeHomePlace } from './button-values.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/** `/access mine` */
export async function mineCommand(deps: SlackDeps, at: Interaction): Promise<void> {
  await at.tell(await page(deps, at, { held: 0, asked: 0 }));
}

/** Earlier and Later, in the place of the page that was shown. */
export async function minePageButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const place = decodeHomePlace(value);
  await at.replace(place === null ? OUT_OF_DATE : await page(deps, at, place));
}

async function page(deps: SlackDeps, at: Interaction, place: MinePlace): Promise<Body> {
  return mineBody(await deps.actions.mine({ viewer: at.user }), place);
}
