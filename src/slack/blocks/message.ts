import { createHash } from 'node:crypto';
import type {
  ActionsBlock,
  Button,
  ConfirmationDialog,
  ContextBlock,
  KnownBlock,
  SectionBlock,
  StaticSelect,
} from '@slack/web-api';
import { firstOf, LIMITS, truncateMarkup } from './limits.js';
import { mrkdwn, plain, said } from './text.js';

/** What Slack is given to show. `text` is all that a screen reader reads and a phone's push shows. */
export type Body = { readonly text: string; readonly blocks: readonly KnownBlock[] };

/**
 * The finished message. Slack wants the block_id of a changed block to be a new one, and a drawing that
 * did not change must hash the same: so the ids are made of the content.
 */
export function toBody({ text, blocks }: Body): Body {
  const bounded = blocks.slice(0, LIMITS.messageBlocks);
  const stamp = createHash('sha256')
    .update(JSON.stringify([text, bounded]))
    .digest('hex')
    .slice(0, 12);
  return {
    text: truncateMarkup(text, LIMITS.messageText),
    blocks: bounded.map((block, index) => ({ ...block, block_id: `${stamp}-${index}` })),
  };
}

export function header(text: string): KnownBlock {
  return { type: 'header', text: plain(text, LIMITS.headerText) };
}

export function section(markup: string): SectionBlock {
  return { type: 'section', text: mrkdwn(markup) };
}

export function plainSection(text: string): SectionBlock {
  return { type: 'section', text: plain(text) };
}

/** Label and value pairs, two in a row on a wide screen. */
export function fields(pairs: readonly (readonly [label: string, markup: string])[]): SectionBlock {
  const { shown } = firstOf(pairs, LIMITS.fields);
  return {
    type: 'section',
    fields: shown.map(([label, markup]) => ({
      ...mrkdwn(truncateMarkup(`*${label}*\n${markup}`, LIMITS.fieldText)),
    })),
  };
}

export function context(lines: readonly string[]): ContextBlock {
  const { shown } = firstOf(lines, LIMITS.contextElements);
  return { type: 'context', elements: shown.map(mrkdwn) };
}

/** What stands in a row of actions. */
export type Act = Button | StaticSelect;

export function actions(buttons: readonly Act[]): ActionsBlock {
  return { type: 'actions', elements: buttons.slice(0, LIMITS.actionElements) };
}

type ButtonSpec = {
  readonly actionId: string;
  readonly label: string;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: Asking | undefined;
};

/** Asked once more before the click counts. Plain text. */
export type Asking = { readonly title: string; readonly text: string; readonly yes: string };

function confirmation({ title, text, yes }: Asking): ConfirmationDialog {
  return {
    title: plain(title, LIMITS.confirmTitle),
    text: plain(text, LIMITS.confirmText),
    confirm: plain(yes, LIMITS.confirmButton),
    deny: plain('Back', LIMITS.confirmButton),
  };
}

export function button({ actionId, label, value, style, confirm }: ButtonSpec): Button {
  return {
    type: 'button',
    action_id: actionId,
    text: plain(label, LIMITS.buttonText),
    value,
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined ? {} : { confirm: confirmation(confirm) }),
  };
}

/** A list from which one thing is chosen; choosing is the act. */
export function choice(spec: {
  readonly actionId: string;
  readonly label: string;
  readonly options: readonly { readonly label: string; readonly value: string }[];
  readonly confirm?: Asking | undefined;
}): StaticSelect {
  return {
    type: 'static_select',
    action_id: spec.actionId,
    placeholder: plain(spec.label, LIMITS.buttonText),
    options: spec.options.map(({ label, value }) => ({ text: plain(label, LIMITS.buttonText), value })),
    ...(spec.confirm === undefined ? {} : { confirm: confirmation(spec.confirm) }),
  };
}

/** A one-sentence answer. */
export function sentenceBody(markup: string): Body {
  return toBody({ text: markup, blocks: [section(markup)] });
}

/** What is so, what was typed, and what can be done about it: nothing that a person types is lost. */
export function keptSentenceBody(
  markup: string,
  typed: string | null,
  buttons: readonly Button[] = [],
): Body {
  const text = typed === null || typed === '' ? null : `Your text was: ${typed}`;
  const blocks: KnownBlock[] = [
    section(markup),
    ...(text === null ? [] : [plainSection(text)]),
    ...(buttons.length === 0 ? [] : [actions(buttons)]),
  ];
  return toBody({ text: text === null ? markup : `${markup} ${said(text, LIMITS.fieldText)}`, blocks });
}
