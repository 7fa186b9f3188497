import type { ApprovalStep } from './catalog.js';
import type { UserId } from './ids.js';
import { isInAny, membersOf } from './person.js';
import type { Memberships } from './person.js';

export type StepProgress = { readonly step: ApprovalStep; readonly filledBy: readonly UserId[] };

/**
 * Which voters fill which step. One person fills one step only, even if in several groups; people are
 * moved between steps so that as many places as possible are filled.
 */
export function fillSteps(
  steps: readonly ApprovalStep[],
  memberships: Memberships,
  voters: readonly UserId[],
): StepProgress[] {
  const places = steps.flatMap((step, index) => Array.from({ length: step.count }, () => index));
  const holderOfPlace: (UserId | null)[] = places.map(() => null);
  for (const voter of new Set(voters)) {
    seat(voter, { steps, places, holderOfPlace, memberships, tried: new Set() });
  }
  return steps.map((step, index) => ({
    step,
    filledBy: holderOfPlace.filter(
      (voter, place): voter is UserId => places[place] === index && voter !== null,
    ),
  }));
}

type Seating = {
  readonly steps: readonly ApprovalStep[];
  /** Step index of each place. */
  readonly places: readonly number[];
  readonly holderOfPlace: (UserId | null)[];
  readonly memberships: Memberships;
  readonly tried: Set<number>;
};

/** An augmenting path of a bipartite matching: takes a free place, or moves somebody who can sit elsewhere. */
function seat(voter: UserId, seating: Seating): boolean {
  for (const [place, stepIndex] of seating.places.entries()) {
    const step = seating.steps[stepIndex];
    if (step === undefined || seating.tried.has(place) || !isInAny(seating.memberships, step.from, voter)) {
      continue;
    }
    seating.tried.add(place);
    const sitting = seating.holderOfPlace[place] ?? null;
    if (sitting === null || seat(sitting, seating)) {
      seating.holderOfPlace[place] = voter;
      return true;
    }
  }
  return false;
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
