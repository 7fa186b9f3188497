/** What one click on Approve or Deny means, decided again from the rows, the catalog and the groups. */
import {
  agreedMs,
  approvingNow,
  countedIn,
  eligibleApprovers,
  fillSteps,
  isComplete,
  isDecidedOtherwise,
  isNeededLater,
  stepInTurn,
  stepsNow,
} from './approval.js';
import type { Approving, StepProgress } from './approval.js';
import { groupsOf, roleKey } from './catalog.js';
import type { Policy, Role } from './catalog.js';
import { askingProblem, unreadableProblem } from './eligibility.js';
import { allowsExtension } from './extension.js';
import type { UserId } from './ids.js';
import { isInAny, silentGroups } from './person.js';
import type { Memberships } from './person.js';
import type { Refusal } from './refusal.js';
import type { AccessRequest, Decision, PendingRequest } from './request.js';
import { accept, refuse } from './result.js';
import type { Result } from './result.js';
import {
  accountOfAsking,
  rightsLeft,
  shareAnAccount,
  standInsThatCount,
  votesThatCount,
} from './same-account.js';
import type { Accounts } from './same-account.js';
import { authoritiesIn } from './stand-ins.js';
import type { InPlaceOf, StandIn } from './stand-ins.js';
import { isBehind } from './time.js';
import type { Instant } from './time.js';

export type Vote = {
  readonly approver: UserId;
  readonly verdict: 'approve' | 'deny';
  readonly reason: string | null;
  /** Less than was asked for; null for all of it. Milliseconds. */
  readonly durationMs: number | null;
  readonly termsVersion: number;
};

/** A role as the catalog offers it. */
export type Offer = { readonly role: Role; readonly policy: Policy };

/** What the decision rests on, read at the click. */
export type DecisionFacts = {
  readonly request: AccessRequest;
  readonly decisions: readonly Decision[];
  /** Null when the catalog no longer offers the role. */
  readonly offer: Offer | null;
  readonly catalogSha256: string;
  readonly endingOnly: boolean;
  /** How far the machine's clock stands before what is on record. */
  readonly clockBehindMs: number;
  readonly memberships: Memberships;
  /** Whoever stands in for somebody now, as far as it matters to whoever decides or would hold it. */
  readonly standIns: readonly StandIn[];
  readonly accounts: Accounts;
};

export type Verdict = {
  readonly request: PendingRequest;
  readonly decision: Decision;
  readonly progress: readonly StepProgress[];
  readonly role: Role;
  readonly policy: Policy;
  /** What everybody who approved agrees to. Milliseconds. */
  readonly durationMs: number;
  /** Of those who may approve, who has denied it. */
  readonly deniedBy: readonly UserId[];
  /** `voted`: counted, and others are still needed. */
  readonly becomes: 'denied' | 'voted' | 'approved';
};

export function decide(facts: DecisionFacts, vote: Vote, now: Instant): Result<Verdict, Refusal> {
  const waits = whatWaits(facts, now);
  if (!waits.ok) {
    return waits;
  }
  const { request, offer } = waits.value;
  const problem =
    votingProblem(request, facts, offer, vote) ??
    termsProblem(request, facts, offer, vote) ??
    pairProblem(request, facts, offer, vote) ??
    turnProblem(request, facts, offer, vote);
  if (problem !== null) {
    return refuse(problem);
  }
  const { memberships } = facts;
  const { role, policy } = offer;
  const decision = toDecision(request, facts, vote, now);
  const decisions = [...votesThatCount(request, facts.decisions, facts.accounts), decision];
  const standIns = rightsLeft(standInsNow(request, facts, vote), decisions);
  const approving = approvingNow(policy, request, standIns);
  const progress = fillSteps(approving, memberships, votersOn(request, decisions, 'approve'));
  const deniedBy = countedIn(approving, memberships, votersOn(request, decisions, 'deny'));
  const becomes = outcomeOf(vote, policy, progress, deniedBy);
  const seen = { approving, memberships, decisions, vote, becomes, deniedBy };
  const unheard = hearingProblem(request, facts, offer, seen);
  if (unheard !== null) {
    return refuse(unheard);
  }
  // Also of whoever is no longer heard: nobody gets more than the shortest time that was given.
  const durationMs = agreedMs(request, [...facts.decisions, decision]);
  const nothingLeft = nothingLeftProblem(request, { durationMs, minMs: policy.minMs }, now);
  if (vote.verdict === 'approve' && nothingLeft !== null) {
    return refuse(nothingLeft);
  }
  const named = { ...decision, inPlaceOf: whoseRight(approving, memberships, progress, vote.approver) };
  return accept({ request, decision: named, progress, role, policy, durationMs, deniedBy, becomes });
}

