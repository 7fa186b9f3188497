/** One click on Approve or Deny. */
import type { DecideInput, Decided, DenyForm } from '../domain/asking.js';
import { nextStepOccasion, nextStepOf, stepViews } from '../domain/approval.js';
import type { AuditEntry } from '../domain/audit.js';
import type { Change, Reliance } from '../domain/change.js';
import { decide } from '../domain/decide.js';
import type { Verdict } from '../domain/decide.js';
import type { Actor, Grant } from '../domain/grant.js';
import type { RequestId, UserId } from '../domain/ids.js';
import { owe } from '../domain/message.js';
import type { OwedNotice } from '../domain/message.js';
import { heldConflict, holdingLimit } from '../domain/limits.js';
import type { Refusal } from '../domain/refusal.js';
import type { AccessRequest, PendingRequest } from '../domain/request.js';
import { accept } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Delegation } from '../domain/stand-ins.js';
import type { Instant } from '../domain/time.js';
import { lastUseOf, withoutClaimOf } from '../domain/unanswered.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided as Step } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { readDecisionFacts } from './decision-facts.js';
import { titleOf } from './find-offer.js';
import { openWindow, prolongWindow } from './open-window.js';
import { readTally } from './read-tally.js';
import { orAlreadyHandled, refused } from './refusing.js';
import { owedInThreads } from './thread-lines.js';
import { OUTDATED, underOneCatalog } from './under-one-catalog.js';

type DecideDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'ids' | 'directory' | 'catalogs'>;

export async function decideRequest(deps: DecideDeps, input: DecideInput): Promise<Result<Decided, Refusal>> {
  const outcome = await underOneCatalog(
    deps,
    async (isCurrent) =>
      await commitFresh<Result<Decided, Refusal> | typeof OUTDATED>(deps, async () => {
        const step = await decided(deps, input);
        return isCurrent() ? step : { change: null, outcome: OUTDATED };
      }),
  );
  return orAlreadyHandled(outcome);
}

async function decided(deps: DecideDeps, input: DecideInput): Promise<Step<Result<Decided, Refusal>>> {
  const loaded = await readDecisionFacts(deps, input);
  const now = deps.clock.now();
  if (!loaded.ok) {
    return refusedVote(input, loaded.refusal, now);
  }
  const verdict = decide(loaded.value, input, now);
  return verdict.ok
    ? relyingOn(loaded.value.delegations, await write(deps, input, verdict.value, now))
    : refusedVote(input, verdict.refusal, now);
}

/** What was taken back while Slack was asked, nobody decides by any more. */
function relyingOn<Outcome>(
  delegations: readonly Delegation[],
  { change, outcome }: Step<Outcome>,
): Step<Outcome> {
  const relied = delegations.map(({ delegator, version }): Reliance => ({
    table: 'delegations',
    id: delegator,
    version,
  }));
  return {
    change: change === null ? null : { ...change, reliesOn: [...(change.reliesOn ?? []), ...relied] },
    outcome,
  };
}

/** Whether this person may deny it, decided as the denial itself will be. */
export async function denyForm(
  deps: DecideDeps,
  input: { viewer: UserId; requestId: RequestId; termsVersion: number },
): Promise<Result<DenyForm, Refusal>> {
  const { viewer: approver, requestId, termsVersion } = input;
  const facts = await readDecisionFacts(deps, { approver, requestId });
  if (!facts.ok) {
    return facts;
  }
  const vote = {
    approver,
    termsVersion,
    verdict: 'deny',
    reason: 'comes with the form',
    durationMs: null,
  } as const;
  const verdict = decide(facts.value, vote, deps.clock.now());
  if (!verdict.ok) {
    return verdict;
  }
  const { request, policy } = verdict.value;
  const title = titleOf(deps.catalogs.current().catalog, request.resource, request.role);
  return accept({ request, title, reasonRequired: policy.denyReasonRequired });
}

async function write(
  deps: DecideDeps,
  input: DecideInput,
  verdict: Verdict,
  now: Instant,
): Promise<Step<Result<Decided, Refusal>>> {
  switch (verdict.becomes) {
    case 'denied': {
      const { request, decision } = verdict;
      const denied: AccessRequest = { ...request, state: 'denied', decidedAt: decision.at };
      return written(deps, input, verdict, now, { request: denied, notices: deniedNotices(request) });
    }
    case 'voted':
      // The row is written, whatever changes in it: two last votes at once must not both be "not the last".
      return written(deps, input, verdict, now, {
        request: afterVote(verdict),
        notices: await nextStepNotices(deps, verdict),
      });
    case 'approved':
      return verdict.request.extendsGrant === null
        ? await writeOpening(deps, input, verdict, now)
        : await writeProlongation(deps, input, verdict, now);
  }
}

