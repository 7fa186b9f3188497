import type { Button } from '@slack/web-api';
import { formatDuration } from '../../domain/duration.js';
import type { GrantId } from '../../domain/ids.js';
import type { GrantCardView } from '../../domain/views.js';
import { ACTION } from '../action-ids.js';
import {
  accountsText,
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
  const by =
    view.approvedBy.length === 0
      ? ''
      : `, approved by ${peopleFor(firstOf(view.approvedBy, 10).shown, view.inPlaceOf).join(', ')}`;
  const state = stateOf(view);
  return draw({
    lead: `${bold(roleKeyOf(grant), SHOWN.roleKey)} (${said(view.title, SHOWN.title)})${by}\n${stateText(grant, entitlements)}`,
    quotes: state.quotes ?? [],
    lines: [...simulatedLines(entitlements), ...shortenedLines(view), ...(state.lines ?? [])],
    small: [accountsText(entitlements), `Access ${code(grant.id)}`],
    buttons: state.buttons ?? [],
  });
}

function shortenedLines({ grant, request, agreedMs }: GrantCardView): string[] {
  const isOver = grant.state === 'ended' || grant.state === 'failed';
  return agreedMs === request.durationMs || isOver
    ? []
    : [
        `It is for ${formatDuration(agreedMs)} instead of the ${formatDuration(request.durationMs)} that were asked for.`,
      ];
}

function stateOf({ grant, entitlements }: GrantCardView): Omit<Drawing, 'lead'> {
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
        buttons: [...revealButtons(grant.id, entitlements), ...holderButtons(grant.id)],
      };
    case 'ending': {
      const { lines, quotes } = failingLines(entitlements, 'revocations');
      return { lines: [...lines, ...standing], quotes: [...endingQuotes(grant.ending), ...quotes] };
    }
    case 'ended':
      return { lines: standing, quotes: endingQuotes(grant.ending) };
    case 'failed':
      return {
        quotes: endingQuotes(grant.ending),
      };
    default:
      return grant satisfies never;
  }
}

function howTo(entitlements: GrantCardView['entitlements']): Quote[] {
  const known = entitlements.flatMap(({ connector, howTo: text }) =>
    text === null ? [] : [{ label: `How to use ${connector.slice(0, SHOWN.name)}`, text }],
  );
  return firstOf(known, SHOWN.entitlements).shown.map(({ label, text }) => ({
    label,
    text: text.slice(0, SHOWN.targetText),
  }));
}

function revealButtons(grantId: GrantId, entitlements: GrantCardView['entitlements']): Button[] {
  return entitlements.some(({ issuesSecret, standing }) => issuesSecret && !standing)
    ? [button({ actionId: ACTION.reveal, label: 'Reveal login', value: grantId, style: 'primary' })]
    : [];
}

export function holderButtons(grantId: GrantId): Button[] {
  return [
    button({ actionId: ACTION.done, label: "I'm done", value: grantId }),
    button({ actionId: ACTION.prolong, label: 'Extend', value: grantId }),
  ];
}
