/** What was asked for within some time, and what became of it. */
import { allRoles } from '../domain/catalog.js';
import type { Catalog, Role } from '../domain/catalog.js';
import { deciders, votedInPlaceOf } from '../domain/decide.js';
import type { UserId } from '../domain/ids.js';
import { lastPageOf } from '../domain/paging.js';
import type { Refusal } from '../domain/refusal.js';
import type { AccessRequest } from '../domain/request.js';
import { reviewOf } from '../domain/review.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { HistoryItem, HistoryView, WhoHasAbout } from '../domain/views.js';
import type { HistoryFilter } from '../ports.js';
import type { Deps } from './deps.js';
import { withGrant } from './read-background.js';
import { mayApprove, readViewing, visibleRoles } from './viewing.js';
import type { Viewing } from './viewing.js';
import { nameOf, normalised } from './who-has.js';

type HistoryDeps = Pick<Deps, 'store' | 'catalogs' | 'directory' | 'clock'>;

const PAGE_SIZE = 8;

export async function history(
  deps: HistoryDeps,
  input: { viewer: UserId; about: WhoHasAbout; backMs: number; offset: number },
): Promise<Result<HistoryView, Refusal>> {
  const { catalog } = deps.catalogs.current();
  const { viewer, backMs } = input;
  const viewing = await readViewing(deps, catalog, viewer);
  if (viewing.isUnread) {
    return refuse({ code: 'directory-unavailable' });
  }
  const about = normalised(catalog, input.about);
  if (!about.ok) {
    return about;
  }
  const among = amongOf(catalog, viewing, about.value);
  if (among === null) {
    return refuse({ code: 'not-eligible', roleKey: nameOf(about.value), who: viewer });
  }
  const filter = { ...among, since: deps.clock.now() - backMs };
  const total = await deps.store.countHistory(filter);
  const offset = Math.max(0, Math.min(input.offset, lastPageOf(total, PAGE_SIZE)));
  const rows = await deps.store.history(filter, { offset, limit: PAGE_SIZE });
  const items = await Promise.all(rows.map(async (row) => await toItem(deps, row)));
  const page = { items, total, offset, pageSize: PAGE_SIZE };
  return accept({ about: about.value, backMs, ...page, mayExport: viewing.seesAll });
}

/**
 * Everybody sees what was for themselves; of others admins and auditors see all, and whoever approves a role what was
 * asked for of it. Null where nothing of it is theirs to see.
 */
export function amongOf(
  catalog: Catalog,
  viewing: Viewing,
  about: WhoHasAbout,
): Omit<HistoryFilter, 'since'> | null {
  const { viewer, seesAll } = viewing;
  const keysOf = (roles: readonly Role[]) => roles.map(({ resource, name }) => ({ resource, role: name }));
  const approves = (role: Role): boolean => seesAll || mayApprove(catalog, viewing, role);
  switch (about.kind) {
    case 'all':
      return seesAll ? {} : { beneficiary: viewer };
    case 'person': {
      const beneficiary = about.userId;
      return seesAll || beneficiary === viewer
        ? { beneficiary }
        : { beneficiary, among: keysOf(allRoles(catalog).filter(approves)) };
    }
    case 'resource':
    case 'role': {
      const named = visibleRoles(catalog, viewing).filter(
        ({ resource, name }) =>
          resource === about.resource && (about.kind === 'resource' || name === about.role),
      );
      const theirs = named.filter(approves);
      if (named.length === 0) {
        return null;
      }
      return theirs.length > 0 ? { among: keysOf(theirs) } : { among: keysOf(named), beneficiary: viewer };
    }
    default:
      return about satisfies never;
  }
}

export async function toItem(deps: Pick<Deps, 'store'>, request: AccessRequest): Promise<HistoryItem> {
  const decisions = await deps.store.decisions(request.id);
  return {
    ...(await withGrant(deps, request)),
    by: deciders(request, decisions),
    inPlaceOf: votedInPlaceOf(request, decisions),
    autoRule: request.state === 'approved' ? request.autoRule : null,
    emergency: reviewOf(request) !== null,
  };
}
