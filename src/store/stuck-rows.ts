import type { Database as Connection } from 'better-sqlite3';

/**
 * A revocation that fails. While a grant still opens or holds it, what failed is another call, such as the one that
 * moves the target's own expiry, and its row is only next in the line of revocations.
 */
export const failingRevocation = `failing_since IS NOT NULL AND direction = 'revocations' AND NOT EXISTS (
  SELECT 1 FROM grant_entitlements AS h JOIN grants AS g ON g.id = h.grant_id
  WHERE h.entitlement_id = entitlements.id AND h.state <> 'released' AND g.state IN ('opening', 'active'))`;
const unmarked = 'by_hand_at IS NULL';

/** The connectors in which a revocation has failed so often in a row, or more, and nobody says that it is done. */
export function prepareStuckConnectors(connection: Connection) {
  // From connector to connector through the index: DISTINCT would read every row that fails.
  const connectorAfter = connection
    .prepare<{ connector: string }, string>(
      `SELECT connector FROM entitlements WHERE failing_since IS NOT NULL AND connector > @connector
       ORDER BY connector LIMIT 1`,
    )
    .pluck();
  // What has failed longest comes first, and has most likely failed most often.
  const anyStuck = connection.prepare<{ connector: string; attempts: number }>(
    `SELECT 1 FROM entitlements WHERE connector = @connector AND ${failingRevocation} AND ${unmarked}
       AND attempts >= @attempts ORDER BY failing_since, id LIMIT 1`,
  );

  return function stuckConnectors(attempts: number): string[] {
    const stuck: string[] = [];
    let connector = connectorAfter.get({ connector: '' });
    while (connector !== undefined) {
      if (anyStuck.get({ connector, attempts }) !== undefined) {
        stuck.push(connector);
      }
      connector = connectorAfter.get({ connector });
    }
    return stuck;
  };
}
