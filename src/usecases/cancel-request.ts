/** Whoever asked, or whom it is for, takes a request back. */
import type { CancelInput, Cancelled } from '../domain/asking.js';
import { deciders } from '../domain/decide.js';
import type { RequestId, UserId } from '../domain/ids.js';
import { asRequestId } from '../domain/ids.js';
import { owe } from '../domain/message.js';
import type { Refusal } from '../domain/refusal.js';
import type { AccessRequest, PendingRequest } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { rolesNamed, titleOf } from './find-offer.js';
import { orAlreadyHandled, refused } from './refusing.js';

type CancelDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'catalogs'>;

export async function cancelRequest(
  deps: CancelDeps,
  input: CancelInput,
): Promise<Result<Cancelled, Refusal>> {
  const outcome = await commitFresh(deps, async () => {
    const found = await findPending(deps, input);
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

async function findPending(deps: CancelDeps, input: CancelInput): Promise<Result<PendingRequest, Refusal>> {
  if (input.which !== null) {
    const named = await deps.store.request(asRequestId(input.which.toUpperCase()));
    if (named !== null) {
      return await ownPending(deps, named, input.by);
    }
  }
  const own = (await deps.store.pendingOf(input.by)).filter(
    (request): request is PendingRequest => request.state === 'pending',
  );
  const roles = input.which === null ? null : rolesNamed(deps.catalogs.current().catalog, input.which);
  if (input.which !== null && roles?.length === 0) {
    return refuse({ code: 'unknown-request', typed: input.which });
  }
  const fitting = own.filter(({ resource, role }) => roles === null || roles.includes(`${resource}:${role}`));
  return theOnlyOne(fitting);
}

async function ownPending(
  deps: CancelDeps,
  request: AccessRequest,
  by: UserId,
): Promise<Result<PendingRequest, Refusal>> {
  if (request.requester !== by && request.beneficiary !== by) {
    return refuse({ code: 'not-your-request' });
  }
  return request.state === 'pending'
    ? accept(request)
    : refuse({
        code: 'not-pending',
        request,
        by: deciders(request, await deps.store.decisions(request.id)),
      });
}

function theOnlyOne(fitting: readonly PendingRequest[]): Result<PendingRequest, Refusal> {
  const [first, ...more] = fitting;
  if (first === undefined) {
    return refuse({ code: 'nothing-pending' });
  }
  return more.length === 0
    ? accept(first)
    : refuse({ code: 'which-request', choices: fitting.map(toChoice) });
}

function toChoice({ id, resource, role }: PendingRequest): { requestId: RequestId; roleKey: string } {
  return { requestId: id, roleKey: `${resource}:${role}` };
}
