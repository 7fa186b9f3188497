/** What groups are made of, and where each kind of them may stand. */
import { SOURCES } from './schema.js';
import { matchesOf, namesAt, textsOf, valueAt, type Finding } from './yaml-tree.js';

const DECIDING: readonly { readonly at: readonly string[]; readonly what: string }[] = [
  { at: ['admins', '*'], what: 'be admins' },
  { at: ['auditors', '*'], what: 'be auditors' },
  { at: ['stand_ins', '*'], what: 'stand in for approvers' },
  { at: ['policies', '*', 'approve', '*', 'from', '*'], what: 'approve' },
  { at: ['policies', '*', 'escalate', 'to', '*'], what: 'approve' },
  { at: ['policies', '*', 'auto_approve', '*', 'for', '*'], what: 'get access automatically' },
  { at: ['policies', '*', 'emergency', 'for', '*'], what: 'take access in an emergency' },
  { at: ['policies', '*', 'emergency', 'review', 'by', '*'], what: 'review an emergency' },
];

/** There is a manager only where somebody asks. */
const WITHOUT_REQUEST: readonly { readonly at: readonly string[]; readonly what: string }[] = [
  { at: ['admins', '*'], what: 'be admins' },
  { at: ['auditors', '*'], what: 'be auditors' },
  { at: ['stand_ins', '*'], what: 'stand in for approvers' },
  { at: ['policies', '*', 'request', '*'], what: 'be those who may ask' },
  { at: ['policies', '*', 'emergency', 'for', '*'], what: 'be those who take it in an emergency' },
  { at: ['resources', '*', 'roles', '*', 'request', '*'], what: 'be those who may ask' },
  { at: ['policies', '*', 'auto_approve', '*', 'for', '*'], what: 'get access automatically' },
];

export function checkGroups(root: unknown): Finding[] {
  const circles = inCircles(root);
  // Whoever follows a circle never comes to an end.
  if (circles.length > 0) {
    return circles;
  }
  const misplaced = [...selfMade(root), ...managersElsewhere(root)];
  return [
    ...(misplaced.length > 0 ? misplaced : managersOfNobody(root)),
    ...managersOfThemselves(root),
    ...leftOutByAddress(root),
  ];
}

/** Whoever changes the address of their Slack account would be left out no more. */
function leftOutByAddress(root: unknown): Finding[] {
  const leftOut = new Set<string>();
  const add = (name: string): void => {
    if (!leftOut.has(name)) {
      leftOut.add(name);
      partsOf(root, name).forEach(add);
    }
  };
  matchesOf(root, ['groups', '*', 'except', '*']).forEach(({ value }) => add(String(value)));
  return [...leftOut].flatMap((name) =>
    matchesOf(root, ['groups', name, 'users', '*']).flatMap(({ path, value }): Finding[] => {
      const message = `"${name}" is left out of a group by except, and people change their address themselves; name them by their Slack member id`;
      return typeof value === 'string' && value.includes('@') ? [{ path, at: 'value', message }] : [];
    }),
  );
}

/** Nobody approves their own request, so this manager never could. */
function managersOfThemselves(root: unknown): Finding[] {
  const message = 'nobody manages themselves; name another manager, or remove this line';
  return matchesOf(root, ['managers', '*']).flatMap(({ path, value }): Finding[] =>
    path.at(-1) === value ? [{ path, at: 'value', message }] : [],
  );
}

/** Whoever has no manager that Hallpass knows of could never be given anything. */
function managersOfNobody(root: unknown): Finding[] {
  const isKnown = namesAt(root, 'managers').length > 0 || valueAt(root, 'managers_from') !== undefined;
  const message = 'nobody has a manager in this catalog; add managers, or managers_from';
  return isKnown
    ? []
    : matchesOf(root, ['groups', '*', 'manager_of']).map(({ path }) => ({ path, at: 'value', message }));
}

