/** Takes a new catalog while Hallpass runs: on a signal, or because somebody asked for it at the command line. */
import type { CatalogInForce, ReloadOutcome } from './catalog/catalog-in-force.js';
import type { Catalog } from './domain/catalog.js';
import { SECOND_MS } from './domain/time.js';
import type { Store } from './ports.js';
import type { Round } from './wakeups/rounds.js';

export type CatalogReloads = {
  /** Reads the file after this moment, also where another reload is under way. */
  reload(): Promise<ReloadOutcome>;
  /** Looks for those who asked. */
  readonly round: Round;
};

const LOOK_EVERY_MS = SECOND_MS;

export function createCatalogReloads(parts: {
  readonly catalogs: CatalogInForce;
  readonly store: Pick<Store, 'auditHead' | 'catalogEvents'>;
  /** The newest event at the start: whoever asked before has got the file that was read since. */
  readonly after: number;
  readonly use: (catalog: Catalog) => void;
  /** After another catalog came into force. */
  readonly onCatalogChanged: (before: Catalog) => Promise<void>;
}): CatalogReloads {
  const { catalogs, store, use, onCatalogChanged } = parts;
  let seen = parts.after;
  let last: Promise<unknown> = Promise.resolve();

  async function reloadNow(asked: number | null): Promise<ReloadOutcome> {
    const before = catalogs.current().catalog;
    const outcome = await catalogs.reload({ asked, use });
    if (outcome.kind === 'taken') {
      await onCatalogChanged(before);
    }
    return outcome;
  }

  async function inTurn(asked: number | null): Promise<ReloadOutcome> {
    const turn = last.then(async () => await reloadNow(asked));
    // Whoever asked hears of a failure; the next one has its turn all the same.
    last = turn.catch(() => undefined);
    return await turn;
  }

  return {
    reload: async () => await inTurn(null),
    round: {
      everyMs: LOOK_EVERY_MS,
      atStart: false,
      async work() {
        const head = await store.auditHead();
        if (head === seen) {
          return;
        }
        const events = await store.catalogEvents(seen);
        // Everything up to the head, of whatever kind: else each look would read all that has happened since a start.
        seen = Math.max(head, events.at(-1)?.seq ?? head);
        const wish = events.findLast(({ kind }) => kind === 'catalog.reload-asked');
        if (wish !== undefined) {
          await inTurn(wish.seq);
        }
      },
    },
  };
}
