/** Rows as a use case would make them, each valid as it stands; a test names only what it is about. */
import type { AuditEntry } from '../../src/domain/audit.js';
import type { Entitlement, Hold } from '../../src/domain/entitlement.js';
import type { ActiveGrant, EndedGrant, EndingGrant, OpeningGrant } from '../../src/domain/grant.js';
import {
  asChannelId,
  asEntitlementId,
  asGrantId,
  asMessageId,
  asNoticeId,
  asRequestId,
  asUserId,
} from '../../src/domain/ids.js';
import type { Message, OwedNotice } from '../../src/domain/message.js';
import type { ApprovedRequest, Decision, DeniedRequest, PendingRequest } from '../../src/domain/request.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { NOT_WAITING } from '../../src/domain/unanswered.js';

/** The moment at which these rows begin: 2026-11-23T09:00:00Z. */
export const start = Date.UTC(2026, 10, 23, 9);

export const dana = asUserId('U03DANA');
export const lee = asUserId('U04LEE');
export const mia = asUserId('U01MIA');
export const sam = asUserId('U02SAM');

const workspace = { teamId: 'T01ACME', enterpriseId: null };

export function aRequest(overrides: Partial<PendingRequest> = {}): PendingRequest {
  return {
    id: asRequestId('req-1'),
    version: 0,
    state: 'pending',
    workspace,
    requester: dana,
    beneficiary: dana,
    resource: 'prod-db',
    role: 'readonly',
    policy: 'standard',
    approvalRule: null,
    catalogSha256: 'a'.repeat(64),
    durationMs: 30 * MINUTE_MS,
    startsAt: null,
    startZone: null,
    reason: 'stuck migration 4711',
    entitlements: [
      {
        connector: 'orders-db',
        role: 'app_readonly',
        account: { id: '16401', name: 'dana' },
        fingerprint: 'orders-db-1',
      },
    ],
    termsVersion: 1,
    extendsGrant: null,
    channel: asChannelId('C0APPROVALS'),
    createdAt: start,
    expiresAt: start + HOUR_MS,
    waiting: NOT_WAITING,
    ...overrides,
  };
}

export function anApprovedRequest(overrides: Partial<ApprovedRequest> = {}): ApprovedRequest {
  return {
    ...aRequest(),
    state: 'approved',
    decidedAt: start + MINUTE_MS,
    grantId: asGrantId('grant-1'),
    autoRule: null,
    review: null,
    ...overrides,
  };
}

export function aDeniedRequest(overrides: Partial<DeniedRequest> = {}): DeniedRequest {
  return { ...aRequest(), state: 'denied', decidedAt: start + MINUTE_MS, ...overrides };
}

export function aDecision(overrides: Partial<Decision> = {}): Decision {
  return {
    requestId: asRequestId('req-1'),
    approver: mia,
    verdict: 'approve',
    durationMs: null,
    reason: null,
    termsVersion: 1,
    inPlaceOf: null,
    catalogSha256: 'a'.repeat(64),
    at: start + MINUTE_MS,
    ...overrides,
  };
}

export function anOpeningGrant(overrides: Partial<OpeningGrant> = {}): OpeningGrant {
  return {
    id: asGrantId('grant-1'),
    version: 0,
    state: 'opening',
    activeAt: null,
    workspace,
    requestId: asRequestId('req-1'),
    requester: dana,
    beneficiary: dana,
    resource: 'prod-db',
    role: 'readonly',
    policy: 'standard',
    startsAt: start + MINUTE_MS,
    endsAt: start + 31 * MINUTE_MS,
    openBefore: start + 6 * MINUTE_MS,
    remindAt: start + 26 * MINUTE_MS,
    adopted: false,
    ...overrides,
  };
}

export function aGrant(overrides: Partial<ActiveGrant> = {}): ActiveGrant {
  return { ...anOpeningGrant(), state: 'active', activeAt: start + MINUTE_MS, ...overrides };
}

export function anEndingGrant(overrides: Partial<EndingGrant> = {}): EndingGrant {
  return {
    ...anOpeningGrant(),
    state: 'ending',
    activeAt: start + MINUTE_MS,
    remindAt: null,
    ending: { cause: 'window', by: { kind: 'hallpass' }, reason: null, at: start + 31 * MINUTE_MS },
    ...overrides,
  };
}

export function anEndedGrant(overrides: Partial<EndedGrant> = {}): EndedGrant {
  return { ...anEndingGrant(), state: 'ended', closedAt: start + 32 * MINUTE_MS, ...overrides };
}

export function anEntitlement(overrides: Partial<Entitlement> = {}): Entitlement {
  return {
    id: asEntitlementId('ent-1'),
    version: 0,
    connector: 'orders-db',
    role: 'app_readonly',
    account: { id: '16401', name: 'dana' },
    fingerprint: 'orders-db-1',
    owner: dana,
    ours: true,
    seen: 'present',
    seenAt: start + MINUTE_MS,
    expiresAt: null,
    direction: 'revocations',
    nextAt: start + 31 * MINUTE_MS,
    attempts: 0,
    failingSince: null,
    error: null,
    lateUntil: null,
    byHand: null,
    lease: null,
    ...overrides,
  };
}

export function aHold(overrides: Partial<Hold> = {}): Hold {
  return {
    grantId: asGrantId('grant-1'),
    entitlementId: asEntitlementId('ent-1'),
    state: 'held',
    ...overrides,
  };
}

export function aMessage(overrides: Partial<Message> = {}): Message {
  return {
    id: asMessageId('msg-1'),
    version: 0,
    kind: 'request-card',
    subject: asRequestId('req-1'),
    to: asChannelId('C0APPROVALS'),
    posted: null,
    shown: null,
    wanted: 1,
    nextAt: start,
    attempts: 0,
    error: null,
    lateUntil: null,
    ...overrides,
  };
}

export function anOwedNotice(overrides: Partial<OwedNotice> = {}): OwedNotice {
  return {
    id: asNoticeId('notice-1'),
    kind: 'request-for-you',
    subject: asRequestId('req-1'),
    occasion: '',
    to: mia,
    ...overrides,
  };
}

export function anAuditEntry(overrides: Partial<AuditEntry> = {}): AuditEntry {
  return {
    kind: 'request.submitted',
    actor: { kind: 'person', userId: dana },
    requestId: asRequestId('req-1'),
    facts: { resource: 'prod-db', role: 'readonly', durationMs: 30 * MINUTE_MS },
    ...overrides,
  };
}
