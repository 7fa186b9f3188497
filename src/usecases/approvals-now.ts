import {
  approvingNow,
  countedIn,
  fillSteps,
  missingApprovers,
  openSteps,
  stepInTurn,
  stepsNow,
  stepViews,
} from '../domain/approval.js';
import { approverGroups, groupsOf } from '../domain/catalog.js';
import type { Policy } from '../domain/catalog.js';
import type { ChannelId, UserId } from '../domain/ids.js';
import { heardFor, votersOn } from '../domain/decide.js';
import { isInAny } from '../domain/person.js';
import type { AccessRequest, Decision } from '../domain/request.js';
import {
  accountOfAsking,
  rightsLeft,
  shareAnAccount,
  standInsThatCount,
  votesThatCount,
} from '../domain/same-account.js';
import type { Accounts } from '../domain/same-account.js';
import { authoritiesIn } from '../domain/stand-ins.js';
import type { InPlaceOf } from '../domain/stand-ins.js';
import type { EscalationView, StepView } from '../domain/views.js';
import { accountsNow } from './accounts-now.js';
import type { Deps } from './deps.js';
import { readMemberships } from './read-memberships.js';
import { readPeople } from './read-people.js';
import { readStandIns } from './read-stand-ins.js';
import { withoutThoseGone } from './without-those-gone.js';

/** How far the approvals of a request are, and who can still give one that is missing. */
export type ApprovalsNow = {
  readonly steps: readonly StepView[];
  /** Everybody to call on; nobody where the policy notifies nobody. */
  readonly missing: readonly UserId[];
  /** Those of them whom an escalation has added. */
  readonly calledIn: readonly UserId[];
  /** Those of them who can fill the step whose turn it is; nobody where steps have no order. */
  readonly inTurn: readonly UserId[];
  /** Those of them who stand in for an approver who is away. */
  readonly inPlaceOf: readonly InPlaceOf[];
  readonly escalation: EscalationView | null;
};

const NOBODY = { steps: [], missing: [], calledIn: [], inTurn: [], inPlaceOf: [] } as const;

export async function readApprovals(
  deps: Pick<Deps, 'store' | 'catalogs' | 'directory' | 'clock'>,
  request: AccessRequest,
  decisions: readonly Decision[],
  policy: Policy | null,
): Promise<ApprovalsNow> {
  if (policy === null) {
    return { ...NOBODY, escalation: null };
  }
  const { catalog } = deps.catalogs.current();
  const pending = request.state === 'pending';
  const escalation = escalationOf(policy, request);
  if (!pending) {
    return { ...NOBODY, steps: openSteps(approvingNow(policy, request, [])), escalation };
  }
  const groups = groupsOf(stepsNow(policy, request));
  const members = await readMemberships(deps, catalog, groups, request);
  const given = [...votersOn(request, decisions, 'approve'), ...votersOn(request, decisions, 'deny')];
  const named = await readStandIns(deps, catalog, { memberships: members, groups });
  const { requester, beneficiary } = request;
  const paired = named.flatMap(({ delegator, standIn }) => [delegator, standIn]);
  const concerned = [requester, beneficiary, ...given, ...paired];
  const people = await readPeople(deps, concerned);
  const memberships = withoutThoseGone(members, people);
  const accounts = accountsNow(catalog, request, people);
  const votes = votesThatCount(request, decisions, accounts);
  const voters = votersOn(request, votes, 'approve');
  const standIns = rightsLeft(standInsThatCount(request, named, { accounts, votes }), votes);
  const approving = approvingNow(policy, request, standIns);
  const excluded = [
    requester,
    beneficiary,
    ...given.filter((one) => !voters.includes(one)),
    ...heardFor(votes),
    ...paired.filter((one) => isHeardAlready(request, accounts, voters, one)),
  ];
  const denied = countedIn(approving, memberships, votersOn(request, votes, 'deny')).length >= policy.denials;
  const missing =
    policy.notify === 'mention' && !denied
      ? missingApprovers(approving, memberships, { voters, excluded })
      : [];
  const first = approverGroups(policy);
  const progress = fillSteps(approving, memberships, voters);
  const turn = stepInTurn(approving, progress);
  return {
    steps: stepViews(approving, progress),
    missing,
    calledIn: missing.filter((userId) => authoritiesIn(standIns, memberships, first, userId).length === 0),
    inTurn:
      turn === null
        ? []
        : missing.filter((userId) => authoritiesIn(standIns, memberships, turn.from, userId).length > 0),
    inPlaceOf: standIns.filter(
      ({ delegator, standIn }) => missing.includes(standIn) && isInAny(memberships, groups, delegator),
    ),
    escalation,
  };
}

/** By whoever asks, or by another voter, on the same account. */
function isHeardAlready(
  request: AccessRequest,
  accounts: Accounts,
  voters: readonly UserId[],
  one: UserId,
): boolean {
  return (
    accountOfAsking(request, accounts, one) !== null ||
    voters.some((voter) => voter !== one && shareAnAccount(request, accounts, voter, one))
  );
}

/** Whom the card in this channel, and the lines under it, call on: with two cards nobody is called on twice. */
export function calledOn(approvals: ApprovalsNow, isCopy: boolean): readonly UserId[] {
  const { missing, calledIn, escalation } = approvals;
  if (escalation === null || escalation.channel === null || escalation.to.length === 0) {
    return missing;
  }
  return isCopy ? calledIn : missing.filter((userId) => !calledIn.includes(userId));
}

function escalationOf(policy: Policy, { waiting, channel }: AccessRequest): EscalationView | null {
  const { escalate } = policy;
  return waiting.escalatedAt === null || escalate === null
    ? null
    : { at: waiting.escalatedAt, to: escalate.to, channel: elsewhere(escalate.channel, channel) };
}

/** Where the card stands already, no second one is posted. */
export function elsewhere(escalation: ChannelId | null, card: ChannelId): ChannelId | null {
  return escalation === card ? null : escalation;
}
