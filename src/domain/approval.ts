import type { ApprovalStep } from './catalog.js';
import type { UserId } from './ids.js';
import type { AccessRequest, Decision } from './request.js';
import { HOUR_MS, MINUTE_MS } from './time.js';
import { isInAny, membersOf } from './person.js';
import type { Memberships } from './person.js';
import { takeSeats } from './seating.js';

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
