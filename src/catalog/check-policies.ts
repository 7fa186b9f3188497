import type { z } from 'zod';
import { formatDuration } from '../domain/duration.js';
import { checkAutomatic, ruleThatNeverHolds } from './check-automatic.js';
import { checkEmergency, doubtfulEmergency } from './check-emergency.js';
import { checkUnanswered } from './check-unanswered.js';
import { duration } from './fields.js';
import { someOf } from './issue-text.js';
import { groupSchema, stepsSchema, windowSchema } from './schema.js';
import { fillableSeats, type Seat } from '../domain/seating.js';
import { entriesOf, itemsOf, matchesOf, namesAt, textsOf, valueAt, type Finding } from './yaml-tree.js';

type Step = z.output<typeof stepsSchema>[number];

/** Listed people by group; null for a group whose members only Slack knows. */
type Listed = ReadonlyMap<string, Seat<string> | null>;

export type PolicyFindings = { readonly problems: Finding[]; readonly warnings: Finding[] };

export function checkPolicies(root: unknown): PolicyFindings {
  const listed = listedPeople(root);
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  for (const [name, policy] of entriesOf(valueAt(root, 'policies'))) {
    const path = ['policies', name];
    problems.push(
      ...checkWindow(path, policy),
      ...checkUnanswered(path, policy),
      ...checkAutomatic(root, path, policy),
      ...checkEmergency(path, policy, (groups) => peopleOf(groups, listed)),
    );
    warnings.push(...doubtfulEmergency(path, policy), ...ruleThatNeverHolds(root, path, policy));
    const steps = stepsSchema.safeParse(valueAt(policy, 'approve'));
    if (steps.success) {
      const tooHigh = [
        ...checkCounts(path, steps.data, listed),
        ...checkDenials(path, policy, steps.data, listed),
      ];
      problems.push(...tooHigh);
      if (tooHigh.length === 0) {
        const hasRules = valueAt(policy, 'auto_approve') !== undefined;
        const askers = askersOf(root, name, policy, listed);
        const found = checkSatisfiable(path, steps.data, listed, { askers, hasRules });
        problems.push(...found.problems);
        warnings.push(...found.warnings);
      }
    }
  }
  return { problems, warnings };
}

function listedPeople(root: unknown): Listed {
  return new Map(namesAt(root, 'groups').map((name) => [name, listedIn(root, name, [])]));
}

/** At most these people, as far as the file tells: a group of which only Slack knows the members leaves nobody out. */
function listedIn(root: unknown, name: string, above: readonly string[]): Seat<string> | null {
  const group = groupSchema.safeParse(valueAt(root, 'groups', name)).data;
  if (group === undefined || above.includes(name)) {
    return null;
  }
  const each = (names: readonly string[]) => names.map((part) => listedIn(root, part, [...above, name]));
  const without = each(group.except ?? []).filter((part) => part !== null);
  const people = sourceOf(group, each);
  return people === null
    ? null
    : new Set([...people].filter((one) => !without.some((part) => part.has(one))));
}

function sourceOf(
  group: z.output<typeof groupSchema>,
  each: (names: readonly string[]) => (Seat<string> | null)[],
): Seat<string> | null {
  if (group.users !== undefined) {
    return new Set(group.users.map((user) => (user.kind === 'id' ? user.userId : user.email)));
  }
  const anyOf = each(group.any_of ?? []);
  if (anyOf.length > 0) {
    const known = anyOf.filter((part) => part !== null);
    return known.length < anyOf.length ? null : new Set(known.flatMap((part) => [...part]));
  }
  const [first, ...others] = each(group.all_of ?? []).filter((part) => part !== null);
  return first === undefined
    ? null
    : new Set([...first].filter((one) => others.every((part) => part.has(one))));
}

/** Everybody in the groups; null when that cannot be known from the file. */
function peopleOf(groups: readonly string[], listed: Listed): Seat<string> | null {
  const people = new Set<string>();
  for (const group of groups) {
    const members = listed.get(group) ?? null;
    if (members === null) {
      return null;
    }
    members.forEach((person) => people.add(person));
  }
  return people;
}

/** Who may ask for something under a policy, and where that is said. Null where only Slack knows, or nobody is named. */
type Askers = { readonly at: Pick<Finding, 'path' | 'at'>; readonly people: Seat<string> | null };

/** Those of the policy, and those of its roles that name their own. Not those who may not hold it, as far as is known. */
function askersOf(root: unknown, policy: string, value: unknown, listed: Listed): Askers[] {
  const barred = barredBy(value, listed);
  const remaining = (groups: readonly string[]): Seat<string> | null => {
    const people = peopleOf(groups, listed);
    return people === null || people.size === 0
      ? null
      : new Set([...people].filter((one) => !barred.has(one)));
  };
  const ownAskers = entriesOf(valueAt(root, 'resources')).flatMap(([resource, rest]) =>
    entriesOf(valueAt(rest, 'roles')).flatMap(([name, role]): Askers[] => {
      const isUnder = (valueAt(role, 'policy') ?? valueAt(rest, 'policy')) === policy;
      const groups = textsOf(valueAt(role, 'request'));
      const path = ['resources', resource, 'roles', name, 'request'];
      return isUnder && groups.length > 0 ? [{ at: { path, at: 'key' }, people: remaining(groups) }] : [];
    }),
  );
  const path = ['policies', policy, 'approve'];
  return [{ at: { path, at: 'key' }, people: remaining(textsOf(valueAt(value, 'request'))) }, ...ownAskers];
}

