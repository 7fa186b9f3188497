import type { ApprovalStep, Policy } from './catalog.js';
import type { UserId } from './ids.js';
import type { AccessRequest, Decision } from './request.js';
import { HOUR_MS, MINUTE_MS } from './time.js';
import { isInAny, membersOf } from './person.js';
import type { Memberships } from './person.js';
import { takeSeats } from './seating.js';

/** The policy's steps; once the request is escalated, each can be filled by the escalation's groups as well. */
export function stepsNow(
  policy: Pick<Policy, 'approve' | 'escalate'>,
  request: Pick<AccessRequest, 'waiting'>,
): readonly ApprovalStep[] {
  const { approve, escalate } = policy;
  return request.waiting.escalatedAt === null || escalate === null
    ? approve
    : approve.map((step) => ({ ...step, from: [...new Set([...step.from, ...escalate.to])] }));
}

export type StepProgress = { readonly step: ApprovalStep; readonly filledBy: readonly UserId[] };

/** Which voters fill which step. One person fills one step only, even if in several groups. */
export function fillSteps(
  steps: readonly ApprovalStep[],
  memberships: Memberships,
  voters: readonly UserId[],
): StepProgress[] {
  const places = steps.flatMap((step) => Array.from({ length: step.count }, () => step));
  const seats = places.map(
    ({ from }) => new Set(voters.filter((voter) => isInAny(memberships, from, voter))),
  );
  const seated = takeSeats(seats);
  return steps.map((step) => ({
    step,
    filledBy: seated.filter((voter, place): voter is UserId => places[place] === step && voter !== null),
  }));
}

export function isComplete(progress: readonly StepProgress[]): boolean {
  return progress.length > 0 && progress.every(({ step, filledBy }) => filledBy.length >= step.count);
}

/** Everybody who may vote: members of the steps' groups, without the people whom the request is for or from. */
export function eligibleApprovers(
  steps: readonly ApprovalStep[],
  memberships: Memberships,
  excluded: readonly UserId[],
): UserId[] {
  const groups = steps.flatMap((step) => step.from);
  return membersOf(memberships, groups).filter((userId) => !excluded.includes(userId));
}

/** Whoever may vote and has not, and whose approval would fill a place that is still open. */
export function missingApprovers(
  steps: readonly ApprovalStep[],
  memberships: Memberships,
  people: { readonly voters: readonly UserId[]; readonly excluded: readonly UserId[] },
): UserId[] {
  const { voters, excluded } = people;
  const filledBy = (some: readonly UserId[]): number =>
    fillSteps(steps, memberships, some).reduce((sum, step) => sum + step.filledBy.length, 0);
  const filled = filledBy(voters);
  const groups = steps.flatMap((step) => step.from);
  // Whoever is in the same groups fills the same places: a group of thousands is worked out once.
  const known = new Map<string, boolean>();
  return eligibleApprovers(steps, memberships, [...excluded, ...voters]).filter((userId) => {
    const theirs = groups.map((group) => isInAny(memberships, [group], userId)).join();
    const fills = known.get(theirs) ?? filledBy([...voters, userId]) > filled;
    known.set(theirs, fills);
    return fills;
  });
}

/** The longest time that everybody who approved these terms agrees to. Milliseconds. */
export function agreedMs(request: AccessRequest, decisions: readonly Decision[]): number {
  const agreed = decisions
    .filter(({ verdict, termsVersion }) => verdict === 'approve' && termsVersion === request.termsVersion)
    .map(({ durationMs }) => durationMs ?? request.durationMs);
  return Math.min(request.durationMs, ...agreed);
}

/** What can be given instead of a longer time. Milliseconds, the longest first. */
export function shorterTimes(askedMs: number, minMs: number): number[] {
  const usual = [HOUR_MS, 30 * MINUTE_MS, 15 * MINUTE_MS];
  const half = Math.round(askedMs / 2 / MINUTE_MS) * MINUTE_MS;
  return [...new Set([half, ...usual])]
    .filter((ms) => ms < askedMs && ms >= minMs && ms > 0)
    .toSorted((left, right) => right - left);
}
