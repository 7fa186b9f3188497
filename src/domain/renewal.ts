/** What becomes of a pending request when the catalog, the map of accounts or a target no longer says what it was asked on. */
import { approvalRuleOf } from './approval.js';
import type { Policy } from './catalog.js';
import type { Offer } from './decide.js';
import { allowsExtension } from './extension.js';
import type { PendingRequest, TermsEntitlement } from './request.js';
import type { Instant } from './time.js';
import { lastUseOf, waitingUnder } from './unanswered.js';

/** What of the terms is another now. `approval`: who decides, by the same policy. `target`: the same names in another database, say. */
export const TERMS_PARTS = ['policy', 'approval', 'time', 'roles', 'account', 'target'] as const;
export type TermsPart = (typeof TERMS_PARTS)[number];

/**
 * Why no terms are left that it could be approved on. `not-as-held`: more time of what the grant does not hold.
 * `access-over`: more time on access that has ended.
 * `no-approvers`: by its policy rules approve, or nobody does.
 */
export const UNTENABLE = [
  'not-offered',
  'not-as-held',
  'access-over',
  'no-more-time',
  'no-account',
  'account-shared',
  'too-short',
  'no-approvers',
] as const;
export type Untenable = (typeof UNTENABLE)[number];

export type Renewal =
  | { readonly kind: 'same' }
  | { readonly kind: 'renewed'; readonly request: PendingRequest; readonly changed: readonly TermsPart[] }
  | { readonly kind: 'untenable'; readonly why: Untenable };

/** Start, channel and expiry stay as they were asked. Votes on the terms before count no longer. */
export function renew(
  request: PendingRequest,
  offer: Offer,
  entitlements: readonly TermsEntitlement[],
  catalogSha256: string,
  now: Instant,
): Renewal {
  const { policy } = offer;
  if (request.extendsGrant !== null && !allowsExtension(policy)) {
    return { kind: 'untenable', why: 'no-more-time' };
  }
  if (request.durationMs < policy.minMs) {
    return { kind: 'untenable', why: 'too-short' };
  }
  if (policy.approve.length === 0) {
    return { kind: 'untenable', why: 'no-approvers' };
  }
  const durationMs = Math.min(request.durationMs, policy.maxMs);
  const renewed: PendingRequest = {
    ...request,
    policy: policy.name,
    approvalRule: approvalRuleOf(policy),
    durationMs,
    expiresAt: lastUseOf({ ...request, durationMs, expiresAt: expiryAsAsked(request, policy) }, policy),
    entitlements,
    catalogSha256,
    termsVersion: request.termsVersion + 1,
    waiting: waitingUnder(policy, request, now),
  };
  const changed = TERMS_PARTS.filter((part) => isChanged(part, request, renewed));
  if (changed.length === 0) {
    return { kind: 'same' };
  }
  const holdsOther = changed.some((part) => !['policy', 'approval', 'time'].includes(part));
  return request.extendsGrant !== null && holdsOther
    ? { kind: 'untenable', why: 'not-as-held' }
    : { kind: 'renewed', request: renewed, changed };
}

/** Votes for less time made it earlier for a window that begins later, and count no longer. */
function expiryAsAsked(
  { startsAt, createdAt, expiresAt }: PendingRequest,
  { unansweredAfterMs }: Pick<Policy, 'unansweredAfterMs'>,
): Instant {
  return startsAt === null ? expiresAt : Math.max(expiresAt, createdAt + unansweredAfterMs);
}

function isChanged(part: TermsPart, before: PendingRequest, after: PendingRequest): boolean {
  switch (part) {
    case 'policy':
      return before.policy !== after.policy;
    case 'approval':
      // By another policy it goes without saying.
      return before.policy === after.policy && isChangedRule(before.approvalRule, after.approvalRule);
    case 'time':
      return before.durationMs !== after.durationMs;
    case 'roles':
      return rolesText(before.entitlements) !== rolesText(after.entitlements);
    case 'account':
      return differs(before, after, ({ account }) => `${account.id} ${account.name}`);
    case 'target':
      return differs(before, after, ({ fingerprint }) => fingerprint);
    default:
      return part satisfies never;
  }
}

function isChangedRule(before: string | null, after: string | null): boolean {
  return before !== null && before !== after;
}

function rolesText(entitlements: readonly TermsEntitlement[]): string {
  return JSON.stringify(entitlements.map(keyOf).toSorted());
}

/** Of the roles that are in both. */
function differs(
  before: PendingRequest,
  after: PendingRequest,
  textOf: (one: TermsEntitlement) => string,
): boolean {
  const was = new Map(before.entitlements.map((one) => [keyOf(one), textOf(one)]));
  return after.entitlements.some((one) => (was.get(keyOf(one)) ?? textOf(one)) !== textOf(one));
}

function keyOf({ connector, role }: TermsEntitlement): string {
  return `${connector} ${role}`;
}

/** The occasion of the word about new terms: which they are, and what of them is new. */
export function renewalOccasion(termsVersion: number, changed: readonly TermsPart[]): string {
  return [String(termsVersion), ...changed].join('+');
}

export function renewalOf(occasion: string): { termsVersion: number; changed: readonly TermsPart[] } {
  const [version, ...parts] = occasion.split('+');
  return { termsVersion: Number(version), changed: TERMS_PARTS.filter((part) => parts.includes(part)) };
}

/** The occasion of the word that a request is void because no terms are left for it. */
export function untenableOccasion(why: Untenable): string {
  return `${VOID}${why}`;
}

/** Null where it is void for another reason. */
export function whyUntenable(occasion: string): Untenable | null {
  return UNTENABLE.find((why) => occasion === untenableOccasion(why)) ?? null;
}

const VOID = 'terms-';
