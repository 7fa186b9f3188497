/** Lines in the thread of a request's card: where they stand, and what they say when they are sent. */
import { readAskedAgain } from '../domain/asked-again.js';
import { nextStepOccasion } from '../domain/approval.js';
import { asChannelId, asRequestId } from '../domain/ids.js';
import type { RequestId } from '../domain/ids.js';
import { lostOf } from '../domain/lost-eligibility.js';
import { copyOf, isPostedAnew, owe } from '../domain/message.js';
import type { LineKind, Notice, NoticeKind, OwedNotice } from '../domain/message.js';
import { renewalOf } from '../domain/renewal.js';
import type { ApprovedRequest, PendingRequest } from '../domain/request.js';
import { DAY_MS, SECOND_MS } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import {
  isLookedAt,
  nudgedBy,
  nudgeOccasion,
  takenOverFrom,
  takeOverOccasion,
} from '../domain/unanswered.js';
import type { NoticeView } from '../domain/views.js';
import type { Thread } from '../ports.js';
import type { Deps } from './deps.js';
import { calledOn, readApprovals } from './approvals-now.js';
import type { ApprovalsNow } from './approvals-now.js';
import { offerOf } from './find-offer.js';
import { readReviewers } from './reviewers.js';

type LineDeps = Pick<Deps, 'store' | 'catalogs' | 'directory' | 'clock'>;

/** Lines that say no more than the card itself, should it be posted for the first time after them. */
const SAID_BY_THE_CARD: ReadonlySet<NoticeKind> = new Set<NoticeKind>([
  'request-nudge',
  'request-escalated',
  'request-terms-changed',
  'request-next-step',
  'review-nag',
  'request-access-lost',
]);

/** A card that is being posted stands there within so long. */
const POSTING_MS = 2 * SECOND_MS;

const LINES: ReadonlySet<NoticeKind> = new Set<LineKind>([
  'request-nudge',
  'request-escalated',
  'request-copy-unseen',
  'request-taken-over',
  'request-terms-changed',
  'request-asked-again',
  'request-next-step',
  'review-nag',
  'request-access-lost',
]);

export function isLine(kind: NoticeKind): kind is LineKind {
  return LINES.has(kind);
}

/** The same line under each card of the request. */
export async function owedInThreads(
  deps: Pick<Deps, 'store'>,
  line: { readonly kind: LineKind; readonly subject: RequestId; readonly occasion: string },
): Promise<OwedNotice[]> {
  return (await deps.store.messagesOf(line.subject)).map(({ to }) => owe({ ...line, to }));
}

/** Null where no card stands whose thread it could be in, nor will one in time. */
export type LinePlace = { readonly at: Thread } | { readonly waitsUntil: Instant } | null;

export async function placeOfLine(deps: Pick<Deps, 'store' | 'clock'>, notice: Notice): Promise<LinePlace> {
  const cards = await deps.store.messagesOf(asRequestId(notice.subject));
  const card = cards.find(({ to }) => to === notice.to) ?? null;
  if (card === null) {
    return null;
  }
  if (card.posted !== null) {
    return { at: card.posted };
  }
  const now = deps.clock.now();
  const isTooLate = now - notice.createdAt > DAY_MS;
  const isSaid = SAID_BY_THE_CARD.has(notice.kind) && !isPostedAnew(card);
  return card.nextAt === null || isTooLate || isSaid
    ? null
    : { waitsUntil: Math.max(card.nextAt, now) + POSTING_MS };
}

/** Null where it no longer holds. */
export async function loadLine(deps: LineDeps, kind: LineKind, notice: Notice): Promise<NoticeView | null> {
  const request = await deps.store.request(asRequestId(notice.subject));
  const now = deps.clock.now();
  if (kind === 'review-nag') {
    return request?.state === 'approved' ? await reviewNag(deps, notice, request, now) : null;
  }
  if (request?.state === 'approved' && kind === 'request-access-lost') {
    return await accessLost(deps, notice, request);
  }
  if (request === null || request.state !== 'pending' || request.expiresAt <= now) {
    return null;
  }
  switch (kind) {
    case 'request-nudge':
      return await nudge(deps, notice, request, now);
    case 'request-escalated':
      return await escalated(deps, request, now);
    case 'request-copy-unseen': {
      const copy = await deps.store.message(copyOf(request.id));
      return copy === null || copy.posted !== null
        ? null
        : { kind, channel: asChannelId(copy.to), error: copy.error ?? '' };
    }
    case 'request-taken-over': {
      const { claim } = request.waiting;
      const from = takenOverFrom(notice.occasion);
      const holds = claim !== null && takeOverOccasion(from, claim.at) === notice.occasion;
      return holds ? { kind, from, by: claim.by } : null;
    }
    case 'request-terms-changed':
      return await termsChanged(deps, notice, request);
    case 'request-next-step':
      return await nextStep(deps, notice, request);
    case 'request-asked-again':
      return { kind, ...readAskedAgain(notice.occasion) };
    case 'request-access-lost':
      return null;
    default:
      return kind satisfies never;
  }
}

