import { asc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { RequestId } from '../domain/ids.js';
import { asRequestId, asUserId } from '../domain/ids.js';
import type { Review, ReviewVerdict } from '../domain/request.js';
import type { Drizzle } from './row.js';
import { slot } from './row.js';
import { type requests, reviewVerdicts } from './schema.js';

type ReviewRow = Pick<
  typeof requests.$inferSelect,
  'emergency' | 'reviewNags' | 'reviewNagAt' | 'reviewClosedAt'
>;

export function prepareReviewVerdicts(db: Drizzle) {
  const insert = db
    .insert(reviewVerdicts)
    .values({
      requestId: slot('requestId'),
      reviewer: slot('reviewer'),
      verdict: slot('verdict'),
      note: slot('note'),
      at: slot('at'),
    })
    .prepare();
  const ofRequest = db
    .select()
    .from(reviewVerdicts)
    .where(eq(reviewVerdicts.requestId, slot('requestId')))
    .orderBy(asc(reviewVerdicts.at), asc(sql`${reviewVerdicts}.rowid`))
    .prepare();

  return {
    add(verdict: ReviewVerdict): void {
      insert.run(verdict satisfies typeof reviewVerdicts.$inferSelect);
    },
    ofRequest(requestId: RequestId): ReviewVerdict[] {
      return ofRequest
        .all({ requestId })
        .map((row) => ({ ...row, requestId: asRequestId(row.requestId), reviewer: asUserId(row.reviewer) }));
    },
  };
}

const emergencySchema = z.strictObject({
  by: z.array(z.string()),
  count: z.int(),
  nagMs: z.int(),
  overrode: z.array(
    z.strictObject({
      limit: z.enum(['conflict-held', 'conflict-asked', 'held', 'role', 'pending', 'per-hour']),
      detail: z.string(),
    }),
  ),
});

export function toReviewRow(review: Review | null): ReviewRow {
  if (review === null) {
    return { emergency: null, reviewNags: 0, reviewNagAt: null, reviewClosedAt: null };
  }
  const { nags: reviewNags, nagAt: reviewNagAt, closedAt: reviewClosedAt, ...agreed } = review;
  return { emergency: JSON.stringify(agreed), reviewNags, reviewNagAt, reviewClosedAt };
}

export function toReview({ emergency, reviewNags, reviewNagAt, reviewClosedAt }: ReviewRow): Review | null {
  if (emergency === null) {
    return null;
  }
  const agreed = emergencySchema.parse(JSON.parse(emergency));
  return { ...agreed, nags: reviewNags, nagAt: reviewNagAt, closedAt: reviewClosedAt };
}
