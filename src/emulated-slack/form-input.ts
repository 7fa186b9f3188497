import { fieldsOf, listOf, textOr, type Fields } from './fields.js';

export type Given = string | readonly string[] | number | null;

export type PlacedElement = { blockId: string; block: Fields; element: Fields };

/** Every element somebody can touch, with the block it stands in. */
export function interactiveElements(blocks: readonly Fields[]): PlacedElement[] {
  return blocks.flatMap((block) => {
    const blockId = textOr(block['block_id'], '');
    const elements =
      block['type'] === 'actions'
        ? listOf(block['elements'])
        : [block['type'] === 'input' ? block['element'] : block['accessory']].map(fieldsOf);
    return elements
      .filter((element) => typeof element['action_id'] === 'string')
      .map((element) => ({ blockId, block, element }));
  });
}

export function optionsOf(element: Fields): Fields[] {
  const groups = listOf(element['option_groups']);
  return [...listOf(element['options']), ...groups.flatMap((group) => listOf(group['options']))];
}

/** By value, or by what the person reads. */
function chooseOption(element: Fields, wanted: string): Fields {
  const isExternal = textOr(element['type'], '').includes('external_select');
  const found = optionsOf(element).find(
    (option) => option['value'] === wanted || fieldsOf(option['text'])['text'] === wanted,
  );
  if (found !== undefined) {
    return found;
  }
  if (!isExternal) {
    throw new Error(`${textOr(element['action_id'], '?')} offers no option ${wanted}`);
  }
  return { text: { type: 'plain_text', text: wanted, emoji: true }, value: wanted };
}

const asList = (given: Given): string[] =>
  given === null ? [] : typeof given === 'object' ? [...given] : [String(given)];

const SINGLE_KEYS: Record<string, string> = {
  users_select: 'selected_user',
  conversations_select: 'selected_conversation',
  channels_select: 'selected_channel',
  datepicker: 'selected_date',
  timepicker: 'selected_time',
};
const MULTI_KEYS: Record<string, string> = {
  multi_users_select: 'selected_users',
  multi_conversations_select: 'selected_conversations',
  multi_channels_select: 'selected_channels',
};
const ONE_OF = ['static_select', 'external_select', 'radio_buttons', 'overflow'];
const MANY_OF = ['multi_static_select', 'multi_external_select', 'checkboxes'];

/** The value part of an action or of a view's state, after the person put `given` into the element. */
export function filledIn(element: Fields, given: Given): Fields {
  const type = textOr(element['type'], '');
  const [first = null] = asList(given);
  const single = SINGLE_KEYS[type];
  const multi = MULTI_KEYS[type];
  if (ONE_OF.includes(type)) {
    return { type, selected_option: first === null ? null : chooseOption(element, first) };
  }
  if (MANY_OF.includes(type)) {
    return { type, selected_options: asList(given).map((one) => chooseOption(element, one)) };
  }
  if (single !== undefined) {
    return { type, [single]: first };
  }
  if (multi !== undefined) {
    return { type, [multi]: asList(given) };
  }
  if (type === 'datetimepicker') {
    return { type, selected_date_time: first === null ? null : Number(first) };
  }
  return { type, value: first === '' ? null : first };
}

/** What stands in the element before the person touches it. */
function untouched(element: Fields): Fields {
  const type = textOr(element['type'], '');
  const single = SINGLE_KEYS[type];
  const multi = MULTI_KEYS[type];
  if (ONE_OF.includes(type)) {
    return { type, selected_option: element['initial_option'] ?? null };
  }
  if (MANY_OF.includes(type)) {
    return { type, selected_options: element['initial_options'] ?? [] };
  }
  if (single !== undefined) {
    return { type, [single]: element[single.replace('selected_', 'initial_')] ?? null };
  }
  if (multi !== undefined) {
    return { type, [multi]: element[multi.replace('selected_', 'initial_')] ?? [] };
  }
  if (type === 'datetimepicker') {
    return { type, selected_date_time: element['initial_date_time'] ?? null };
  }
  return { type, value: element['initial_value'] ?? null };
}

function isEmpty({ type: _type, ...value }: Fields): boolean {
  return Object.values(value).every((one) => one === null || (Array.isArray(one) && one.length === 0));
}

/**
 * The state of a form that a person filled in. `values` go by action_id, or by block_id. Throws where Slack's
 * own client would not let the person submit: an unknown field, a required one left empty, text out of bounds.
 */
export function formState(
  blocks: readonly Fields[],
  values: Record<string, Given>,
  { checked }: { checked: boolean },
): Fields {
  const state: Record<string, Fields> = {};
  const used = new Set<string>();
  for (const { blockId, block, element } of interactiveElements(blocks)) {
    const actionId = textOr(element['action_id'], '');
    if (element['type'] === 'button' || element['type'] === 'overflow') {
      continue;
    }
    const key = [actionId, blockId].find((name) => values[name] !== undefined);
    const given = key === undefined ? undefined : values[key];
    const value = given === undefined ? untouched(element) : filledIn(element, given);
    if (key !== undefined) {
      used.add(key);
    }
    if (checked && block['type'] === 'input') {
      refuseAsTheClientDoes(block, element, value);
    }
    state[blockId] = { ...state[blockId], [actionId]: value };
  }
  const unknown = Object.keys(values).filter((key) => !used.has(key));
  if (unknown.length > 0) {
    throw new Error(`The form has no field ${unknown.join(', ')}`);
  }
  return { values: state };
}

function refuseAsTheClientDoes(block: Fields, element: Fields, value: Fields): void {
  const label = textOr(fieldsOf(block['label'])['text'], '?');
  if (isEmpty(value)) {
    if (block['optional'] !== true) {
      throw new Error(`"${label}" is required; Slack would not let the person submit`);
    }
    return;
  }
  const text = textOr(value['value'], '');
  if (element['type'] !== 'plain_text_input') {
    return;
  }
  const least = Number(element['min_length'] ?? 0);
  const most = Number(element['max_length'] ?? 3000);
  if (text.length < least || text.length > most) {
    throw new Error(`"${label}" takes ${least} to ${most} characters; Slack would not let the person submit`);
  }
}
