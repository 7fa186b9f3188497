/** Two Slack users on one account of a target are one person there, who neither asks and decides nor decides twice. */
import type { UserId } from './ids.js';
import type { AccessRequest, Decision } from './request.js';
import { standInsFor } from './stand-ins.js';
import type { StandIn } from './stand-ins.js';

/** The accounts that the map gives now, by connector. */
export type Accounts = ReadonlyMap<
  string,
  {
    /** By which the beneficiary may be given access; null also where the map gives theirs to another. */
    readonly beneficiary: string | null;
    /** Of whoever has a part in the decision. */
    readonly of: ReadonlyMap<UserId, string | null>;
  }
>;

type SharedAccount = { readonly connector: string; readonly account: string };

type Targets = readonly { readonly connector: string; readonly account: { readonly name: string } }[];

/** The account that this person shares with whoever the request is for or from; null where they share none. */
export function accountOfAsking(
  { requester, entitlements }: Pick<AccessRequest, 'requester'> & { readonly entitlements: Targets },
  accounts: Accounts,
  person: UserId,
): SharedAccount | null {
  for (const { connector, account } of entitlements) {
    const of = accounts.get(connector)?.of;
    const theirs = of?.get(person) ?? null;
    if (theirs !== null && (theirs === account.name || theirs === of?.get(requester))) {
      return { connector, account: theirs };
    }
  }
  return null;
}

/** Whether these two are one person in a target of the request. */
export function shareAnAccount(
  { entitlements }: Pick<AccessRequest, 'entitlements'>,
  accounts: Accounts,
  one: UserId,
  other: UserId,
): boolean {
  return entitlements.some(({ connector }) => {
    const of = accounts.get(connector)?.of;
    const theirs = of?.get(one) ?? null;
    return theirs !== null && theirs === of?.get(other);
  });
}

/** Of these people one for each account, the first; and nobody on an account of whoever asks. */
export function differentPeople(
  request: Pick<AccessRequest, 'requester' | 'entitlements'>,
  accounts: Accounts,
  people: readonly UserId[],
): UserId[] {
  const different: UserId[] = [];
  for (const one of people) {
    const isAnother = !different.some((other) => shareAnAccount(request, accounts, other, one));
    if (isAnother && accountOfAsking(request, accounts, one) === null) {
      different.push(one);
    }
  }
  return different;
}

/** Of the votes on the terms as they are, those of different people who do not ask. Of one person a denial comes first. */
export function votesThatCount(
  request: AccessRequest,
  decisions: readonly Decision[],
  accounts: Accounts,
): Decision[] {
  const onTerms = decisions.filter(({ termsVersion }) => termsVersion === request.termsVersion);
  const inOrder = [...onTerms.filter(isDenial), ...onTerms.filter((vote) => !isDenial(vote))];
  const voters = inOrder.map(({ approver }) => approver);
  const counting = new Set(differentPeople(request, accounts, voters));
  const denied = new Set(inOrder.filter(isDenial).map(({ approver }) => approver));
  // What was approved in somebody's place counts no longer once they have denied it.
  return inOrder.filter(
    ({ approver, inPlaceOf }) => counting.has(approver) && (inPlaceOf === null || !denied.has(inPlaceOf)),
  );
}

function isDenial({ verdict }: Decision): boolean {
  return verdict === 'deny';
}

/**
 * Without the right of whoever asks, or is heard already: on an account of theirs, by a vote or by another's stand-in.
 * And a right that came after a stand-in's vote is none that this vote was given by.
 */
export function standInsThatCount(
  request: AccessRequest,
  standIns: readonly StandIn[],
  {
    accounts,
    votes,
    voting = null,
  }: { readonly accounts: Accounts; readonly votes: readonly Decision[]; readonly voting?: UserId | null },
): StandIn[] {
  const voters = votes.map(({ approver }) => approver);
  const deciding = voting === null ? voters : [...voters, voting];
  const others = standInsFor(request, standIns).filter(
    ({ delegator, standIn, madeAt }) =>
      accountOfAsking(request, accounts, delegator) === null &&
      !deciding.some((one) => one !== delegator && shareAnAccount(request, accounts, one, delegator)) &&
      !votes.some(({ approver, at }) => approver === standIn && at < madeAt),
  );
  return others.filter(
    ({ delegator, standIn }) =>
      !others.some(
        (one) =>
          one.delegator < delegator &&
          one.standIn !== standIn &&
          shareAnAccount(request, accounts, one.delegator, delegator),
      ),
  );
}

/** Whoever has denied it themselves is not heard once more by their stand-in. */
export function rightsLeft(standIns: readonly StandIn[], votes: readonly Decision[]): StandIn[] {
  const denying = votes.filter(isDenial).map(({ approver }) => approver);
  return standIns.filter(({ delegator }) => !denying.includes(delegator));
}
