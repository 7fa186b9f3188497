/** What a person holds and has asked for. */
import type { Catalog } from '../domain/catalog.js';
import { allowsExtension } from '../domain/extension.js';
import type { LiveGrant } from '../domain/grant.js';
import { isLive } from '../domain/grant.js';
import type { UserId } from '../domain/ids.js';
import type { MineView } from '../domain/views.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { toHolder } from './who-has.js';

/** Nobody holds so many. */
const OWN_GRANTS = 100;

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

function mayExtend(catalog: Catalog, { resource, role, state }: LiveGrant): boolean {
  const offer = offerOf(catalog, resource, role);
  return state === 'active' && offer !== null && allowsExtension(offer.policy);
}