function inCircles(root: unknown): Finding[] {
  return namesAt(root, 'groups').flatMap((name): Finding[] => {
    const seen = new Set<string>();
    const reaches = (from: string): boolean =>
      partsOf(root, from).some((part) => {
        if (part === name || seen.has(part)) {
          return part === name;
        }
        seen.add(part);
        return reaches(part);
      });
    const message = `group "${name}" is made of itself; take it out of the groups that it names`;
    return reaches(name) ? [{ path: ['groups', name], at: 'key', message }] : [];
  });
}

function partsOf(root: unknown, name: string): string[] {
  return ['any_of', 'all_of', 'except'].flatMap((key) => textsOf(valueAt(root, 'groups', name, key)));
}

/** Anybody who may join a channel makes themselves a member: enough to ask, never to decide or to see. */
function selfMade(root: unknown): Finding[] {
  return DECIDING.flatMap(({ at, what }) =>
    matchesOf(root, at).flatMap(({ path, value }): Finding[] => {
      if (typeof value !== 'string') {
        return [];
      }
      const channel = channelLettingIn(root, value);
      const left = channelLeavingOut(root, value);
      const which =
        channel === value
          ? 'is a channel, which people join by themselves'
          : channel !== null
            ? `takes in "${channel}", a channel, which people join by themselves`
            : `leaves out "${left}", a channel, which people leave by themselves`;
      const message = `group "${value}" ${which}, so it cannot ${what}; use a group of users or of a slack_usergroup`;
      return channel === null && left === null ? [] : [{ path, at: 'value', message }];
    }),
  );
}

/** The channel by which somebody can become a member on their own; null when there is none. */
function channelLettingIn(root: unknown, name: string): string | null {
  const group = valueAt(root, 'groups', name);
  // With a second source it is not said what the group is, and that is told by itself.
  if (SOURCES.filter((source) => valueAt(group, source) !== undefined).length > 1) {
    return null;
  }
  if (valueAt(group, 'channel') !== undefined) {
    return name;
  }
  const anyOf = textsOf(valueAt(root, 'groups', name, 'any_of')).map((part) => channelLettingIn(root, part));
  const allOf = textsOf(valueAt(root, 'groups', name, 'all_of')).map((part) => channelLettingIn(root, part));
  const byAll = allOf.every((channel) => channel !== null) ? allOf : [];
  return [...anyOf, ...byAll].find((channel) => channel !== null) ?? null;
}

/** The channel whose members it leaves out: whoever leaves that is let in. Null where there is none. */
function channelLeavingOut(root: unknown, name: string): string | null {
  const without = textsOf(valueAt(root, 'groups', name, 'except')).map((part) => channelWithin(root, part));
  const parts = ['any_of', 'all_of'].flatMap((key) => textsOf(valueAt(root, 'groups', name, key)));
  const within = parts.map((part) => channelLeavingOut(root, part));
  return [...without, ...within].find((channel) => channel !== null) ?? null;
}

function channelWithin(root: unknown, name: string): string | null {
  return valueAt(root, 'groups', name, 'channel') !== undefined
    ? name
    : (partsOf(root, name)
        .map((part) => channelWithin(root, part))
        .find((channel) => channel !== null) ?? null);
}

function managersElsewhere(root: unknown): Finding[] {
  return WITHOUT_REQUEST.flatMap(({ at, what }) =>
    matchesOf(root, at).flatMap(({ path, value }): Finding[] => {
      const message = `group "${String(value)}" is made of managers, who are known only once somebody asks, so they cannot ${what}; name them in approve`;
      return typeof value === 'string' && needsRequest(root, value) ? [{ path, at: 'value', message }] : [];
    }),
  );
}

function needsRequest(root: unknown, name: string): boolean {
  return (
    valueAt(root, 'groups', name, 'manager_of') !== undefined ||
    partsOf(root, name).some((part) => needsRequest(root, part))
  );
}
