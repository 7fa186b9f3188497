/** Whoever asked, or whom it is for, takes a request back. */
import type { CancelInput, Cancelled } from '../domain/asking.js';
import { owe } from '../domain/message.js';
import type { Refusal } from '../domain/refusal.js';
import type { AccessRequest } from '../domain/request.js';
import { accept } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { titleOf } from './find-offer.js';
import { findPending } from './find-pending.js';
import { orAlreadyHandled, refused } from './refusing.js';

type CancelDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'catalogs'>;

export async function cancelRequest(
  deps: CancelDeps,
  input: CancelInput,
): Promise<Result<Cancelled, Refusal>> {
  const outcome = await commitFresh(deps, async () => {
    const found = await findPending(deps, { ...input, verb: 'cancel' });
    const now = deps.clock.now();
    if (!found.ok) {
      const { by: actor, delivery } = input;
      const about = input.which ?? '';
      return refused<Cancelled>({
        refusal: found.refusal,
        kind: 'request.refused',
        actor,
        about,
        delivery,
        now,
      });
    }
    const request = found.value;
    const cancelled: AccessRequest = { ...request, state: 'cancelled', decidedAt: now };
    const title = titleOf(deps.catalogs.current().catalog, request.resource, request.role);
    const { id, requester, beneficiary } = request;
    return {
      change: {
        at: now,
        delivery: input.delivery,
        requests: [cancelled],
        redraw: [id],
        notices: [requester, beneficiary]
          .filter((other) => other !== input.by)
          .map((to) => owe({ kind: 'request-cancelled', subject: id, occasion: '', to })),
        audit: [
          {
            kind: 'request.cancelled',
            actor: { kind: 'person', userId: input.by },
            requestId: id,
            facts: {},
          },
        ],
      },
      outcome: accept({ request: cancelled, title }),
    };
  });
  return orAlreadyHandled(outcome);
}
