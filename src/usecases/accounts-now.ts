import type { Catalog } from '../domain/catalog.js';
import type { PersonFound } from '../domain/eligibility.js';
import type { UserId } from '../domain/ids.js';
import type { AccessRequest } from '../domain/request.js';
import type { Accounts } from '../domain/same-account.js';
import { mappedAccount, ownAccount } from './resolve-terms.js';

/** The accounts that the map gives these people in the targets of a request, without asking any target. */
export function accountsNow(
  catalog: Catalog,
  {
    beneficiary,
    entitlements,
  }: Pick<AccessRequest, 'beneficiary'> & {
    readonly entitlements: readonly { readonly connector: string }[];
  },
  people: ReadonlyMap<UserId, PersonFound>,
): Accounts {
  const holder = people.get(beneficiary);
  return new Map(
    entitlements.map(({ connector }) => [
      connector,
      {
        beneficiary: typeof holder === 'object' ? ownAccount(catalog, connector, holder) : null,
        of: new Map(
          [...people].map(([userId, person]) => [
            userId,
            typeof person === 'object' ? mappedAccount(catalog, connector, person) : null,
          ]),
        ),
      },
    ]),
  );
}
