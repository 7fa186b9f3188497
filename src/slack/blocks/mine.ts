import type { Button, KnownBlock, SectionBlock } from '@slack/web-api';
import { formatDuration } from '../../domain/duration.js';
import type { MineView } from '../../domain/views.js';
import { ACTION } from '../action-ids.js';
import { nudgeButton } from './answers.js';
import { firstOf, SHOWN } from './limits.js';
import { actions, button, section, toBody, type Body } from './message.js';
import { bold, code, fromText, person, when } from './text.js';
import { holderText } from './who-has.js';

const ROWS_SHOWN = 15;

/** What one person holds and waits for, with a button on each line. */
export function mineBody(view: MineView): Body {
  const grants = firstOf(view.grants, ROWS_SHOWN);
  const pending = firstOf(view.pending, ROWS_SHOWN);
  const rows: { markup: string; buttons?: Button[] }[] = [
    { markup: holdingText(view) },
    ...grants.shown.map((grant) => ({
      markup: holderText(grant),
      ...(grant.state === 'ending' ? {} : { buttons: [doneButton(grant)] }),
    })),
    ...moreRow(grants.more),
    { markup: view.pending.length === 0 ? 'No request of yours waits.' : '*Waiting for a decision*' },
    ...pending.shown.map((request) => ({
      markup: pendingText(request),
      buttons: [
        ...(request.nudgedAt === null ? [nudgeButton(request.requestId)] : []),
        button({ actionId: ACTION.cancel, label: 'Cancel', value: request.requestId }),
      ],
    })),
    ...moreRow(pending.more),
  ];
  const blocks = rows.flatMap(({ markup, buttons = [] }) => blocksOf(section(markup), buttons));
  return toBody({ text: rows.map(({ markup }) => markup.replaceAll('\n', ', ')).join('\n'), blocks });
}

/** One button stands beside the text, several below it. */
function blocksOf(text: SectionBlock, buttons: readonly Button[]): KnownBlock[] {
  const [accessory, ...more] = buttons;
  if (accessory === undefined) {
    return [text];
  }
  return more.length === 0 ? [{ ...text, accessory }] : [text, actions(buttons)];
}

function holdingText({ grants }: MineView): string {
  const held = grants.some(({ state }) => state !== 'scheduled');
  const coming = grants.some(({ state }) => state === 'scheduled');
  return held
    ? coming
      ? '*You hold, now or later*'
      : '*You hold*'
    : coming
      ? '*You will hold*'
      : 'You hold nothing now.';
}

function doneButton({ state, grantId: value }: MineView['grants'][number]): Button {
  const label = state === 'scheduled' ? 'Cancel it' : "I'm done";
  return button({ actionId: ACTION.done, label, value });
}

function pendingText(request: MineView['pending'][number]): string {
  const nudged = request.nudgedAt === null ? '' : ` · nudged ${when(request.nudgedAt)}`;
  return `${bold(request.roleKey, SHOWN.roleKey)} for ${formatDuration(request.durationMs)}${fromText(request)}, for ${person(request.beneficiary)} · asked ${when(request.createdAt)}, expires ${when(request.expiresAt)} · ${code(request.requestId)}${nudged}`;
}

function moreRow(more: number): { markup: string }[] {
  return more === 0 ? [] : [{ markup: `and ${more} more` }];
}
