import type { SQL } from 'drizzle-orm';
import { and, asc, count, eq, sql } from 'drizzle-orm';
import type { Entitlement, Hold } from '../domain/entitlement.js';
import type { EntitlementId, GrantId } from '../domain/ids.js';
import { asEntitlementId, asGrantId, asUserId } from '../domain/ids.js';
import { actorName, toActor } from './actor-columns.js';
import type { Drizzle } from './row.js';
import { ImpossibleRow, slot, writeRow } from './row.js';
import { entitlements, grantEntitlements } from './schema.js';
import { failingRevocation } from './stuck-rows.js';

type EntitlementRow = typeof entitlements.$inferSelect;
type HoldRow = typeof grantEntitlements.$inferSelect;

/** Its key; everything else may change. */
const fixed = {
  connector: slot('connector'),
  role: slot('role'),
  accountId: slot('accountId'),
};
const changing = {
  accountName: slot('accountName'),
  fingerprint: slot('fingerprint'),
  owner: slot('owner'),
  ours: slot('ours'),
  seen: slot('seen'),
  seenAt: slot('seenAt'),
  expiresAt: slot('expiresAt'),
  direction: slot('direction'),
  nextAt: slot('nextAt'),
  attempts: slot('attempts'),
  failingSince: slot('failingSince'),
  errorKind: slot('errorKind'),
  errorText: slot('errorText'),
  lateUntil: slot('lateUntil'),
  byHandAt: slot('byHandAt'),
  byHandKind: slot('byHandKind'),
  byHandBy: slot('byHandBy'),
  leaseBy: slot('leaseBy'),
  leaseUntil: slot('leaseUntil'),
};
const columns = { ...fixed, ...changing } satisfies Record<
  Exclude<keyof EntitlementRow, 'id' | 'version'>,
  SQL
>;

