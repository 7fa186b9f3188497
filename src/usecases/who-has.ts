/** Who holds what, until when, by whose leave. */
import type { Catalog, Role } from '../domain/catalog.js';
import { givenBy, partKeys, singleRoles } from '../domain/bundle.js';
import { findRole, roleKey } from '../domain/catalog.js';
import type { LiveGrant } from '../domain/grant.js';
import { isLive } from '../domain/grant.js';
import type { UserId } from '../domain/ids.js';
import { lastPageOf } from '../domain/paging.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import { reviewOf } from '../domain/review.js';
import type { Result } from '../domain/result.js';
import type { HolderView, MarkedView, StandingView, WhoHasAbout, WhoHasView } from '../domain/views.js';
import { ConnectorError } from '../ports.js';
import type { GrantFilter } from '../ports.js';
import { callTarget } from './call-target.js';
import type { Deps } from './deps.js';
import { findOffer } from './find-offer.js';
import { approvalOf } from './load-cards.js';
import { mayApprove, readViewing, visibleRoles } from './viewing.js';
import type { Viewing } from './viewing.js';

export type WhoHasDeps = Pick<
  Deps,
  'store' | 'catalogs' | 'connectors' | 'directory' | 'callTimeoutMs' | 'log'
>;

const PAGE_SIZE = 10;
/** So many of one role in one target are named. */
const MARKED_SHOWN = 15;

export async function whoHas(
  deps: WhoHasDeps,
  input: { viewer: UserId; about: WhoHasAbout; offset: number },
): Promise<Result<WhoHasView, Refusal>> {
  const { catalog } = deps.catalogs.current();
  const viewing = await readViewing(deps, catalog, input.viewer);
  if (viewing.isUnread) {
    return refuse({ code: 'directory-unavailable' });
  }
  const found = findHolders(catalog, viewing, input.about);
  if (!found.ok) {
    return found;
  }
  const { about, filter } = found.value;
  const total = await deps.store.countLiveGrants(filter);
  // A page ends where its text is full, so that the next begins anywhere; what has become shorter, on its last page.
  const offset = input.offset < total ? Math.max(0, input.offset) : lastPageOf(total, PAGE_SIZE);
  const holders = await readHolders(deps, viewing, filter, { offset, limit: PAGE_SIZE });
  const besides = offset === 0 ? await readBesides(deps, found.value) : NOTHING_BESIDES;
  const page = { about, holders, total, offset, pageSize: PAGE_SIZE };
  return accept({ ...page, ...besides, mayExport: viewing.seesAll });
}

type Found = { readonly about: WhoHasAbout; readonly roles: readonly Role[]; readonly filter: GrantFilter };

/** Which grants are meant, of those that this viewer may see. */
export function findHolders(catalog: Catalog, viewing: Viewing, wanted: WhoHasAbout): Result<Found, Refusal> {
  const about = normalised(catalog, wanted);
  if (!about.ok) {
    return about;
  }
  const roles = rolesAbout(about.value, visibleRoles(catalog, viewing));
  if (isNamed(about.value) && roles.length === 0) {
    return refuse({ code: 'not-eligible', roleKey: nameOf(about.value), who: viewing.viewer });
  }
  const filter = toFilter(about.value, viewing, givenBy(catalog, roles.map(roleKey)));
  return accept({ about: about.value, roles, filter });
}

function isNamed({ kind }: WhoHasAbout): boolean {
  return kind === 'resource' || kind === 'role';
}

export async function readHolders(
  deps: Pick<Deps, 'store' | 'catalogs'>,
  viewing: Viewing,
  filter: GrantFilter,
  page: { offset: number; limit: number },
): Promise<HolderView[]> {
  const { catalog } = deps.catalogs.current();
  const grants = (await deps.store.liveGrants(filter, page)).filter(isLive);
  return await Promise.all(
    grants.map(async (grant) => toHolder(deps, catalog, grant, maySeeReason(catalog, viewing, grant))),
  );
}

const NOTHING_BESIDES = { standing: [], unlisted: [], marked: [] };

/** What is there without a grant, of roles that were named. */
export async function readBesides(
  deps: WhoHasDeps,
  { about, roles }: Pick<Found, 'about' | 'roles'>,
): Promise<Pick<WhoHasView, 'standing' | 'unlisted' | 'marked'>> {
  const single = singleRoles(deps.catalogs.current().catalog, roles);
  const members = isNamed(about) ? await standingMembers(deps, single) : NOTHING_BESIDES;
  return { ...members, marked: await markedAmong(deps, about, single) };
}

