/** Does whatever is due about a request that nobody answers, or reviews: nudges, escalates, lets it expire, nags. */
import type { AuditEntry } from '../domain/audit.js';
import type { Escalation } from '../domain/catalog.js';
import type { Change } from '../domain/change.js';
import { HALLPASS } from '../domain/grant-life.js';
import type { RequestId } from '../domain/ids.js';
import { copyOf, newCopy, owe } from '../domain/message.js';
import type { Message } from '../domain/message.js';
import type { AccessRequest, ApprovedRequest, PendingRequest, Review } from '../domain/request.js';
import { nagged } from '../domain/review.js';
import type { Instant } from '../domain/time.js';
import { nudgeOccasion, whatIsDue } from '../domain/unanswered.js';
import type { WhatIsDue } from '../domain/unanswered.js';
import { elsewhere } from './approvals-now.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { owedInThreads } from './thread-lines.js';

type TendDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'catalogs'>;
type Call = Extract<WhatIsDue, { kind: 'call' }>;

export async function tendRequest(deps: TendDeps, id: RequestId): Promise<void> {
  await commitFresh(deps, async () => {
    const request = await deps.store.request(id);
    const now = deps.clock.now();
    return { change: request === null ? null : await dueOf(deps, request, now), outcome: undefined };
  });
}

async function dueOf(deps: TendDeps, request: AccessRequest, now: Instant): Promise<Change | null> {
  switch (request.state) {
    case 'pending':
      return await changeDue(deps, request, now);
    case 'approved':
      return request.review === null ? null : await nag(deps, request, request.review, now);
    case 'denied':
    case 'cancelled':
    case 'expired':
      return null;
    default:
      return request satisfies never;
  }
}

/** Reviewers are asked again for as long as the review is open; nothing but their verdicts closes it. */
async function nag(
  deps: TendDeps,
  request: ApprovedRequest,
  review: Review,
  now: Instant,
): Promise<Change | null> {
  if (review.nagAt === null || review.nagAt > now) {
    return null;
  }
  const { id, grantId, resource, role } = request;
  const rule = offerOf(deps.catalogs.current().catalog, resource, role)?.policy.emergency ?? null;
  const after = nagged(review, rule?.review.nagMs ?? review.nagMs, now);
  const line = { kind: 'review-nag', subject: id, occasion: String(after.nags) } as const;
  return {
    at: now,
    requests: [{ ...request, review: after }],
    notices: await owedInThreads(deps, line),
    audit: [
      { kind: 'emergency.nagged', actor: HALLPASS, requestId: id, grantId, facts: { nags: after.nags } },
    ],
  };
}

async function changeDue(deps: TendDeps, request: PendingRequest, now: Instant): Promise<Change | null> {
  const { catalog } = deps.catalogs.current();
  const policy = offerOf(catalog, request.resource, request.role)?.policy ?? null;
  const due = whatIsDue(request, policy, now);
  switch (due.kind) {
    case 'nothing':
      return null;
    case 'expiry':
      return expiry(request, now);
    case 'call':
      return await call(deps, request, due, now);
    default:
      return due satisfies never;
  }
}

function expiry(request: PendingRequest, now: Instant): Change {
  const { id } = request;
  const told = [...new Set([request.requester, request.beneficiary])];
  return {
    at: now,
    requests: [{ ...request, state: 'expired', decidedAt: now }],
    redraw: [id],
    notices: told.map((to) => owe({ kind: 'request-expired', subject: id, occasion: '', to })),
    audit: [{ kind: 'request.expired', actor: HALLPASS, requestId: id, facts: {} }],
  };
}

async function call(deps: TendDeps, request: PendingRequest, due: Call, now: Instant): Promise<Change> {
  const { id } = request;
  const { waiting } = due;
  const line = { kind: 'request-nudge', subject: id, occasion: nudgeOccasion(waiting.nudges) } as const;
  const copy = due.escalation === null ? null : await deps.store.message(copyOf(id));
  const escalated = due.escalation === null ? null : escalation(request, due.escalation, copy, now);
  const nudged: AuditEntry = {
    kind: 'request.nudged',
    actor: HALLPASS,
    requestId: id,
    facts: { nudges: waiting.nudges },
  };
  return {
    at: now,
    ...escalated,
    requests: [{ ...request, waiting }],
    notices: [...(escalated?.notices ?? []), ...(due.nudges ? await owedInThreads(deps, line) : [])],
    audit: [...(escalated?.audit ?? []), ...(due.nudges ? [nudged] : [])],
  };
}

/**
 * What an escalation changes beside the request: both cards, a line under the first, and the record of it. A second
 * card that stands from before, by other terms, stays where it is, or is posted anew where it is to stand by now.
 */
function escalation(
  { id, channel, termsVersion }: PendingRequest,
  policy: Escalation,
  copy: Message | null,
  now: Instant,
): Pick<Change, 'redraw' | 'messages' | 'notices' | 'audit'> {
  const second = elsewhere(policy.channel, channel);
  const fresh = second === null || copy?.to === second ? null : newCopy({ subject: id, to: second, at: now });
  const occasion = termsVersion === 1 ? '' : String(termsVersion);
  return {
    redraw: [id],
    messages: fresh === null ? [] : [{ ...fresh, version: copy?.version ?? 0 }],
    notices: [owe({ kind: 'request-escalated', subject: id, occasion, to: channel })],
    audit: [
      {
        kind: 'request.escalated',
        actor: HALLPASS,
        requestId: id,
        facts: { to: policy.to, channel: second },
      },
    ],
  };
}
