/** An admin gives access that no row explains a person and a window: a request of its own, approved by that admin. */
import type { Adopted, AdoptOrphanInput } from '../domain/asking.js';
import { allRoles, everyApproverGroup } from '../domain/catalog.js';
import type { Catalog } from '../domain/catalog.js';
import type { Offer } from '../domain/decide.js';
import { askingProblem, durationProblem, partProblem } from '../domain/eligibility.js';
import type { EntitlementState } from '../domain/entitlement.js';
import { newCard } from '../domain/message.js';
import { adoptOrphan as adopt, orphanProblem } from '../domain/orphan.js';
import type { Adoption } from '../domain/orphan.js';
import type { Person } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import type { ApprovedRequest, PendingRequest } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Stray } from '../domain/stray.js';
import { isBehind } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import { NOT_WAITING } from '../domain/unanswered.js';
import { ConnectorError } from '../ports.js';
import type { Observed } from '../ports.js';
import { adminProblem } from './admin-problem.js';
import { callTarget, connectorOf } from './call-target.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { readMemberships } from './read-memberships.js';
import { standInsOnRole } from './read-stand-ins.js';
import { orAlreadyHandled } from './refusing.js';
import { readOrphan, reasonGiven, refusedOrphan } from './remove-orphan.js';
import { mappedAccount, ownAccount } from './resolve-terms.js';

type AdoptDeps = Pick<
  Deps,
  'store' | 'wakeups' | 'clock' | 'ids' | 'connectors' | 'catalogs' | 'directory' | 'log' | 'callTimeoutMs'
>;

/** What an adoption rests on, before any row is written. */
type Ready = { readonly stray: Stray; readonly offer: Offer; readonly seen: Observed };

export async function adoptOrphan(
  deps: AdoptDeps,
  input: AdoptOrphanInput,
): Promise<Result<Adopted, Refusal>> {
  const ready = await prepare(deps, input);
  const outcome = await commitFresh(deps, async () =>
    ready.ok ? await write(deps, input, ready.value) : refusedOrphan<Adopted>(deps, input, ready.refusal),
  );
  return orAlreadyHandled(outcome);
}

async function prepare(deps: AdoptDeps, input: AdoptOrphanInput): Promise<Result<Ready, Refusal>> {
  const { catalog, endingOnly } = deps.catalogs.current();
  const { stray, row } = await readOrphan(deps, input.strayId);
  const behindMs = deps.clock.behindMs();
  const problem =
    (await adminProblem(deps, input.by)) ??
    orphanProblem(stray, input.strayId, row) ??
    reasonGiven(input.reason) ??
    (endingOnly ? ({ code: 'ending-only' } as const) : null) ??
    (isBehind(behindMs) ? ({ code: 'clock-behind', behindMs } as const) : null);
  if (problem !== null || stray === null) {
    return refuse(problem ?? { code: 'unknown-orphan', typed: input.strayId });
  }
  const stranger = await personProblem(deps, catalog, stray, input);
  if (stranger !== null) {
    return refuse(stranger);
  }
  const offer = await findOffer(deps, catalog, stray, input);
  if (!offer.ok) {
    return offer;
  }
  const seen = await lookNow(deps, stray);
  return seen.ok ? accept({ stray, offer: offer.value, seen: seen.value }) : seen;
}

/** Nobody decides about access of their own, nor about that of an account of their own. */
async function personProblem(
  deps: AdoptDeps,
  catalog: Catalog,
  { connector, account }: Stray,
  { by, beneficiary }: AdoptOrphanInput,
): Promise<Refusal | null> {
  if (by === beneficiary) {
    return { code: 'self-approval' };
  }
  const [admin, holder] = await Promise.all([deps.directory.person(by), deps.directory.person(beneficiary)]);
  const noPart = partProblem(by, admin) ?? partProblem(beneficiary, holder);
  if (noPart !== null) {
    return noPart;
  }
  const accountOf = (person: Person | 'unknown' | 'unreadable', find: typeof ownAccount): string | null =>
    typeof person === 'object' ? find(catalog, connector, person) : null;
  if (accountOf(admin, mappedAccount) === account.name) {
    return { code: 'same-account', connector, account: account.name };
  }
  return accountOf(holder, ownAccount) === account.name
    ? null
    : { code: 'orphan-of-another', connector, account: account.name, who: beneficiary };
}

/** A role that gives exactly what the orphan is, and that this person may have for so long. */
async function findOffer(
  deps: AdoptDeps,
  catalog: Catalog,
  { connector, role }: Stray,
  { beneficiary, durationMs }: AdoptOrphanInput,
): Promise<Result<Offer, Refusal>> {
  let problem: Refusal = { code: 'orphan-not-offered', connector, role };
  const offers = allRoles(catalog).flatMap(({ resource, name, entitlements, parts }) => {
    const [only, ...more] = entitlements;
    const isIt =
      only?.connector === connector && only.role === role && more.length === 0 && parts.length === 0;
    const offer = isIt ? offerOf(catalog, resource, name) : null;
    return offer === null ? [] : [offer];
  });
  for (const offer of offers.toReversed()) {
    const { policy } = offer;
    const groups = [...policy.request, ...everyApproverGroup(policy)];
    const memberships = await readMemberships(deps, catalog, groups);
    const standIns = await standInsOnRole(deps, catalog, offer, memberships);
    const asked = { requester: beneficiary, beneficiary, ...offer, memberships, standIns };
    const found = askingProblem(asked) ?? durationProblem(durationMs, offer.role, policy);
    if (found === null) {
      return accept(offer);
    }
    problem = found;
  }
  return refuse(problem);
}

