import type { Button } from '@slack/web-api';
import type { Overrode, ReviewVerdict } from '../../domain/request.js';
import { verdictOf } from '../../domain/review.js';
import type { RequestCardView, ReviewView } from '../../domain/views.js';
import { ACTION } from '../action-ids.js';
import type { Quote } from './drawing.js';
import { firstOf, SHOWN } from './limits.js';
import { button } from './message.js';
import { person, said, when } from './text.js';

const VERDICT: Record<ReviewVerdict['verdict'], string> = {
  justified: 'justified',
  'not-justified': 'not justified',
};

/** What an emergency went past, and how far its review is. */
export function emergencyLines({ review }: RequestCardView): string[] {
  return review === null ? [] : [...overrodeLines(review.overrode), reviewText(review)];
}

function overrodeLines(overrode: readonly Overrode[]): string[] {
  const { shown, more } = firstOf(overrode.map(overrodeText), 5);
  const rest = more === 0 ? [] : [`${more} more`];
  return shown.length === 0 ? [] : [`*Went past*: ${[...shown, ...rest].join('; ')}.`];
}

function overrodeText({ limit, detail }: Overrode): string {
  const what = said(detail, SHOWN.roleKey);
  switch (limit) {
    case 'conflict-held':
      return `not together with ${what}, which is held`;
    case 'conflict-asked':
      return `not together with ${what}, which is asked for`;
    case 'held':
      return `at most ${what} held at once`;
    case 'role':
      return `at most ${what} on this role at once`;
    case 'pending':
      return `at most ${what} requests waiting`;
    case 'per-hour':
      return `at most ${what} requests an hour`;
    default:
      return limit satisfies never;
  }
}

function reviewText({ count, closedAt, verdicts }: ReviewView): string {
  const each = verdicts.map(({ reviewer, verdict }) => `${person(reviewer)}: ${VERDICT[verdict]}`);
  const state =
    closedAt === null
      ? `*Review open: ${verdicts.length} of ${count}.*`
      : `*Review closed: ${VERDICT[verdictOf(verdicts)]}*, ${when(closedAt)}.`;
  return [state, ...(each.length === 0 ? [] : [`${each.join(', ')}.`])].join(' ');
}

export function noteQuotes({ review }: RequestCardView): Quote[] {
  return (review?.verdicts ?? [])
    .flatMap(({ note }): Quote[] =>
      note === null || note === '' ? [] : [{ label: 'Not justified because', text: note }],
    )
    .slice(-SHOWN.denials);
}

export function reviewButtons({ request: { id: value }, review }: RequestCardView): Button[] {
  return review === null || review.closedAt !== null
    ? []
    : [
        button({ actionId: ACTION.justified, label: 'Justified', value, style: 'primary' }),
        button({ actionId: ACTION.notJustified, label: 'Not justified', value }),
      ];
}
