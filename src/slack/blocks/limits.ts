/** Slack's limits, in characters where not said otherwise, with the shares of them that our texts keep to. */
export const LIMITS = {
  messageBlocks: 50,
  modalBlocks: 100,
  /** chat.update refuses more; chat.postMessage cuts at 40,000. */
  messageText: 4_000,
  sectionText: 3_000,
  fieldText: 2_000,
  fields: 10,
  headerText: 150,
  contextElements: 10,
  actionElements: 25,
  buttonText: 75,
  buttonValue: 2_000,
  options: 100,
  optionText: 75,
  optionValue: 75,
  placeholder: 150,
  inputLength: 3_000,
  modalTitle: 24,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
} as const;

/**
 * How much of each piece is shown. Slack refuses a message of more than some 13,000 characters in all its
 * blocks; pieces of these sizes stay below that together, so that none of them is cut in the middle.
 */
export const SHOWN = {
  name: 80,
  roleKey: 130,
  title: 150,
  reason: 1_000,
  reasonInList: 200,
  targetText: 400,
  entitlements: 8,
  steps: 8,
  denials: 3,
  pinged: 300,
  nudged: 30,
} as const;

/** At most `max` characters, with `…` where something is missing; never half a character. */
export function truncate(text: string, max: number): string {
  if (text.length <= max) {
    return text;
  }
  const kept = text.slice(0, max - 1);
  return `${kept.replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** The same for markup of ours: what is cut through (a mention, a moment, an entity) goes as a whole. */
export function truncateMarkup(markup: string, max: number): string {
  if (markup.length <= max) {
    return markup;
  }
  return `${markup.slice(0, max - 1).replace(/(?:<[^>]*|&\w*|[\uD800-\uDBFF])$/, '')}…`;
}

/** The first `max` items, and how many are left out. */
export function firstOf<Item>(items: readonly Item[], max: number): { shown: Item[]; more: number } {
  return { shown: items.slice(0, max), more: Math.max(0, items.length - max) };
}
