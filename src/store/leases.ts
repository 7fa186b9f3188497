import { setImmediate } from 'node:timers/promises';
import { eq, inArray, sql } from 'drizzle-orm';
import type { Instant } from '../domain/time.js';
import type { Drizzle } from './row.js';
import { slot } from './row.js';
import { entitlements } from './schema.js';

/** Rows written in one go: some milliseconds, then clicks and revocations have their turn. */
const BATCH_SIZE = 200;

export function prepareRetryNow(db: Drizzle) {
  const waitingForReturn = db
    .select({ id: entitlements.id })
    .from(entitlements)
    .where(
      sql`${entitlements.errorKind} = 'unreachable' and ${eq(entitlements.connector, slot('connector'))}
        and ${entitlements.attempts} > 0 and ${entitlements.byHandAt} is null and ${entitlements.nextAt} > ${slot('at')}
        and (${entitlements.leaseUntil} is null or ${entitlements.leaseUntil} <= ${slot('at')})`,
    )
    .limit(BATCH_SIZE);
  const putForward = db
    .update(entitlements)
    .set({ version: sql`${entitlements.version} + 1`, nextAt: slot('at') })
    .where(inArray(entitlements.id, waitingForReturn))
    .prepare();

  return async function retryNow(connector: string, at: Instant): Promise<number> {
    let total = 0;
    for (;;) {
      const { changes } = putForward.run({ connector, at });
      total += changes;
      if (changes < BATCH_SIZE) {
        return total;
      }
      await setImmediate();
    }
  };
}

export function prepareVoidLeases(db: Drizzle) {
  const endLeases = db
    .update(entitlements)
    .set({ version: sql`${entitlements.version} + 1`, leaseBy: null, leaseUntil: null })
    .where(sql`${entitlements.leaseUntil} is not null`)
    .prepare();

  return function voidLeases(): void {
    endLeases.run();
  };
}
