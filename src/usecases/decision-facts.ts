import { approverGroups } from '../domain/catalog.js';
import type { DecisionFacts } from '../domain/decide.js';
import { partProblem } from '../domain/eligibility.js';
import type { PersonFound } from '../domain/eligibility.js';
import type { RequestId, UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { readMemberships } from './read-memberships.js';
import { mappedAccount } from './resolve-terms.js';

type FactsDeps = Pick<Deps, 'store' | 'directory' | 'catalogs'>;

/** Everything a decision rests on, read now: the rows, the catalog in force, the people and their groups. */
export async function readDecisionFacts(
  deps: FactsDeps,
  input: { requestId: RequestId; approver: UserId },
): Promise<Result<DecisionFacts, Refusal>> {
  const request = await deps.store.request(input.requestId);
  if (request === null) {
    return refuse({ code: 'unknown-request', typed: input.requestId });
  }
  const { catalog, endingOnly } = deps.catalogs.current();
  const offer = offerOf(catalog, request.resource, request.role);
  const people = await readPeople(deps, [input.approver, request.requester, request.beneficiary]);
  const noPart = [...people].map(([userId, found]) => partProblem(userId, found)).find((one) => one !== null);
  if (noPart !== undefined) {
    return refuse(noPart);
  }
  const groups = offer === null ? [] : [...offer.policy.request, ...approverGroups(offer.policy)];
  const accountOf = (connector: string, userId: UserId) => {
    const person = people.get(userId);
    return typeof person === 'object' ? mappedAccount(catalog, connector, person) : null;
  };
  const accounts = request.entitlements.map(
    ({ connector }) =>
      [
        connector,
        {
          beneficiary: accountOf(connector, request.beneficiary),
          approver: accountOf(connector, input.approver),
        },
      ] as const,
  );
  return accept({
    request,
    decisions: await deps.store.decisions(request.id),
    offer,
    catalogSha256: catalog.sha256,
    endingOnly,
    memberships: await readMemberships(deps, catalog, groups),
    accounts: new Map(accounts),
  });
}

async function readPeople(deps: FactsDeps, userIds: readonly UserId[]): Promise<Map<UserId, PersonFound>> {
  const read = [...new Set(userIds)].map(async (userId): Promise<[UserId, PersonFound]> => [
    userId,
    await deps.directory.person(userId),
  ]);
  return new Map(await Promise.all(read));
}
