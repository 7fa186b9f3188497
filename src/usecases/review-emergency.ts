/** A reviewer says whether an emergency was justified. */
import type { Reviewed, ReviewForm, ReviewInput } from '../domain/asking.js';
import type { AuditEntry } from '../domain/audit.js';
import { roleKey } from '../domain/catalog.js';
import { partProblem, unreadableProblem } from '../domain/eligibility.js';
import type { UserId } from '../domain/ids.js';
import { isInAny } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import type { ApprovedRequest, Review, ReviewVerdict } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { afterVerdict, verdictOf } from '../domain/review.js';
import { accountOfAsking, shareAnAccount } from '../domain/same-account.js';
import type { Instant } from '../domain/time.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';
import { accountsNow } from './accounts-now.js';
import type { Deps } from './deps.js';
import { titleOf } from './find-offer.js';
import { orAlreadyHandled, refused } from './refusing.js';
import { readPeople } from './read-people.js';
import { readReviewing } from './reviewers.js';

type LookDeps = Pick<Deps, 'store' | 'clock' | 'directory' | 'catalogs'>;
type ReviewDeps = LookDeps & Pick<Deps, 'wakeups'>;
type Open = {
  readonly request: ApprovedRequest;
  readonly review: Review;
  readonly verdicts: readonly ReviewVerdict[];
};
type Step = Decided<Result<Reviewed, Refusal>>;

export async function reviewEmergency(
  deps: ReviewDeps,
  input: ReviewInput,
): Promise<Result<Reviewed, Refusal>> {
  const outcome = await commitFresh(deps, async () => {
    const open = await findReviewable(deps, input);
    const now = deps.clock.now();
    if (!open.ok) {
      return refusedReview(input, open.refusal, now);
    }
    return input.verdict === 'not-justified' && (input.note ?? '').trim() === ''
      ? refusedReview(input, { code: 'review-note-missing' }, now)
      : written(input, open.value, now);
  });
  return orAlreadyHandled(outcome);
}

/** Whether this person may say that it was not justified, decided as the verdict itself will be. */
export async function reviewForm(
  deps: LookDeps,
  input: { viewer: UserId; requestId: ReviewInput['requestId'] },
): Promise<Result<ReviewForm, Refusal>> {
  const open = await findReviewable(deps, { by: input.viewer, requestId: input.requestId });
  if (!open.ok) {
    return open;
  }
  const { request } = open.value;
  const title = titleOf(deps.catalogs.current().catalog, request.resource, request.role);
  return accept({ request, title });
}

async function findReviewable(
  deps: LookDeps,
  { by, requestId }: Pick<ReviewInput, 'by' | 'requestId'>,
): Promise<Result<Open, Refusal>> {
  const request = await deps.store.request(requestId);
  if (request?.state !== 'approved' || request.review === null) {
    return refuse({ code: 'unknown-request', typed: requestId });
  }
  const verdicts = await deps.store.reviewVerdicts(requestId);
  const open = { request, review: request.review, verdicts };
  if (open.review.closedAt !== null) {
    return refuse({ code: 'review-closed', verdict: verdictOf(verdicts) });
  }
  const problem = (await reviewerProblem(deps, open, by)) ?? (await accountProblem(deps, open, by));
  return problem === null ? accept(open) : refuse(problem);
}

async function reviewerProblem(
  deps: LookDeps,
  { request, review, verdicts }: Open,
  by: UserId,
): Promise<Refusal | null> {
  const noPart = partProblem(by, await deps.directory.person(by));
  if (noPart !== null) {
    return noPart;
  }
  if (by === request.requester) {
    return { code: 'own-emergency', same: null };
  }
  const { groups, memberships } = await readReviewing(deps, { request, review, verdicts });
  if (!isInAny(memberships, groups, by)) {
    const { resource, role: name } = request;
    return (
      unreadableProblem(memberships, groups) ?? {
        code: 'not-a-reviewer',
        roleKey: roleKey({ resource, name }),
      }
    );
  }
  return verdicts.some(({ reviewer }) => reviewer === by) ? { code: 'already-reviewed' } : null;
}

/** Whoever is there the same person as whoever took it, or as somebody who has reviewed it. */
async function accountProblem(
  deps: LookDeps,
  { request, verdicts }: Open,
  by: UserId,
): Promise<Refusal | null> {
  const reviewers = verdicts.map(({ reviewer }) => reviewer);
  const people = await readPeople(deps, [by, request.requester, ...reviewers]);
  if ([...people.values()].includes('unreadable')) {
    return { code: 'directory-unavailable' };
  }
  const accounts = accountsNow(deps.catalogs.current().catalog, request, people);
  const same = accountOfAsking(request, accounts, by);
  if (same !== null) {
    return { code: 'own-emergency', same };
  }
  return reviewers.some((one) => shareAnAccount(request, accounts, one, by))
    ? { code: 'already-reviewed' }
    : null;
}

function written(input: ReviewInput, open: Open, now: Instant): Step {
  const { by: reviewer, verdict, note, requestId, delivery } = input;
  const given: ReviewVerdict = { requestId, reviewer, verdict, note, at: now };
  const verdicts = [...open.verdicts, given];
  const review = afterVerdict(open.review, verdicts, now);
  const request: ApprovedRequest = { ...open.request, review };
  return {
    change: {
      at: now,
      delivery,
      // The row is written, whatever changes in it: two last verdicts at once must not both be "not the last".
      requests: [request],
      reviewVerdicts: [given],
      redraw: [requestId],
      audit: toAudit(given, review, verdicts, request),
    },
    outcome: accept({ request, verdict, missing: Math.max(0, review.count - verdicts.length) }),
  };
}

function toAudit(
  { reviewer, verdict, note }: ReviewVerdict,
  review: Review,
  verdicts: readonly ReviewVerdict[],
  { id: requestId, grantId }: ApprovedRequest,
): AuditEntry[] {
  const actor = { kind: 'person', userId: reviewer } as const;
  const said: AuditEntry = {
    kind: 'emergency.reviewed',
    actor,
    requestId,
    grantId,
    facts: { verdict, complete: review.closedAt !== null },
    ...(note === null || note === '' ? {} : { text: note }),
  };
  return review.closedAt === null
    ? [said]
    : [
        said,
        {
          kind: 'emergency.closed',
          actor,
          requestId,
          grantId,
          facts: {
            verdict: verdictOf(verdicts),
            reviewers: verdicts.map((one) => one.reviewer),
          },
        },
      ];
}

function refusedReview(
  { by: actor, requestId: about, delivery }: ReviewInput,
  refusal: Refusal,
  now: Instant,
): Step {
  return refused({ refusal, kind: 'review.refused', actor, about, delivery, now });
}
