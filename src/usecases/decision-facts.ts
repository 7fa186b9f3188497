import { partGroups } from '../domain/bundle.js';
import { everyApproverGroup } from '../domain/catalog.js';
import type { DecisionFacts } from '../domain/decide.js';
import { partProblem } from '../domain/eligibility.js';
import type { RequestId, UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Delegation } from '../domain/stand-ins.js';
import { accountsNow } from './accounts-now.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { withoutThoseGone } from './without-those-gone.js';
import { readMemberships } from './read-memberships.js';
import { readPeople } from './read-people.js';
import { readAllowed, whoStandsIn } from './read-stand-ins.js';

type FactsDeps = Pick<Deps, 'store' | 'clock' | 'directory' | 'catalogs'>;

/** Everything a decision rests on, read now: the rows, the catalog in force, the people and their groups. */
export async function readDecisionFacts(
  deps: FactsDeps,
  input: { requestId: RequestId; approver: UserId },
): Promise<Result<DecisionFacts & { readonly delegations: readonly Delegation[] }, Refusal>> {
  const request = await deps.store.request(input.requestId);
  if (request === null) {
    return refuse({ code: 'unknown-request', typed: input.requestId });
  }
  const { catalog, endingOnly } = deps.catalogs.current();
  const offer = offerOf(catalog, request.resource, request.role);
  const concerned = [input.approver, request.requester, request.beneficiary];
  const decisions = await deps.store.decisions(request.id);
  const voters = decisions
    .filter((one) => one.termsVersion === request.termsVersion)
    .map((one) => one.approver);
  const deciding = [input.approver, ...voters];
  const delegations = (await deps.store.liveDelegations(deps.clock.now())).filter(
    ({ delegator, standIn }) =>
      deciding.includes(delegator) || [...deciding, request.beneficiary].includes(standIn),
  );
  const paired = delegations.flatMap(({ delegator, standIn }) => [delegator, standIn]);
  const groups =
    offer === null
      ? []
      : [...offer.policy.request, ...everyApproverGroup(offer.policy), ...partGroups(offer.role)];
  // At the same time: whoever clicked waits for the slowest answer, and not for one after the other.
  const [people, memberships, allowed] = await Promise.all([
    readPeople(deps, [...concerned, ...voters, ...paired]),
    readMemberships(deps, catalog, groups, request),
    readAllowed(deps, catalog, delegations),
  ]);
  const noPart = concerned
    .map((userId) => partProblem(userId, people.get(userId) ?? 'unknown'))
    .find((one) => one !== null);
  if (noPart !== undefined && noPart !== null) {
    return refuse(noPart);
  }
  // Counted without them, this vote would be spent and the request still be open.
  if ([...voters, ...paired].some((voter) => people.get(voter) === 'unreadable')) {
    return refuse({ code: 'directory-unavailable' });
  }
  return accept({
    request,
    decisions,
    offer,
    catalogSha256: catalog.sha256,
    endingOnly,
    clockBehindMs: deps.clock.behindMs(),
    memberships: withoutThoseGone(memberships, people),
    standIns: whoStandsIn(catalog, delegations, { people, allowed }),
    accounts: accountsNow(catalog, request, people),
    delegations,
  });
}
