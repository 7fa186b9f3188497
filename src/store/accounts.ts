import type { Database as Connection } from 'better-sqlite3';
import type { UserId } from '../domain/ids.js';
import { asUserId } from '../domain/ids.js';
import { LIVE_STATES } from './schema.js';

/** An entitlement that a grant in one of these states still holds. */
function heldIn(states: string): string {
  return `EXISTS (
    SELECT 1 FROM grant_entitlements hold JOIN grants ON grants.id = hold.grant_id
    WHERE hold.entitlement_id = entitlements.id AND hold.state <> 'released' AND grants.state IN (${states}))`;
}

/** Who is tied to an account in a target by what is live or pending. */
export function prepareOwnersOf(connection: Connection) {
  const owners = connection
    .prepare<{ connector: string; accountId: string; written: string }, string>(
      `SELECT owner FROM entitlements
       WHERE connector = @connector AND account_id = @accountId AND owner IS NOT NULL
         AND ((ours = 1 AND by_hand_at IS NULL) OR ${heldIn(LIVE_STATES)})
       UNION
       SELECT beneficiary FROM requests, json_each(requests.terms) AS line
       WHERE requests.state = 'pending' AND instr(requests.terms, @written) > 0
         AND json_extract(line.value, '$.connector') = @connector
         AND json_extract(line.value, '$.account.id') = @accountId`,
    )
    .pluck();

  return function ownersOf(account: { connector: string; accountId: string }): UserId[] {
    // Terms that do not hold the id as the store writes it need not be taken apart.
    return owners.all({ ...account, written: JSON.stringify(account.accountId) }).map(asUserId);
  };
}

type Pair = { readonly connector: string; readonly role: string };

/** Connectors and roles, but those of what is marked as removed by hand, that the catalog must go on naming, for what is live to end. A window that has not begun has nothing to end. */
export function prepareConnectorsInUse(connection: Connection) {
  // From pair to pair through the index: DISTINCT would read every entitlement that ever was.
  const pairAfter = connection.prepare<Pair, Pair>(
    `SELECT connector, role FROM entitlements WHERE (connector, role) > (@connector, @role)
     ORDER BY connector, role LIMIT 1`,
  );
  // One question after the other, each with an index of its own: most pairs are answered by the first.
  const anyOurs = connection.prepare<Pair>(
    `SELECT 1 FROM entitlements WHERE connector = @connector AND role = @role AND ours = 1
       AND by_hand_at IS NULL LIMIT 1`,
  );
  const anyHeld = connection.prepare<Pair>(
    `SELECT 1 FROM entitlements WHERE connector = @connector AND role = @role
       AND ${heldIn(`'opening', 'active', 'ending'`)} LIMIT 1`,
  );

  return function connectorsInUse(): { connector: string; roles: string[] }[] {
    const inUse = new Map<string, string[]>();
    let pair = pairAfter.get({ connector: '', role: '' });
    while (pair !== undefined) {
      if (anyOurs.get(pair) !== undefined || anyHeld.get(pair) !== undefined) {
        inUse.set(pair.connector, [...(inUse.get(pair.connector) ?? []), pair.role]);
      }
      pair = pairAfter.get(pair);
    }
    return [...inUse].map(([connector, roles]) => ({ connector, roles }));
  };
}