/** Of a window that has begun: an approval of so much would open next to nothing. */
export function nothingLeftProblem(
  { startsAt }: Pick<PendingRequest, 'startsAt'>,
  { durationMs, minMs }: { readonly durationMs: number; readonly minMs: number },
  now: Instant,
): Refusal | null {
  const endsAt = (startsAt ?? now) + durationMs;
  return startsAt !== null && startsAt < now && endsAt - now < minMs
    ? { code: 'nothing-left', endsAt, minMs }
    : null;
}

/**
 * What a quorum has denied is not approved, by whichever click it became one. And where it can't be read now who
 * decides, a vote is not taken that would bring the decision were all votes heard: it could not be given again.
 */
function hearingProblem(
  request: PendingRequest,
  facts: DecisionFacts,
  { policy }: Offer,
  seen: Heard & {
    readonly vote: Vote;
    readonly becomes: Verdict['becomes'];
    readonly deniedBy: readonly UserId[];
  },
): Refusal | null {
  const { vote, becomes, deniedBy, decisions } = seen;
  if (becomes === 'denied') {
    return null;
  }
  if (deniedBy.length >= policy.denials) {
    return { code: 'quorum-denied', by: deniedBy };
  }
  const all = wereAllHeard(request, facts, seen);
  if (all === null) {
    return null;
  }
  const denying = countedIn(all.approving, all.memberships, votersOn(request, decisions, 'deny'));
  const progress = fillSteps(all.approving, all.memberships, votersOn(request, decisions, 'approve'));
  const wouldApprove = vote.verdict === 'approve' && becomes === 'voted' && isComplete(progress);
  return denying.length >= policy.denials || wouldApprove ? all.silence : null;
}

type Heard = {
  readonly approving: Approving;
  readonly memberships: Memberships;
  /** That count, the one that is decided now included. */
  readonly decisions: readonly Decision[];
};

/** As if every voter were in the groups that can't be read now, and stood in where that is unclear; null where nothing is. */
function wereAllHeard(
  request: PendingRequest,
  { standIns, accounts }: DecisionFacts,
  { approving, memberships, decisions }: Heard,
): (Pick<Heard, 'approving' | 'memberships'> & { readonly silence: Refusal }) | null {
  const voters = decisions.map(({ approver }) => approver);
  const silent = silentGroups(memberships, groupsOf(approving.approve));
  const unclear = standIns.filter((one) => one.unclear !== undefined && voters.includes(one.standIn));
  const silence = unreadableProblem(memberships, silent) ?? unclear[0]?.unclear;
  if (silence === undefined) {
    return null;
  }
  const cleared = standIns.map(({ unclear: why, ...one }) =>
    why === undefined ? one : { ...one, allowed: true },
  );
  const counting = standInsThatCount(request, cleared, { accounts, votes: decisions });
  return {
    silence,
    approving: { ...approving, standIns: rightsLeft(counting, decisions) },
    memberships: withMembers(memberships, silent, voters),
  };
}

