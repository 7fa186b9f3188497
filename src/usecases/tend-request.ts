/** Does whatever is due about a request that nobody answers: nudges, escalates, lets it expire. */
import type { AuditEntry } from '../domain/audit.js';
import type { Escalation } from '../domain/catalog.js';
import type { Change } from '../domain/change.js';
import { HALLPASS } from '../domain/grant-life.js';
import type { RequestId } from '../domain/ids.js';
import { newCopy, owe } from '../domain/message.js';
import type { PendingRequest } from '../domain/request.js';
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
    const change = request?.state === 'pending' ? await changeDue(deps, request, now) : null;
    return { change, outcome: undefined };
  });
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
  const escalated = due.escalation === null ? null : escalation(request, due.escalation, now);
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

/** What an escalation changes beside the request: both cards, a line under the first, and the record of it. */
function escalation(
  { id, channel }: PendingRequest,
  policy: Escalation,
  now: Instant,
): Pick<Change, 'redraw' | 'messages' | 'notices' | 'audit'> {
  const second = elsewhere(policy.channel, channel);
  return {
    redraw: [id],
    messages: second === null ? [] : [newCopy({ subject: id, to: second, at: now })],
    notices: [owe({ kind: 'request-escalated', subject: id, occasion: '', to: channel })],
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
