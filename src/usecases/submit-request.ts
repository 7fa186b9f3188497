/** Somebody asks for access. */
import { unreadableRules } from '../domain/auto-approval.js';
import { approvalRuleOf, missingApprovers, openSteps } from '../domain/approval.js';
import { alreadyPending, isSameAsk } from '../domain/asked-again.js';
import { partGroups } from '../domain/bundle.js';
import { automaticGroups, everyApproverGroup } from '../domain/catalog.js';
import type { SubmitInput, Submitted } from '../domain/asking.js';
import type { Catalog } from '../domain/catalog.js';
import type { Change } from '../domain/change.js';
import {
  approverProblem,
  askingProblem,
  durationProblem,
  partProblem,
  reasonProblem,
  startProblem,
} from '../domain/eligibility.js';
import type { ChannelId, GrantId, UserId } from '../domain/ids.js';
import { askingLimit, conflictProblem, givenBefore, holdingLimit } from '../domain/limits.js';
import type { Tally } from '../domain/limits.js';
import { newCard, owe } from '../domain/message.js';
import type { Memberships, Person } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import type { AccessRequest, PendingRequest, TermsEntitlement } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { standInsFor } from '../domain/stand-ins.js';
import type { StandIn } from '../domain/stand-ins.js';
import { isBehind, SECOND_MS } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import { lastUseOf, startWaiting } from '../domain/unanswered.js';
import { approveAtOnce, mayBeAutomatic, ruleFor, withApproval } from './approve-at-once.js';
import { askAgain } from './ask-again.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { findOffer } from './find-offer.js';
import type { Offer } from '../domain/decide.js';
import { approversOnAccountOfAsking } from './on-account-of-asking.js';
import { readMemberships } from './read-memberships.js';
import { standInsOnRole } from './read-stand-ins.js';
import { readTally } from './read-tally.js';
import { orAlreadyHandled, refused } from './refusing.js';
import { resolveTerms } from './resolve-terms.js';
import { OUTDATED, underOneCatalog } from './under-one-catalog.js';

export type SubmitDeps = Pick<
  Deps,
  'store' | 'wakeups' | 'clock' | 'ids' | 'directory' | 'connectors' | 'catalogs' | 'log' | 'callTimeoutMs'
>;

/** Whoever is answered within that needs no message that says that they asked. */
const A_MOMENT_MS = 30 * SECOND_MS;

/** What is asked for, checked against the catalog and the people, before any target is called. */
export type Asked = {
  readonly input: Pick<SubmitInput, 'delivery' | 'workspace' | 'requester' | 'beneficiary' | 'reason'>;
  readonly start: Pick<SubmitInput, 'startsAt' | 'startZone'>;
  readonly catalog: Catalog;
  readonly offer: Offer;
  readonly durationMs: number;
  readonly memberships: Memberships;
  readonly standIns: readonly StandIn[];
  readonly beneficiary: Person;
  readonly extendsGrant: GrantId | null;
  /** Why nobody could ever approve it; null when somebody can. */
  readonly withoutApprovers: Refusal | null;
};

export async function submitRequest(
  deps: SubmitDeps,
  input: SubmitInput,
): Promise<Result<Submitted, Refusal>> {
  const outcome = await underOneCatalog(deps, async (isCurrent) => {
    const checked = await check(deps, input);
    const asked = checked.ok ? await withTerms(deps, checked.value) : checked;
    return await commitFresh<Result<Submitted, Refusal> | typeof OUTDATED>(deps, async () => {
      if (!isCurrent()) {
        return { change: null, outcome: OUTDATED };
      }
      const now = deps.clock.now();
      return asked.ok
        ? await place(deps, asked.value.asked, asked.value.terms, now)
        : refusedAsking(asked.refusal, input, now);
    });
  });
  return orAlreadyHandled(outcome);
}

async function withTerms(
  deps: SubmitDeps,
  asked: Asked,
): Promise<Result<{ asked: Asked; terms: readonly TermsEntitlement[] }, Refusal>> {
  const terms = await resolveTerms(deps, { ...asked, role: asked.offer.role });
  return terms.ok ? accept({ asked, terms: terms.value }) : terms;
}

async function check(deps: SubmitDeps, input: SubmitInput): Promise<Result<Asked, Refusal>> {
  const { catalog, endingOnly } = deps.catalogs.current();
  if (endingOnly) {
    return refuse({ code: 'ending-only' });
  }
  const behindMs = deps.clock.behindMs();
  if (isBehind(behindMs)) {
    return refuse({ code: 'clock-behind', behindMs });
  }
  const offer = findOffer(catalog, input.resource, input.role);
  if (!offer.ok) {
    return offer;
  }
  const durationMs = input.durationMs ?? offer.value.policy.defaultMs;
  const asked = { input, start: input, catalog, offer: offer.value, durationMs, extendsGrant: null };
  return await checkPeople(deps, asked);
}

