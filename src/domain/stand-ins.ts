/** Whoever decides in the place of an approver who is away. */
import type { UserId } from './ids.js';
import { isInAny } from './person.js';
import type { Memberships } from './person.js';
import type { Refusal } from './refusal.js';
import type { AccessRequest } from './request.js';
import { DAY_MS } from './time.js';
import type { Instant } from './time.js';

/** An approver's word about who stands in for them. One for each approver: a new one takes the place of the old. */
export type Delegation = {
  readonly delegator: UserId;
  readonly version: number;
  readonly standIn: UserId;
  /** From then on this stand-in, without a break. */
  readonly madeAt: Instant;
  /** It holds before that; taken back, it ends at that moment. */
  readonly untilAt: Instant;
};

/** Longer than that, whoever is away should leave the group. */
const LONGEST_MS = 30 * DAY_MS;

export function untilProblem(untilAt: Instant, now: Instant): Refusal | null {
  if (untilAt <= now) {
    return { code: 'delegation-passed', untilAt };
  }
  return untilAt - now > LONGEST_MS ? { code: 'delegation-too-long', mostMs: LONGEST_MS } : null;
}

/** A delegation that holds now. */
export type StandIn = Pick<Delegation, 'delegator' | 'standIn' | 'madeAt'> & {
  /** Whether they decide by the delegator's groups as well, and not only by their own. */
  readonly allowed: boolean;
  /** Why it can't be known now whether they do. Nobody decides by that, and nobody gets by on it. */
  readonly unclear?: Refusal;
};

/** Who approved in whose place. */
export type InPlaceOf = Pick<Delegation, 'delegator' | 'standIn'>;

/** Of a request: by the right of whoever it is for or from, nobody decides it. */
export function standInsFor(
  { requester, beneficiary }: Pick<AccessRequest, 'requester' | 'beneficiary'>,
  standIns: readonly StandIn[],
): StandIn[] {
  return standIns.filter(
    ({ delegator, unclear }) => delegator !== requester && delegator !== beneficiary && unclear === undefined,
  );
}

/** Everybody by whose groups this person decides, themselves first. Nobody passes on what was passed on to them. */
export function authoritiesOf(standIns: readonly StandIn[], person: UserId): UserId[] {
  const others = standIns.filter(({ standIn, allowed }) => allowed && standIn === person);
  return [...new Set([person, ...others.map(({ delegator }) => delegator)])];
}

/** Those of them who are in one of the groups. */
export function authoritiesIn(
  standIns: readonly StandIn[],
  memberships: Memberships,
  groups: readonly string[],
  person: UserId,
): UserId[] {
  return authoritiesOf(standIns, person).filter((one) => isInAny(memberships, groups, one));
}
