/** Every revocation that fails, since when, and why: for admins and auditors. */
import type { Catalog } from '../domain/catalog.js';
import type { Entitlement } from '../domain/entitlement.js';
import type { UserId } from '../domain/ids.js';
import { unreadableProblem } from '../domain/eligibility.js';
import { lastPageOf } from '../domain/paging.js';
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
  const problem = seesAllProblem(viewing, catalog);
  if (problem !== null) {
    return refuse(problem);
  }
  const page = await readStuck(deps, { offset: input.offset, pageSize: PAGE_SIZE });
  return accept({ ...page, mayAct: viewing.isAdmin });
}

/** Why this viewer may not see what concerns everybody; null when they may. */
export function seesAllProblem(viewing: Viewing, { admins, auditors }: Catalog): Refusal | null {
  if (viewing.isUnread) {
    return { code: 'directory-unavailable' };
  }
  return viewing.seesAll ? null : unseen(viewing, [...admins, ...auditors]);
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
  const offset = Math.max(0, Math.min(input.offset, lastPageOf(total, pageSize)));
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
