import { fieldsOf, isFields, listOf, textOr, type Fields } from './fields.js';

/** Numbers from docs.slack.dev and the comments of @slack/types; characters, unless a name says otherwise. */
const LIMITS = {
  messageBlocks: 50,
  viewBlocks: 100,
  viewBytes: 250_000,
  /** Not documented; where Slack was seen to begin to refuse with msg_blocks_too_long. */
  messageBlockText: 12_000,
  updateText: 4_000,
  textObject: 3_000,
  fields: 10,
  field: 2_000,
  header: 150,
  contextElements: 10,
  actionElements: 25,
  buttonText: 75,
  buttonValue: 2_000,
  url: 3_000,
  id: 255,
  privateMetadata: 3_000,
  modalLabel: 24,
  inputLabel: 2_000,
  placeholder: 150,
  inputLength: 3_000,
  options: 100,
  shortOptions: 10,
  optionText: 75,
  optionValue: 75,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  imageText: 2_000,
  markdown: 12_000,
} as const;

const MESSAGE_BLOCKS = [
  'actions',
  'card',
  'carousel',
  'container',
  'context',
  'context_actions',
  'data_table',
  'divider',
  'file',
  'header',
  'image',
  'input',
  'markdown',
  'plan',
  'rich_text',
  'section',
  'table',
  'task_card',
  'video',
];
const VIEW_BLOCKS = [
  'actions',
  'context',
  'divider',
  'header',
  'image',
  'input',
  'rich_text',
  'section',
  'video',
];
const SHORT_LISTS = ['radio_buttons', 'checkboxes'];
const LISTS = ['static_select', 'multi_static_select', 'overflow', ...SHORT_LISTS];

type Report = (where: string, problem: string) => void;

/**
 * What Slack would refuse in a message (`{ text, blocks }`, an update when it has a `ts`) or a view
 * (`{ type: 'modal' | 'home', … }`). Empty when it would pass. Each problem ends with the JSON pointer of
 * its place, as Slack's own messages do.
 */
export function blockProblems(payload: unknown): string[] {
  const problems: string[] = [];
  const report: Report = (where, problem) => problems.push(`${problem} [json-pointer:${where}]`);
  if (!isFields(payload)) {
    return ['must be an object [json-pointer:/]'];
  }
  if (payload['type'] === 'modal' || payload['type'] === 'home') {
    checkView(payload, report);
  } else {
    checkMessage(payload, report);
  }
  return problems;
}

/** What Slack would refuse in the answer to somebody who types into a list: `{ options }` or `{ option_groups }`. */
export function optionProblems(answer: Fields): string[] {
  const problems: string[] = [];
  const isNothing = Array.isArray(answer['options']) && answer['options'].length === 0;
  if (!isNothing) {
    checkOptions(answer, '', (where, problem) => problems.push(`${problem} [json-pointer:${where}]`));
  }
  return problems;
}

function checkMessage(message: Fields, report: Report): void {
  const text = message['text'];
  const blocks = message['blocks'];
  if (typeof text === 'string' && 'ts' in message && text.length > LIMITS.updateText) {
    report('/text', `msg_too_long: must be less than ${LIMITS.updateText + 1} characters`);
  }
  const attachments = message['attachments'];
  const isEmpty = (list: unknown): boolean => !Array.isArray(list) || list.length === 0;
  if ((typeof text !== 'string' || text === '') && isEmpty(blocks) && isEmpty(attachments)) {
    report('/text', 'no_text: neither text nor blocks');
  }
  if (blocks === undefined || blocks === null) {
    return;
  }
  checkBlocks(blocks, { where: '/blocks', max: LIMITS.messageBlocks, allowed: MESSAGE_BLOCKS, report });
  const total = textLength(blocks);
  if (total > LIMITS.messageBlockText) {
    report('/blocks', `msg_blocks_too_long: ${total} characters in all blocks together`);
  }
}

function textLength(value: unknown): number {
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, item) => sum + textLength(item), 0);
  }
  if (!isFields(value)) {
    return 0;
  }
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + (key === 'text' && typeof item === 'string' ? item.length : textLength(item)),
    0,
  );
}

function checkView(view: Fields, report: Report): void {
  if (JSON.stringify(view).length > LIMITS.viewBytes) {
    report('/view', 'view_too_large: more than 250 KB');
  }
  if (view['type'] === 'modal') {
    checkText(view['title'], { where: '/view/title', max: LIMITS.modalLabel, plain: true, report });
    for (const label of ['submit', 'close']) {
      if (view[label] !== undefined && view[label] !== null) {
        checkText(view[label], { where: `/view/${label}`, max: LIMITS.modalLabel, plain: true, report });
      }
    }
  }
  checkLength(view, { key: 'private_metadata', max: LIMITS.privateMetadata, where: '/view', report });
  checkLength(view, { key: 'callback_id', max: LIMITS.id, where: '/view', report });
  checkLength(view, { key: 'external_id', max: LIMITS.id, where: '/view', report });
  const allowed = view['type'] === 'modal' ? [...VIEW_BLOCKS, 'alert'] : VIEW_BLOCKS;
  checkBlocks(view['blocks'], { where: '/view/blocks', max: LIMITS.viewBlocks, allowed, report });
  const hasInput = listOf(view['blocks']).some((block) => block['type'] === 'input');
  if (view['type'] === 'modal' && hasInput && !isFields(view['submit'])) {
    report('/view/submit', 'must be given when a modal has an input block');
  }
}

