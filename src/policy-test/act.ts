/** Does what a step says, by the use case that does it in the running bot. */
import type { RequestId, UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import type { AccessRequest } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { cancelRequest } from '../usecases/cancel-request.js';
import { claimRequest } from '../usecases/claim-request.js';
import { decideRequest } from '../usecases/decide-request.js';
import { delegate } from '../usecases/delegate.js';
import type { Deps } from '../usecases/deps.js';
import { endOwnGrant, revokeGrant } from '../usecases/end-grant.js';
import { extendGrant } from '../usecases/extend-grant.js';
import { nudgeRequest } from '../usecases/nudge-request.js';
import { reviewEmergency } from '../usecases/review-emergency.js';
import { submitRequest } from '../usecases/submit-request.js';
import { takeEmergency } from '../usecases/take-emergency.js';
import type { Step } from './schema.js';

const WORKSPACE = { teamId: 'T00POLICY', enterpriseId: null };

export type Acting = {
  readonly by: UserId;
  readonly delivery: string;
  readonly idOf: (name: string) => UserId;
  /** The latest request; null before there is one. */
  readonly latest: AccessRequest | null;
};

/** The request that is the latest from now on; null where it was about none. */
export async function act(
  deps: Deps,
  when: Step['when'],
  acting: Acting,
): Promise<Result<RequestId | null, Refusal>> {
  const { by, delivery, idOf } = acting;
  const wanted = when.requests ?? when.takes;
  if (wanted !== undefined) {
    return await asks(deps, wanted, when.requests, acting);
  }
  if (when.delegates !== undefined) {
    const { delegates } = when;
    const named = delegates === 'off' ? null : { standIn: idOf(delegates.to), untilAt: delegates.until };
    const made = await delegate(deps, { delivery, by, named });
    return made.ok ? accept(null) : made;
  }
  return acting.latest === null
    ? refuse({ code: 'nothing-pending' })
    : await actsOn(deps, when, acting, acting.latest);
}

async function asks(
  deps: Deps,
  wanted: NonNullable<Step['when']['takes']>,
  requests: Step['when']['requests'],
  { by, delivery, idOf }: Acting,
): Promise<Result<RequestId, Refusal>> {
  const [resource = '', role = null] = wanted.role.split(':');
  const asked = {
    delivery,
    workspace: WORKSPACE,
    requester: by,
    resource,
    role,
    durationMs: wanted.duration ?? null,
    reason: wanted.reason,
  };
  const outcome =
    requests === undefined
      ? await takeEmergency(deps, asked)
      : await submitRequest(deps, {
          ...asked,
          beneficiary: requests.for === undefined ? by : idOf(requests.for),
          startsAt: requests.starts ?? null,
          startZone: null,
        });
  return outcome.ok ? accept(outcome.value.request.id) : outcome;
}

async function actsOn(
  deps: Deps,
  when: Step['when'],
  { by, delivery }: Acting,
  request: AccessRequest,
): Promise<Result<RequestId, Refusal>> {
  const { id } = request;
  const which = request.state === 'approved' ? request.grantId : null;
  if (when.extends !== undefined) {
    const { duration: durationMs, reason } = when.extends;
    const more = { delivery, workspace: WORKSPACE, requester: by, which, durationMs, reason };
    const extended = await extendGrant(deps, more);
    return extended.ok ? accept(extended.value.request.id) : extended;
  }
  const outcome = await decides(deps, when, { by, delivery, request, which });
  return outcome.ok ? accept(id) : outcome;
}

async function decides(
  deps: Deps,
  when: Step['when'],
  of: { by: UserId; delivery: string; request: AccessRequest; which: string | null },
): Promise<Result<unknown, Refusal>> {
  const { by, delivery, request, which } = of;
  const requestId = request.id;
  if (when.claims !== undefined) {
    return await claimRequest(deps, { delivery, by, requestId, claims: true });
  }
  if (when.nudges !== undefined) {
    return await nudgeRequest(deps, { delivery, by, which: requestId });
  }
  if (when.revokes !== undefined) {
    return which === null
      ? refuse({ code: 'nothing-held', which, own: false })
      : await revokeGrant(deps, { delivery, by, which, reason: when.revokes });
  }
  if (when.cancels !== undefined) {
    return await cancelRequest(deps, { delivery, by, which: requestId });
  }
  if (when.ends !== undefined) {
    return await endOwnGrant(deps, { delivery, by, which });
  }
  if (when.reviews !== undefined) {
    const note = when.reviews === 'justified' ? null : when.reviews.not_justified;
    const verdict = when.reviews === 'justified' ? 'justified' : 'not-justified';
    return await reviewEmergency(deps, { delivery, by, requestId, verdict, note });
  }
  const { approves, denies } = when;
  return await decideRequest(deps, {
    delivery,
    requestId,
    termsVersion: request.termsVersion,
    approver: by,
    verdict: approves === undefined ? 'deny' : 'approve',
    reason: denies ?? null,
    durationMs: approves === undefined || approves === 'all' ? null : approves,
  });
}
