/** Who may ask for what. Each function answers the reason why not, or null. */
import { eligibleApprovers, fillSteps, isComplete } from './approval.js';
import { approverGroups, everyApproverGroup, roleKey } from './catalog.js';
import type { Policy, Role, RolePart } from './catalog.js';
import type { UserId } from './ids.js';
import { isInAny, nobodyIn, silentGroups, unreadableGroups, whyUnreadable } from './person.js';
import type { Memberships, Person } from './person.js';
import type { Refusal } from './refusal.js';
import { authoritiesIn } from './stand-ins.js';
import type { StandIn } from './stand-ins.js';
import type { Instant } from './time.js';

export const REASON_MAX_LENGTH = 500;

/** `unreadable`: the workspace could not be asked. */
export type PersonFound = Person | 'unknown' | 'unreadable';

export function partProblem(userId: UserId, found: PersonFound): Refusal | null {
  if (found === 'unreadable') {
    return { code: 'directory-unavailable' };
  }
  if (found === 'unknown') {
    return { code: 'no-part', who: userId, why: 'unknown' };
  }
  if (found.deactivated) {
    return { code: 'no-part', who: userId, why: 'deactivated' };
  }
  return found.outsider === null ? null : { code: 'no-part', who: userId, why: found.outsider };
}

/**
 * Requester and beneficiary both need the right to ask: nobody gets by a colleague what is not open to them. Whoever
 * stands in for an approver approves, and may not hold what approvers may not.
 */
export function askingProblem(input: {
  requester: UserId;
  beneficiary: UserId;
  role: Role;
  policy: Policy;
  memberships: Memberships;
  standIns: readonly StandIn[];
}): Refusal | null {
  const { requester, beneficiary, role, policy, memberships, standIns } = input;
  const approves = (groups: readonly string[]): boolean =>
    authoritiesIn(standIns, memberships, groups, beneficiary).length > 0;
  const about = { requester, beneficiary };
  if (requester !== beneficiary && !policy.forOthers) {
    return { code: 'not-for-others', roleKey: roleKey(role) };
  }
  const barred = policy.approversMayHold ? [] : everyApproverGroup(policy);
  if (approves(barred)) {
    return { code: 'approver-cannot-hold', roleKey: roleKey(role), who: beneficiary };
  }
  return (
    outsideProblem(memberships, { key: roleKey(role), request: policy.request }, about) ??
    firstOf(role.parts, (part) =>
      // A bundle is no way around what one of its parts says of people.
      approves(part.barred)
        ? { code: 'approver-cannot-hold', roleKey: part.key, who: beneficiary }
        : outsideProblem(memberships, part, about),
    ) ??
    unclearProblem(input, [...barred, ...role.parts.flatMap((part) => part.barred)])
  );
}

/** Whoever may approve it, for all that can be read now, may not hold it either. */
function unclearProblem(
  {
    beneficiary,
    memberships,
    standIns,
  }: Pick<Parameters<typeof askingProblem>[0], 'beneficiary' | 'memberships' | 'standIns'>,
  barred: readonly string[],
): Refusal | null {
  const inQuestion = standIns.find(
    ({ standIn, delegator, unclear }) =>
      unclear !== undefined && standIn === beneficiary && isInAny(memberships, barred, delegator),
  );
  return silenceProblem(memberships, barred) ?? inQuestion?.unclear ?? null;
}

type Parties = { readonly requester: UserId; readonly beneficiary: UserId };

function outsideProblem(
  memberships: Memberships,
  { key, request }: Pick<RolePart, 'key' | 'request'>,
  { requester, beneficiary }: Parties,
): Refusal | null {
  const outside = [requester, beneficiary].find((who) => !isInAny(memberships, request, who));
  return outside === undefined
    ? null
    : (unreadableProblem(memberships, request) ?? { code: 'not-eligible', roleKey: key, who: outside });
}

function firstOf<From>(all: readonly From[], problem: (one: From) => Refusal | null): Refusal | null {
  for (const one of all) {
    const found = problem(one);
    if (found !== null) {
      return found;
    }
  }
  return null;
}

/** Whoever is not found in groups of which one can't be read is told so, and not that they are no member. */
export function unreadableProblem(memberships: Memberships, groups: readonly string[]): Refusal | null {
  const unreadable = unreadableGroups(memberships, groups);
  return unreadable.length > 0
    ? { code: 'groups-unreadable', groups: unreadable, why: whyUnreadable(memberships, unreadable) }
    : null;
}

/** The same where only what can't be read now counts, and not that somebody has no manager. */
export function silenceProblem(memberships: Memberships, groups: readonly string[]): Refusal | null {
  return unreadableProblem(memberships, silentGroups(memberships, groups));
}

export function durationProblem(durationMs: number, role: Role, policy: Policy): Refusal | null {
  if (durationMs > policy.maxMs) {
    return { code: 'duration-too-long', roleKey: roleKey(role), maxMs: policy.maxMs };
  }
  return durationMs < policy.minMs ? { code: 'duration-too-short', minMs: policy.minMs } : null;
}

/** A start must be still to come, and not too far ahead. */
export function startProblem(
  startsAt: Instant | null,
  role: Role,
  policy: Policy,
  now: Instant,
): Refusal | null {
  if (startsAt === null) {
    return null;
  }
  if (startsAt <= now) {
    return { code: 'start-passed', startsAt };
  }
  return startsAt - now > policy.startWithinMs
    ? { code: 'start-too-far', roleKey: roleKey(role), withinMs: policy.startWithinMs }
    : null;
}

export function reasonProblem(
  reason: string,
  policy: Pick<Policy, 'reasonRequired' | 'reasonMinLength' | 'ticket'>,
): Refusal | null {
  const length = reason.trim().length;
  if (policy.reasonRequired && length === 0) {
    return { code: 'reason-missing' };
  }
  if (reason.length > REASON_MAX_LENGTH) {
    return { code: 'reason-too-long', maxLength: REASON_MAX_LENGTH };
  }
  if (length < policy.reasonMinLength && (policy.reasonRequired || length > 0)) {
    return { code: 'reason-too-short', minLength: policy.reasonMinLength };
  }
  return policy.ticket?.find(reason) === null ? { code: 'ticket-missing', say: policy.ticket.say } : null;
}

/** Refuses what nobody could ever approve: no approvers means no access, and nobody waits for them. */
export function approverProblem(input: {
  requester: UserId;
  beneficiary: UserId;
  role: Role;
  policy: Policy;
  memberships: Memberships;
  /** Whoever uses an account of theirs. */
  onTheirAccount: readonly UserId[];
}): Refusal | null {
  const { role, policy, memberships } = input;
  const asking = [input.requester, input.beneficiary, ...input.onTheirAccount];
  const eligible = eligibleApprovers(policy.approve, memberships, asking);
  if (isComplete(fillSteps({ ...policy, inOrder: false }, memberships, eligible))) {
    return null;
  }
  const groups = approverGroups(policy);
  const unmanaged = groups
    .flatMap((name) => nobodyIn(memberships.get(name)) ?? [])
    .find(({ named }) => !named);
  if (unmanaged !== undefined) {
    return { code: 'no-manager', who: unmanaged.of };
  }
  return unreadableProblem(memberships, groups) ?? { code: 'too-few-approvers', roleKey: roleKey(role) };
}
