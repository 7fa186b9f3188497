import { desc, sql } from 'drizzle-orm';
import type { Instant } from '../domain/time.js';
import type { Drizzle } from './row.js';
import { slot } from './row.js';
import { catalogs } from './schema.js';

export function prepareCatalogs(db: Drizzle) {
  const last = db
    .select({ sha256: catalogs.sha256, source: catalogs.source })
    .from(catalogs)
    .orderBy(desc(catalogs.place))
    .limit(1)
    .prepare();
  const place = sql`(select coalesce(max(${catalogs.place}), 0) + 1 from ${catalogs})`;
  const keep = db
    .insert(catalogs)
    .values({ sha256: slot('sha256'), source: slot('source'), keptAt: slot('at'), place })
    .onConflictDoUpdate({ target: catalogs.sha256, set: { keptAt: slot('at'), place } })
    .prepare();

  return {
    last(): { sha256: string; source: string } | null {
      return last.get() ?? null;
    },
    keep(catalog: { sha256: string; source: string }, at: Instant): void {
      keep.run({ ...catalog, at });
    },
  };
}
