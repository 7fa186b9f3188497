/** What an admin does about access that bears our mark and that no row explains: it is removed, or gets a window. */
import type { AuditEntry } from './audit.js';
import type { Policy } from './catalog.js';
import type { Entitlement, EntitlementState, Hold, Holder } from './entitlement.js';
import type { Actor, Grant } from './grant.js';
import { followHolds } from './grant-life.js';
import type { EntitlementId, GrantId } from './ids.js';
import { openGrant } from './open-grant.js';
import type { TermsRow } from './open-grant.js';
import type { Refusal } from './refusal.js';
import type { PendingRequest } from './request.js';
import { accept, refuse } from './result.js';
import type { Result } from './result.js';
import { schedule } from './schedule.js';
import { aboutStray, closeStray } from './stray.js';
import type { Stray } from './stray.js';
import type { Instant } from './time.js';

export type Removal = {
  readonly stray: Stray;
  readonly entitlement: Entitlement;
  readonly audit: AuditEntry;
};

/** Why it is no longer something to be decided; null when it is. */
export function orphanProblem(
  stray: Stray | null,
  typed: string,
  row: EntitlementState | null,
): Refusal | null {
  if (stray === null || stray.kind !== 'orphan') {
    return { code: 'unknown-orphan', typed };
  }
  if (stray.state !== 'open') {
    return { code: 'orphan-closed', strayId: stray.id, how: stray.state };
  }
  const isExplained =
    row !== null &&
    (row.entitlement.ours || row.holders.some((holder) => bars(holder, row.entitlement, stray)));
  return isExplained ? { code: 'orphan-closed', strayId: stray.id, how: 'held' } : null;
}

/** A window that is still to begin explains nothing, but its terms name the target that its row must keep. */
function bars({ grant }: Holder, row: Entitlement, stray: Stray): boolean {
  return grant.state !== 'scheduled' || row.fingerprint !== stray.fingerprint;
}

/** As any access that is ours and that nobody wants, convergence then takes it away, and reads it back. */
export function removeOrphan(input: {
  stray: Stray;
  row: EntitlementState | null;
  newId: EntitlementId;
  by: Actor;
  reason: string;
  now: Instant;
}): Removal {
  const { stray, row, newId, by: actor, reason, now } = input;
  const ours = ownedBy(stray, row?.entitlement ?? newEntitlement(stray, newId), now);
  return {
    stray: closeStray(stray, 'removed', now),
    // Whoever is to have it later keeps the account.
    entitlement: {
      ...ours,
      owner: (row?.holders.length ?? 0) > 0 ? ours.owner : null,
      nextAt: now,
      direction: 'revocations',
    },
    audit: { ...aboutStray(stray, 'orphan.removed', { actor, reason }), entitlementId: ours.id },
  };
}

export type Adoption = {
  readonly stray: Stray;
  readonly grant: Grant;
  readonly entitlement: Entitlement;
  readonly hold: Hold;
  readonly audit: readonly AuditEntry[];
};

/** It was seen in the target just now, so the grant is active at once, and what it holds is ours. */
export function adoptOrphan(input: {
  stray: Stray;
  request: PendingRequest;
  policy: Policy;
  row: TermsRow;
  /** Who is to have the same access later. */
  others: readonly Holder[];
  grantId: GrantId;
  by: Actor;
  expiresAt: Instant | null;
  now: Instant;
}): Result<Adoption, Refusal> {
  const { stray, request, policy, row, grantId, by: actor, expiresAt, now } = input;
  const opened = openGrant({
    request,
    policy,
    durationMs: request.durationMs,
    rows: [row],
    grantId,
    approvedBy: actor,
    now,
  });
  if (!opened.ok) {
    return opened;
  }
  const [wanted] = opened.value.entitlements;
  if (wanted === undefined) {
    return refuse({ code: 'orphan-not-offered', connector: stray.connector, role: stray.role });
  }
  const hold: Hold = { grantId, entitlementId: wanted.id, state: 'held' };
  const given = { ...opened.value.grant, adopted: true };
  const followed = followHolds(given, [hold], now);
  const grant = followed?.grant ?? given;
  const ours = { ...ownedBy(stray, wanted, now), expiresAt };
  const holders = [{ grant, hold, others: [] }, ...input.others];
  const about = { ...aboutStray(stray, 'orphan.adopted', { actor, reason: request.reason }) };
  return accept({
    stray: closeStray(stray, 'adopted', now),
    grant,
    entitlement: { ...ours, ...schedule({ entitlement: ours, holders }, now) },
    hold,
    audit: [
      opened.value.audit,
      ...(followed === null ? [] : [followed.audit]),
      { ...about, grantId, requestId: request.id, entitlementId: ours.id },
    ],
  });
}

function ownedBy(stray: Stray, row: Entitlement, now: Instant): Entitlement {
  const { account, fingerprint } = stray;
  const fresh = { attempts: 0, failingSince: null, error: null, byHand: null };
  return { ...row, ...fresh, account, fingerprint, ours: true, seen: 'present', seenAt: now };
}

function newEntitlement({ connector, role, account, fingerprint }: Stray, id: EntitlementId): Entitlement {
  return {
    id,
    version: 0,
    connector,
    role,
    account,
    fingerprint,
    owner: null,
    ours: false,
    seen: 'unknown',
    seenAt: null,
    expiresAt: null,
    direction: 'revocations',
    nextAt: null,
    attempts: 0,
    failingSince: null,
    error: null,
    lateUntil: null,
    byHand: null,
    lease: null,
  };
}