/** Everything that people, groups and the policy say; the same for a first request and for more time. */
export async function checkPeople(
  deps: SubmitDeps,
  asked: Omit<Asked, 'memberships' | 'standIns' | 'beneficiary' | 'withoutApprovers'>,
): Promise<Result<Asked, Refusal>> {
  const { input, offer, catalog } = asked;
  const { requester, beneficiary } = input;
  const [asker, holder] = await Promise.all([
    deps.directory.person(requester),
    deps.directory.person(beneficiary),
  ]);
  const noPart = partProblem(requester, asker) ?? partProblem(beneficiary, holder);
  if (noPart !== null || typeof holder === 'string') {
    return refuse(noPart ?? { code: 'directory-unavailable' });
  }
  const groups = [
    ...offer.policy.request,
    ...everyApproverGroup(offer.policy),
    ...automaticGroups(offer.policy),
    ...partGroups(offer.role),
  ];
  const memberships = await readMemberships(deps, catalog, groups, input);
  const standIns = await standInsOnRole(deps, catalog, offer, memberships);
  const about = { requester, beneficiary, ...offer, memberships, standIns };
  const onTheirAccount = await approversOnAccountOfAsking(deps, catalog, offer, about);
  const withoutApprovers = approverProblem({ ...about, onTheirAccount });
  const problem =
    askingProblem(about) ??
    durationProblem(asked.durationMs, offer.role, offer.policy) ??
    startProblem(asked.start.startsAt, offer.role, offer.policy, deps.clock.now()) ??
    reasonProblem(input.reason, offer.policy) ??
    (mayBeAutomatic(asked) ? null : withoutApprovers);
  return problem === null
    ? accept({ ...asked, memberships, standIns, beneficiary: holder, withoutApprovers })
    : refuse(problem);
}

/** Decides against the rows, and writes the request with its card. */
export async function place(
  deps: SubmitDeps,
  asked: Asked,
  terms: readonly TermsEntitlement[],
  now: Instant,
): Promise<Decided<Result<Submitted, Refusal>>> {
  const { input, offer } = asked;
  const { resource, name: role } = offer.role;
  const extended = asked.extendsGrant === null ? null : await deps.store.grant(asked.extendsGrant);
  if (extended !== null && (extended.state !== 'active' || extended.endsAt <= now)) {
    return refusedAsking({ code: 'grant-over', grantId: extended.id }, { ...input, resource, role }, now);
  }
  const pending = await deps.store.pendingFor({ beneficiary: input.beneficiary, resource, role });
  if (pending !== null) {
    return isRepeated(pending, asked, terms, now)
      ? await askAgain(deps, pending, { asked: input, title: offer.role.title, now })
      : refusedAsking(alreadyPending(pending), { ...input, resource, role }, now);
  }
  const shared = await sharedAccount(deps, terms, input.beneficiary);
  if (shared !== null) {
    return refusedAsking(shared, { ...input, resource, role }, now);
  }
  const { tally, guards } = await readTally(deps, asked.catalog, offer.role, input, now);
  const limit = limitOf(asked, tally);
  if (limit !== null) {
    return refusedAsking(limit, { ...input, resource, role }, now);
  }
  const rule = await ruleFor(deps, asked, tally, now);
  if (!rule.ok) {
    return refusedAsking(rule.refusal, { ...input, resource, role }, now);
  }
  const { channel, announce } = offer.policy;
  const appears = rule.value === null ? channel : (announce ?? channel);
  const request = newRequest(deps, asked, { terms, channel: appears }, now);
  const asking = { ...toChange(request, input.delivery, now), guards };
  if (rule.value === null) {
    // Access that ends meanwhile gets no more time, and nobody is asked for it.
    const reliesOn =
      extended === null ? [] : [{ table: 'grants', id: extended.id, version: extended.version } as const];
    return { change: { ...asking, reliesOn }, outcome: accept(waiting(asked, request, tally)) };
  }
  const approved = await approveAtOnce(deps, asked, rule.value, request, now);
  if (!approved.ok) {
    return refusedAsking(approved.refusal, { ...input, resource, role }, now);
  }
  const { title } = offer.role;
  const submitted = {
    request: approved.value.request,
    grant: approved.value.grant,
    title,
    steps: [],
    pinged: 0,
  };
  return { change: withApproval(asking, approved.value), outcome: accept(submitted) };
}

