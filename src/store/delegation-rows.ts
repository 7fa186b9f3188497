import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { UserId } from '../domain/ids.js';
import { asUserId } from '../domain/ids.js';
import type { Delegation } from '../domain/stand-ins.js';
import type { Instant } from '../domain/time.js';
import type { Drizzle } from './row.js';
import { slot, writeRow } from './row.js';
import { delegations } from './schema.js';

type DelegationRow = typeof delegations.$inferSelect;

export function prepareDelegations(db: Drizzle) {
  const columns = { standIn: slot('standIn'), madeAt: slot('madeAt'), untilAt: slot('untilAt') };
  const insert = db
    .insert(delegations)
    .values({ delegator: slot('delegator'), version: 1, ...columns })
    .prepare();
  const update = db
    .update(delegations)
    .set({ version: sql`${delegations.version} + 1`, ...columns })
    .where(and(eq(delegations.delegator, slot('delegator')), eq(delegations.version, slot('version'))))
    .prepare();
  const byDelegator = db
    .select()
    .from(delegations)
    .where(eq(delegations.delegator, slot('delegator')))
    .prepare();
  const live = db
    .select()
    .from(delegations)
    .where(gt(delegations.untilAt, slot('now')))
    .orderBy(asc(delegations.delegator))
    .prepare();

  return {
    write(delegation: Delegation): void {
      writeRow({ insert, update }, delegation satisfies DelegationRow);
    },
    of(delegator: UserId): Delegation | null {
      const row = byDelegator.get({ delegator });
      return row === undefined ? null : toDelegation(row);
    },
    live(now: Instant): Delegation[] {
      return live.all({ now }).map(toDelegation);
    },
  };
}

function toDelegation(row: DelegationRow): Delegation {
  return { ...row, delegator: asUserId(row.delegator), standIn: asUserId(row.standIn) };
}
