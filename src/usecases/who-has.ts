/** Who holds what, until when, by whose leave. */
import type { Catalog, Role } from '../domain/catalog.js';
import { givenBy, partKeys, singleRoles } from '../domain/bundle.js';
import { findRole, roleKey } from '../domain/catalog.js';
import { allowsExtension } from '../domain/extension.js';
import type { LiveGrant } from '../domain/grant.js';
import { isLive } from '../domain/grant.js';
import type { UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import { reviewOf } from '../domain/review.js';
import type { Result } from '../domain/result.js';
import type {
  HolderView,
  MarkedView,
  MineView,
  StandingView,
  WhoHasAbout,
  WhoHasView,
} from '../domain/views.js';
import { ConnectorError } from '../ports.js';
import type { GrantFilter } from '../ports.js';
import { callTarget } from './call-target.js';
import type { Deps } from './deps.js';
import { findOffer, offerOf } from './find-offer.js';
import { approvalOf } from './load-cards.js';
import { mayApprove, readViewing, visibleRoles } from './viewing.js';
import type { Viewing } from './viewing.js';

type WhoHasDeps = Pick<Deps, 'store' | 'catalogs' | 'connectors' | 'directory' | 'callTimeoutMs' | 'log'>;

const PAGE_SIZE = 10;
/** So many of one role in one target are named. */
const MARKED_SHOWN = 15;
/** Nobody holds so many grants that a list of their own would need pages. */
const OWN_GRANTS = 100;

export async function whoHas(
  deps: WhoHasDeps,
  input: { viewer: UserId; about: WhoHasAbout; offset: number },
): Promise<Result<WhoHasView, Refusal>> {
  const { catalog } = deps.catalogs.current();
  const viewing = await readViewing(deps, catalog, input.viewer);
  const about = normalised(catalog, input.about);
  if (!about.ok) {
    return about;
  }
  const roles = rolesAbout(about.value, visibleRoles(catalog, viewing));
  const named = about.value.kind === 'resource' || about.value.kind === 'role';
  if (named && roles.length === 0) {
    return refuse({ code: 'not-eligible', roleKey: nameOf(about.value), who: input.viewer });
  }
  const filter = toFilter(about.value, viewing, givenBy(catalog, roles.map(roleKey)));
  const total = await deps.store.countLiveGrants(filter);
  const offset = Math.max(
    0,
    Math.min(input.offset, Math.floor(Math.max(0, total - 1) / PAGE_SIZE) * PAGE_SIZE),
  );
  const grants = await deps.store.liveGrants(filter, { offset, limit: PAGE_SIZE });
  const holders = await Promise.all(
    grants
      .filter(isLive)
      .map((grant) => toHolder(deps, catalog, grant, maySeeReason(catalog, viewing, grant))),
  );
  const single = singleRoles(catalog, roles);
  const members =
    named && offset === 0 ? await standingMembers(deps, single) : { standing: [], unlisted: [] };
  const marked = offset === 0 ? await markedAmong(deps, about.value, single) : [];
  return accept({ about: about.value, holders, total, offset, pageSize: PAGE_SIZE, marked, ...members });
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

async function toHolder(
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

function mayExtend(catalog: Catalog, { resource, role, state }: LiveGrant): boolean {
  const offer = offerOf(catalog, resource, role);
  return state === 'active' && offer !== null && allowsExtension(offer.policy);
}

/** What a person holds and has asked for. */
export async function mine(
  deps: Pick<Deps, 'store' | 'catalogs'>,
  input: { viewer: UserId },
): Promise<MineView> {
  const { catalog } = deps.catalogs.current();
  const { viewer: beneficiary } = input;
  const grants = await deps.store.liveGrants({ beneficiary }, { offset: 0, limit: OWN_GRANTS });
  const pending = await deps.store.pendingOf(beneficiary);
  return {
    grants: await Promise.all(
      grants.filter(isLive).map(async (grant) => ({
        ...(await toHolder(deps, catalog, grant, true)),
        mayExtend: mayExtend(catalog, grant),
      })),
    ),
    pending: pending.map((request) => ({
      requestId: request.id,
      roleKey: `${request.resource}:${request.role}`,
      durationMs: request.durationMs,
      startsAt: request.startsAt,
      createdAt: request.createdAt,
      expiresAt: request.expiresAt,
      beneficiary: request.beneficiary,
      nudgedAt: request.waiting.nudgedByRequesterAt,
    })),
  };
}
