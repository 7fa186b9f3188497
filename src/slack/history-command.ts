import { formatDuration } from '../domain/duration.js';
import { toUtcText } from '../domain/time.js';
import { historyBody } from './blocks/history.js';
import { sentenceBody, type Body } from './blocks/message.js';
import { counted, when } from './blocks/text.js';
import { decodeHistoryPage, type HistoryPage } from './button-values.js';
import { historyCsv } from './history-csv.js';
import type { Interaction, SlackDeps } from './interaction.js';
import type { HistoryCommand } from './parse-command.js';
import { sendFile } from './send-file.js';
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

/** Send as CSV: a file in the direct messages of whoever clicked. */
export async function historyFileButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const wanted = decodeHistoryPage(value);
  if (wanted === null) {
    await at.tell(OUT_OF_DATE);
    return;
  }
  const outcome = await deps.actions.exportHistory({ viewer: at.user, ...wanted });
  if (!outcome.ok) {
    const text = refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
    await (text === null ? undefined : at.tell(sentenceBody(text)));
    return;
  }
  const { items, total, at: made, backMs } = outcome.value;
  const left = total > items.length ? ` The newest ${items.length} of ${total}.` : '';
  await sendFile(deps, at, {
    name: `hallpass-history-${toUtcText(made).slice(0, 10)}.csv`,
    text: historyCsv(items),
    about: `${counted(items.length, 'request')} of the last ${formatDuration(backMs)}, as of ${when(made)}.${left}`,
  });
}

async function page(deps: SlackDeps, at: Interaction, wanted: HistoryPage): Promise<Body | null> {
  const outcome = await deps.actions.history({ viewer: at.user, ...wanted });
  if (outcome.ok) {
    return historyBody(outcome.value);
  }
  const text = refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
  return text === null ? null : sentenceBody(text);
}
