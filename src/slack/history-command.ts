import { historyBody } from './blocks/history.js';
import { sentenceBody, type Body } from './blocks/message.js';
import { decodeHistoryPage, type HistoryPage } from './button-values.js';
import type { Interaction, SlackDeps } from './interaction.js';
import type { HistoryCommand } from './parse-command.js';
import { refusalText } from './refusal-text.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/** `/access history`, `history prod-db 7d`, `history @user` */
export async function historyCommand(
  deps: SlackDeps,
  at: Interaction,
  { about, backMs }: HistoryCommand,
): Promise<void> {
  const body = await page(deps, at, { about, backMs, offset: 0 });
  if (body !== null) {
    await at.tell(body);
  }
}

/** Newer and Older, in the place of the page that was shown. */
export async function historyPageButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const wanted = decodeHistoryPage(value);
  const body = wanted === null ? OUT_OF_DATE : await page(deps, at, wanted);
  if (body !== null) {
    await at.replace(body);
  }
}

async function page(deps: SlackDeps, at: Interaction, wanted: HistoryPage): Promise<Body | null> {
  const outcome = await deps.actions.history({ viewer: at.user, ...wanted });
  if (outcome.ok) {
    return historyBody(outcome.value);
  }
  const text = refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
  return text === null ? null : sentenceBody(text);
}
