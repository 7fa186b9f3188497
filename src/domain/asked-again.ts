/** Somebody asks once more for what is waiting already: nothing new is made of it. */
import { asUserId } from './ids.js';
import type { UserId } from './ids.js';
import type { Refusal } from './refusal.js';
import type { AccessRequest, PendingRequest, TermsEntitlement } from './request.js';

/** So many lines under a card say that somebody has asked again. */
export const MOST_LINES = 5;

/** So much of a reason stands in a line. */
const REASON_SHOWN = 200;

type Ask = Pick<PendingRequest, 'durationMs' | 'startsAt' | 'extendsGrant' | 'policy' | 'entitlements'>;

/** Whether an approval of what waits would give just what is asked for now. */
export function isSameAsk(waiting: Ask, asked: Ask): boolean {
  return (
    waiting.durationMs === asked.durationMs &&
    waiting.startsAt === asked.startsAt &&
    waiting.extendsGrant === asked.extendsGrant &&
    waiting.policy === asked.policy &&
    keysOf(waiting.entitlements) === keysOf(asked.entitlements)
  );
}

function keysOf(terms: readonly TermsEntitlement[]): string {
  const keys = terms.map(({ connector, role, account, fingerprint }) => [
    connector,
    role,
    account.id,
    fingerprint,
  ]);
  return JSON.stringify(keys.map((key) => JSON.stringify(key)).toSorted());
}

/** Who asks again, and why: what tells one line from another. */
export function askedAgainOccasion(by: UserId, reason: string): string {
  // Never half a character.
  const kept = reason.slice(0, REASON_SHOWN).replace(/[\uD800-\uDBFF]$/, '');
  return `${by} ${kept.length < reason.length ? `${kept}…` : kept}`;
}

export function readAskedAgain(occasion: string): { by: UserId; reason: string } {
  const space = occasion.indexOf(' ');
  return { by: asUserId(occasion.slice(0, space)), reason: occasion.slice(space + 1) };
}

export function alreadyPending(pending: AccessRequest): Refusal {
  const { id: requestId, resource, role, durationMs, startsAt } = pending;
  const isMore = pending.extendsGrant !== null;
  return { code: 'already-pending', requestId, roleKey: `${resource}:${role}`, durationMs, startsAt, isMore };
}
