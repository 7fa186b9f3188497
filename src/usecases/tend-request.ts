/** Does whatever is due about a request that nobody answers: nudges, escalates, lets it expire. */
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
  const { id, channel } = request;
  const { waiting, escalation } = due;
  const occasion = nudgeOccasion(waiting.nudges);
  const nudge = { kind: 'request-nudge', subject: id, occasion } as const;
  const nudges = due.nudges ? await owedInThreads(deps, nudge) : [];
  const escalated =
    escalation === null ? null : { ...escalation, channel: elsewhere(escalation.channel, channel) };
  return {
    at: now,
    requests: [{ ...request, waiting }],
    audit: [
      ...(escalated === null
        ? []
        : ([
            {
              kind: 'request.escalated',
              actor: HALLPASS,
              requestId: id,
              facts: { to: escalated.to, channel: escalated.channel },
            },
          ] as const)),
      ...(due.nudges
        ? ([
            {
              kind: 'request.nudged',
              actor: HALLPASS,
              requestId: id,
              facts: { nudges: waiting.nudges },
            },
          ] as const)
        : []),
    ],
    ...(escalated === null ? {} : { redraw: [id] }),
    messages:
      escalated === null || escalated.channel === null
        ? []
        : [newCopy({ subject: id, to: escalated.channel, at: now })],
    notices: [
      ...(escalated === null
        ? []
        : [owe({ kind: 'request-escalated', subject: id, occasion: '', to: channel })]),
      ...nudges,
    ],
  };
}
