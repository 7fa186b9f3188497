import type { Button } from '@slack/web-api';
import { formatDuration } from '../../domain/duration.js';
import type { GrantId } from '../../domain/ids.js';
import type { GrantCardView } from '../../domain/views.js';
import { ACTION } from '../action-ids.js';
import {
  accountsText,
  bundleLines,
  driftLines,
  endingQuotes,
  failingLines,
  lastResortLines,
  renewalLines,
  sessionLines,
  simulatedLines,
  standingLines,
  stateText,
} from './access-lines.js';
import { draw, type Drawing, type Quote } from './drawing.js';
import { firstOf, SHOWN } from './limits.js';
import { button, type Body } from './message.js';
import { bold, code, peopleFor, roleKeyOf, said } from './text.js';

/** The message to whoever gets the access: what they have, how to use it, until when. */
export function grantCard(view: GrantCardView): Body {
  const { grant, entitlements } = view;
  const state = stateOf(view);
  return draw({
    lead: `${bold(roleKeyOf(grant), SHOWN.roleKey)} (${said(view.title, SHOWN.title)})${approvedText(view)}\n${stateText(grant, entitlements)}`,
    quotes: state.quotes ?? [],
    lines: [...simulatedLines(entitlements), ...shortenedLines(view), ...(state.lines ?? [])],
    small: [...bundleLines(view.parts), accountsText(entitlements), `Access ${code(grant.id)}`],
    buttons: state.buttons ?? [],
  });
}

function approvedText({ approvedBy, inPlaceOf, request: { autoRule, review } }: GrantCardView): string {
  if (review !== null) {
    return ', taken in an emergency';
  }
  if (autoRule !== null) {
    return `, approved automatically: ${said(autoRule, SHOWN.title)}`;
  }
  return approvedBy.length === 0
    ? ''
    : `, approved by ${peopleFor(firstOf(approvedBy, 10).shown, inPlaceOf).join(', ')}`;
}

function shortenedLines({ grant, request, agreedMs }: GrantCardView): string[] {
  const isOver = grant.state === 'ended' || grant.state === 'failed';
  return agreedMs === request.durationMs || isOver
    ? []
    : [
        `It is for ${formatDuration(agreedMs)} instead of the ${formatDuration(request.durationMs)} that were asked for.`,
      ];
}

function stateOf(card: GrantCardView): Omit<Drawing, 'lead'> {
  const { grant, entitlements } = card;
  const standing = standingLines(entitlements);
  switch (grant.state) {
    case 'scheduled':
      return { buttons: [button({ actionId: ACTION.done, label: 'Cancel it', value: grant.id })] };
    case 'opening': {
      const { lines, quotes } = failingLines(entitlements, 'grants');
      return { lines, quotes };
    }
    case 'active':
      return {
        quotes: howTo(entitlements),
        lines: [
          ...driftLines(entitlements),
          ...renewalLines(entitlements),
          ...standing,
          ...sessionLines(entitlements, 'yours'),
          ...lastResortLines(entitlements),
        ],
        buttons: [...revealButtons(grant.id, entitlements), ...holderButtons(grant.id, card)],
      };
    case 'ending': {
      const { lines, quotes } = failingLines(entitlements, 'revocations');
      return { lines: [...lines, ...standing], quotes: [...endingQuotes(grant.ending), ...quotes] };
    }
    case 'ended':
    case 'failed':
      return { lines: standing, quotes: endingQuotes(grant.ending) };
    default:
      return grant satisfies never;
  }
}

export function howTo(entitlements: GrantCardView['entitlements']): Quote[] {
  const known = entitlements.flatMap(({ connector, howTo: text }) =>
    text === null ? [] : [{ label: `How to use ${connector.slice(0, SHOWN.name)}`, text }],
  );
  return firstOf(known, SHOWN.entitlements).shown.map(({ label, text }) => ({
    label,
    text: text.slice(0, SHOWN.targetText),
  }));
}

export function revealButtons(grantId: GrantId, entitlements: GrantCardView['entitlements']): Button[] {
  return entitlements.some(({ issuesSecret, standing }) => issuesSecret && !standing)
    ? [button({ actionId: ACTION.reveal, label: 'Reveal login', value: grantId, style: 'primary' })]
    : [];
}

export function holderButtons(grantId: GrantId, { mayExtend }: Pick<GrantCardView, 'mayExtend'>): Button[] {
  return [
    button({ actionId: ACTION.done, label: "I'm done", value: grantId }),
    ...(mayExtend ? [button({ actionId: ACTION.prolong, label: 'Extend', value: grantId })] : []),
  ];
}
