import { toUtcText } from '../domain/time.js';
import type { WhoHasAbout } from '../domain/views.js';
import { sentenceBody, type Body } from './blocks/message.js';
import { counted, when } from './blocks/text.js';
import { unlistedText, whoHasBody } from './blocks/who-has.js';
import { decodePage } from './button-values.js';
import { holdersCsv } from './holders-csv.js';
import { sendFile } from './send-file.js';
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

/** Send as CSV: a file in the direct messages of whoever clicked. */
export async function holdersFileButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const wanted = decodePage(value);
  if (wanted === null) {
    await at.tell(OUT_OF_DATE);
    return;
  }
  const outcome = await deps.actions.exportHolders({ viewer: at.user, about: wanted.about });
  if (!outcome.ok) {
    const text = refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
    await (text === null ? undefined : at.tell(sentenceBody(text)));
    return;
  }
  const { holders, total, at: made } = outcome.value;
  const left = total > holders.length ? ` The first ${holders.length} of ${total}.` : '';
  await sendFile(deps, at, {
    name: `hallpass-who-has-${toUtcText(made).slice(0, 10)}.csv`,
    text: holdersCsv(outcome.value),
    about: `${counted(holders.length, 'grant')}, as of ${when(made)}.${left}${unlistedText(outcome.value)
      .map((line) => ` ${line}`)
      .join('')}`,
  });
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