export function prepareEntitlements(db: Drizzle) {
  const atVersion = and(eq(entitlements.id, slot('id')), eq(entitlements.version, slot('version')));
  const insert = db
    .insert(entitlements)
    .values({ id: slot('id'), version: 1, ...columns })
    .prepare();
  const update = db
    .update(entitlements)
    .set({ version: sql`${entitlements.version} + 1`, ...changing })
    .where(atVersion)
    .prepare();
  const standing = db.select({ id: entitlements.id }).from(entitlements).where(atVersion).prepare();
  const byId = db
    .select()
    .from(entitlements)
    .where(eq(entitlements.id, slot('id')))
    .prepare();
  const nextTwo = db
    .select({ id: entitlements.id })
    .from(entitlements)
    .where(sql`${entitlements.id} >= ${slot('id')}`)
    .orderBy(asc(entitlements.id))
    .limit(2)
    .prepare();
  const byKey = db
    .select()
    .from(entitlements)
    .where(
      and(
        eq(entitlements.connector, slot('connector')),
        eq(entitlements.role, slot('role')),
        eq(entitlements.accountId, slot('accountId')),
      ),
    )
    .prepare();
  const failingRevocations = sql.raw(failingRevocation);
  const failingIn = db
    .select()
    .from(entitlements)
    .where(
      and(
        eq(entitlements.connector, slot('connector')),
        failingRevocations,
        sql`${entitlements.byHandAt} is null`,
      ),
    )
    .orderBy(asc(entitlements.failingSince), asc(entitlements.id))
    .limit(sql.placeholder('limit'))
    .prepare();
  // By connector first: in the order of the index, so that no page sorts them all.
  const failingPage = db
    .select()
    .from(entitlements)
    .where(failingRevocations)
    .orderBy(asc(entitlements.connector), asc(entitlements.failingSince), asc(entitlements.id))
    .limit(sql.placeholder('limit'))
    .offset(sql.placeholder('offset'))
    .prepare();
  const failingCount = db.select({ total: count() }).from(entitlements).where(failingRevocations).prepare();
  const markedOf = db
    .select()
    .from(entitlements)
    .where(
      and(
        eq(entitlements.connector, slot('connector')),
        eq(entitlements.role, slot('role')),
        sql`${entitlements.failingSince} is not null and ${entitlements.byHandAt} is not null`,
      ),
    )
    .orderBy(asc(entitlements.failingSince), asc(entitlements.id))
    .limit(sql.placeholder('limit'))
    .prepare();
  const ours = db
    .select({ id: entitlements.id })
    .from(entitlements)
    .where(
      and(
        eq(entitlements.connector, slot('connector')),
        sql`${entitlements.ours} = 1`,
        sql`${entitlements.id} > ${slot('after')}`,
      ),
    )
    .orderBy(asc(entitlements.id))
    .limit(sql.placeholder('limit'))
    .prepare();
  // Along the holds that are not released: of those that stand few rely on what others gave.
  const reliedOn = db
    .selectDistinct({ id: entitlements.id })
    .from(grantEntitlements)
    .innerJoin(entitlements, eq(entitlements.id, grantEntitlements.entitlementId))
    .where(
      and(
        sql`${grantEntitlements.state} <> 'released' and ${grantEntitlements.state} = 'standing'`,
        eq(entitlements.connector, slot('connector')),
        sql`${entitlements.ours} = 0`,
      ),
    )
    .orderBy(asc(entitlements.id))
    .prepare();
  const unreachable = db
    .selectDistinct({ connector: entitlements.connector })
    .from(entitlements)
    .where(sql`${entitlements.errorKind} = 'unreachable' and ${entitlements.nextAt} is not null`)
    .orderBy(asc(entitlements.connector))
    .prepare();
  // Asked for each of those: in the statement above it would take it out of its index, for every row.
  const waitsUnmarked = db
    .select({ id: entitlements.id })
    .from(entitlements)
    .where(
      and(
        eq(entitlements.connector, slot('connector')),
        sql`${entitlements.errorKind} = 'unreachable' and ${entitlements.nextAt} is not null
          and ${entitlements.byHandAt} is null`,
      ),
    )
    .limit(1)
    .prepare();

  return {
    write(entitlement: Entitlement): void {
      writeRow({ insert, update }, toEntitlementRow(entitlement));
    },
    stands(id: EntitlementId, version: number): boolean {
      return standing.get({ id, version }) !== undefined;
    },
    byId(id: EntitlementId): Entitlement | null {
      const row = byId.get({ id });
      return row === undefined ? null : toEntitlement(row);
    },
    beginning(text: string): EntitlementId[] {
      const ids = nextTwo.all({ id: text }).map(({ id }) => asEntitlementId(id));
      return ids.filter((id) => id.startsWith(text));
    },
    byKey(key: { connector: string; role: string; accountId: string }): Entitlement | null {
      const row = byKey.get(key);
      return row === undefined ? null : toEntitlement(row);
    },
    failingRevocationsIn(connector: string, limit: number): Entitlement[] {
      return failingIn.all({ connector, limit }).map(toEntitlement);
    },
    failingRevocations(page: { offset: number; limit: number }): Entitlement[] {
      return failingPage.all(page).map(toEntitlement);
    },
    countFailingRevocations(): number {
      return failingCount.get()?.total ?? 0;
    },
    marked(of: { connector: string; role: string }, limit: number): Entitlement[] {
      return markedOf.all({ ...of, limit }).map(toEntitlement);
    },
    ours(connector: string, after: EntitlementId | null, limit: number): EntitlementId[] {
      return ours.all({ connector, after: after ?? '', limit }).map(({ id }) => asEntitlementId(id));
    },
    reliedOn(connector: string): EntitlementId[] {
      return reliedOn.all({ connector }).map(({ id }) => asEntitlementId(id));
    },
    unreachable(): string[] {
      return unreachable
        .all()
        .map(({ connector }) => connector)
        .filter((connector) => waitsUnmarked.get({ connector }) !== undefined);
    },
  };
}