function withMembers(
  memberships: Memberships,
  groups: readonly string[],
  userIds: readonly UserId[],
): Memberships {
  const members = { readable: true, userIds: new Set(userIds) } as const;
  return new Map([...memberships, ...groups.map((name) => [name, members] as const)]);
}

/** Those of the stand-ins whose right this vote can rest on. */
function standInsNow(
  request: PendingRequest,
  { standIns, decisions, accounts }: Pick<DecisionFacts, 'standIns' | 'decisions' | 'accounts'>,
  { approver }: Pick<Vote, 'approver'>,
): StandIn[] {
  const votes = votesThatCount(request, decisions, accounts);
  return standInsThatCount(request, standIns, { accounts, votes, voting: approver });
}

/** Whose right this vote rests on, where it is not their own. */
function whoseRight(
  approving: Approving,
  memberships: Memberships,
  progress: readonly StepProgress[],
  voter: UserId,
): UserId | null {
  const { approve, standIns = [] } = approving;
  const seated = progress.flatMap(({ inPlaceOf }) => inPlaceOf).find(({ standIn }) => standIn === voter);
  const rights = authoritiesIn(standIns, memberships, groupsOf(approve), voter);
  return seated?.delegator ?? (rights.includes(voter) ? null : (rights[0] ?? null));
}

function outcomeOf(
  { verdict }: Vote,
  policy: Policy,
  progress: readonly StepProgress[],
  deniedBy: readonly UserId[],
): Verdict['becomes'] {
  if (verdict === 'deny') {
    return deniedBy.length >= policy.denials ? 'denied' : 'voted';
  }
  return isComplete(progress) ? 'approved' : 'voted';
}

/** The request while somebody can still decide it, with what the catalog offers for it. */
export function whatWaits(
  { request, decisions, offer }: Pick<DecisionFacts, 'request' | 'decisions' | 'offer'>,
  now: Instant,
): Result<{ request: PendingRequest; offer: Offer }, Refusal> {
  if (request.state !== 'pending' || request.expiresAt <= now) {
    return refuse({ code: 'not-pending', request, by: deciders(request, decisions) });
  }
  const { resource, role: name } = request;
  return offer === null
    ? refuse({ code: 'no-longer-offered', roleKey: roleKey({ resource, name }) })
    : accept({ request, offer });
}

/** Who has voted so on the terms as they are. */
export function votersOn(
  request: AccessRequest,
  decisions: readonly Decision[],
  of: Decision['verdict'],
): UserId[] {
  return decisions
    .filter(({ verdict, termsVersion }) => verdict === of && termsVersion === request.termsVersion)
    .map(({ approver }) => approver);
}

/** Whoever has voted on the terms as they are in the place of somebody else. */
export function votedInPlaceOf(request: AccessRequest, decisions: readonly Decision[]): InPlaceOf[] {
  return decisions
    .filter(({ termsVersion }) => termsVersion === request.termsVersion)
    .flatMap(({ approver: standIn, inPlaceOf: delegator }) =>
      delegator === null ? [] : [{ standIn, delegator }],
    );
}

/** Everybody whose vote made the request what it is now. */
export function deciders(request: AccessRequest, decisions: readonly Decision[]): UserId[] {
  const verdict = request.state === 'approved' ? 'approve' : request.state === 'denied' ? 'deny' : null;
  return verdict === null ? [] : votersOn(request, decisions, verdict);
}

