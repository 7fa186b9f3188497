import type { Database as Connection } from 'better-sqlite3';
import SqliteDatabase from 'better-sqlite3';
import type { Change, Reliance } from '../domain/change.js';
import type { AccessRequest } from '../domain/request.js';
import type { CommitOutcome } from '../ports.js';
import { StaleRow, slot } from './row.js';
import type { Drizzle } from './row.js';
import { handled } from './schema.js';
import type { Tables } from './tables.js';

class RepeatedDelivery extends Error {}

/** Applies a change whole, in one transaction that takes the write lock at once; or nothing of it. */
export function createCommit(connection: Connection, db: Drizzle, tables: Tables) {
  const markHandled = db
    .insert(handled)
    .values({ key: slot('key'), at: slot('at') })
    .onConflictDoNothing({ target: handled.key })
    .prepare();

  const apply = connection.transaction((change: Change): void => {
    if (
      change.delivery !== undefined &&
      markHandled.run({ key: change.delivery, at: change.at }).changes === 0
    ) {
      throw new RepeatedDelivery();
    }
    if (!(change.reliesOn ?? []).every((reliance) => stands(tables, reliance))) {
      throw new StaleRow();
    }
    writeRows(tables, change);
    writeMessages(tables, change);
    tables.audit.append(change.audit, change.at);
  });

  return function commit(change: Change): CommitOutcome {
    refuseLooseHolds(change);
    try {
      apply.immediate(change);
      return 'committed';
    } catch (error) {
      if (error instanceof RepeatedDelivery) {
        return 'duplicate-delivery';
      }
      if (error instanceof StaleRow || isUniqueViolation(error)) {
        return 'stale';
      }
      throw error;
    }
  };
}

function stands(tables: Tables, reliance: Reliance): boolean {
  switch (reliance.table) {
    case 'requests':
      return tables.requests.stands(reliance.id, reliance.version);
    case 'grants':
      return tables.grants.stands(reliance.id, reliance.version);
    case 'entitlements':
      return tables.entitlements.stands(reliance.id, reliance.version);
    case 'delegations':
      return tables.delegations.of(reliance.id)?.version === reliance.version;
  }
}

/** In the order of their keys. The keys from a request to its grant are deferred, for both may be new. */
function writeRows(tables: Tables, change: Change): void {
  for (const request of closedFirst(change.requests ?? [])) {
    tables.requests.write(request);
  }
  for (const grant of change.grants ?? []) {
    tables.grants.write(grant);
  }
  for (const entitlement of change.entitlements ?? []) {
    tables.entitlements.write(entitlement);
  }
  for (const hold of change.holds ?? []) {
    tables.holds.write(hold);
  }
  for (const decision of change.decisions ?? []) {
    tables.decisions.add(decision);
  }
  for (const verdict of change.reviewVerdicts ?? []) {
    tables.reviewVerdicts.add(verdict);
  }
  for (const stray of change.strays ?? []) {
    tables.strays.write(stray);
  }
  for (const guard of change.guards ?? []) {
    tables.guards.write(guard);
  }
  for (const delegation of change.delegations ?? []) {
    tables.delegations.write(delegation);
  }
  for (const enforcement of change.enforcements ?? []) {
    tables.enforcements.write(enforcement);
  }
}

/** A request that closes makes room for a new one on the same role. */
function closedFirst(requests: readonly AccessRequest[]): AccessRequest[] {
  return requests.toSorted((a, b) => Number(a.state === 'pending') - Number(b.state === 'pending'));
}

/** Cards that stand already are marked first: one that is new in this change is due anyway. */
function writeMessages(tables: Tables, change: Change): void {
  for (const subject of change.redraw ?? []) {
    tables.messages.redraw(subject, change.at);
  }
  for (const message of change.messages ?? []) {
    tables.messages.write(message);
  }
  for (const notice of change.notices ?? []) {
    tables.notices.owe(notice, change.at);
  }
}

/** A hold has no version: only its grant's or its entitlement's protects it from a lost write. */
function refuseLooseHolds(change: Change): void {
  for (const hold of change.holds ?? []) {
    const withGrant = change.grants?.some((grant) => grant.id === hold.grantId) ?? false;
    const withEntitlement = change.entitlements?.some((row) => row.id === hold.entitlementId) ?? false;
    if (!withGrant && !withEntitlement) {
      throw new Error(
        `The hold of ${hold.grantId} on ${hold.entitlementId} comes without its grant or its entitlement.`,
      );
    }
  }
}

function isUniqueViolation(error: unknown): boolean {
  return (
    error instanceof SqliteDatabase.SqliteError &&
    (error.code === 'SQLITE_CONSTRAINT_UNIQUE' || error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY')
  );
}
