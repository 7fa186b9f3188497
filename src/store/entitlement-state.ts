import type { Database as Connection } from 'better-sqlite3';
import { and, asc, eq, ne, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import type { Entitlement, EntitlementState, Hold, OtherHold } from '../domain/entitlement.js';
import type { EntitlementId } from '../domain/ids.js';
import { toHold } from './entitlement-rows.js';
import { toGrant } from './grant-rows.js';
import type { Drizzle } from './row.js';
import { ImpossibleRow, slot } from './row.js';
import { grantEntitlements, grants, LIVE_STATES } from './schema.js';

export interface EntitlementReads {
  byId(id: EntitlementId): Entitlement | null;
}

/** What converge decides on, read in one snapshot. A released hold no longer holds, and is left out. */
export function prepareEntitlementState(connection: Connection, db: Drizzle, reads: EntitlementReads) {
  const others = alias(grantEntitlements, 'others');
  const holding = and(
    eq(grantEntitlements.entitlementId, slot('id')),
    sql`${grantEntitlements.state} <> 'released'`,
    sql`${grants.state} in (${sql.raw(LIVE_STATES)})`,
  );
  const holdersOf = db
    .select({ grant: grants, hold: grantEntitlements })
    .from(grantEntitlements)
    .innerJoin(grants, eq(grants.id, grantEntitlements.grantId))
    .where(holding)
    .orderBy(asc(grants.endsAt), asc(grants.id))
    .prepare();
  const othersOf = db
    .select({ hold: others })
    .from(grantEntitlements)
    .innerJoin(grants, eq(grants.id, grantEntitlements.grantId))
    .innerJoin(
      others,
      and(
        eq(others.grantId, grantEntitlements.grantId),
        ne(others.entitlementId, grantEntitlements.entitlementId),
      ),
    )
    .where(holding)
    .prepare();

  return connection.transaction((id: EntitlementId): EntitlementState | null => {
    const entitlement = reads.byId(id);
    if (entitlement === null) {
      return null;
    }
    const holders = holdersOf.all({ id });
    const otherHolds =
      holders.length === 0 ? [] : othersOf.all({ id }).map((row) => withPart(toHold(row.hold), reads));
    return {
      entitlement,
      holders: holders.map((row) => ({
        grant: toGrant(row.grant),
        hold: toHold(row.hold),
        others: otherHolds.filter((hold) => hold.grantId === row.grant.id),
      })),
    };
  });
}

function withPart(hold: Hold, reads: EntitlementReads): OtherHold {
  const found = reads.byId(hold.entitlementId);
  if (found === null) {
    throw new ImpossibleRow(
      'grant_entitlements',
      hold.entitlementId,
      'it holds an entitlement that is not there',
    );
  }
  const { connector, role, account, error } = found;
  return { ...hold, part: { connector, role, account, error } };
}
