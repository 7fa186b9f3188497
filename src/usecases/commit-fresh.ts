import type { Change } from '../domain/change.js';
import { cardOf, copyOf } from '../domain/message.js';
import { tendAt } from '../domain/unanswered.js';
import type { Due } from '../ports.js';
import type { Deps } from './deps.js';

/** What a step decided: what to write, if anything, and what to answer once it is written. */
export type Decided<Outcome> = { readonly change: Change | null; readonly outcome: Outcome };

export const DUPLICATE = Symbol('the same delivery came twice');

/** A busy row is decided again this often before it counts as a fault. */
const MAX_TRIES = 50;

/**
 * Loads, decides and commits; on `stale` does all of it again. The wake-ups follow the commit: should
 * the process die between the two, the watchman finds the rows.
 */
export async function commitFresh<Outcome>(
  deps: Pick<Deps, 'store' | 'wakeups'>,
  loadAndDecide: () => Promise<Decided<Outcome>>,
): Promise<Outcome | typeof DUPLICATE> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { change, outcome } = await loadAndDecide();
    if (change === null) {
      return outcome;
    }
    const committed = await deps.store.commit(change);
    if (committed === 'committed') {
      deps.wakeups.arm(wakeUpsOf(change));
      return outcome;
    }
    if (committed === 'duplicate-delivery') {
      return DUPLICATE;
    }
  }
  throw new Error(`The rows changed under ${MAX_TRIES} tries in a row; nothing was written.`);
}

/**
 * When each row that this change wrote is due next. Versions are those after the commit. A row with a lease is
 * armed by whoever gives the lease back; should nobody do so, the watchman finds it when it has run out.
 */
export function wakeUpsOf(change: Change): Due[] {
  return [
    ...(change.entitlements ?? []).flatMap((row): Due[] =>
      row.nextAt === null || row.lease !== null
        ? []
        : [
            {
              kind: 'entitlement',
              id: row.id,
              version: row.version + 1,
              at: row.nextAt,
              connector: row.connector,
              direction: row.direction,
            },
          ],
    ),
    ...(change.requests ?? []).flatMap((row): Due[] => {
      const at = tendAt(row);
      return at === null ? [] : [{ kind: 'request', id: row.id, version: row.version + 1, at }];
    }),
    ...(change.grants ?? []).flatMap((row): Due[] =>
      row.state === 'active' && row.remindAt !== null
        ? [{ kind: 'grant', id: row.id, version: row.version + 1, at: row.remindAt }]
        : [],
    ),
    ...(change.notices ?? []).map((row): Due => ({
      kind: 'notice',
      id: row.id,
      version: 1,
      at: row.from ?? change.at,
    })),
    ...cardsOf(change),
  ];
}

/** A card's version moves with its deliveries; the moment of the change tells its alarms apart. */
function cardsOf(change: Change): Due[] {
  // Of requests that are redrawn for another reason than a change of their own, the watchman finds the copy.
  const copies = (change.requests ?? []).filter(({ waiting }) => waiting.escalatedAt !== null);
  const ids = [
    ...(change.redraw ?? []).map(cardOf),
    ...copies.map(({ id }) => copyOf(id)),
    ...(change.messages ?? []).map(({ id }) => id),
  ];
  return [...new Set(ids)].map((id) => ({
    kind: 'message',
    id,
    version: change.at,
    at: change.at,
  }));
}