/** Nothing is called active that was not seen. */
async function lookNow(deps: AdoptDeps, stray: Stray): Promise<Result<Observed, Refusal>> {
  const { connector: name, role, account, fingerprint } = stray;
  try {
    const connector = connectorOf(deps.connectors, name);
    const target = { role, account, fingerprint };
    const seen = await callTarget(deps.callTimeoutMs, (call) => connector.check(target, call));
    return seen.state === 'present'
      ? accept(seen)
      : refuse({ code: 'orphan-closed', strayId: stray.id, how: 'gone' });
  } catch (error) {
    if (!(error instanceof ConnectorError)) {
      throw error;
    }
    deps.log.warn({ connector: name, kind: error.kind, err: error }, 'An orphan could not be looked at');
    return error.kind === 'unreachable' || error.kind === 'retryable'
      ? refuse({ code: 'target-unavailable', connector: name })
      : refuse({ code: 'target-refuses', connector: name, text: error.message });
  }
}

async function write(
  deps: AdoptDeps,
  input: AdoptOrphanInput,
  ready: Ready,
): Promise<Decided<Result<Adopted, Refusal>>> {
  const { stray, row } = await readOrphan(deps, input.strayId);
  const now = deps.clock.now();
  const problem = orphanProblem(stray, input.strayId, row);
  if (problem !== null || stray === null) {
    return refusedOrphan(deps, input, problem ?? { code: 'unknown-orphan', typed: input.strayId });
  }
  const request = toRequest(deps, input, ready, now);
  const adopted = adopt({
    stray,
    request,
    policy: ready.offer.policy,
    row: await termsRow(deps, stray, row),
    others: row?.holders ?? [],
    grantId: deps.ids.grantId(),
    by: { kind: 'person', userId: input.by },
    expiresAt: ready.seen.expiresAt,
    now,
  });
  return adopted.ok
    ? written(input, ready, request, adopted.value, now)
    : refusedOrphan(deps, input, adopted.refusal);
}

async function termsRow(deps: AdoptDeps, stray: Stray, row: EntitlementState | null) {
  const { connector, role, account, fingerprint } = stray;
  return {
    terms: { connector, role, account, fingerprint },
    existing: row?.entitlement ?? null,
    owners: await deps.store.ownersOf({ connector, accountId: account.id }),
    newId: deps.ids.entitlementId(),
  };
}

function toRequest(deps: AdoptDeps, input: AdoptOrphanInput, ready: Ready, now: Instant): PendingRequest {
  const { role, policy } = ready.offer;
  const { connector, role: targetRole, account, fingerprint } = ready.stray;
  return {
    id: deps.ids.requestId(),
    version: 0,
    state: 'pending',
    workspace: input.workspace,
    requester: input.beneficiary,
    beneficiary: input.beneficiary,
    resource: role.resource,
    role: role.name,
    policy: policy.name,
    approvalRule: null,
    catalogSha256: deps.catalogs.current().catalog.sha256,
    durationMs: input.durationMs,
    startsAt: null,
    startZone: null,
    reason: input.reason,
    waiting: NOT_WAITING,
    entitlements: [{ connector, role: targetRole, account, fingerprint }],
    termsVersion: 1,
    extendsGrant: null,
    channel: policy.channel,
    createdAt: now,
    expiresAt: now + policy.unansweredAfterMs,
  };
}

function written(
  { by: approver, reason, delivery }: AdoptOrphanInput,
  { offer }: Ready,
  request: PendingRequest,
  adoption: Adoption,
  now: Instant,
): Decided<Result<Adopted, Refusal>> {
  const { stray, grant, entitlement, hold, audit } = adoption;
  const { id, catalogSha256, termsVersion, channel, beneficiary } = request;
  const approved: ApprovedRequest = {
    ...request,
    state: 'approved',
    decidedAt: now,
    grantId: grant.id,
    autoRule: null,
    review: null,
  };
  const change = {
    at: now,
    delivery,
    requests: [approved],
    grants: [grant],
    entitlements: [entitlement],
    holds: [hold],
    strays: [stray],
    decisions: [
      {
        requestId: id,
        approver,
        verdict: 'approve' as const,
        reason,
        durationMs: null,
        inPlaceOf: null,
        termsVersion,
        catalogSha256,
        at: now,
      },
    ],
    messages: [
      newCard({ kind: 'request-card', subject: id, to: channel, at: now }),
      newCard({ kind: 'grant-card', subject: grant.id, to: beneficiary, at: now }),
    ],
    audit,
  };
  return { change, outcome: accept({ stray, grant, title: offer.role.title }) };
}
