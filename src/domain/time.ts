/** A moment: milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A step of NTP's is no reason to alarm anybody. Time goes on all the same, so that no window grows by it. */
const CLOCK_TOLERANCE_MS = MINUTE_MS;

/** The machine's clock stands before moments that are on record: it is wrong now, or it was before. */
export function isBehind(behindMs: number): boolean {
  return behindMs > CLOCK_TOLERANCE_MS;
}

/** `2026-11-23T16:41:00Z`, for audit rows, logs and the fallback of Slack's date tokens. */
export function toUtcText(at: Instant): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
