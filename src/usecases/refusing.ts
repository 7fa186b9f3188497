import type { AuditKind } from '../domain/audit.js';
import type { UserId } from '../domain/ids.js';
import type { Refusal, RefusalCode } from '../domain/refusal.js';
import { refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Instant } from '../domain/time.js';
import { DUPLICATE } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';

/** Slips of the keyboard and choices still to be made: answered, but no matter for an auditor. */
const NOT_AUDITED: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'unknown-resource',
  'unknown-role',
  'reason-missing',
  'reason-too-long',
  'reason-too-short',
  'ticket-missing',
  'duration-too-short',
  'duration-too-long',
  'start-passed',
  'start-too-far',
  'deny-reason-missing',
  'review-note-missing',
  'revoke-reason-missing',
  'no-orphans',
  'which-request',
  'which-grant',
  'already-claimed',
  'delegation-passed',
  'delegation-too-long',
  'no-delegation',
  'nothing-pending',
  'nothing-held',
  'not-stuck',
  'removal-reason-missing',
]);

/** Here `about` is what a person typed, and stands for nothing that is known: it stays out of the chain. */
const ABOUT_TYPED: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'unknown-request',
  'unknown-grant',
  'unknown-orphan',
  'unknown-entitlement',
  'ending-only',
  'clock-behind',
]);

/** A refusal with its audit event. */
export function refused<Value>(input: {
  refusal: Refusal;
  kind: Extract<
    AuditKind,
    | 'request.refused'
    | 'emergency.refused'
    | 'review.refused'
    | 'decision.refused'
    | 'delegation.refused'
    | 'end.refused'
    | 'secret.refused'
    | 'stuck.refused'
    | 'orphan.refused'
  >;
  actor: UserId;
  about: string;
  delivery: string;
  now: Instant;
}): Decided<Result<Value, Refusal>> {
  const outcome = refuse(input.refusal);
  if (NOT_AUDITED.has(input.refusal.code)) {
    return { change: null, outcome };
  }
  const { kind, actor, about, delivery, now } = input;
  const { code } = input.refusal;
  const typed = ABOUT_TYPED.has(code);
  const entry = {
    kind,
    actor: { kind: 'person', userId: actor } as const,
    facts: typed ? { code } : { code, about },
    ...(typed && about !== '' ? { text: about } : {}),
  };
  return { change: { at: now, audit: [entry], delivery }, outcome };
}

export function orAlreadyHandled<Value>(
  outcome: Result<Value, Refusal> | typeof DUPLICATE,
): Result<Value, Refusal> {
  return outcome === DUPLICATE ? refuse({ code: 'already-handled' }) : outcome;
}