function checkBlocks(
  blocks: unknown,
  { where, max, allowed, report }: { where: string; max: number; allowed: readonly string[]; report: Report },
): void {
  if (!Array.isArray(blocks)) {
    report(where, 'must be an array');
    return;
  }
  if (blocks.length > max) {
    report(where, `no more than ${max} items allowed`);
  }
  const blockIds = new Set<unknown>();
  for (const [index, block] of blocks.entries()) {
    const here = `${where}/${index}`;
    if (!isFields(block)) {
      report(here, 'must be an object');
      continue;
    }
    const { block_id: blockId, type } = block;
    if (typeof type !== 'string' || !allowed.includes(type)) {
      report(`${here}/type`, `unsupported type: ${textOr(type, '?')}`);
    }
    checkLength(block, { key: 'block_id', max: LIMITS.id, where: here, report });
    if (blockId !== undefined && blockIds.has(blockId)) {
      report(`${here}/block_id`, `\`block_id\` ${textOr(blockId, '?')} already exists`);
    }
    blockIds.add(blockId);
    checkBlock(block, here, report);
    checkActionIds(block, here, report);
  }
}

function checkActionIds(block: Fields, where: string, report: Report): void {
  const seen = new Set<unknown>();
  for (const [index, { action_id: actionId }] of listOf(block['elements']).entries()) {
    if (actionId !== undefined && seen.has(actionId)) {
      report(`${where}/elements/${index}/action_id`, `\`action_id\` ${textOr(actionId, '?')} already exists`);
    }
    seen.add(actionId);
  }
}

function checkBlock(block: Fields, where: string, report: Report): void {
  switch (block['type']) {
    case 'section':
      return checkSection(block, where, report);
    case 'header':
      return checkText(block['text'], { where: `${where}/text`, max: LIMITS.header, plain: true, report });
    case 'context':
    case 'actions':
      return checkElements(block, where, report);
    case 'input':
      return checkInput(block, where, report);
    case 'image':
      checkLength(block, { key: 'image_url', max: LIMITS.url, where, report });
      return checkLength(block, { key: 'alt_text', max: LIMITS.imageText, where, report, required: true });
    case 'markdown':
      return checkLength(block, { key: 'text', max: LIMITS.markdown, where, report, required: true });
    default:
      return undefined;
  }
}

function checkSection(block: Fields, where: string, report: Report): void {
  const { text, fields, accessory } = block;
  if (text === undefined && fields === undefined) {
    report(where, 'must have text or fields');
  }
  if (text !== undefined) {
    checkText(text, { where: `${where}/text`, max: LIMITS.textObject, report });
  }
  if (fields !== undefined) {
    const list = Array.isArray(fields) ? fields : [];
    if (list.length === 0 || list.length > LIMITS.fields) {
      report(`${where}/fields`, `must have 1 to ${LIMITS.fields} items`);
    }
    for (const [index, field] of list.entries()) {
      checkText(field, { where: `${where}/fields/${index}`, max: LIMITS.field, report });
    }
  }
  if (accessory !== undefined) {
    checkElement(fieldsOf(accessory), `${where}/accessory`, report);
  }
}

function checkElements(block: Fields, where: string, report: Report): void {
  const isContext = block['type'] === 'context';
  const max = isContext ? LIMITS.contextElements : LIMITS.actionElements;
  const elements = listOf(block['elements']);
  if (elements.length === 0 || elements.length > max) {
    report(`${where}/elements`, `must have 1 to ${max} items`);
  }
  for (const [index, element] of elements.entries()) {
    const here = `${where}/elements/${index}`;
    if (!isContext) {
      checkElement(element, here, report);
    } else if (element['type'] === 'image') {
      checkLength(element, { key: 'alt_text', max: LIMITS.imageText, where: here, report, required: true });
    } else {
      checkText(element, { where: here, max: LIMITS.textObject, report });
    }
  }
}

function checkInput(block: Fields, where: string, report: Report): void {
  checkText(block['label'], { where: `${where}/label`, max: LIMITS.inputLabel, plain: true, report });
  if (block['hint'] !== undefined) {
    checkText(block['hint'], { where: `${where}/hint`, max: LIMITS.inputLabel, plain: true, report });
  }
  const element = fieldsOf(block['element']);
  if (typeof element['type'] !== 'string' || element['type'] === 'button') {
    report(`${where}/element`, 'must be an input element');
  }
  checkElement(element, `${where}/element`, report);
}

