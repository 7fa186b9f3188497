import { formatDuration } from '../domain/duration.js';
import { MINUTE_MS } from '../domain/time.js';
import type { Seat } from '../domain/seating.js';
import { emergencySchema, windowSchema } from './schema.js';
import { someOf } from './issue-text.js';
import { valueAt, type Finding } from './yaml-tree.js';

/** An emergency fits into the policy's window, and there are enough people beside whoever takes it to review it. */
export function checkEmergency(
  path: string[],
  policy: unknown,
  peopleOf: (groups: readonly string[]) => Seat<string> | null,
): Finding[] {
  const found = emergencySchema.safeParse(valueAt(policy, 'emergency'));
  if (!found.success) {
    return [];
  }
  const at = [...path, 'emergency'];
  const { for: named, up_to: longest, review } = found.data;
  const reviewers = peopleOf(review.by);
  const takers = peopleOf(named);
  return [
    ...tooLongOrShort([...at, 'up_to'], policy, longest),
    ...tooFewReviewers([...at, 'review', 'by'], review.count, reviewers, takers),
  ];
}

/** Often enough to be muted. */
const HASTY_NAG_MS = 10 * MINUTE_MS;

export function doubtfulEmergency(path: string[], policy: unknown): Finding[] {
  const found = emergencySchema.safeParse(valueAt(policy, 'emergency'));
  if (!found.success || found.data.review.nag >= HASTY_NAG_MS) {
    return [];
  }
  const every = formatDuration(found.data.review.nag);
  const message = `reviewers are called on every ${every}, day and night, until the review is closed; lengthen it, or leave it out for 24h`;
  return [{ path: [...path, 'emergency', 'review', 'nag'], at: 'value', message }];
}

function tooLongOrShort(path: string[], policy: unknown, longest: number): Finding[] {
  const window = windowSchema.safeParse(valueAt(policy, 'duration'));
  if (!window.success || (longest <= window.data.max && longest >= window.data.min)) {
    return [];
  }
  const { min, max } = window.data;
  const message =
    longest > max
      ? `an emergency is no longer than an approved window, ${formatDuration(max)} at most (duration.max); shorten it`
      : `no window is shorter than ${formatDuration(min)} (duration.min); lengthen it`;
  return [{ path, at: 'value', message }];
}

/** Nobody reviews their own emergency. Groups whose members only Slack knows are taken as large enough. */
function tooFewReviewers(
  path: string[],
  count: number,
  reviewers: Seat<string> | null,
  takers: Seat<string> | null,
): Finding[] {
  if (reviewers === null) {
    return [];
  }
  if (reviewers.size < count) {
    const message = `the review needs ${count} people and its groups hold ${reviewers.size}; add people`;
    return [{ path, at: 'key', message }];
  }
  const alone = [...(takers ?? [])].filter((taker) => reviewers.has(taker) && reviewers.size - 1 < count);
  const message = `nobody reviews their own emergency, so one of ${someOf(alone)} could never be closed; add reviewers`;
  return alone.length === 0 ? [] : [{ path, at: 'key', message }];
}
