import { suggestion } from './issue-text.js';
import { matchesOf, namesAt, valueAt, type Finding } from './yaml-tree.js';

type Section = 'groups' | 'connectors' | 'policies';

/** Every place where the catalog names something that stands elsewhere in it. */
const REFERENCES: readonly { readonly at: readonly string[]; readonly to: Section }[] = [
  { at: ['admins', '*'], to: 'groups' },
  { at: ['auditors', '*'], to: 'groups' },
  { at: ['stand_ins', '*'], to: 'groups' },
  { at: ['groups', '*', 'any_of', '*'], to: 'groups' },
  { at: ['groups', '*', 'all_of', '*'], to: 'groups' },
  { at: ['groups', '*', 'except', '*'], to: 'groups' },
  { at: ['policies', '*', 'request', '*'], to: 'groups' },
  { at: ['resources', '*', 'roles', '*', 'request', '*'], to: 'groups' },
  { at: ['policies', '*', 'approve', '*', 'from', '*'], to: 'groups' },
  { at: ['policies', '*', 'auto_approve', '*', 'for', '*'], to: 'groups' },
  { at: ['policies', '*', 'escalate', 'to', '*'], to: 'groups' },
  { at: ['policies', '*', 'emergency', 'for', '*'], to: 'groups' },
  { at: ['policies', '*', 'emergency', 'review', 'by', '*'], to: 'groups' },
  { at: ['resources', '*', 'policy'], to: 'policies' },
  { at: ['resources', '*', 'roles', '*', 'policy'], to: 'policies' },
  { at: ['resources', '*', 'roles', '*', 'entitlements', '*', 'connector'], to: 'connectors' },
];

const ONE_OF: Record<Section, string> = { groups: 'group', connectors: 'connector', policies: 'policy' };

export function checkReferences(root: unknown): Finding[] {
  return REFERENCES.flatMap(({ at, to }) => {
    // That the section is not there, or is misspelt, is told by itself.
    if (valueAt(root, to) === undefined) {
      return [];
    }
    const known = namesAt(root, to);
    return matchesOf(root, at).flatMap(({ path, value }): Finding[] =>
      typeof value !== 'string' || known.includes(value)
        ? []
        : [
            {
              path,
              at: 'value',
              message: `unknown ${ONE_OF[to]} "${value}"; ${known.length === 0 ? `add it under ${to}` : suggestion(value, known)}`,
            },
          ],
    );
  });
}

/** What stands in the catalog and is named nowhere: often a slip, never dangerous. */
export function unusedNames(root: unknown): Finding[] {
  return (['groups', 'connectors', 'policies'] as const).flatMap((section) => {
    const places = REFERENCES.filter(({ to }) => to === section);
    const used = new Set(places.flatMap(({ at }) => matchesOf(root, at).map(({ value }) => value)));
    return namesAt(root, section)
      .filter((name) => !used.has(name))
      .map((name): Finding => ({
        path: [section, name],
        at: 'key',
        message: `${ONE_OF[section]} "${name}" is used nowhere; use it or remove it`,
      }));
  });
}

/** People leave, mute and are on holiday; a channel is read by somebody. */
export function noAlarmChannel(root: unknown): Finding[] {
  return valueAt(root, 'alarm_channel') === undefined
    ? [
        {
          path: ['admins'],
          at: 'key',
          message:
            'only direct messages to the admins tell of a failing revocation; add alarm_channel with the id of a channel that somebody always reads',
        },
      ]
    : [];
}