/** What may still be there, by nobody's grant any more. */
async function markedAmong(
  deps: WhoHasDeps,
  about: WhoHasAbout,
  roles: readonly Role[],
): Promise<MarkedView[]> {
  const parts = roles.flatMap((role) => role.entitlements.map((part) => ({ role, part })));
  const found = await Promise.all(
    parts.map(async ({ role, part }) =>
      (await deps.store.markedOf(part, MARKED_SHOWN)).flatMap((row): MarkedView[] =>
        row.byHand === null || (about.kind === 'person' && row.owner !== about.userId)
          ? []
          : [
              {
                roleKey: roleKey(role),
                connector: row.connector,
                account: row.account.name,
                byHand: row.byHand,
              },
            ],
      ),
    ),
  );
  return found.flat();
}

/** The resource and role as the catalog spells them. */
export function normalised(catalog: Catalog, about: WhoHasAbout): Result<WhoHasAbout, Refusal> {
  if (about.kind !== 'resource' && about.kind !== 'role') {
    return accept(about);
  }
  const found = findOffer(catalog, about.resource, about.kind === 'role' ? about.role : null);
  if (!found.ok) {
    return found;
  }
  const { resource, name } = found.value.role;
  return accept(
    about.kind === 'role' ? { kind: 'role', resource, role: name } : { kind: 'resource', resource },
  );
}

function rolesAbout(about: WhoHasAbout, visible: readonly Role[]): Role[] {
  switch (about.kind) {
    case 'resource':
      return visible.filter(({ resource }) => resource === about.resource);
    case 'role':
      return visible.filter(({ resource, name }) => resource === about.resource && name === about.role);
    case 'all':
    case 'person':
      return [...visible];
  }
}

export function nameOf(about: WhoHasAbout): string {
  switch (about.kind) {
    case 'resource':
      return about.resource;
    case 'role':
      return `${about.resource}:${about.role}`;
    case 'all':
    case 'person':
      return '';
  }
}

/** People always see what they hold themselves. */
function toFilter(about: WhoHasAbout, viewing: Viewing, roles: readonly Role[]): GrantFilter {
  const among = roles.map(({ resource, name }) => ({ resource, role: name }));
  const everything = viewing.seesAll && about.kind !== 'resource' && about.kind !== 'role';
  if (about.kind === 'person') {
    const beneficiary = about.userId;
    return everything || beneficiary === viewing.viewer ? { beneficiary } : { beneficiary, among };
  }
  return everything ? {} : { among };
}

function maySeeReason(catalog: Catalog, viewing: Viewing, grant: LiveGrant): boolean {
  const role = catalog.resources.get(grant.resource)?.roles.get(grant.role);
  return viewing.seesAll || (role !== undefined && mayApprove(catalog, viewing, role));
}

export async function toHolder(
  deps: Pick<Deps, 'store'>,
  catalog: Catalog,
  grant: LiveGrant,
  withReason: boolean,
): Promise<HolderView> {
  const request = await deps.store.request(grant.requestId);
  const holds = await deps.store.holds(grant.id);
  const role = findRole(catalog, grant.resource, grant.role);
  return {
    grantId: grant.id,
    requestId: grant.requestId,
    roleKey: `${grant.resource}:${grant.role}`,
    parts: role === undefined ? [] : partKeys(role),
    beneficiary: grant.beneficiary,
    accounts: request?.entitlements.map(({ account }) => account) ?? [],
    state: grant.state,
    startsAt: grant.startsAt,
    endsAt: grant.endsAt,
    ...(request?.state === 'approved' ? await approvalOf(deps, request) : { approvedBy: [], inPlaceOf: [] }),
    emergency: request !== null && reviewOf(request) !== null,
    autoRule: request?.state === 'approved' ? request.autoRule : null,
    reason: withReason ? (request?.reason ?? null) : null,
    standing: holds.some(({ state }) => state === 'standing'),
  };
}

/** Members that the target itself names and that Hallpass did not put there. */
async function standingMembers(
  deps: WhoHasDeps,
  roles: readonly Role[],
): Promise<{ standing: StandingView[]; unlisted: string[] }> {
  const standing: StandingView[] = [];
  const unlisted = new Set<string>();
  for (const role of roles) {
    for (const entitlement of role.entitlements) {
      const members = await listMembers(deps, entitlement.connector, entitlement.role);
      if (members === null) {
        unlisted.add(entitlement.connector);
        continue;
      }
      const kept = members.filter((member) => member.standing);
      standing.push(
        ...kept.map(({ account }) => ({
          roleKey: roleKey(role),
          connector: entitlement.connector,
          account: account.name,
        })),
      );
    }
  }
  return { standing, unlisted: [...unlisted] };
}

async function listMembers(deps: WhoHasDeps, name: string, role: string) {
  const connector = deps.connectors.get(name);
  const list = connector?.list?.bind(connector);
  if (list === undefined) {
    return null;
  }
  try {
    return await callTarget(deps.callTimeoutMs, (call) => list(role, call));
  } catch (error) {
    if (!(error instanceof ConnectorError)) {
      throw error;
    }
    deps.log.warn(
      { connector: name, kind: error.kind, err: error },
      'The members of a role could not be listed',
    );
    return null;
  }
}