/** Whether this person may vote on this request at all. */
export function votingProblem(
  request: PendingRequest,
  facts: DecisionFacts,
  offer: Offer,
  vote: Pick<Vote, 'approver'>,
): Refusal | null {
  const { memberships } = facts;
  if (vote.approver === request.requester || vote.approver === request.beneficiary) {
    return { code: 'self-approval' };
  }
  const groups = groupsOf(stepsNow(offer.policy, request));
  if (authoritiesIn(standInsNow(request, facts, vote), memberships, groups, vote.approver).length === 0) {
    const inQuestion = facts.standIns.find(
      ({ standIn, delegator, unclear }) =>
        unclear !== undefined && standIn === vote.approver && isInAny(memberships, groups, delegator),
    );
    return (
      inQuestion?.unclear ??
      unreadableProblem(memberships, groups) ?? { code: 'not-an-approver', roleKey: roleKey(offer.role) }
    );
  }
  const voted = facts.decisions.some(
    (one) => one.approver === vote.approver && one.termsVersion === request.termsVersion,
  );
  return voted ? { code: 'already-voted' } : sharedAccount(request, facts, vote.approver);
}

/**
 * Whoever is stood in for and their stand-in have one voice, unless both have the right of their own. Only a denial of
 * whoever is stood in for is heard after an approval in their place, which then counts no longer.
 */
function pairProblem(
  request: PendingRequest,
  facts: DecisionFacts,
  offer: Offer,
  vote: Vote,
): Refusal | null {
  const { approver, verdict } = vote;
  const standIns = standInsNow(request, facts, vote);
  const votes = votesThatCount(request, facts.decisions, facts.accounts);
  const left = rightsLeft(standIns, votes);
  const approving = approvingNow(offer.policy, request, left);
  const deniers = votersOn(request, votes, 'deny');
  const voters = [...deniers, ...votersOn(request, votes, 'approve')];
  const count = (some: readonly UserId[]) => countedIn(approving, facts.memberships, some).length;
  const other = standIns
    .filter(({ allowed }) => allowed)
    .flatMap(({ delegator, standIn }) =>
      delegator === approver
        ? [{ who: standIn, heard: verdict === 'deny' ? deniers : voters }]
        : standIn === approver
          ? [{ who: delegator, heard: voters }]
          : [],
    )
    .find(({ who, heard }) => heard.includes(who) && count([...heard, approver]) <= count(heard));
  if (other !== undefined) {
    return { code: 'counts-as-one', with: other.who };
  }
  const groups = groupsOf(approving.approve);
  const denier = standIns.find((one) => one.standIn === approver && !left.includes(one))?.delegator;
  return denier !== undefined && authoritiesIn(left, facts.memberships, groups, approver).length === 0
    ? { code: 'counts-as-one', with: denier }
    : null;
}

/** In whose place somebody has voted: they have no voice left of their own. */
export function heardFor(votes: readonly Decision[]): UserId[] {
  return votes.flatMap(({ inPlaceOf }) => inPlaceOf ?? []);
}

/** Where steps have an order, only whoever fills the one whose turn it is may approve; anybody may deny. */
function turnProblem(
  request: PendingRequest,
  facts: DecisionFacts,
  offer: Offer,
  vote: Vote,
): Refusal | null {
  const { memberships } = facts;
  const votes = votesThatCount(request, facts.decisions, facts.accounts);
  const standIns = rightsLeft(standInsNow(request, facts, vote), votes);
  const approving = approvingNow(offer.policy, request, standIns);
  const voters = votersOn(request, votes, 'approve');
  const turn = stepInTurn(approving, fillSteps(approving, memberships, voters));
  if (turn === null || vote.verdict === 'deny') {
    return null;
  }
  if (authoritiesIn(standIns, memberships, turn.from, vote.approver).length === 0) {
    return (
      unreadableProblem(memberships, turn.from) ?? {
        code: 'not-your-turn',
        step: turn.name,
        from: turn.from,
      }
    );
  }
  // Nobody votes twice on the same terms, whether the first vote counts or not.
  const eligible = eligibleApprovers(approving.approve, memberships, [
    request.requester,
    request.beneficiary,
    ...votersOn(request, facts.decisions, 'deny'),
    ...votersOn(request, facts.decisions, 'approve'),
    ...heardFor(votes),
  ]);
  const people = { approver: vote.approver, voters, eligible };
  if (isNeededLater(approving, memberships, people)) {
    return { code: 'needed-later' };
  }
  // Whoever may be the only one of a group that can't be read now.
  const silent = silentGroups(memberships, groupsOf(approving.approve));
  return isNeededLater(approving, withMembers(memberships, silent, [vote.approver]), people)
    ? unreadableProblem(memberships, silent)
    : null;
}

