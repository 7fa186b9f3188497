import { groupsOf } from './catalog.js';
import type { ApprovalStep, Policy } from './catalog.js';
import type { UserId } from './ids.js';
import type { AccessRequest, Decision } from './request.js';
import { HOUR_MS, MINUTE_MS } from './time.js';
import { isInAny, membersOf } from './person.js';
import type { Memberships } from './person.js';
import { fillableSeats, takeSeats, takeSeatsByRight } from './seating.js';
import type { Seat, Seated } from './seating.js';
import { authoritiesIn, authoritiesOf } from './stand-ins.js';
import type { InPlaceOf, StandIn } from './stand-ins.js';
import type { StepView } from './views.js';

/** The policy's steps with their order, as they are for this request now. */
export function approvingNow(
  policy: Pick<Policy, 'approve' | 'inOrder' | 'escalate'>,
  request: Pick<AccessRequest, 'waiting'>,
  standIns: readonly StandIn[],
): Approving {
  return { approve: stepsNow(policy, request), inOrder: policy.inOrder, standIns };
}

/** What of a policy says who approves, and who stands in for them; nobody does, where that is left out. */
export type Approving = Pick<Policy, 'approve' | 'inOrder'> & { readonly standIns?: readonly StandIn[] };

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

/** Who has to approve and who denies, as a text that differs where that does. Names of steps do not count. */
export function approvalRuleOf({
  approve,
  inOrder,
  denials,
  escalate,
}: Pick<Policy, 'approve' | 'inOrder' | 'denials' | 'escalate'>): string {
  const steps = approve.map(({ from, count }) => ({ from: from.toSorted(), count }));
  return JSON.stringify({ steps, inOrder, denials, calledIn: escalate?.to.toSorted() ?? [] });
}

/** Whether others decide it now than when it was asked. */
export function isDecidedOtherwise(
  { approvalRule }: Pick<AccessRequest, 'approvalRule'>,
  policy: Parameters<typeof approvalRuleOf>[0],
): boolean {
  return approvalRule !== null && approvalRule !== approvalRuleOf(policy);
}

export type StepProgress = {
  readonly step: ApprovalStep;
  readonly filledBy: readonly UserId[];
  /** Those of them who sit there by the right of somebody else. */
  readonly inPlaceOf: readonly InPlaceOf[];
};

/**
 * Which voters fill which step. One person fills one step only, even if in several groups; and whoever is stood
 * in for fills one together with their stand-in, unless both have the right of their own.
 */
export function fillSteps(
  { approve: steps, inOrder, standIns = [] }: Approving,
  memberships: Memberships,
  voters: readonly UserId[],
): StepProgress[] {
  const places = placesOf(steps);
  const rights = new Map(voters.map((voter) => [voter, authoritiesOf(standIns, voter)]));
  const people = [...new Set([...rights.values()].flat())];
  const seats = places.map((place) => seatFor(place, memberships, people));
  const seated = inOrder ? takeInTurn(seats, rights) : takeSeatsByRight(seats, rights);
  return steps.map((step) => {
    const here = seated.filter((one, place): one is Seated<UserId> => places[place] === step && one !== null);
    return {
      step,
      filledBy: here.map(({ person }) => person),
      inPlaceOf: here
        .filter(({ person, by }) => person !== by)
        .map(({ person, by }) => ({ standIn: person, delegator: by })),
    };
  });
}

/** Which of these people count, where a person counts once, and so does a right. */
export function countedIn(
  { approve, standIns = [] }: Approving,
  memberships: Memberships,
  people: readonly UserId[],
): UserId[] {
  const step = { name: null, from: groupsOf(approve), count: people.length };
  return fillSteps({ approve: [step], inOrder: false, standIns }, memberships, people).flatMap(
    ({ filledBy }) => filledBy,
  );
}

/** One place for each approval that is needed. */
function placesOf(steps: readonly ApprovalStep[]): ApprovalStep[] {
  return steps.flatMap((step) => Array.from({ length: step.count }, () => step));
}

function seatFor({ from }: ApprovalStep, memberships: Memberships, people: readonly UserId[]): Seat<UserId> {
  return new Set(people.filter((one) => isInAny(memberships, from, one)));
}

/**
 * Where steps have an order, whoever filled one does not move over to a later one. By whose right they sit there can
 * still change: whoever stands in for several takes the right that nobody else needs.
 */
function takeInTurn(
  seats: readonly Seat<UserId>[],
  rights: ReadonlyMap<UserId, readonly UserId[]>,
): (Seated<UserId> | null)[] {
  const sitting: (UserId | null)[] = [];
  const rightsOf = (people: readonly (UserId | null)[]): Seat<UserId>[] =>
    people.map((person, seat) => {
      const theirs = person === null ? [] : (rights.get(person) ?? []);
      return new Set(theirs.filter((right) => seats[seat]?.has(right)));
    });
  const seated = (people: readonly (UserId | null)[]): number =>
    people.filter((person) => person !== null).length;
  for (const _ of seats) {
    const next = [...rights.keys()].find((person) => {
      const all = [...sitting, person];
      return !sitting.includes(person) && fillableSeats(rightsOf(all)) === seated(all);
    });
    sitting.push(next ?? null);
  }
  const by = takeSeats(rightsOf(sitting));
  return sitting.map((person, seat) => {
    const right = by[seat] ?? null;
    return person === null || right === null ? null : { person, by: right };
  });
}