async function accessLost(
  deps: LineDeps,
  { occasion }: Notice,
  { grantId }: ApprovedRequest,
): Promise<NoticeView | null> {
  const grant = await deps.store.grant(grantId);
  return grant === null
    ? null
    : {
        kind: 'request-access-lost',
        holder: grant.beneficiary,
        lost: lostOf(occasion),
        opened: grant.activeAt !== null,
      };
}

/** Only the newest terms are spoken of, with everybody whose vote on those before is to be given anew. */
async function termsChanged(
  deps: LineDeps,
  { occasion }: Notice,
  request: PendingRequest,
): Promise<NoticeView | null> {
  const { termsVersion, changed } = renewalOf(occasion);
  if (termsVersion !== request.termsVersion) {
    return null;
  }
  const decisions = await deps.store.decisions(request.id);
  const of = (isNow: boolean) =>
    decisions.filter((one) => (one.termsVersion === termsVersion) === isNow).map(({ approver }) => approver);
  const again = of(true);
  const voters = [...new Set(of(false))].filter((voter) => !again.includes(voter));
  return { kind: 'request-terms-changed', request, changed, voters };
}

async function nudge(
  deps: LineDeps,
  { occasion, to }: Notice,
  request: PendingRequest,
  now: Instant,
): Promise<NoticeView | null> {
  const by = nudgedBy(occasion);
  const { waiting } = request;
  // Of several that had to wait only the last is sent, and none to somebody who is looking at it.
  if (by === null && (occasion !== nudgeOccasion(waiting.nudges) || isLookedAt(waiting, now))) {
    return null;
  }
  const approvals = await approvalsOf(deps, request);
  const isCopy = to !== request.channel;
  if (isCopy && approvals.calledIn.length === 0) {
    return null;
  }
  return {
    kind: 'request-nudge',
    request,
    steps: approvals.steps,
    mention: calledOn(approvals, isCopy),
    inPlaceOf: approvals.inPlaceOf,
    waitedMs: now - request.createdAt,
    by,
  };
}

async function nextStep(
  deps: LineDeps,
  { occasion, to }: Notice,
  request: PendingRequest,
): Promise<NoticeView | null> {
  const approvals = await approvalsOf(deps, request);
  const index = approvals.steps.findIndex(({ count, filledBy }) => filledBy.length < count);
  const step = approvals.steps[index];
  const mention = calledOn(approvals, to !== request.channel).filter((userId) =>
    approvals.inTurn.includes(userId),
  );
  // By now it may be the turn of another.
  return step === undefined || mention.length === 0 || occasion !== nextStepOccasion(index, request)
    ? null
    : { kind: 'request-next-step', step, mention, inPlaceOf: approvals.inPlaceOf };
}

async function reviewNag(
  deps: LineDeps,
  { occasion }: Notice,
  request: ApprovedRequest,
  now: Instant,
): Promise<NoticeView | null> {
  const { review } = request;
  // Of several that had to wait only the last is sent.
  if (review === null || review.closedAt !== null || occasion !== String(review.nags)) {
    return null;
  }
  const verdicts = await deps.store.reviewVerdicts(request.id);
  const { missing: mention, unreadable } = await readReviewers(deps, { request, review, verdicts });
  return {
    kind: 'review-nag',
    request,
    missing: review.count - verdicts.length,
    mention,
    unreadable,
    waitedMs: now - request.createdAt,
  };
}

async function escalated(deps: LineDeps, request: PendingRequest, now: Instant): Promise<NoticeView | null> {
  const { escalation, calledIn, inPlaceOf } = await approvalsOf(deps, request);
  const waitedMs = now - request.createdAt;
  return escalation === null
    ? null
    : { kind: 'request-escalated', request, escalation, mention: calledIn, inPlaceOf, waitedMs };
}

/** As they are at this moment. */
export async function approvalsOf(deps: LineDeps, request: PendingRequest): Promise<ApprovalsNow> {
  const { catalog } = deps.catalogs.current();
  const policy = offerOf(catalog, request.resource, request.role)?.policy ?? null;
  return await readApprovals(deps, request, await deps.store.decisions(request.id), policy);
}
