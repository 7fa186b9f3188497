import type { Button, KnownBlock } from '@slack/web-api';
import type { HolderView, MarkedView, StandingView, WhoHasAbout, WhoHasView } from '../../domain/views.js';
import { ACTION } from '../action-ids.js';
import { encodePage } from '../button-values.js';
import { actorText, partsInList } from './access-lines.js';
import { firstOf, SHOWN } from './limits.js';
import { actions, button, section, toBody, type Body } from './message.js';
import { pageButtons } from './pages.js';
import { besideReason, spokenWithReason } from './reason-beside.js';
import { bold, code, counted, peopleFor, person, said, when } from './text.js';

const STANDING_SHOWN = 8;

export function whoHasBody(page: WhoHasView): Body {
  const view = { ...page, holders: fitting(page.holders) };
  const heading = headingText(view);
  const standing = standingText(view.standing);
  const unlisted = unlistedText(view);
  const small = [...markedText(view.marked), ...standing, ...unlisted];
  const pages = buttonsBelow(view);
  const blocks: KnownBlock[] = [
    section(heading),
    ...view.holders.map((holder) => besideReason(holderText(holder), holder.reason)),
    ...small.map((line) => section(line)),
    ...(pages.length === 0 ? [] : [actions(pages)]),
  ];
  const text = [
    heading,
    ...view.holders.map((holder) => spokenWithReason(holderText(holder), holder.reason)),
    ...small,
  ];
  return toBody({ text: text.join('\n'), blocks });
}

/** Characters of all the holders of one page, so that the whole stays below Slack's limit of a message. */
const HOLDERS_FULL = 7_000;

/** As many as fit, and one at least: the next page begins with those left out. */
function fitting(holders: readonly HolderView[]): HolderView[] {
  let length = 0;
  return holders.filter((holder, index) => {
    length += holderText(holder).length + (holder.reason === null ? 0 : SHOWN.reasonInList);
    return index === 0 || length <= HOLDERS_FULL;
  });
}

function headingText(view: WhoHasView): string {
  const { total, offset, holders } = view;
  if (total === 0) {
    return nobodyText(view.about);
  }
  const last = offset + holders.length;
  const range = total > holders.length ? ` (${offset + 1} to ${last})` : '';
  return `*${counted(total, 'grant')}*${aboutText(view.about)}${range}`;
}

function nobodyText(about: WhoHasAbout): string {
  switch (about.kind) {
    case 'all':
      return 'Nobody holds anything that you may see.';
    case 'resource':
      return `Nobody holds ${code(about.resource)} through Hallpass.`;
    case 'role':
      return `Nobody holds ${code(`${about.resource}:${about.role}`)} through Hallpass.`;
    case 'person':
      return `${person(about.userId)} holds nothing that you may see.`;
    default:
      return about satisfies never;
  }
}

function aboutText(about: WhoHasAbout): string {
  switch (about.kind) {
    case 'all':
      return '';
    case 'resource':
      return ` of ${code(about.resource)}`;
    case 'role':
      return ` of ${code(`${about.resource}:${about.role}`)}`;
    case 'person':
      return ` of ${person(about.userId)}`;
    default:
      return about satisfies never;
  }
}

/** Also a line of `/access mine`. */
export function holderText(holder: HolderView): string {
  const accounts = firstOf(holder.accounts, 5).shown.map(({ name }) => code(name));
  const standing = holder.standing ? '\nThe access was there before and stays.' : '';
  return `${person(holder.beneficiary)} · ${roleText(holder)} · ${stateText(holder)}\nas ${accounts.length === 0 ? '–' : accounts.join(', ')}${approvedText(holder)} · ${code(holder.grantId)}${standing}`;
}

function roleText({ roleKey, parts }: HolderView): string {
  const name = bold(roleKey, SHOWN.roleKey);
  return parts.length === 0 ? name : `${partsInList(parts)} by bundle ${name}`;
}

function approvedText({ approvedBy, inPlaceOf, autoRule, emergency }: HolderView): string {
  if (emergency) {
    return ', taken in an *emergency*';
  }
  if (autoRule !== null) {
    return `, approved automatically: ${said(autoRule, SHOWN.title)}`;
  }
  const by = firstOf(approvedBy, 5).shown;
  return by.length === 0 ? '' : `, approved by ${peopleFor(by, inPlaceOf).join(', ')}`;
}

function stateText({ state, startsAt, endsAt }: HolderView): string {
  switch (state) {
    case 'scheduled':
      return `not yet: starts ${when(startsAt)}, until ${when(endsAt)}`;
    case 'opening':
      return `being opened, until ${when(endsAt)}`;
    case 'active':
      return `until ${when(endsAt)}`;
    case 'ending':
      return `being taken away, was until ${when(endsAt)}`;
    default:
      return state satisfies never;
  }
}

function standingText(standing: readonly StandingView[]): string[] {
  if (standing.length === 0) {
    return [];
  }
  const { shown, more } = firstOf(standing, STANDING_SHOWN);
  const lines = shown.map(
    ({ roleKey, connector, account }) =>
      `${code(account)} in ${code(connector)} · ${said(roleKey, SHOWN.roleKey)}`,
  );
  return [
    [
      '*Standing access*, not given by Hallpass and not taken away by it:',
      ...lines,
      ...(more > 0 ? [`and ${more} more`] : []),
    ].join('\n'),
  ];
}

function markedText(marked: readonly MarkedView[]): string[] {
  const { shown, more } = firstOf(marked, STANDING_SHOWN);
  const lines = shown.map(
    ({ roleKey, connector, account, byHand }) =>
      `${code(account)} in ${code(connector)} · ${said(roleKey, SHOWN.roleKey)} · by ${actorText(byHand.by)} ${when(byHand.at)}`,
  );
  return shown.length === 0
    ? []
    : [
        [
          '*Marked as removed by hand*; Hallpass could not read it back:',
          ...lines,
          ...(more > 0 ? ['and more'] : []),
        ].join('\n'),
      ];
}

export function unlistedText({ unlisted }: Pick<WhoHasView, 'unlisted'>): string[] {
  const { shown, more } = firstOf(unlisted, 10);
  return shown.length === 0
    ? []
    : [
        `Who else is in ${shown.map((name) => code(name)).join(', ')}${more > 0 ? ` and ${more} more` : ''} could not be listed.`,
      ];
}

function buttonsBelow(view: WhoHasView): Button[] {
  const { about, offset, pageSize, total, holders, mayExport } = view;
  const valueAt = (first: number): string => encodePage(about, first);
  const next = offset + holders.length;
  const pages = pageButtons({
    offset,
    pageSize,
    next: holders.length > 0 && next < total ? next : null,
    actions: { earlier: ACTION.earlierHolders, later: ACTION.laterHolders },
    valueAt,
  });
  const isAny = total + view.standing.length + view.marked.length > 0;
  return mayExport && isAny
    ? [...pages, button({ actionId: ACTION.holdersFile, label: 'Send as CSV', value: valueAt(0) })]
    : pages;
}
