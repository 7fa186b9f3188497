import { formatDuration } from '../domain/duration.js';
import { duration } from './fields.js';
import { windowSchema } from './schema.js';
import { entriesOf, itemsOf, matchesOf, valueAt, type Finding } from './yaml-tree.js';

/** What is approved by nobody is so because a rule says it, and each rule has a name of its own. */
export function checkAutomatic(root: unknown, path: string[], policy: unknown): Finding[] {
  return [
    ...noApproval(path, policy),
    ...doubled(path, policy),
    ...announcedInVain(path, policy),
    ...longerThanAny(root, path, policy),
  ];
}

/** A rule that promises more than anybody can ask for. A role can have a longer window of its own. */
function longerThanAny(root: unknown, path: string[], policy: unknown): Finding[] {
  const window = windowSchema.safeParse(valueAt(policy, 'duration'));
  if (!window.success) {
    return [];
  }
  const own = entriesOf(valueAt(root, 'resources')).flatMap(([, resource]) =>
    entriesOf(valueAt(resource, 'roles'))
      .filter(([, role]) => (valueAt(role, 'policy') ?? valueAt(resource, 'policy')) === path.at(-1))
      .map(([, role]) => duration.safeParse(valueAt(role, 'duration', 'max')).data ?? 0),
  );
  const max = Math.max(window.data.max, ...own);
  return matchesOf(policy, ['auto_approve', '*', 'up_to']).flatMap((match): Finding[] => {
    const upTo = duration.safeParse(match.value);
    const message = `no window is longer than ${formatDuration(max)} (duration.max); shorten it, or raise max`;
    return upTo.success && upTo.data > max ? [{ path: [...path, ...match.path], at: 'value', message }] : [];
  });
}

function announcedInVain(path: string[], policy: unknown): Finding[] {
  const isAutomatic =
    valueAt(policy, 'auto_approve') !== undefined || valueAt(policy, 'extend', 'automatic') !== undefined;
  const message = 'nothing is approved by a rule under this policy; add auto_approve, or remove announce';
  return valueAt(policy, 'announce') === undefined || isAutomatic
    ? []
    : [{ path: [...path, 'announce'], at: 'key', message }];
}

function noApproval(path: string[], policy: unknown): Finding[] {
  const isMap = typeof policy === 'object' && policy !== null && !Array.isArray(policy);
  const isMissing = ['approve', 'auto_approve'].every((key) => valueAt(policy, key) === undefined);
  return isMap && isMissing
    ? [{ path: [...path, 'approve'], at: 'value', message: '"approve" is missing; add it' }]
    : [];
}

function doubled(path: string[], policy: unknown): Finding[] {
  const names = itemsOf(valueAt(policy, 'auto_approve')).map((rule) => valueAt(rule, 'name'));
  return names.flatMap((name, index): Finding[] => {
    const message = `another rule is called "${String(name)}" as well; rename one of the two`;
    return typeof name === 'string' && names.indexOf(name) < index
      ? [{ path: [...path, 'auto_approve', index, 'name'], at: 'value', message }]
      : [];
  });
}

/** A rule for less time than anybody can ask for. */
export function ruleThatNeverHolds(root: unknown, path: string[], policy: unknown): Finding[] {
  const window = windowSchema.safeParse(valueAt(policy, 'duration'));
  const mins = matchesOf(root, ['resources', '*', 'roles', '*', 'duration', 'min']);
  if (!window.success || mins.length > 0) {
    return [];
  }
  const { min } = window.data;
  return matchesOf(policy, ['auto_approve', '*', 'up_to']).flatMap((match): Finding[] => {
    const upTo = duration.safeParse(match.value);
    const message = `no window is shorter than ${formatDuration(min)} (duration.min), so this rule never holds; lengthen it`;
    return upTo.success && upTo.data < min ? [{ path: [...path, ...match.path], at: 'value', message }] : [];
  });
}
