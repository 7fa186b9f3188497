/** What a rule of the policy approves is open with the request itself, in one commit. */
import { autoApproval } from '../domain/auto-approval.js';
import type { AuditEntry } from '../domain/audit.js';
import { roleKey } from '../domain/catalog.js';
import type { Change } from '../domain/change.js';
import { allowsExtension, AUTOMATIC_EXTENSION, isExtendedAtOnce } from '../domain/extension.js';
import type { Grant } from '../domain/grant.js';
import type { GrantId } from '../domain/ids.js';
import { givenBefore } from '../domain/limits.js';
import type { Tally } from '../domain/limits.js';
import type { Refusal } from '../domain/refusal.js';
import type { ApprovedRequest, PendingRequest } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Instant } from '../domain/time.js';
import type { Deps } from './deps.js';
import { openWindow, prolongWindow } from './open-window.js';
import type { Approved } from './open-window.js';
import type { Asked } from './submit-request.js';

/** `prolongs`: the grant as it was read ahead of all that speaks for more time on it. */
type AtOnce = { readonly rule: string; readonly prolongs: Grant | null };

/** Whether a rule may approve it, so that it has to be looked at even where nobody else could. */
export function mayBeAutomatic({ offer: { policy }, extendsGrant }: Pick<Asked, 'offer' | 'extendsGrant'>) {
  return extendsGrant === null ? policy.autoApprove.length > 0 : policy.extend.kind === 'automatic';
}

/** The rule that approves it now; null where people decide. */
export async function ruleFor(
  deps: Pick<Deps, 'store'>,
  asked: Asked,
  tally: Tally,
  now: Instant,
): Promise<Result<AtOnce | null, Refusal>> {
  const { extendsGrant } = asked;
  return extendsGrant === null
    ? ruleForWindow(asked, tally, now)
    : await ruleForMore(deps, asked, extendsGrant);
}

function ruleForWindow(asked: Asked, tally: Tally, now: Instant): Result<AtOnce | null, Refusal> {
  const { offer, input, memberships, durationMs, start } = asked;
  const request = { ...input, durationMs, startsAt: start.startsAt };
  const before = givenBefore(tally, offer.role, request, now);
  const found = autoApproval({ ...offer, request, memberships, ...before }, now);
  if (found.ok) {
    return accept({ rule: found.value.name, prolongs: null });
  }
  return offer.policy.approve.length === 0
    ? refuse({ code: 'not-automatic', roleKey: roleKey(offer.role), misses: found.refusal })
    : byPeople(asked);
}

/** The grant is read first: whoever prolongs it after that is seen here, or makes the commit stale. */
async function ruleForMore(
  deps: Pick<Deps, 'store'>,
  asked: Asked,
  grantId: GrantId,
): Promise<Result<AtOnce | null, Refusal>> {
  const { offer, durationMs } = asked;
  const prolongs = await deps.store.grant(grantId);
  const before = await deps.store.requestsOf(grantId);
  if (isExtendedAtOnce({ ...offer, durationMs, before })) {
    return accept({ rule: AUTOMATIC_EXTENSION, prolongs });
  }
  return allowsExtension(offer.policy) && offer.policy.approve.length > 0
    ? byPeople(asked)
    : refuse({ code: 'no-more-time', roleKey: roleKey(offer.role) });
}

function byPeople({ withoutApprovers }: Asked): Result<null, Refusal> {
  return withoutApprovers === null ? accept(null) : refuse(withoutApprovers);
}

export async function approveAtOnce(
  deps: Pick<Deps, 'store' | 'ids'>,
  { offer: { policy } }: Pick<Asked, 'offer'>,
  { rule, prolongs }: AtOnce,
  request: PendingRequest,
  now: Instant,
): Promise<Result<Approved, Refusal>> {
  const { durationMs } = request;
  const by = { approvedBy: { kind: 'hallpass' }, autoRule: rule, review: null } as const;
  const approval = { request, policy, durationMs, ...by };
  return request.extendsGrant === null
    ? await openWindow(deps, approval, now)
    : await prolongWindow(deps, approval, prolongs, now);
}

/** The change that asks, with all that the approval adds to it. */
export function withApproval(asking: Change, { request, notices, rest }: Approved): Change {
  return {
    ...asking,
    ...rest,
    requests: [request],
    messages: [...(asking.messages ?? []), ...(rest.messages ?? [])],
    notices,
    audit: [...asking.audit, toAudit(request), ...rest.audit],
  };
}

function toAudit(request: ApprovedRequest): AuditEntry {
  const { id: requestId, requester, beneficiary, termsVersion, catalogSha256, autoRule: rule } = request;
  return {
    kind: 'request.approved',
    actor: { kind: 'hallpass' },
    requestId,
    facts: { requester, beneficiary, rule, complete: true, termsVersion, catalogSha256 },
  };
}
