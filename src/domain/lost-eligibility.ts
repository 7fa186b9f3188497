/** Whether whoever holds access could still ask for it. A group that was emptied by mistake must not end it at once. */
import type { Offer } from './decide.js';
import { askingProblem } from './eligibility.js';
import { asGrantId } from './ids.js';
import type { GrantId, UserId } from './ids.js';
import { AGREE_AFTER_MS } from './leaving.js';
import type { Memberships } from './person.js';
import type { StandIn } from './stand-ins.js';
import type { Instant } from './time.js';

/**
 * `not-in`: in none of these groups any more. `approves`: of those who approve, and may not hold it as well.
 * `other-terms`: the role gives something else by now, or to another account.
 */
export type Lost =
  | { readonly why: 'not-in'; readonly groups: readonly string[] }
  | { readonly why: 'approves' | 'other-terms' };

/** `unknown`: these groups can't be read. That ends nothing. */
export type Eligibility =
  | { readonly kind: 'eligible' }
  | { readonly kind: 'unknown'; readonly groups: readonly string[] }
  | { readonly kind: 'lost'; readonly lost: Lost };

export const ELIGIBLE: Eligibility = { kind: 'eligible' };

/** As if they asked for it by themselves: whoever asked on their behalf has no part in it any more. */
export function holderEligibility(
  beneficiary: UserId,
  offer: Offer,
  people: { readonly memberships: Memberships; readonly standIns: readonly StandIn[] },
): Eligibility {
  const problem = askingProblem({ requester: beneficiary, beneficiary, ...offer, ...people });
  if (problem === null) {
    return ELIGIBLE;
  }
  if (problem.code === 'not-eligible') {
    const part = offer.role.parts.find(({ key }) => key === problem.roleKey);
    return { kind: 'lost', lost: { why: 'not-in', groups: part?.request ?? offer.policy.request } };
  }
  if (problem.code === 'approver-cannot-hold') {
    return { kind: 'lost', lost: { why: 'approves' } };
  }
  return { kind: 'unknown', groups: problem.code === 'groups-unreadable' ? problem.groups : [] };
}

/** Since when looks have found this of a grant. */
export type Doubt = { readonly lost: Lost; readonly since: Instant };
export type Doubts = ReadonlyMap<GrantId, Doubt>;

/** Since when the looks agree. That it can't be known agrees with what was found before. */
export function doubtOf(found: Eligibility, before: Doubt | undefined, now: Instant): Doubt | null {
  if (found.kind !== 'lost') {
    return found.kind === 'unknown' ? (before ?? null) : null;
  }
  const isSame = before !== undefined && lostOccasion(before.lost) === lostOccasion(found.lost);
  return isSame ? before : { lost: found.lost, since: now };
}

/** An earlier look, long enough ago, found the same. */
export function isConfirmed({ since }: Doubt, now: Instant): boolean {
  return now - since >= AGREE_AFTER_MS;
}

/** For the record and for the cards. */
export function lostText(lost: Lost): string {
  switch (lost.why) {
    case 'approves':
      return 'Approves for this role by now, and may not hold it as well.';
    case 'other-terms':
      return 'The role gives something else by now, or to another account, than was approved.';
    case 'not-in':
      return `In none of the groups that may ask for it any more: ${lost.groups.join(', ')}.`;
    default:
      return lost satisfies never;
  }
}

/** The occasion of the line about it: names of groups have no plus in them. */
export function lostOccasion(lost: Lost): string {
  return lost.why === 'not-in' ? [lost.why, ...lost.groups].join('+') : lost.why;
}

export function lostOf(occasion: string): Lost {
  const [why, ...groups] = occasion.split('+');
  return why === 'approves' || why === 'other-terms' ? { why } : { why: 'not-in', groups };
}

/** So many of several are named. */
const NAMED = 20;

/**
 * The occasion of the word about several at once, which end now, or will if a second look agrees. Found again later,
 * it is another.
 */
export function lossesOccasion(ended: boolean, grants: readonly GrantId[], at: Instant): string {
  return [ended ? 'ended' : 'doubted', at, grants.length, ...grants.slice(0, NAMED)].join('+');
}

export function lossesOf(occasion: string): { ended: boolean; total: number; grantIds: GrantId[] } {
  const [how, , total, ...ids] = occasion.split('+');
  return { ended: how === 'ended', total: Number(total), grantIds: ids.map(asGrantId) };
}