export function prepareHolds(db: Drizzle) {
  const write = db
    .insert(grantEntitlements)
    .values({ grantId: slot('grantId'), entitlementId: slot('entitlementId'), state: slot('state') })
    .onConflictDoUpdate({
      target: [grantEntitlements.grantId, grantEntitlements.entitlementId],
      set: { state: sql`excluded.state` },
    })
    .prepare();
  const ofGrant = db
    .select()
    .from(grantEntitlements)
    .where(eq(grantEntitlements.grantId, slot('grantId')))
    .orderBy(asc(grantEntitlements.entitlementId))
    .prepare();

  return {
    write(hold: Hold): void {
      write.run(hold satisfies HoldRow);
    },
    ofGrant(grantId: GrantId): Hold[] {
      return ofGrant.all({ grantId }).map(toHold);
    },
  };
}

function toEntitlementRow(entitlement: Entitlement): EntitlementRow {
  const { byHand } = entitlement;
  return {
    id: entitlement.id,
    version: entitlement.version,
    connector: entitlement.connector,
    role: entitlement.role,
    accountId: entitlement.account.id,
    accountName: entitlement.account.name,
    fingerprint: entitlement.fingerprint,
    owner: entitlement.owner,
    ours: entitlement.ours ? 1 : 0,
    seen: entitlement.seen,
    seenAt: entitlement.seenAt,
    expiresAt: entitlement.expiresAt,
    direction: entitlement.direction,
    nextAt: entitlement.nextAt,
    attempts: entitlement.attempts,
    failingSince: entitlement.failingSince,
    errorKind: entitlement.error?.kind ?? null,
    errorText: entitlement.error?.text ?? null,
    lateUntil: entitlement.lateUntil,
    byHandAt: byHand?.at ?? null,
    byHandKind: byHand?.by.kind ?? null,
    byHandBy: byHand === null ? null : actorName(byHand.by),
    leaseBy: entitlement.lease?.by ?? null,
    leaseUntil: entitlement.lease?.until ?? null,
  };
}

function toEntitlement(row: EntitlementRow): Entitlement {
  const { errorKind, errorText, leaseBy, leaseUntil } = row;
  if ((errorKind === null) !== (errorText === null) || (leaseBy === null) !== (leaseUntil === null)) {
    throw new ImpossibleRow('entitlements', row.id, 'its error or its lease is incomplete');
  }
  return {
    id: asEntitlementId(row.id),
    version: row.version,
    connector: row.connector,
    role: row.role,
    account: { id: row.accountId, name: row.accountName },
    fingerprint: row.fingerprint,
    owner: row.owner === null ? null : asUserId(row.owner),
    ours: row.ours === 1,
    seen: row.seen,
    seenAt: row.seenAt,
    expiresAt: row.expiresAt,
    direction: row.direction,
    nextAt: row.nextAt,
    attempts: row.attempts,
    failingSince: row.failingSince,
    error: errorKind === null || errorText === null ? null : { kind: errorKind, text: errorText },
    lateUntil: row.lateUntil,
    byHand: toByHand(row),
    lease: leaseBy === null || leaseUntil === null ? null : { by: leaseBy, until: leaseUntil },
  };
}

function toByHand({ id, byHandAt: at, byHandKind, byHandBy }: EntitlementRow): Entitlement['byHand'] {
  if (at === null && byHandKind === null && byHandBy === null) {
    return null;
  }
  const by = byHandKind === null ? null : toActor(byHandKind, byHandBy);
  if (at === null || by === null) {
    throw new ImpossibleRow('entitlements', id, 'who removed it by hand is incomplete');
  }
  return { by, at };
}

export function toHold(row: HoldRow): Hold {
  return {
    grantId: asGrantId(row.grantId),
    entitlementId: asEntitlementId(row.entitlementId),
    state: row.state,
  };
}
