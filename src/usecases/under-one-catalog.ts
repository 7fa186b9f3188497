import type { Deps } from './deps.js';

/** Another catalog has come into force while people and targets were asked. */
export const OUTDATED = Symbol('decided by a catalog that is no longer in force');

/** A file that changes this often while one request is looked at is a fault. */
const MAX_TRIES = 5;

/**
 * Decides by one catalog from the first look to the commit: what opens at once is not decided again by a click.
 * `attempt` asks `isCurrent` right before it writes, and answers `OUTDATED` in place of writing.
 */
export async function underOneCatalog<Outcome>(
  { catalogs }: Pick<Deps, 'catalogs'>,
  attempt: (isCurrent: () => boolean) => Promise<Outcome | typeof OUTDATED>,
): Promise<Outcome> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { catalog, endingOnly } = catalogs.current();
    const outcome = await attempt(() => {
      const now = catalogs.current();
      return now.catalog === catalog && now.endingOnly === endingOnly;
    });
    if (outcome !== OUTDATED) {
      return outcome;
    }
  }
  throw new Error(`The catalog changed under ${MAX_TRIES} tries in a row; nothing was written.`);
}
