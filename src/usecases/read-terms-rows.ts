import type { TermsRow } from '../domain/open-grant.js';
import type { TermsEntitlement } from '../domain/request.js';
import type { Deps } from './deps.js';

/** Each line of the terms with what the database holds for it now. */
export async function readTermsRows(
  deps: Pick<Deps, 'store' | 'ids'>,
  terms: readonly TermsEntitlement[],
): Promise<TermsRow[]> {
  const rows = terms.map(async (one): Promise<TermsRow> => {
    const { connector, role, account } = one;
    const [existing, owners] = await Promise.all([
      deps.store.entitlementOf({ connector, role, accountId: account.id }),
      deps.store.ownersOf({ connector, accountId: account.id }),
    ]);
    return { terms: one, existing, owners, newId: deps.ids.entitlementId() };
  });
  return await Promise.all(rows);
}
