import type { Button, KnownBlock, SectionBlock } from '@slack/web-api';
import { formatDuration } from '../../domain/duration.js';
import type { HomePlace, MineView, OwnView } from '../../domain/views.js';
import { ACTION } from '../action-ids.js';
import { encodeHomePlace } from '../button-values.js';
import { nudgeButton } from './answers.js';
import { SHOWN } from './limits.js';
import { actions, button, section, toBody, type Body } from './message.js';
import { pageButtons, pageOf, rangeText, type Page } from './pages.js';
import { bold, code, fromText, person, when } from './text.js';
import { holderText } from './who-has.js';

/** Lines of each list on one page. */
const ROWS = 8;

/** A line, and what can be done about it. */
export type Row = { readonly markup: string; readonly buttons?: readonly Button[] };

/** From which line on each of its two lists is shown. */
export type MinePlace = Pick<HomePlace, 'held' | 'asked'>;

/** What one person holds and waits for, with buttons on each line. */
export function mineBody(view: MineView, place: MinePlace): Body {
  const held = pageOf(view.grants, place.held, ROWS);
  const asked = pageOf(view.pending, place.asked, ROWS);
  const shown = { held: held.offset, asked: asked.offset };
  const heldRows: Row[] = [
    { markup: `${holdingText(view)}${rangeText(held, view.grants.length)}` },
    ...held.shown.map(heldRow),
  ];
  const askedRows: Row[] = [
    { markup: `${askedText(view)}${rangeText(asked, view.pending.length)}` },
    ...asked.shown.map(askedRow),
  ];
  return toBody({
    text: [...heldRows, ...askedRows].map(({ markup }) => markup.replaceAll('\n', ', ')).join('\n'),
    blocks: [
      ...heldRows.flatMap(rowBlocks),
      ...pageRow(held, (first) => ({ ...shown, held: first })),
      ...askedRows.flatMap(rowBlocks),
      ...pageRow(asked, (first) => ({ ...shown, asked: first })),
    ],
  });
}

function pageRow(page: Page, placeAt: (first: number) => MinePlace): KnownBlock[] {
  const buttons = pageButtons({
    ...page,
    actions: { earlier: ACTION.earlierMine, later: ACTION.laterMine },
    valueAt: (first) => encodeHomePlace({ deciding: 0, ...placeAt(first) }),
  });
  return buttons.length === 0 ? [] : [actions(buttons)];
}

/** One button stands beside the text, several below it. */
export function rowBlocks({ markup, buttons = [] }: Row): KnownBlock[] {
  const text: SectionBlock = section(markup);
  const [accessory, ...more] = buttons;
  if (accessory === undefined) {
    return [text];
  }
  return more.length === 0 ? [{ ...text, accessory }] : [text, actions(buttons)];
}

export function holdingText({ grants }: MineView): string {
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

export function heldRow(grant: OwnView): Row {
  return { markup: holderText(grant), buttons: grant.state === 'ending' ? [] : ownButtons(grant) };
}

function ownButtons({ state, grantId: value, mayExtend }: OwnView): Button[] {
  const label = state === 'scheduled' ? 'Cancel it' : "I'm done";
  return [
    button({ actionId: ACTION.done, label, value }),
    ...(mayExtend ? [button({ actionId: ACTION.prolong, label: 'Extend', value })] : []),
  ];
}

export function askedText({ pending }: MineView): string {
  return pending.length === 0 ? 'No request of yours waits.' : '*Waiting for a decision*';
}

export function askedRow(request: MineView['pending'][number]): Row {
  return {
    markup: pendingText(request),
    buttons: [
      ...(request.nudgedAt === null ? [nudgeButton(request.requestId)] : []),
      button({ actionId: ACTION.cancel, label: 'Cancel', value: request.requestId }),
    ],
  };
}

function pendingText(request: MineView['pending'][number]): string {
  const nudged = request.nudgedAt === null ? '' : ` · nudged ${when(request.nudgedAt)}`;
  return `${bold(request.roleKey, SHOWN.roleKey)} for ${formatDuration(request.durationMs)}${fromText(request)}, for ${person(request.beneficiary)} · asked ${when(request.createdAt)}, expires ${when(request.expiresAt)} · ${code(request.requestId)}${nudged}`;
}
