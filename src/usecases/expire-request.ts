/** Nobody answered in time. */
import { HALLPASS } from '../domain/grant-life.js';
import type { RequestId } from '../domain/ids.js';
import { owe } from '../domain/message.js';
import type { AccessRequest } from '../domain/request.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';

export async function expireRequest(
  deps: Pick<Deps, 'store' | 'wakeups' | 'clock'>,
  id: RequestId,
): Promise<void> {
  await commitFresh(deps, async () => {
    const request = await deps.store.request(id);
    const now = deps.clock.now();
    if (request === null || request.state !== 'pending' || request.expiresAt > now) {
      return { change: null, outcome: undefined };
    }
    const expired: AccessRequest = { ...request, state: 'expired', decidedAt: now };
    const told = [...new Set([request.requester, request.beneficiary])];
    return {
      change: {
        at: now,
        requests: [expired],
        redraw: [id],
        notices: told.map((to) => owe({ kind: 'request-expired', subject: id, occasion: '', to })),
        audit: [{ kind: 'request.expired', actor: HALLPASS, requestId: id, facts: {} }],
      },
      outcome: undefined,
    };
  });
}
