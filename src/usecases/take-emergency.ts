/** Somebody takes a role at once, and answers for it afterwards. */
import type { EmergencyInput, EmergencyTaken } from '../domain/asking.js';
import type { AuditEntry } from '../domain/audit.js';
import { emergencyProblem, usualEmergencyMs } from '../domain/emergency.js';
import type { Grant } from '../domain/grant.js';
import { overridden } from '../domain/limits.js';
import { newCard } from '../domain/message.js';
import type { Refusal } from '../domain/refusal.js';
import type { ApprovedRequest, Overrode, PendingRequest, TermsEntitlement } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { startReview } from '../domain/review.js';
import type { Instant } from '../domain/time.js';
import { NOT_WAITING } from '../domain/unanswered.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { findTakeable, heldProblem } from './emergency-form.js';
import type { Takeable } from './emergency-form.js';
import { openWindow } from './open-window.js';
import { readTally } from './read-tally.js';
import { orAlreadyHandled, refused } from './refusing.js';
import { resolveTerms } from './resolve-terms.js';
import { OUTDATED, underOneCatalog } from './under-one-catalog.js';

type TakeDeps = Pick<
  Deps,
  'store' | 'wakeups' | 'clock' | 'ids' | 'directory' | 'connectors' | 'catalogs' | 'log' | 'callTimeoutMs'
>;

type Ready = Takeable & {
  readonly input: EmergencyInput;
  readonly durationMs: number;
  readonly terms: readonly TermsEntitlement[];
};
type Step = Decided<Result<EmergencyTaken, Refusal>>;

export async function takeEmergency(
  deps: TakeDeps,
  input: EmergencyInput,
): Promise<Result<EmergencyTaken, Refusal>> {
  const outcome = await underOneCatalog(deps, async (isCurrent) => {
    const ready = await prepare(deps, input);
    return await commitFresh<Result<EmergencyTaken, Refusal> | typeof OUTDATED>(deps, async () => {
      if (!isCurrent()) {
        return { change: null, outcome: OUTDATED };
      }
      const now = deps.clock.now();
      return ready.ok ? await take(deps, ready.value, now) : refusedTaking(input, ready.refusal, now);
    });
  });
  return orAlreadyHandled(outcome);
}

async function prepare(deps: TakeDeps, input: EmergencyInput): Promise<Result<Ready, Refusal>> {
  const found = await findTakeable(deps, input);
  if (!found.ok) {
    return found;
  }
  const { offer, rule, catalog, person } = found.value;
  const durationMs = input.durationMs ?? usualEmergencyMs(offer.policy, rule);
  const problem = emergencyProblem(offer, rule, { durationMs, reason: input.reason });
  if (problem !== null) {
    return refuse(problem);
  }
  const terms = await resolveTerms(deps, { catalog, role: offer.role, beneficiary: person });
  return terms.ok ? accept({ ...found.value, input, durationMs, terms: terms.value }) : terms;
}

/** Decides against the rows. Limits and conflicts are named, and keep nobody from it. */
async function take(deps: TakeDeps, ready: Ready, now: Instant): Promise<Step> {
  const { input, catalog, offer, rule, durationMs } = ready;
  const { requester } = input;
  const held = await heldProblem(deps, ready, requester, now);
  if (held !== null) {
    return refusedTaking(input, held, now);
  }
  const about = { requester, beneficiary: requester };
  const { tally, guards } = await readTally(deps, catalog, offer.role, about, now);
  const request = toRequest(deps, ready, now);
  const overrode = overridden(catalog, offer.role, tally);
  const approval = {
    request,
    policy: offer.policy,
    durationMs,
    approvedBy: { kind: 'person', userId: requester } as const,
    autoRule: null,
    review: startReview(rule, overrode, now),
  };
  const opened = await openWindow(deps, approval, now);
  if (!opened.ok) {
    return refusedTaking(input, opened.refusal, now);
  }
  const { request: taken, grant, rest } = opened.value;
  const card = newCard({ kind: 'request-card', subject: taken.id, to: taken.channel, at: now });
  return {
    change: {
      at: now,
      delivery: input.delivery,
      ...rest,
      requests: [taken],
      guards,
      messages: [card, ...(rest.messages ?? [])],
      audit: [toAudit(taken, grant, overrode), ...rest.audit],
    },
    outcome: accept({ request: taken, grant, title: offer.role.title }),
  };
}

function toRequest(deps: TakeDeps, ready: Ready, now: Instant): PendingRequest {
  const { input, offer, rule, catalog, durationMs, terms } = ready;
  return {
    id: deps.ids.requestId(),
    version: 0,
    state: 'pending',
    workspace: input.workspace,
    requester: input.requester,
    beneficiary: input.requester,
    resource: offer.role.resource,
    role: offer.role.name,
    policy: offer.policy.name,
    approvalRule: null,
    catalogSha256: catalog.sha256,
    durationMs,
    startsAt: null,
    startZone: null,
    reason: input.reason,
    entitlements: terms,
    termsVersion: 1,
    extendsGrant: null,
    channel: rule.channel,
    createdAt: now,
    expiresAt: now + durationMs,
    waiting: NOT_WAITING,
  };
}

function toAudit(request: ApprovedRequest, grant: Grant, overrode: readonly Overrode[]): AuditEntry {
  const { id, requester, resource, role, durationMs, policy, catalogSha256, channel } = request;
  return {
    kind: 'emergency.taken',
    actor: { kind: 'person', userId: requester },
    requestId: id,
    grantId: grant.id,
    facts: {
      beneficiary: requester,
      resource,
      role,
      durationMs,
      endsAt: grant.endsAt,
      policy,
      catalogSha256,
      channel,
      accounts: request.entitlements.map((one) => `${one.connector}/${one.role}/${one.account.name}`),
      overrode: overrode.map(({ limit, detail }) => `${limit} ${detail}`),
    },
    text: request.reason,
  };
}

function refusedTaking(input: EmergencyInput, refusal: Refusal, now: Instant): Step {
  const { requester: actor, resource, role, delivery } = input;
  const about = role === null ? resource : `${resource}:${role}`;
  return refused({ refusal, kind: 'emergency.refused', actor, about, delivery, now });
}
