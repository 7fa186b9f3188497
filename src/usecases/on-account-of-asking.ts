/** Who can't approve a request because they use an account that it is for, or from. */
import type { Catalog } from '../domain/catalog.js';
import type { Offer } from '../domain/decide.js';
import type { UserId } from '../domain/ids.js';
import { membersOf } from '../domain/person.js';
import type { Memberships } from '../domain/person.js';
import type { AccessRequest } from '../domain/request.js';
import { accountOfAsking } from '../domain/same-account.js';
import { accountsNow } from './accounts-now.js';
import type { Deps } from './deps.js';
import { readPeople } from './read-people.js';

/** In a larger group somebody is left, whoever uses which account; and each of them would be read one by one. */
const FEW = 20;

/** Of those approvers whom a step can hardly do without. By the catalog alone: no target is asked. */
export async function approversOnAccountOfAsking(
  deps: Pick<Deps, 'directory'>,
  catalog: Catalog,
  { role, policy }: Offer,
  {
    requester,
    beneficiary,
    memberships,
  }: Pick<AccessRequest, 'requester' | 'beneficiary'> & { readonly memberships: Memberships },
): Promise<UserId[]> {
  const few = policy.approve
    .map(({ from }) => membersOf(memberships, from))
    .flatMap((members) => (members.length > FEW ? [] : members))
    .filter((userId) => userId !== requester && userId !== beneficiary);
  const people = await readPeople(deps, [requester, beneficiary, ...few]);
  const accounts = accountsNow(catalog, { beneficiary, entitlements: role.entitlements }, people);
  const entitlements = role.entitlements.flatMap(({ connector }) => {
    const name = accounts.get(connector)?.beneficiary ?? null;
    return name === null ? [] : [{ connector, account: { name } }];
  });
  return few.filter((userId) => accountOfAsking({ requester, entitlements }, accounts, userId) !== null);
}