function checkElement(element: Fields, where: string, report: Report): void {
  checkLength(element, { key: 'action_id', max: LIMITS.id, where, report });
  if (element['placeholder'] !== undefined) {
    checkText(element['placeholder'], {
      where: `${where}/placeholder`,
      max: LIMITS.placeholder,
      plain: true,
      report,
    });
  }
  if (element['confirm'] !== undefined) {
    checkConfirm(fieldsOf(element['confirm']), `${where}/confirm`, report);
  }
  const type = textOr(element['type'], '');
  if (type === 'button') {
    checkText(element['text'], { where: `${where}/text`, max: LIMITS.buttonText, plain: true, report });
    checkLength(element, { key: 'value', max: LIMITS.buttonValue, where, report });
    checkLength(element, { key: 'url', max: LIMITS.url, where, report });
    checkLength(element, { key: 'accessibility_label', max: LIMITS.buttonText, where, report });
    if (element['style'] !== undefined && !['primary', 'danger'].includes(textOr(element['style'], ''))) {
      report(`${where}/style`, 'must be primary or danger');
    }
  } else if (type === 'plain_text_input') {
    checkPlainTextInput(element, where, report);
  } else if (LISTS.includes(type)) {
    checkOptions(element, where, report);
  }
}

function checkPlainTextInput(element: Fields, where: string, report: Report): void {
  for (const key of ['min_length', 'max_length']) {
    const length = element[key];
    if (length !== undefined && !(Number(length) >= 0 && Number(length) <= LIMITS.inputLength)) {
      report(`${where}/${key}`, `must be at most ${LIMITS.inputLength}`);
    }
  }
  const longest = Number(element['max_length'] ?? LIMITS.inputLength);
  checkLength(element, { key: 'initial_value', max: longest, where, report });
}

function checkOptions(element: Fields, where: string, report: Report): void {
  const { options, option_groups: groups } = element;
  const max = SHORT_LISTS.includes(textOr(element['type'], '')) ? LIMITS.shortOptions : LIMITS.options;
  if (groups === undefined) {
    checkOptionList(options, { where: `${where}/options`, max, report });
    return;
  }
  const list = listOf(groups);
  if (list.length === 0 || list.length > LIMITS.options) {
    report(`${where}/option_groups`, `must have 1 to ${LIMITS.options} items`);
  }
  for (const [index, group] of list.entries()) {
    const here = `${where}/option_groups/${index}`;
    checkText(group['label'], { where: `${here}/label`, max: LIMITS.optionText, plain: true, report });
    checkOptionList(group['options'], { where: `${here}/options`, max: LIMITS.options, report });
  }
}

function checkOptionList(
  options: unknown,
  { where, max, report }: { where: string; max: number; report: Report },
): void {
  const list = listOf(options);
  if (list.length === 0 || list.length > max) {
    report(where, `must have 1 to ${max} items`);
  }
  for (const [index, option] of list.entries()) {
    const here = `${where}/${index}`;
    checkText(option['text'], { where: `${here}/text`, max: LIMITS.optionText, report });
    checkLength(option, { key: 'value', max: LIMITS.optionValue, where: here, report, required: true });
    if (option['description'] !== undefined) {
      checkText(option['description'], { where: `${here}/description`, max: LIMITS.optionText, report });
    }
  }
}

function checkConfirm(confirm: Fields, where: string, report: Report): void {
  checkText(confirm['title'], { where: `${where}/title`, max: LIMITS.confirmTitle, plain: true, report });
  checkText(confirm['text'], { where: `${where}/text`, max: LIMITS.confirmText, report });
  for (const button of ['confirm', 'deny']) {
    if (confirm[button] !== undefined) {
      const place = { where: `${where}/${button}`, max: LIMITS.confirmButton, plain: true, report };
      checkText(confirm[button], place);
    }
  }
}

function checkText(
  object: unknown,
  { where, max, plain = false, report }: { where: string; max: number; plain?: boolean; report: Report },
): void {
  if (!isFields(object)) {
    report(where, 'must be a text object');
    return;
  }
  const { type, text, emoji, verbatim } = object;
  if (type !== 'plain_text' && (plain || type !== 'mrkdwn')) {
    report(`${where}/type`, plain ? 'must be plain_text' : 'must be plain_text or mrkdwn');
  }
  if (type === 'mrkdwn' && emoji !== undefined) {
    report(`${where}/emoji`, 'belongs to plain_text');
  }
  if (type === 'plain_text' && verbatim !== undefined) {
    report(`${where}/verbatim`, 'belongs to mrkdwn');
  }
  if (typeof text !== 'string' || text.length === 0) {
    report(`${where}/text`, 'must be more than 0 characters');
  } else if (text.length > max) {
    report(`${where}/text`, `must be less than ${max + 1} characters`);
  }
}

type LengthRule = { key: string; max: number; where: string; report: Report; required?: boolean };

function checkLength(holder: Fields, { key, max, where, report, required = false }: LengthRule): void {
  const value = holder[key];
  if (value === undefined && !required) {
    return;
  }
  if (typeof value !== 'string') {
    report(`${where}/${key}`, 'must be a string');
  } else if (required && value === '') {
    report(`${where}/${key}`, 'must be more than 0 characters');
  } else if (value.length > max) {
    report(`${where}/${key}`, `must be less than ${max + 1} characters`);
  }
}
