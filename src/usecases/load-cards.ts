/** Puts together what a card shows, from the rows and the catalog in force. */
import { agreedMs, shorterTimes } from '../domain/approval.js';
import { partKeys } from '../domain/bundle.js';
import { findRole } from '../domain/catalog.js';
import type { Policy } from '../domain/catalog.js';
import { deciders, nothingLeftProblem, votedInPlaceOf } from '../domain/decide.js';
import type { Entitlement, Hold } from '../domain/entitlement.js';
import type { Grant } from '../domain/grant.js';
import type { ChannelId, GrantId, RequestId, UserId } from '../domain/ids.js';
import { allowsExtension } from '../domain/extension.js';
import { whoLeft } from '../domain/message.js';
import { whyUntenable } from '../domain/renewal.js';
import type { AccessRequest, ApprovedRequest, TermsEntitlement } from '../domain/request.js';
import { reviewOf } from '../domain/review.js';
import type { InPlaceOf } from '../domain/stand-ins.js';
import type {
  EntitlementView,
  FailingView,
  GrantCardView,
  RequestCardView,
  ReviewView,
  TicketView,
} from '../domain/views.js';
import { ticketLink } from '../domain/ticket.js';
import type { Instant } from '../domain/time.js';
import { calledOn, readApprovals } from './approvals-now.js';
import type { Deps } from './deps.js';
import { offerOf, titleOf } from './find-offer.js';
import { readBackground } from './read-background.js';
import { readReviewers } from './reviewers.js';

type CardDeps = Pick<Deps, 'store' | 'catalogs' | 'connectors' | 'directory' | 'clock'>;

/** `channel`: where the card stands, should it be the one that an escalation has added. */
export async function loadRequestCard(
  deps: CardDeps,
  id: RequestId,
  channel: ChannelId | null = null,
): Promise<RequestCardView | null> {
  const request = await deps.store.request(id);
  if (request === null) {
    return null;
  }
  const { catalog } = deps.catalogs.current();
  const offer = offerOf(catalog, request.resource, request.role);
  const policy = offer?.policy ?? null;
  const decisions = await deps.store.decisions(id);
  const approvals = await readApprovals(deps, request, decisions, policy);
  const grantId = request.state === 'approved' ? request.grantId : request.extendsGrant;
  const grant = grantId === null ? null : await deps.store.grant(grantId);
  const agreed = agreedMs(request, decisions);
  return {
    request,
    title: titleOf(catalog, request.resource, request.role),
    parts: offer === null ? [] : partKeys(offer.role),
    agreedMs: agreed,
    shorterMs:
      request.state === 'pending' && policy !== null
        ? timesLeft(request, agreed, policy, deps.clock.now())
        : [],
    ticket: ticketOf(request.reason, policy),
    decisions,
    steps: approvals.steps,
    denialsNeeded: policy?.denials ?? 1,
    tier: offer?.role.tier ?? 'standard',
    inPlaceOf: approvals.inPlaceOf,
    ping: calledOn(approvals, channel !== null && channel !== request.channel),
    escalation: approvals.escalation,
    review: await reviewView(deps, request),
    entitlements: await entitlementViews(deps, request.entitlements, grant),
    grant,
    ...(await whyVoid(deps, request)),
    background: request.state === 'pending' ? await readBackground(deps, request) : null,
    prolongsUntil:
      request.state === 'pending' && request.extendsGrant !== null && grant !== null
        ? grant.endsAt + agreed
        : null,
  };
}

/** Of a window that has begun, those that would leave something of it. */
function timesLeft(request: AccessRequest, agreedTime: number, { minMs }: Policy, now: Instant): number[] {
  return shorterTimes(agreedTime, minMs).filter(
    (durationMs) => nothingLeftProblem(request, { durationMs, minMs }, now) === null,
  );
}

export async function loadGrantCard(deps: CardDeps, id: GrantId): Promise<GrantCardView | null> {
  const grant = await deps.store.grant(id);
  const request = grant === null ? null : await deps.store.request(grant.requestId);
  if (grant === null || request === null || request.state !== 'approved') {
    return null;
  }
  const { catalog } = deps.catalogs.current();
  const decisions = await deps.store.decisions(request.id);
  const role = findRole(catalog, grant.resource, grant.role);
  const offer = offerOf(catalog, grant.resource, grant.role);
  return {
    grant,
    request,
    title: titleOf(catalog, grant.resource, grant.role),
    parts: role === undefined ? [] : partKeys(role),
    approvedBy: deciders(request, decisions),
    inPlaceOf: votedInPlaceOf(request, decisions),
    agreedMs: agreedMs(request, decisions),
    entitlements: await entitlementViews(deps, request.entitlements, grant),
    mayExtend: offer !== null && allowsExtension(offer.policy),
  };
}

