/** What a person may request, and who they are to Hallpass. */
import { openSteps } from '../domain/approval.js';
import { partKeys } from '../domain/bundle.js';
import { allRoles, roleKey } from '../domain/catalog.js';
import { partProblem } from '../domain/eligibility.js';
import { accountNameOf } from '../domain/identity.js';
import type { UserId } from '../domain/ids.js';
import { isInAny, unreadableGroups } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { OfferView, WhoAmIAccount, WhoAmIView } from '../domain/views.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { mayRequest, readViewing } from './viewing.js';

export async function listOffers(
  deps: Pick<Deps, 'catalogs' | 'directory'>,
  input: { viewer: UserId },
): Promise<{ offers: OfferView[]; unreadable: string[] }> {
  const { catalog } = deps.catalogs.current();
  const viewing = await readViewing(deps, catalog, input.viewer);
  const offers = allRoles(catalog)
    .filter((role) => mayRequest(catalog, viewing, role))
    .flatMap((role): OfferView[] => {
      const policy = offerOf(catalog, role.resource, role.name)?.policy;
      return policy === undefined
        ? []
        : [
            {
              roleKey: roleKey(role),
              resource: role.resource,
              role: role.name,
              isDefault: catalog.resources.get(role.resource)?.defaultRole === role.name,
              title: role.title,
              parts: partKeys(role),
              minMs: policy.minMs,
              defaultMs: policy.defaultMs,
              maxMs: policy.maxMs,
              approvals: openSteps(policy),
              forOthers: policy.forOthers,
            },
          ];
    });
  const asking = allRoles(catalog).flatMap(
    ({ resource, name }) => offerOf(catalog, resource, name)?.policy.request ?? [],
  );
  const groups = [...new Set(asking)];
  return { offers, unreadable: viewing.isUnread ? groups : unreadableGroups(viewing.memberships, groups) };
}

export async function whoAmI(
  deps: Pick<Deps, 'catalogs' | 'directory'>,
  input: { viewer: UserId },
): Promise<Result<WhoAmIView, Refusal>> {
  const { catalog } = deps.catalogs.current();
  const found = await deps.directory.person(input.viewer);
  const problem = partProblem(input.viewer, found);
  if (problem !== null || typeof found === 'string') {
    return refuse(problem ?? { code: 'directory-unavailable' });
  }
  const { memberships } = await readViewing(deps, catalog, input.viewer);
  const groups = [...catalog.groups.keys()].filter((name) => isInAny(memberships, [name], input.viewer));
  const accounts = [...catalog.connectors.values()].map(({ name, identity }): WhoAmIAccount => {
    const named = accountNameOf(identity, found);
    return named.found
      ? { connector: name, account: named.name, missing: null }
      : { connector: name, account: null, missing: named.detail.why };
  });
  return accept({ userId: input.viewer, email: found.email, groups, accounts });
}
