/** The pending request that a person means, of those that they made or that are for them. */
import { deciders } from '../domain/decide.js';
import type { RequestId, UserId } from '../domain/ids.js';
import { asRequestId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import type { AccessRequest, PendingRequest } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Deps } from './deps.js';
import { rolesNamed } from './find-offer.js';

type FindDeps = Pick<Deps, 'store' | 'catalogs'>;
/** What they want to do with it. */
type Verb = Extract<Refusal, { code: 'which-request' }>['verb'];

/** By its id; or the only one of the roles that were named; or, where nothing was named, the only one at all. */
export async function findPending(
  deps: FindDeps,
  input: { readonly by: UserId; readonly which: string | null; readonly verb: Verb },
): Promise<Result<PendingRequest, Refusal>> {
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
  return theOnlyOne(fitting, input.verb);
}

async function ownPending(
  deps: FindDeps,
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

function theOnlyOne(fitting: readonly PendingRequest[], verb: Verb): Result<PendingRequest, Refusal> {
  const [first, ...more] = fitting;
  if (first === undefined) {
    return refuse({ code: 'nothing-pending' });
  }
  return more.length === 0
    ? accept(first)
    : refuse({ code: 'which-request', verb, choices: fitting.map(toChoice) });
}

function toChoice({ id, resource, role }: PendingRequest): { requestId: RequestId; roleKey: string } {
  return { requestId: id, roleKey: `${resource}:${role}` };
}