/** Whoever approves and so may not hold it. */
function barredBy(policy: unknown, listed: Listed): Seat<string> {
  const groups = [
    ...itemsOf(valueAt(policy, 'approve')).flatMap((step) => textsOf(valueAt(step, 'from'))),
    ...textsOf(valueAt(policy, 'escalate', 'to')),
  ];
  return valueAt(policy, 'approvers_may_hold') === false
    ? new Set(groups.flatMap((group) => [...(listed.get(group) ?? [])]))
    : new Set();
}

function checkWindow(path: string[], policy: unknown): Finding[] {
  const found = windowSchema.safeParse(valueAt(policy, 'duration'));
  if (!found.success) {
    return [];
  }
  const { min, default: usual, max } = found.data;
  const at = [...path, 'duration', 'default'];
  const reminders = matchesOf(policy, ['remind_before', '*']).flatMap((reminder): Finding[] => {
    const ms = duration.safeParse(reminder.value);
    const message = `no window is longer than ${formatDuration(max)}, so this reminder never comes; shorten it`;
    return ms.success && ms.data >= max ? [{ path: [...path, ...reminder.path], at: 'value', message }] : [];
  });
  if (min > max) {
    const message = `the minimum is longer than the maximum of ${formatDuration(max)}; shorten it, or raise max`;
    return [{ path: [...path, 'duration', 'min'], at: 'value', message }, ...reminders];
  }
  if (usual > max) {
    const message = `the default is longer than the maximum of ${formatDuration(max)}; shorten it, or raise max`;
    return [{ path: at, at: 'value', message }, ...reminders];
  }
  if (usual < min) {
    const message = `the default is shorter than the minimum of ${formatDuration(min)}; lengthen it, or lower min`;
    return [{ path: at, at: 'value', message }, ...reminders];
  }
  return reminders;
}

function checkCounts(path: string[], steps: readonly Step[], listed: Listed): Finding[] {
  return steps.flatMap((step, index): Finding[] => {
    const people = peopleOf(step.from, listed);
    if (people === null || people.size >= step.count) {
      return [];
    }
    const message = `needs ${step.count} approvals from groups that hold ${people.size}; lower count, or add people`;
    return [{ path: [...path, 'approve', index, 'count'], at: 'value', message }];
  });
}

function checkDenials(path: string[], policy: unknown, steps: readonly Step[], listed: Listed): Finding[] {
  const needed = valueAt(policy, 'deny');
  const people = peopleOf(
    steps.flatMap((step) => step.from),
    listed,
  );
  if (typeof needed !== 'number' || people === null || people.size >= needed) {
    return [];
  }
  const message = `needs ${needed} denials from groups that hold ${people.size}, so nothing could ever be denied; lower it`;
  return [{ path: [...path, 'deny'], at: 'value', message }];
}

/**
 * Whether the steps can all be filled by different people, and by others than the requester. Steps whose
 * members only Slack knows are taken as fillable; an id and an address as two people: only what is
 * certain is a problem.
 */
function checkSatisfiable(
  path: string[],
  steps: readonly Step[],
  listed: Listed,
  { askers, hasRules }: { readonly askers: readonly Askers[]; readonly hasRules: boolean },
): PolicyFindings {
  const seats = steps.flatMap((step) => {
    const people = peopleOf(step.from, listed);
    return people === null ? [] : Array.from({ length: step.count }, () => people);
  });
  const at = { path: [...path, 'approve'], at: 'key' } as const;
  const filled = fillableSeats(seats);
  if (filled < seats.length) {
    const message = `the steps need ${seats.length} different people and their groups can give ${filled}; add people, or drop a step`;
    return { problems: [{ ...at, message }], warnings: [] };
  }
  const found = askers.map((one) => ofAskers(one, seats, hasRules));
  return {
    problems: found.flatMap(({ problems }) => problems),
    warnings: found.flatMap(({ warnings }) => warnings),
  };
}

function ofAskers({ at, people }: Askers, seats: readonly Seat<string>[], hasRules: boolean): PolicyFindings {
  if (people?.size === 0) {
    const message =
      'whoever may ask approves as well, and under approvers_may_hold: false may not hold it, so nobody could ever be given it; let others ask, or others approve';
    return { problems: [{ ...at, message }], warnings: [] };
  }
  const alone = [...(people ?? [])].filter((asker) => {
    const others = seats.map((seat) => new Set([...seat].filter((person) => person !== asker)));
    return fillableSeats(others) < seats.length;
  });
  if (alone.length === 0) {
    return { problems: [], warnings: [] };
  }
  // A rule may still approve what no person can.
  if (alone.length === people?.size && !hasRules) {
    const message =
      'nobody approves their own request, so no request could ever be approved; add other approvers';
    return { problems: [{ ...at, message }], warnings: [] };
  }
  const message = `nobody approves their own request, so nobody could approve for ${someOf(alone)}; add other approvers`;
  return { problems: [], warnings: [{ ...at, message }] };
}