/** Whoever is there the same person as somebody who asks or has decided does not decide. */
function sharedAccount(
  request: PendingRequest,
  { decisions, accounts }: DecisionFacts,
  approver: UserId,
): Refusal | null {
  const shared = accountOfAsking(request, accounts, approver);
  if (shared !== null) {
    return { code: 'same-account', ...shared };
  }
  return decisions.some(
    (one) =>
      one.termsVersion === request.termsVersion && shareAnAccount(request, accounts, one.approver, approver),
  )
    ? { code: 'already-voted' }
    : null;
}

/** Whether an approval would still be one of the terms that the card shows. A denial needs no more than a reason. */
function termsProblem(
  request: PendingRequest,
  facts: DecisionFacts,
  offer: Offer,
  vote: Vote,
): Refusal | null {
  if (vote.termsVersion !== request.termsVersion) {
    return { code: 'terms-changed' };
  }
  if (vote.verdict === 'deny') {
    return offer.policy.denyReasonRequired && (vote.reason ?? '').trim() === ''
      ? { code: 'deny-reason-missing' }
      : null;
  }
  if (facts.endingOnly) {
    return { code: 'ending-only' };
  }
  if (isBehind(facts.clockBehindMs)) {
    return { code: 'clock-behind', behindMs: facts.clockBehindMs };
  }
  if (
    vote.durationMs !== null &&
    (vote.durationMs >= request.durationMs || vote.durationMs < offer.policy.minMs)
  ) {
    return { code: 'not-for-less', askedMs: request.durationMs, minMs: offer.policy.minMs };
  }
  if (termsDiffer(request, facts, offer)) {
    return { code: 'terms-changed' };
  }
  if (request.extendsGrant !== null && !allowsExtension(offer.policy)) {
    return { code: 'no-more-time', roleKey: roleKey(offer.role) };
  }
  return askingProblem({
    ...request,
    role: offer.role,
    policy: offer.policy,
    memberships: facts.memberships,
    standIns: facts.standIns,
  });
}

type OwnAccounts = ReadonlyMap<string, { readonly beneficiary: string | null }>;

/** Whether an approval would be of something else than what the card shows. */
export function termsDiffer(
  request: PendingRequest,
  { accounts }: { readonly accounts: OwnAccounts },
  offer: Offer,
): boolean {
  return (
    offer.policy.name !== request.policy ||
    isDecidedOtherwise(request, offer.policy) ||
    request.durationMs > offer.policy.maxMs ||
    request.durationMs < offer.policy.minMs ||
    givesOther(offer.role, request.entitlements, accounts)
  );
}

/** Whether the role gives something else by now than this, or to another account. */
export function givesOther(
  { entitlements }: Role,
  held: AccessRequest['entitlements'],
  accounts: OwnAccounts,
): boolean {
  const offered = entitlements.map(({ connector, role }) => `${connector} ${role}`);
  const asked = held.map(({ connector, role }) => `${connector} ${role}`);
  return (
    offered.length !== asked.length ||
    asked.some((one) => !offered.includes(one)) ||
    held.some((one) => accounts.get(one.connector)?.beneficiary !== one.account.name)
  );
}

function toDecision(request: PendingRequest, facts: DecisionFacts, vote: Vote, now: Instant): Decision {
  return {
    requestId: request.id,
    approver: vote.approver,
    verdict: vote.verdict,
    reason: vote.reason,
    durationMs: vote.durationMs,
    termsVersion: request.termsVersion,
    inPlaceOf: null,
    catalogSha256: facts.catalogSha256,
    at: now,
  };
}
