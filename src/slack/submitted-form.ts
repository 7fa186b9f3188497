import type { types, ViewOutput } from '@slack/bolt';
import type { InputBlock, KnownBlock, ModalView, PlainTextElement, PlainTextOption } from '@slack/web-api';
import { parseDuration } from '../domain/duration.js';
import { SECOND_MS, type Instant } from '../domain/time.js';
import { durationSelect, type Times } from './blocks/duration-choices.js';
import { ABOUT_ROLE, aboutRole, INPUT } from './blocks/forms.js';
import { LIMITS } from './blocks/limits.js';
import { section } from './blocks/message.js';
import { plain } from './blocks/text.js';
import { oneLine } from './typed-text.js';

/** What a person filled in. Every value is as untrusted as a typed command. */
export type SubmittedForm = {
  /** What the form is about, as its opener wrote it there. */
  readonly metadata: string;
  readonly role: string | null;
  readonly duration: string | null;
  readonly start: Instant | null;
  readonly reason: string | null;
  readonly beneficiary: string | null;
  /** Which access that no row explains. */
  readonly orphan: string | null;
  /** What was typed once more, to confirm. */
  readonly confirm: string | null;
};

type Filled = ViewOutput['state']['values'][string][string];

export function readForm(view: ViewOutput): SubmittedForm {
  const text = (blockId: string): string | null => {
    const filled = filledIn(view, blockId);
    const value = oneLine(filled?.value ?? filled?.selected_option?.value ?? filled?.selected_user ?? '');
    return value === '' ? null : value;
  };
  return {
    metadata: view.private_metadata,
    role: text(INPUT.role),
    duration: text(INPUT.duration),
    start: instantIn(filledIn(view, INPUT.start)),
    reason: text(INPUT.reason),
    beneficiary: text(INPUT.beneficiary),
    orphan: text(INPUT.orphan),
    confirm: text(INPUT.confirm),
  };
}

/** Slack gives it in seconds. */
function instantIn(filled: Filled | undefined): Instant | null {
  const seconds = filled?.selected_date_time ?? null;
  return seconds === null ? null : seconds * SECOND_MS;
}

function filledIn(view: ViewOutput, blockId: string): Filled | undefined {
  return Object.values(view.state.values[blockId] ?? {})[0];
}

const PROBLEM = 'problem';

/** The same form with everything that was filled in, and above it what came of it. Markup. */
export function formAgain(view: ViewOutput, problem: string): ModalView {
  return sameForm(view, [
    { ...section(problem), block_id: PROBLEM },
    ...filledBlocks(view).filter((block) => block.block_id !== PROBLEM),
  ]);
}

/**
 * The same form with everything that was filled in, and beside the role what asking for it would come to. A time that
 * was chosen stays where the role allows it.
 */
export function formAbout(view: ViewOutput, about: string, times: Times | null = null): ModalView {
  const blocks = filledBlocks(view)
    .filter((block) => block.block_id !== ABOUT_ROLE)
    .map((block) => (times === null ? block : withTimes(block, times)));
  const role = blocks.findIndex((block) => block.block_id === INPUT.role);
  return sameForm(view, blocks.toSpliced(role + 1, 0, aboutRole(about)));
}

function withTimes(block: KnownBlock, times: Times): KnownBlock {
  if (!isInput(block) || block.block_id !== INPUT.duration || block.element.type !== 'static_select') {
    return block;
  }
  const chosenMs = parseDuration(block.element.initial_option?.value ?? '');
  const isAllowed = chosenMs !== null && chosenMs >= times.minMs && chosenMs <= times.maxMs;
  return { ...block, element: durationSelect(times, isAllowed ? chosenMs : null) };
}

function filledBlocks(view: ViewOutput): KnownBlock[] {
  return view.blocks
    .filter((block): block is KnownBlock => block.block_id !== undefined)
    .map((block) => (isInput(block) ? refilled(block, filledIn(view, block.block_id ?? '')) : block));
}

function sameForm(view: ViewOutput, blocks: KnownBlock[]): ModalView {
  return {
    type: 'modal',
    callback_id: view.callback_id,
    private_metadata: view.private_metadata,
    title: view.title,
    ...(view.submit === null ? {} : { submit: view.submit }),
    ...(view.close === null ? {} : { close: view.close }),
    blocks,
  };
}

/** As Slack hands it back: its texts may be anything, and are ours. */
function optionOf({
  text,
  value,
}: {
  readonly text: PlainTextElement;
  readonly value: string;
}): PlainTextOption {
  return { text: plain(text.text, LIMITS.optionText), value };
}

function isInput(block: KnownBlock | types.Block): block is InputBlock {
  return block.type === 'input';
}

function refilled(block: InputBlock, filled: Filled | undefined): InputBlock {
  const { element } = block;
  if (element.type === 'plain_text_input') {
    const { initial_value: _before, ...rest } = element;
    const value = filled?.value ?? '';
    return { ...block, element: value === '' ? rest : { ...rest, initial_value: value } };
  }
  if (element.type === 'static_select') {
    const { initial_option: _before, ...rest } = element;
    const known = element.options?.find((option) => option.value === filled?.selected_option?.value);
    return { ...block, element: known === undefined ? rest : { ...rest, initial_option: known } };
  }
  if (element.type === 'external_select') {
    const { initial_option: _before, ...rest } = element;
    const chosen = filled?.selected_option ?? null;
    return { ...block, element: chosen === null ? rest : { ...rest, initial_option: optionOf(chosen) } };
  }
  if (element.type === 'datetimepicker') {
    const { initial_date_time: _before, ...rest } = element;
    const seconds = filled?.selected_date_time ?? null;
    return { ...block, element: seconds === null ? rest : { ...rest, initial_date_time: seconds } };
  }
  if (element.type === 'users_select') {
    const { initial_user: _before, ...rest } = element;
    const user = filled?.selected_user ?? '';
    return { ...block, element: user === '' ? rest : { ...rest, initial_user: user } };
  }
  return block;
}
