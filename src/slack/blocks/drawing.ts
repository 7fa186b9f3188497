import type { KnownBlock } from '@slack/web-api';
import { SHOWN, truncate } from './limits.js';
import {
  actions,
  context,
  fields,
  header,
  plainSection,
  section,
  toBody,
  type Act,
  type Body,
} from './message.js';
import { said } from './text.js';
import { oneLine } from '../typed-text.js';

/** Words of a person or a target, shown as they are. */
export type Quote = { readonly label: string; readonly text: string };

/** What a message says, in the order in which it is read; its blocks and its text are made of the same. */
export type Drawing = {
  /** Plain text, for messages that ask for something. */
  readonly header?: string;
  readonly lead: string;
  readonly quotes?: readonly Quote[];
  readonly facts?: readonly (readonly [label: string, markup: string])[];
  readonly lines?: readonly string[];
  readonly small?: readonly string[];
  readonly buttons?: readonly Act[];
  /** Only in the blocks: mentions that are there to ping. */
  readonly pings?: readonly string[];
};

export function draw(drawing: Drawing): Body {
  const { lead, quotes = [], facts = [], buttons = [], pings = [] } = drawing;
  const lines = (drawing.lines ?? []).filter((line) => line !== '');
  const small = (drawing.small ?? []).filter((line) => line !== '');
  const words = quotes.map(
    ({ label, text }) => `${truncate(oneLine(label), SHOWN.title)}: ${truncate(oneLine(text), SHOWN.reason)}`,
  );
  const blocks: KnownBlock[] = [
    ...(drawing.header === undefined ? [] : [header(drawing.header)]),
    section(lead),
    ...words.map(plainSection),
    ...(facts.length === 0 ? [] : [fields(facts)]),
    ...lines.map(section),
    ...(small.length === 0 ? [] : [context(small)]),
    ...pings.map(section),
    ...(buttons.length === 0 ? [] : [actions(buttons)]),
  ];
  const text = [
    lead,
    ...words.map((each) => said(each, each.length)),
    ...facts.map(([label, markup]) => `${label}: ${markup}`),
    ...lines,
    ...small,
  ];
  return toBody({ text: text.map(asSentence).join(' '), blocks });
}

function asSentence(text: string): string {
  const line = text.replaceAll('\n', ', ');
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}