async function reviewView(deps: CardDeps, request: AccessRequest): Promise<ReviewView | null> {
  const review = reviewOf(request);
  if (review === null) {
    return null;
  }
  const { count, overrode, closedAt } = review;
  const verdicts = await deps.store.reviewVerdicts(request.id);
  const { missing: ping } = await readReviewers(deps, { request, review, verdicts });
  return { count, overrode, closedAt, verdicts, ping };
}

function ticketOf(reason: string, policy: Policy | null): TicketView | null {
  const rule = policy?.ticket ?? null;
  const name = rule?.find(reason) ?? null;
  return rule === null || name === null ? null : { name, link: ticketLink(name, rule) };
}

/** What the parties are told about it. */
async function whyVoid(
  deps: Pick<Deps, 'store'>,
  { id, state }: AccessRequest,
): Promise<Pick<RequestCardView, 'left' | 'untenable'>> {
  const told = state === 'cancelled' ? await deps.store.noticesOf(id) : [];
  const voiding = told.filter(({ kind }) => kind === 'request-cancelled');
  return {
    left: voiding.map(whoLeft).find((who) => who !== null) ?? null,
    untenable: voiding.map(({ occasion }) => whyUntenable(occasion)).find((why) => why !== null) ?? null,
  };
}

export async function approversOf(deps: Pick<Deps, 'store'>, request: ApprovedRequest): Promise<UserId[]> {
  return (await approvalOf(deps, request)).approvedBy;
}

/** Who approved it, and who of them in whose place. */
export async function approvalOf(
  deps: Pick<Deps, 'store'>,
  request: ApprovedRequest,
): Promise<{ approvedBy: UserId[]; inPlaceOf: InPlaceOf[] }> {
  const decisions = await deps.store.decisions(request.id);
  return { approvedBy: deciders(request, decisions), inPlaceOf: votedInPlaceOf(request, decisions) };
}

async function entitlementViews(
  deps: CardDeps,
  terms: readonly TermsEntitlement[],
  grant: Grant | null,
): Promise<EntitlementView[]> {
  const holds = grant === null ? [] : await deps.store.holds(grant.id);
  const views = terms.map(async (one): Promise<EntitlementView> => {
    const { connector, role, account } = one;
    const row = await deps.store.entitlementOf({ connector, role, accountId: account.id });
    const configured = deps.connectors.get(connector);
    return {
      connector,
      role,
      account,
      simulated: configured?.simulated ?? false,
      nativeExpiry: configured?.capabilities.nativeExpiry ?? null,
      issuesSecret: configured?.capabilities.issuesSecret ?? false,
      sessionsAtEnd: configured?.sessionsAtEnd ?? 'none',
      howTo: configured?.howTo({ role, account }) ?? null,
      seen: row?.seen ?? 'unknown',
      standing: row !== null && isStanding(row, holds),
      failing: row === null ? null : failingOf(row, holds),
      byHand: row === null || grant === null ? null : byHandOf(row, holds, grant),
    };
  });
  return await Promise.all(views);
}

/** Also when the window is over: what then stays was left by us on purpose. */
function isStanding(row: Entitlement, holds: readonly Hold[]): boolean {
  const hold = holds.find(({ entitlementId }) => entitlementId === row.id);
  return hold?.state === 'standing' || (hold?.state === 'released' && row.seen === 'standing');
}

/** A failure concerns this grant for as long as it still holds the entitlement. */
function failingOf(row: Entitlement, holds: readonly Hold[]): FailingView | null {
  const concerned = holds.some((hold) => hold.entitlementId === row.id && hold.state !== 'released');
  return concerned ? toFailing(row) : null;
}

/** The word of an admin let this grant go, and not one of the same access before it. */
function byHandOf(row: Entitlement, holds: readonly Hold[], grant: Grant): Entitlement['byHand'] {
  const hold = holds.find(({ entitlementId }) => entitlementId === row.id);
  const closedBefore = 'closedAt' in grant && row.byHand !== null && grant.closedAt < row.byHand.at;
  return hold?.state === 'released' && !closedBefore ? row.byHand : null;
}

export function toFailing(row: Entitlement): FailingView | null {
  const { error, failingSince: since, attempts, nextAt, direction } = row;
  return error === null || since === null || attempts === 0
    ? null
    : { direction, since, attempts, nextAt, text: error.text };
}
