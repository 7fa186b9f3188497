import type { WhoHasAbout } from '../domain/views.js';
import { sentenceBody, type Body } from './blocks/message.js';
import { whoHasBody } from './blocks/who-has.js';
import { decodePage } from './button-values.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/** `/access who-has`, `who-has prod-db`, `who-has @user` */
export async function whoHasCommand(deps: SlackDeps, at: Interaction, about: WhoHasAbout): Promise<void> {
  const body = await page(deps, at, { about, offset: 0 });
  if (body !== null) {
    await at.tell(body);
  }
}

/** Earlier and Later, in the place of the page that was shown. */
export async function whoHasPageButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const wanted = decodePage(value);
  const body = wanted === null ? OUT_OF_DATE : await page(deps, at, wanted);
  if (body !== null) {
    await at.replace(body);
  }
}

async function page(
  deps: SlackDeps,
  at: Interaction,
  { about, offset }: { about: WhoHasAbout; offset: number },
): Promise<Body | null> {
  const outcome = await deps.actions.whoHas({ viewer: at.user, about, offset });
  if (outcome.ok) {
    return whoHasBody(outcome.value);
  }
  const text = refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
  return text === null ? null : sentenceBody(text);
}
