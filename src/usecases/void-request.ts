/** A request that waits, and that nobody could approve any more. */
import type { Change } from '../domain/change.js';
import { HALLPASS } from '../domain/grant-life.js';
import type { UserId } from '../domain/ids.js';
import { owe } from '../domain/message.js';
import { untenableOccasion } from '../domain/renewal.js';
import type { Untenable } from '../domain/renewal.js';
import type { AccessRequest, PendingRequest } from '../domain/request.js';
import type { Grant } from '../domain/grant.js';
import type { Instant } from '../domain/time.js';
import type { Deps } from './deps.js';

/** Both parties are told why. */
export function voided(request: PendingRequest, why: Untenable, now: Instant) {
  const { id } = request;
  const occasion = untenableOccasion(why);
  return {
    at: now,
    requests: [{ ...request, state: 'cancelled', decidedAt: now }],
    redraw: [id],
    notices: partiesOf(request).map((to) => owe({ kind: 'request-cancelled', subject: id, occasion, to })),
    audit: [{ kind: 'request.cancelled', actor: HALLPASS, requestId: id, facts: { cause: 'terms', why } }],
  } as const satisfies Change;
}

export function partiesOf({ requester, beneficiary }: AccessRequest): UserId[] {
  return [...new Set([requester, beneficiary])];
}

/** Of access that has ended no more time can be had: what waits for that would keep its holder from asking anew. */
export async function moreTimeTooLate(
  deps: Pick<Deps, 'store' | 'log'>,
  grants: readonly Grant[],
  now: Instant,
): Promise<ReturnType<typeof voided>[]> {
  const over = grants.filter(({ state }) => state === 'ending' || state === 'ended' || state === 'failed');
  const waiting = await Promise.all(over.map(async (grant) => await moreTimeOn(deps, grant)));
  return waiting.flat().map((request) => voided(request, 'access-over', now));
}

/** A row that can't be read must not keep the end from being recorded. */
async function moreTimeOn(
  { store, log }: Pick<Deps, 'store' | 'log'>,
  { id, beneficiary, resource, role }: Grant,
): Promise<PendingRequest[]> {
  try {
    const request = await store.pendingFor({ beneficiary, resource, role });
    return request?.state === 'pending' && request.extendsGrant === id ? [request] : [];
  } catch (error) {
    log.error({ grantId: id, err: error }, 'Whether more time was asked for could not be read');
    return [];
  }
}
