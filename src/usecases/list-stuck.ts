/** Every revocation that fails, since when, and why: for admins and auditors. */
import type { Entitlement } from '../domain/entitlement.js';
import type { UserId } from '../domain/ids.js';
import { unreadableProblem } from '../domain/eligibility.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { StuckPage, StuckView } from '../domain/views.js';
import type { Deps } from './deps.js';
import { shortId } from './entitlement-id.js';
import { toFailing } from './load-cards.js';
import { readViewing } from './viewing.js';
import type { Viewing } from './viewing.js';

/** Each takes several lines and two buttons. */
const PAGE_SIZE = 5;

export async function listStuck(
  deps: Pick<Deps, 'store' | 'clock' | 'catalogs' | 'directory'>,
  input: { viewer: UserId; offset: number },
): Promise<Result<StuckPage, Refusal>> {
  const { catalog } = deps.catalogs.current();
  const viewing = await readViewing(deps, catalog, input.viewer);
  if (viewing.isUnread) {
    return refuse({ code: 'directory-unavailable' });
  }
  if (!viewing.seesAll) {
    return refuse(unseen(viewing, [...catalog.admins, ...catalog.auditors]));
  }
  const page = await readStuck(deps, { offset: input.offset, pageSize: PAGE_SIZE });
  return accept({ ...page, mayAct: viewing.isAdmin });
}

/** Whoever is not known to be one may be one whom Slack does not tell of now. */
export function unseen({ memberships, seesAll }: Viewing, groups: readonly string[]): Refusal {
  const problem = seesAll ? null : unreadableProblem(memberships, groups);
  return problem ?? { code: 'not-an-admin', sees: seesAll };
}

/** A page of them, for whoever may see them all. */
export async function readStuck(
  deps: Pick<Deps, 'store' | 'clock'>,
  input: { offset: number; pageSize: number },
): Promise<StuckPage> {
  const { pageSize } = input;
  const total = await deps.store.countFailingRevocations();
  const lastPage = Math.floor(Math.max(0, total - 1) / pageSize) * pageSize;
  const offset = Math.max(0, Math.min(input.offset, lastPage));
  const rows = await deps.store.failingRevocations({ offset, limit: pageSize });
  const stuck = await Promise.all(
    rows.flatMap(toStuck).map(async (one) => ({ ...one, shortId: await shortId(deps.store, one.id) })),
  );
  return { stuck, total, offset, pageSize, at: deps.clock.now(), mayAct: true };
}

export function toStuck(row: Entitlement): StuckView[] {
  const failing = toFailing(row);
  const { id, connector, account, role, owner: holder, error, byHand } = row;
  return failing === null || error === null
    ? []
    : [{ id, connector, account, role, holder, failing, kind: error.kind, byHand }];
}
