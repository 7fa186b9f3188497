/** What helps to decide about a request: what the person had before, and has now. */
import type { AccessRequest } from '../domain/request.js';
import type { BackgroundView, EarlierView } from '../domain/views.js';
import type { Deps } from './deps.js';

/** So many earlier requests are shown. */
const EARLIER_SHOWN = 3;
/** More than anybody holds of one resource. */
const MOST_HELD = 100;

export async function readBackground(
  deps: Pick<Deps, 'store' | 'catalogs' | 'directory'>,
  request: AccessRequest,
): Promise<BackgroundView> {
  const { requester, beneficiary, resource, role } = request;
  const roles = [...(deps.catalogs.current().catalog.resources.get(resource)?.roles.keys() ?? [])];
  const among = roles.filter((name) => name !== role).map((name) => ({ resource, role: name }));
  const page = { offset: 0, limit: MOST_HELD };
  const [earlier, holds, asker, standing] = await Promise.all([
    deps.store.decidedFor({ beneficiary, resource, role }, EARLIER_SHOWN),
    among.length === 0 ? [] : deps.store.liveGrants({ beneficiary, among }, page),
    deps.directory.person(requester),
    readStanding(deps, request),
  ]);
  return {
    earlier: await Promise.all(earlier.newest.map(async (one) => await withGrant(deps, one))),
    earlierTotal: earlier.total,
    holds: holds.flatMap(({ state, role: name, endsAt }) =>
      state === 'active' ? [{ role: name, endsAt }] : [],
    ),
    standing,
    timeZone: typeof asker === 'object' ? asker.timeZone : null,
  };
}

/** One request, and what became of it. */
export async function withGrant(deps: Pick<Deps, 'store'>, request: AccessRequest): Promise<EarlierView> {
  const grant = request.state === 'approved' ? await deps.store.grant(request.grantId) : null;
  return { request, grant };
}

/** As the last look at the whole target found it. */
async function readStanding(
  { store }: Pick<Deps, 'store'>,
  { entitlements }: AccessRequest,
): Promise<BackgroundView['standing']> {
  const connectors = [...new Set(entitlements.map(({ connector }) => connector))];
  const open = (await Promise.all(connectors.map(async (name) => await store.openStrays(name)))).flat();
  return entitlements
    .filter(({ connector, role, account }) =>
      open.some(
        (stray) =>
          stray.kind === 'standing' &&
          stray.connector === connector &&
          stray.role === role &&
          stray.account.id === account.id,
      ),
    )
    .map(({ connector, role }) => ({ connector, role }));
}
