/** Who holds what now, as rows of a table: for admins and auditors. */
import type { UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { HoldersExport, WhoHasAbout } from '../domain/views.js';
import type { Deps } from './deps.js';
import { rowsForExport } from './rows-for-export.js';
import { seesAllProblem } from './list-stuck.js';
import { readViewing } from './viewing.js';
import { findHolders, readBesides, readHolders, type WhoHasDeps } from './who-has.js';

export async function exportHolders(
  deps: WhoHasDeps & Pick<Deps, 'clock'>,
  { viewer, about: wanted }: { viewer: UserId; about: WhoHasAbout },
): Promise<Result<HoldersExport, Refusal>> {
  const { catalog } = deps.catalogs.current();
  const viewing = await readViewing(deps, catalog, viewer);
  const problem = seesAllProblem(viewing, catalog);
  if (problem !== null) {
    return refuse(problem);
  }
  const found = findHolders(catalog, viewing, wanted);
  if (!found.ok) {
    return found;
  }
  const { about, filter } = found.value;
  const at = deps.clock.now();
  const holders = await rowsForExport(async (page) => await readHolders(deps, viewing, filter, page));
  const total = await deps.store.countLiveGrants(filter);
  return accept({ about, at, holders, total, ...(await readBesides(deps, found.value)) });
}