/** The step whose turn it is; null where steps have no order, or none is open. */
export function stepInTurn({ inOrder }: Approving, progress: readonly StepProgress[]): ApprovalStep | null {
  return inOrder ? (progress.find(isOpen)?.step ?? null) : null;
}

function isOpen({ step, filledBy }: StepProgress): boolean {
  return filledBy.length < step.count;
}

/**
 * Whether this person's approval of the step in turn would leave a later one without anybody: of steps in order,
 * nobody can give back what they have approved.
 */
export function isNeededLater(
  approving: Approving,
  memberships: Memberships,
  {
    approver,
    voters,
    eligible,
  }: { approver: UserId; voters: readonly UserId[]; eligible: readonly UserId[] },
): boolean {
  const { standIns = [] } = approving;
  const fillable = (counted: readonly UserId[]): number => {
    const left = eligible.filter((one) => !counted.includes(one));
    const who = fillSteps(approving, memberships, counted).flatMap(({ step, filledBy }) => [
      ...filledBy.map((person) => ({ step, people: authoritiesOf(standIns, person) })),
      ...Array.from({ length: step.count - filledBy.length }, () => ({ step, people: left })),
    ]);
    return fillableSeats(who.map(({ step, people }) => seatFor(step, memberships, people)));
  };
  return fillable([...voters, approver]) < fillable(voters);
}

/** Which of the steps that come in order is next, after one has been filled; null while it is still the first. */
export function nextStepOf({ inOrder }: Approving, progress: readonly StepProgress[]): number | null {
  const turn = progress.findIndex(isOpen);
  return inOrder && turn > 0 ? turn : null;
}

/** The occasion of the word that a step is next: which one, and under which terms. */
export function nextStepOccasion(
  index: number,
  { termsVersion }: Pick<AccessRequest, 'termsVersion'>,
): string {
  return `${termsVersion}-${index}`;
}

/** The steps as a card shows them. */
export function stepViews({ inOrder }: Approving, progress: readonly StepProgress[]): StepView[] {
  const turn = progress.findIndex(isOpen);
  return progress.map(({ step, filledBy, inPlaceOf }, index) => ({
    ...step,
    filledBy,
    inPlaceOf,
    waits: inOrder && turn !== -1 && index > turn,
  }));
}

/** The same before anybody has voted. */
export function openSteps(policy: Approving): StepView[] {
  return stepViews(policy, fillSteps(policy, new Map(), []));
}

export function isComplete(progress: readonly StepProgress[]): boolean {
  return progress.length > 0 && !progress.some(isOpen);
}

/** Everybody who may vote: members of the steps' groups, without the people whom the request is for or from. */
export function eligibleApprovers(
  steps: readonly ApprovalStep[],
  memberships: Memberships,
  excluded: readonly UserId[],
): UserId[] {
  return membersOf(memberships, groupsOf(steps)).filter((userId) => !excluded.includes(userId));
}

/**
 * Whoever may vote and has not, and whose approval would fill a place that is still open. Somebody who is away is
 * not among them while their stand-in is.
 */
export function missingApprovers(
  approving: Approving,
  memberships: Memberships,
  people: { readonly voters: readonly UserId[]; readonly excluded: readonly UserId[] },
): UserId[] {
  const { voters, excluded } = people;
  const filledBy = (some: readonly UserId[]): number =>
    fillSteps(approving, memberships, some).reduce((sum, step) => sum + step.filledBy.length, 0);
  const filled = filledBy(voters);
  const { approve: steps, standIns = [] } = approving;
  const groups = groupsOf(steps);
  const inPlay = new Set(standIns.flatMap(({ delegator, standIn }) => [delegator, standIn]));
  // Whoever is in the same groups fills the same places: a group of thousands is worked out once.
  const known = new Map<string, boolean>();
  const missing = mayApprove(approving, memberships, [...excluded, ...voters]).filter((userId) => {
    const theirs = inPlay.has(userId)
      ? userId
      : groups.map((group) => isInAny(memberships, [group], userId)).join();
    const fills = known.get(theirs) ?? filledBy([...voters, userId]) > filled;
    known.set(theirs, fills);
    return fills;
  });
  const isAway = (userId: UserId): boolean =>
    standIns.some(({ delegator, standIn }) => delegator === userId && missing.includes(standIn));
  return missing.filter((userId) => !isAway(userId));
}

/** Members of the steps' groups, and whoever stands in for one of them. */
function mayApprove(
  { approve: steps, standIns = [] }: Approving,
  memberships: Memberships,
  excluded: readonly UserId[],
): UserId[] {
  const groups = groupsOf(steps);
  const others = standIns.map(({ standIn }) => standIn);
  const allowed = others.filter((one) => authoritiesIn(standIns, memberships, groups, one).length > 0);
  return [...new Set([...membersOf(memberships, groups), ...allowed])].filter(
    (userId) => !excluded.includes(userId),
  );
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
