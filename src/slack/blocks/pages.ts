/** Turning the pages of a list. */
import type { Button } from '@slack/web-api';
import { lastPageOf } from '../../domain/paging.js';
import { button } from './message.js';

export type Page = {
  /** The first that is shown, from 0. */
  readonly offset: number;
  readonly pageSize: number;
  /** The first of the page after this one; null on the last. */
  readonly next: number | null;
};

type PagesSpec = Page & {
  readonly actions: { readonly earlier: string; readonly later: string };
  readonly labels?: { readonly earlier: string; readonly later: string };
  /** What the button of a page says, whose first is this. */
  readonly valueAt: (first: number) => string;
};

const LABELS = { earlier: 'Earlier', later: 'Later' };

export function pageButtons(spec: PagesSpec): Button[] {
  const { offset, pageSize, next, actions, labels = LABELS, valueAt } = spec;
  const before = valueAt(Math.max(0, offset - pageSize));
  return [
    ...(offset > 0 ? [button({ actionId: actions.earlier, label: labels.earlier, value: before })] : []),
    ...(next === null
      ? []
      : [button({ actionId: actions.later, label: labels.later, value: valueAt(next) })]),
  ];
}

/** One page of a list that is known as a whole; the last one where it has become shorter meanwhile. */
export function pageOf<Item>(
  items: readonly Item[],
  wanted: number,
  pageSize: number,
): Page & { readonly shown: Item[] } {
  const offset = Math.min(wanted, lastPageOf(items.length, pageSize));
  const end = offset + pageSize;
  return { shown: items.slice(offset, end), offset, pageSize, next: end < items.length ? end : null };
}

/** Nothing where all of it is shown. */
export function rangeText({ offset, pageSize }: Page, total: number): string {
  return total <= pageSize ? '' : ` (${offset + 1} to ${Math.min(offset + pageSize, total)} of ${total})`;
}
