/** A request that waits, and that nobody could approve any more. */
import type { Change } from '../domain/change.js';
import { HALLPASS } from '../domain/grant-life.js';
import type { UserId } from '../domain/ids.js';
import { owe } from '../domain/message.js';
import { untenableOccasion } from '../domain/renewal.js';
import type { Untenable } from '../domain/renewal.js';
import type { AccessRequest, PendingRequest } from '../domain/request.js';
import type { Instant } from '../domain/time.js';

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
