/** The watchman's pass: hands over whatever is due and not under way, and never waits for a target. */
import type { Instant } from '../domain/time.js';
import type { Due, DueCursor, DueKind } from '../ports.js';
import type { Deps } from './deps.js';

/** Ends first: a message may wait, access that is over may not. */
const KINDS: readonly DueKind[] = ['entitlement', 'request', 'grant', 'notice', 'message'];
const PAGE = 200;

type WatchDeps = Pick<Deps, 'store' | 'clock'>;

/** Hands every row that has been due for `lagMs` to `dispatch`. */
export async function keepWatch(
  deps: WatchDeps & Pick<Deps, 'brokenLeases'>,
  input: { lagMs: number; dispatch: (due: Due) => void },
): Promise<void> {
  const before = deps.clock.now() - input.lagMs;
  await eachBroken(deps, input.dispatch);
  await eachDue(deps, before, (page) => page.forEach((due) => input.dispatch(due)));
}

/** To the store they are under way until their leases end. */
async function eachBroken(
  { store, brokenLeases }: Pick<Deps, 'store' | 'brokenLeases'>,
  dispatch: (due: Due) => void,
): Promise<void> {
  for (const [id, token] of brokenLeases) {
    const row = await store.entitlement(id);
    if (row === null || row.nextAt === null || row.lease?.by !== token) {
      brokenLeases.delete(id);
    } else {
      const { version, connector, direction, nextAt: at } = row;
      dispatch({ kind: 'entitlement', id, version, at, connector, direction });
    }
  }
}

/** Arms anew the wake-ups of everything that is due by `until`, a page at a time. */
export async function rearm(
  deps: WatchDeps,
  input: { until: Instant; arm: (page: readonly Due[]) => void },
): Promise<void> {
  await eachDue(deps, input.until, input.arm);
}

async function eachDue(deps: WatchDeps, before: Instant, use: (page: readonly Due[]) => void): Promise<void> {
  for (const kind of KINDS) {
    let after: DueCursor | null = null;
    for (;;) {
      const page: Due[] = await deps.store.due(kind, { before, now: deps.clock.now(), after, limit: PAGE });
      use(page);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) {
        break;
      }
      after = { at: last.at, id: last.id };
    }
  }
}
