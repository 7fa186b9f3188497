/** The grant that a person means. */
import { toChoice } from '../domain/end-grant.js';
import { isRunning } from '../domain/grant.js';
import type { Grant } from '../domain/grant.js';
import { asGrantId } from '../domain/ids.js';
import type { UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Deps } from './deps.js';
import { rolesNamed } from './find-offer.js';

/** So many grants are offered to choose from. */
const CHOICES = 20;

/** Of those that they hold. */
export async function findOwnGrant(
  deps: Pick<Deps, 'store' | 'catalogs'>,
  { by, which }: { readonly by: UserId; readonly which: string | null },
): Promise<Result<Grant, Refusal>> {
  const roles = which === null ? null : rolesNamed(deps.catalogs.current().catalog, which);
  return await findGrant(deps, which, { beneficiary: by }, roles);
}

/** By its id; or the only live one of the roles that were named; or, where nothing was named, the only one at all. */
export async function findGrant(
  deps: Pick<Deps, 'store'>,
  which: string | null,
  among: { beneficiary?: UserId },
  roles: readonly string[] | null,
): Promise<Result<Grant, Refusal>> {
  if (which !== null) {
    const byId = await deps.store.grant(asGrantId(which.toUpperCase()));
    if (byId !== null) {
      return accept(byId);
    }
  }
  const live = await liveGrants(deps, among, roles);
  const running = live.filter(isRunning);
  // What runs goes before what is still to begin.
  const fitting = running.length > 0 ? running : live.filter(({ state }) => state === 'scheduled');
  const [first, ...more] = fitting;
  if (first !== undefined) {
    return more.length === 0
      ? accept(first)
      : refuse({ code: 'which-grant', choices: fitting.map(toChoice) });
  }
  return which !== null && roles?.length === 0
    ? refuse({ code: 'unknown-grant', typed: which })
    : refuse({ code: 'nothing-held', which, own: among.beneficiary !== undefined });
}

async function liveGrants(
  deps: Pick<Deps, 'store'>,
  among: { beneficiary?: UserId },
  roles: readonly string[] | null,
): Promise<Grant[]> {
  const page = { offset: 0, limit: CHOICES };
  if (roles === null) {
    return await deps.store.liveGrants(among, page);
  }
  if (roles.length === 0) {
    return [];
  }
  return await deps.store.liveGrants({ ...among, among: roles.map(roleOf) }, page);
}

/** Of `prod-db:admin`. */
export function roleOf(key: string): { resource: string; role: string } {
  const colon = key.lastIndexOf(':');
  return { resource: key.slice(0, colon), role: key.slice(colon + 1) };
}
