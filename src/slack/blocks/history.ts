import type { Button, KnownBlock } from '@slack/web-api';
import { formatDuration } from '../../domain/duration.js';
import type { HistoryItem, HistoryView, WhoHasAbout } from '../../domain/views.js';
import { ACTION } from '../action-ids.js';
import { encodeHistoryPage } from '../button-values.js';
import { becameText } from './background.js';
import { firstOf, SHOWN } from './limits.js';
import { actions, button, section, toBody, type Body } from './message.js';
import { pageButtons } from './pages.js';
import { besideReason, spokenWithReason } from './reason-beside.js';
import { bold, code, counted, fromText, peopleFor, person, roleKeyOf, said, when } from './text.js';

/** What was asked for, newest first, and what became of it. */
export function historyBody(view: HistoryView): Body {
  const heading = headingText(view);
  const buttons = buttonsBelow(view);
  const blocks: KnownBlock[] = [
    section(heading),
    ...view.items.map((item) => besideReason(itemText(item), item.request.reason)),
    ...(buttons.length === 0 ? [] : [actions(buttons)]),
  ];
  const text = [heading, ...view.items.map((item) => spokenWithReason(itemText(item), item.request.reason))];
  return toBody({ text: text.join('\n'), blocks });
}

function headingText({ about, backMs, total, offset, items }: HistoryView): string {
  const within = `in the last ${formatDuration(backMs)}`;
  if (total === 0) {
    return `Nothing ${aboutText(about)}was asked for ${within}, as far as you may see.`;
  }
  const range = total > items.length ? ` (${offset + 1} to ${offset + items.length})` : '';
  return `*${counted(total, 'request')}* ${aboutText(about)}${within}${range}`;
}

function aboutText(about: WhoHasAbout): string {
  switch (about.kind) {
    case 'all':
      return '';
    case 'resource':
      return `for ${code(about.resource)} `;
    case 'role':
      return `for ${code(`${about.resource}:${about.role}`)} `;
    case 'person':
      return `for ${person(about.userId)} `;
    default:
      return about satisfies never;
  }
}

function itemText(item: HistoryItem): string {
  const { request } = item;
  const { requester, beneficiary, extendsGrant } = request;
  const asker = requester === beneficiary ? '' : `, asked by ${person(requester)}`;
  const more = extendsGrant === null ? '' : ' more';
  const became = request.state === 'pending' ? 'waits' : becameText(item);
  return [
    `${person(beneficiary)} · ${bold(roleKeyOf(request), SHOWN.roleKey)} for ${formatDuration(request.durationMs)}${more}${fromText(request)} · ${when(request.createdAt)}${asker}`,
    `${became}${byText(item)} · ${code(request.id)}`,
  ].join('\n');
}

function byText({ by, inPlaceOf, autoRule, emergency, request }: HistoryItem): string {
  if (emergency) {
    return ', taken in an *emergency*';
  }
  if (autoRule !== null) {
    return `, approved automatically: ${said(autoRule, SHOWN.title)}`;
  }
  const who = peopleFor(firstOf(by, 5).shown, inPlaceOf).join(', ');
  const verb = request.state === 'denied' ? 'by' : 'approved by';
  return who === '' ? '' : `, ${verb} ${who}`;
}

function buttonsBelow({ about, backMs, offset, pageSize, total, items, mayExport }: HistoryView): Button[] {
  const valueAt = (first: number): string => encodeHistoryPage({ about, backMs, offset: first });
  const next = offset + items.length;
  const pages = pageButtons({
    offset,
    pageSize,
    next: items.length > 0 && next < total ? next : null,
    actions: { earlier: ACTION.newerHistory, later: ACTION.olderHistory },
    labels: { earlier: 'Newer', later: 'Older' },
    valueAt,
  });
  return mayExport && total > 0
    ? [...pages, button({ actionId: ACTION.historyFile, label: 'Send as CSV', value: valueAt(0) })]
    : pages;
}