/** Where steps have an order, whoever fills the one that comes next is called on. Owed once for each step. */
async function nextStepNotices(
  deps: DecideDeps,
  { request, policy, progress, decision }: Verdict,
): Promise<OwedNotice[]> {
  const next = nextStepOf(policy, progress);
  return next === null || decision.verdict === 'deny' || policy.notify !== 'mention'
    ? []
    : await owedInThreads(deps, {
        kind: 'request-next-step',
        subject: request.id,
        occasion: nextStepOccasion(next, request),
      });
}

function afterVote({ request, decision, durationMs, policy }: Verdict): PendingRequest {
  const expiresAt = lastUseOf({ ...request, durationMs }, policy);
  return { ...request, expiresAt, waiting: withoutClaimOf(request.waiting, decision.approver) };
}

async function writeOpening(
  deps: DecideDeps,
  input: DecideInput,
  verdict: Verdict,
  now: Instant,
): Promise<Step<Result<Decided, Refusal>>> {
  const { request, policy, durationMs } = verdict;
  const { catalog } = deps.catalogs.current();
  const { tally, guards } = await readTally(deps, catalog, verdict.role, request, now);
  const limit = holdingLimit(catalog, verdict.role, tally);
  if (limit !== null) {
    return refusedVote(input, limit, now);
  }
  const approval = {
    request,
    policy,
    durationMs,
    approvedBy: person(input.approver),
    autoRule: null,
    review: null,
  };
  const opened = await openWindow(deps, approval, now);
  if (!opened.ok) {
    return refusedVote(input, opened.refusal, now);
  }
  return written(deps, input, verdict, now, { ...opened.value, rest: { ...opened.value.rest, guards } });
}

async function writeProlongation(
  deps: DecideDeps,
  input: DecideInput,
  verdict: Verdict,
  now: Instant,
): Promise<Step<Result<Decided, Refusal>>> {
  const { request, policy, durationMs } = verdict;
  const current = request.extendsGrant === null ? null : await deps.store.grant(request.extendsGrant);
  const { catalog } = deps.catalogs.current();
  const { tally, guards } = await readTally(deps, catalog, verdict.role, request, now);
  const conflict = heldConflict(catalog, verdict.role, tally);
  if (conflict !== null) {
    return refusedVote(input, conflict, now);
  }
  const approval = {
    request,
    policy,
    durationMs,
    approvedBy: person(input.approver),
    autoRule: null,
    review: null,
  };
  const prolonged = await prolongWindow(deps, approval, current, now);
  return prolonged.ok
    ? written(deps, input, verdict, now, {
        ...prolonged.value,
        rest: { ...prolonged.value.rest, guards },
      })
    : refusedVote(input, prolonged.refusal, now);
}

function written(
  deps: DecideDeps,
  input: DecideInput,
  verdict: Verdict,
  now: Instant,
  what: {
    request: AccessRequest;
    notices: readonly OwedNotice[];
    grant?: Grant;
    rest?: Partial<Change>;
  },
): Step<Result<Decided, Refusal>> {
  const { request, rest } = what;
  const { catalog } = deps.catalogs.current();
  const change: Change = {
    at: now,
    ...rest,
    delivery: input.delivery,
    requests: [request],
    decisions: [verdict.decision],
    notices: what.notices,
    audit: [toAudit(input, verdict, request), ...(rest?.audit ?? [])],
    redraw: [request.id, ...(rest?.redraw ?? [])],
  };
  const outcome: Decided = {
    request,
    title: titleOf(catalog, request.resource, request.role),
    grant: what.grant ?? null,
    steps: stepViews(verdict.policy, verdict.progress),
    verdict: verdict.decision.verdict,
    denialsMissing: Math.max(0, verdict.policy.denials - verdict.deniedBy.length),
  };
  return { change, outcome: accept(outcome) };
}

function toAudit(input: DecideInput, verdict: Verdict, request: AccessRequest): AuditEntry {
  const { decision } = verdict;
  return {
    kind: decision.verdict === 'deny' ? 'request.denied' : 'request.approved',
    actor: person(input.approver),
    requestId: request.id,
    facts: {
      requester: request.requester,
      beneficiary: request.beneficiary,
      complete: verdict.becomes !== 'voted',
      termsVersion: decision.termsVersion,
      ...(decision.inPlaceOf === null ? {} : { inPlaceOf: decision.inPlaceOf }),
      ...(decision.durationMs === null ? {} : { durationMs: decision.durationMs }),
      catalogSha256: decision.catalogSha256,
    },
    ...(decision.reason === null || decision.reason === '' ? {} : { text: decision.reason }),
  };
}

function deniedNotices(request: PendingRequest): OwedNotice[] {
  return [...new Set([request.requester, request.beneficiary])].map((to) =>
    owe({ kind: 'request-denied', subject: request.id, occasion: '', to }),
  );
}

function refusedVote(input: DecideInput, refusal: Refusal, now: Instant): Step<Result<Decided, Refusal>> {
  const { approver: actor, requestId: about, delivery } = input;
  return refused({ refusal, kind: 'decision.refused', actor, about, delivery, now });
}

function person(userId: UserId): Actor {
  return { kind: 'person', userId };
}
