import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { Store } from '../ports.js';
import { prepareConnectorsInUse, prepareOwnersOf } from './accounts.js';
import { prepareCatalogs } from './catalog-rows.js';
import { createCommit } from './commit.js';
import { prepareDue, prepareNextDueAt } from './due-rows.js';
import { prepareEntitlementState } from './entitlement-state.js';
import { prepareFigures } from './figures.js';
import { prepareForget } from './forget.js';
import { createGroupCommit } from './group-commit.js';
import { prepareRetryNow, prepareVoidLeases } from './leases.js';
import { prepareHistory } from './history-rows.js';
import { prepareLiveGrants } from './live-grants.js';
import type { Database } from './open-database.js';
import { prepareStuckConnectors } from './stuck-rows.js';
import { preparePeopleInvolved } from './people-involved.js';
import { prepareTables } from './tables.js';
import { verifyAudit } from './verify-audit.js';

/** The Store on SQLite. Every statement is prepared here, and so held against the real tables at once. */
export function createStore({ database }: { readonly database: Database }): Store {
  const { connection } = database;
  const db = drizzle(connection);
  const tables = prepareTables(db);
  const commit = createCommit(connection, db, tables);
  const writes = createGroupCommit(connection);
  const entitlementState = prepareEntitlementState(connection, db, tables.entitlements);
  const liveGrants = prepareLiveGrants(db);
  const history = prepareHistory(db);
  const ownersOf = prepareOwnersOf(connection);
  const stuckConnectors = prepareStuckConnectors(connection);
  const connectorsInUse = prepareConnectorsInUse(connection);
  const peopleInvolved = preparePeopleInvolved(connection);
  const due = prepareDue(db);
  const nextDueAt = prepareNextDueAt(db);
  const retryNow = prepareRetryNow(db);
  const voidLeases = prepareVoidLeases(db);
  const catalogs = prepareCatalogs(db);
  const figures = prepareFigures(connection);
  const forget = prepareForget(connection);

  return {
    commit: async (change) => await writes.write(() => commit(change)),

    request: async (id) => tables.requests.byId(id),
    decisions: async (requestId) => tables.decisions.ofRequest(requestId),
    reviewVerdicts: async (requestId) => tables.reviewVerdicts.ofRequest(requestId),
    pendingOf: async (userId) => tables.requests.pendingOf(userId),
    approvedAutomatically: async (by) => tables.requests.countAutomatic(by),
    requestedSince: async (requester, since) => tables.requests.countSince(requester, since),
    guard: async (id) => tables.guards.byId(id),
    delegation: async (delegator) => tables.delegations.of(delegator),
    liveDelegations: async (now) => tables.delegations.live(now),
    pendingFor: async (role) => tables.requests.pendingFor(role),
    decidedFor: async (role, limit) => tables.requests.decidedFor(role, limit),

    peopleInvolved: async (page) => peopleInvolved(page),

    grant: async (id) => tables.grants.byId(id),
    holds: async (grantId) => tables.holds.ofGrant(grantId),
    requestsOf: async (grantId) => tables.requests.ofGrant(grantId),
    liveGrants: async (filter, page) => liveGrants.page(filter, page),
    countLiveGrants: async (filter) => liveGrants.count(filter),
    history: async (filter, page) => history.page(filter, page),
    countHistory: async (filter) => history.count(filter),

    entitlement: async (id) => tables.entitlements.byId(id),
    entitlementIds: async (beginning) => tables.entitlements.beginning(beginning),
    entitlementOf: async (key) => tables.entitlements.byKey(key),
    entitlementState: async (id) => entitlementState(id),
    ownersOf: async (account) => ownersOf(account),
    failingRevocationsIn: async (connector, limit) =>
      tables.entitlements.failingRevocationsIn(connector, limit),
    reliedOnIn: async (connector) => tables.entitlements.reliedOn(connector),
    oursIn: async (connector, { after, limit }) => tables.entitlements.ours(connector, after, limit),
    failingRevocations: async (page) => tables.entitlements.failingRevocations(page),
    countFailingRevocations: async () => tables.entitlements.countFailingRevocations(),
    markedOf: async (of, limit) => tables.entitlements.marked(of, limit),
    stuckConnectors: async (attempts) => stuckConnectors(attempts),
    unreachableConnectors: async () => tables.entitlements.unreachable(),
    connectorsInUse: async () => connectorsInUse(),

    stray: async (id) => tables.strays.byId(id),
    openStrays: async (connector) => tables.strays.open(connector),
    enforcement: async (connector) => tables.enforcements.of(connector),

    message: async (id) => tables.messages.byId(id),
    messagesOf: async (subject) => tables.messages.ofSubject(subject),
    notice: async (id) => tables.notices.byId(id),
    noticesOf: async (subject) => tables.notices.ofSubject(subject),
    recordMessage: async (message, sawWanted) =>
      await writes.write(() => tables.messages.record(message, sawWanted)),
    recordNotice: async (notice) => await writes.write(() => tables.notices.record(notice)),

    due: async (kind, query) => due(kind, query),
    nextDueAt: async (after = 0) => nextDueAt(after),
    retryNow,
    voidLeases: async () => voidLeases(),
    expectLateEdits: async (until) => tables.messages.expectLateEdits(until),

    lastCatalog: async () => catalogs.last(),
    keepCatalog: async (catalog, at) => catalogs.keep(catalog, at),

    auditEvents: async ({ after, limit }) => tables.audit.events(after, limit),
    auditHead: async () => tables.audit.head(),
    catalogEvents: async (after) => tables.audit.ofCatalogs(after),
    lastEventAt: async () => tables.audit.lastAt(),
    verifyAudit: async () => verifyAudit(tables.audit),
    figures: async (now) => figures(now),
    forget,
    ping: async () => {
      // Writes a page that says what it said before: a disk that is full or read-only shows itself.
      connection.pragma('user_version = 0');
    },
    close: async () => {
      writes.flush();
      database.close();
    },
  };
}
