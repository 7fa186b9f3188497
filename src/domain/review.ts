/** An emergency answers for itself afterwards: who says what of it, and when they are asked again. */
import type { EmergencyRule } from './catalog.js';
import type { AccessRequest, Overrode, Review, ReviewVerdict } from './request.js';
import type { Instant } from './time.js';

export function startReview(rule: EmergencyRule, overrode: readonly Overrode[], now: Instant): Review {
  const { by, count, nagMs } = rule.review;
  return { by, count, nagMs, overrode, nags: 0, nagAt: now + nagMs, closedAt: null };
}

export function reviewOf(request: AccessRequest): Review | null {
  return request.state === 'approved' ? request.review : null;
}

/** From now on anew, so that an outage is followed by one nag and not by all that it swallowed. */
export function nagged(review: Review, nagMs: number, now: Instant): Review {
  return { ...review, nags: review.nags + 1, nagAt: now + nagMs };
}

/** The last verdict that is needed closes it; nothing else ever does. */
export function afterVerdict(review: Review, verdicts: readonly ReviewVerdict[], now: Instant): Review {
  return verdicts.length < review.count ? review : { ...review, nagAt: null, closedAt: now };
}

/** What the review says as a whole: one reviewer alone can call it not justified. */
export function verdictOf(verdicts: readonly ReviewVerdict[]): ReviewVerdict['verdict'] {
  return verdicts.some(({ verdict }) => verdict === 'not-justified') ? 'not-justified' : 'justified';
}