/** What whoever asked is told while people decide. */
function waiting(
  { input, offer, memberships, standIns }: Asked,
  request: PendingRequest,
  tally: Tally,
): Submitted {
  const approving = { ...offer.policy, standIns: standInsFor(request, standIns) };
  const now = request.createdAt;
  const before = givenBefore(tally, offer.role, request, now);
  const approvers = missingApprovers(approving, memberships, {
    voters: [],
    excluded: [input.requester, input.beneficiary],
  });
  return {
    request,
    grant: null,
    title: offer.role.title,
    steps: openSteps(offer.policy),
    pinged: offer.policy.notify === 'mention' ? approvers.length : 0,
    unreadable: unreadableRules({ ...offer, request, memberships, ...before }, now),
  };
}

function isRepeated(
  pending: AccessRequest,
  { start, durationMs, extendsGrant, offer }: Asked,
  entitlements: readonly TermsEntitlement[],
  now: Instant,
): pending is PendingRequest {
  const { startsAt } = start;
  const asked = { startsAt, durationMs, extendsGrant, policy: offer.policy.name, entitlements };
  return pending.state === 'pending' && pending.expiresAt > now && isSameAsk(pending, asked);
}

/** More time on what is held already takes up no new place. */
function limitOf({ catalog, offer, extendsGrant }: Asked, tally: Tally): Refusal | null {
  return (
    askingLimit(catalog, tally) ??
    (extendsGrant === null ? holdingLimit(catalog, offer.role, tally) : null) ??
    conflictProblem(catalog, offer.role, tally)
  );
}

function newRequest(
  deps: SubmitDeps,
  asked: Asked,
  { terms, channel }: { terms: readonly TermsEntitlement[]; channel: ChannelId },
  now: Instant,
): PendingRequest {
  const { input, offer, catalog, durationMs, extendsGrant } = asked;
  const { startsAt, startZone } = asked.start;
  const expiresAt = now + offer.policy.unansweredAfterMs;
  return {
    id: deps.ids.requestId(),
    version: 0,
    workspace: input.workspace,
    requester: input.requester,
    beneficiary: input.beneficiary,
    resource: offer.role.resource,
    role: offer.role.name,
    policy: offer.policy.name,
    approvalRule: approvalRuleOf(offer.policy),
    catalogSha256: catalog.sha256,
    durationMs,
    startsAt,
    startZone,
    reason: input.reason,
    entitlements: terms,
    termsVersion: 1,
    extendsGrant,
    channel,
    createdAt: now,
    expiresAt: lastUseOf({ startsAt, durationMs, expiresAt }, offer.policy),
    waiting: startWaiting(offer.policy, now),
    state: 'pending',
  };
}

function toChange(request: PendingRequest, delivery: string, now: Instant): Change {
  const { id, requester, beneficiary, resource, role, durationMs, startsAt, policy, catalogSha256 } = request;
  const accounts = request.entitlements.map((one) => `${one.connector}/${one.role}/${one.account.name}`);
  return {
    at: now,
    delivery,
    requests: [request],
    messages: [newCard({ kind: 'request-card', subject: id, to: request.channel, at: now })],
    notices: [
      owe({ kind: 'request-received', subject: id, occasion: '', to: requester, from: now + A_MOMENT_MS }),
      ...(requester === beneficiary
        ? []
        : [owe({ kind: 'request-for-you', subject: id, occasion: '', to: beneficiary })]),
    ],
    audit: [
      {
        kind: 'request.submitted',
        actor: { kind: 'person', userId: requester },
        requestId: id,
        ...(request.extendsGrant === null ? {} : { grantId: request.extendsGrant }),
        facts: {
          beneficiary,
          resource,
          role,
          durationMs,
          ...(startsAt === null ? {} : { startsAt }),
          policy,
          catalogSha256,
          accounts,
        },
        text: request.reason,
      },
    ],
  };
}

async function sharedAccount(
  deps: SubmitDeps,
  terms: readonly TermsEntitlement[],
  beneficiary: UserId,
): Promise<Refusal | null> {
  for (const { connector, account } of terms) {
    const owners = await deps.store.ownersOf({ connector, accountId: account.id });
    if (owners.some((owner) => owner !== beneficiary)) {
      return { code: 'account-shared', connector, account: account.name };
    }
  }
  return null;
}

export function refusedAsking(
  refusal: Refusal,
  input: { requester: UserId; delivery: string; resource: string; role: string | null },
  now: Instant,
): Decided<Result<Submitted, Refusal>> {
  const { requester: actor, delivery, resource, role } = input;
  const about = role === null ? resource : `${resource}:${role}`;
  return refused({ refusal, kind: 'request.refused', actor, about, delivery, now });
}
