/** What was asked for, as rows of a table: for admins and auditors. */
import type { UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { HistoryExport, WhoHasAbout } from '../domain/views.js';
import type { Deps } from './deps.js';
import { amongOf, toItem } from './history.js';
import { seesAllProblem } from './list-stuck.js';
import { rowsForExport } from './rows-for-export.js';
import { readViewing } from './viewing.js';
import { nameOf, normalised } from './who-has.js';

export async function exportHistory(
  deps: Pick<Deps, 'store' | 'catalogs' | 'directory' | 'clock'>,
  { viewer, about: wanted, backMs }: { viewer: UserId; about: WhoHasAbout; backMs: number },
): Promise<Result<HistoryExport, Refusal>> {
  const { catalog } = deps.catalogs.current();
  const viewing = await readViewing(deps, catalog, viewer);
  const problem = seesAllProblem(viewing, catalog);
  if (problem !== null) {
    return refuse(problem);
  }
  const about = normalised(catalog, wanted);
  if (!about.ok) {
    return about;
  }
  const among = amongOf(catalog, viewing, about.value);
  if (among === null) {
    return refuse({ code: 'not-eligible', roleKey: nameOf(about.value), who: viewer });
  }
  const at = deps.clock.now();
  const filter = { ...among, since: at - backMs };
  const items = await rowsForExport(async (page) => {
    const rows = await deps.store.history(filter, page);
    return await Promise.all(rows.map(async (row) => await toItem(deps, row)));
  });
  return accept({ about: about.value, backMs, at, items, total: await deps.store.countHistory(filter) });
}
