import { and, eq, sql } from 'drizzle-orm';
import type { Guard } from '../domain/change.js';
import type { Drizzle } from './row.js';
import { slot, writeRow } from './row.js';
import { guards } from './schema.js';

export function prepareGuards(db: Drizzle) {
  const insert = db
    .insert(guards)
    .values({ id: slot('id'), version: 1 })
    .prepare();
  const update = db
    .update(guards)
    .set({ version: sql`${guards.version} + 1` })
    .where(and(eq(guards.id, slot('id')), eq(guards.version, slot('version'))))
    .prepare();
  const byId = db
    .select()
    .from(guards)
    .where(eq(guards.id, slot('id')))
    .prepare();

  return {
    write(guard: Guard): void {
      writeRow({ insert, update }, guard);
    },
    byId(id: string): Guard {
      return byId.get({ id }) ?? { id, version: 0 };
    },
  };
}
