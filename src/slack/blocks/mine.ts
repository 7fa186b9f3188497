import type { Button, KnownBlock } from '@slack/web-api';
import { formatDuration } from '../../domain/duration.js';
import type { MineView } from '../../domain/views.js';
import { ACTION } from '../action-ids.js';
import { firstOf, SHOWN } from './limits.js';
import { button, section, toBody, type Body } from './message.js';
import { bold, code, fromText, person, when } from './text.js';
import { holderText } from './who-has.js';

const ROWS_SHOWN = 15;

/** What one person holds and waits for, with a button on each line. */
export function mineBody(view: MineView): Body {
  const grants = firstOf(view.grants, ROWS_SHOWN);
  const pending = firstOf(view.pending, ROWS_SHOWN);
  const rows: { markup: string; button?: Button }[] = [
    { markup: holdingText(view) },
    ...grants.shown.map((grant) => ({
      markup: holderText(grant),
      ...(grant.state === 'ending' ? {} : { button: doneButton(grant) }),
    })),
    ...moreRow(grants.more),
    { markup: view.pending.length === 0 ? 'No request of yours waits.' : '*Waiting for a decision*' },
    ...pending.shown.map((request) => ({
      markup: pendingText(request),
      button: button({ actionId: ACTION.cancel, label: 'Cancel', value: request.requestId }),
    })),
    ...moreRow(pending.more),
  ];
  const blocks: KnownBlock[] = rows.map((row) => ({
    ...section(row.markup),
    ...(row.button === undefined ? {} : { accessory: row.button }),
  }));
  return toBody({ text: rows.map(({ markup }) => markup.replaceAll('\n', ', ')).join('\n'), blocks });
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
  return `${bold(request.roleKey, SHOWN.roleKey)} for ${formatDuration(request.durationMs)}${fromText(request)}, for ${person(request.beneficiary)} · asked ${when(request.createdAt)}, expires ${when(request.expiresAt)} · ${code(request.requestId)}`;
}

function moreRow(more: number): { markup: string }[] {
  return more === 0 ? [] : [{ markup: `and ${more} more` }];
}
