import type { EmergencyForm } from '../domain/asking.js';
import type {
  ActiveGrant,
  EndedGrant,
  EndingGrant,
  FailedGrant,
  Grant,
  OpeningGrant,
  ScheduledGrant,
} from '../domain/grant.js';
import { asChannelId, asEntitlementId, asGrantId, asRequestId, asStrayId, asUserId } from '../domain/ids.js';
import type { AccessRequest, ApprovedRequest, PendingRequest } from '../domain/request.js';
import type { Stray } from '../domain/stray.js';
import { MINUTE_MS } from '../domain/time.js';
import { NOT_WAITING } from '../domain/unanswered.js';
import type {
  EntitlementView,
  FailingView,
  GrantCardView,
  HolderView,
  RequestCardView,
  StepView,
  ListedStuck,
  StuckView,
} from '../domain/views.js';

/** What a day at the office looks like, to be changed where a test needs it otherwise. */

export const NOW = Date.UTC(2026, 10, 23, 16, 0);
export const DANA = asUserId('U03DANA');
export const MIA = asUserId('U01MIA');
export const SAM = asUserId('U02SAM');
export const APPROVALS = asChannelId('C0APPROVALS');

const WORKSPACE = { teamId: 'T0HOME', enterpriseId: null };

const REQUEST = {
  id: asRequestId('r_4F2K'),
  version: 1,
  workspace: WORKSPACE,
  requester: DANA,
  beneficiary: DANA,
  resource: 'prod-db',
  role: 'readonly',
  policy: 'standard',
  approvalRule: null,
  catalogSha256: 'c'.repeat(64),
  durationMs: 30 * MINUTE_MS,
  startsAt: null,
  startZone: null,
  reason: 'stuck migration 4711',
  entitlements: [
    {
      connector: 'orders-db',
      role: 'app_readonly',
      account: { id: '16402', name: 'dana' },
      fingerprint: 'f',
    },
  ],
  termsVersion: 1,
  extendsGrant: null,
  channel: APPROVALS,
  createdAt: NOW,
  expiresAt: NOW + 60 * MINUTE_MS,
  waiting: NOT_WAITING,
};

export function pendingRequest(change: Partial<PendingRequest> = {}): PendingRequest {
  return { ...REQUEST, state: 'pending', ...change };
}

export function approvedRequest(change: Partial<ApprovedRequest> = {}): ApprovedRequest {
  return {
    ...REQUEST,
    state: 'approved',
    decidedAt: NOW,
    grantId: asGrantId('g_9C1M'),
    autoRule: null,
    review: null,
    ...change,
  };
}

export function closedRequest(state: 'denied' | 'cancelled' | 'expired'): AccessRequest {
  return { ...REQUEST, state, decidedAt: NOW };
}

const GRANT = {
  id: asGrantId('g_9C1M'),
  version: 1,
  workspace: WORKSPACE,
  requestId: REQUEST.id,
  requester: DANA,
  beneficiary: DANA,
  resource: 'prod-db',
  role: 'readonly',
  policy: 'standard',
  startsAt: NOW,
  endsAt: NOW + 30 * MINUTE_MS,
  openBefore: NOW + 10 * MINUTE_MS,
  remindAt: null,
  adopted: false,
};
const ENDING = { cause: 'window' as const, by: { kind: 'hallpass' as const }, reason: null, at: NOW };

export function scheduledGrant(change: Partial<ScheduledGrant> = {}): ScheduledGrant {
  return { ...GRANT, state: 'scheduled', activeAt: null, ...change };
}
export function openingGrant(change: Partial<OpeningGrant> = {}): OpeningGrant {
  return { ...GRANT, state: 'opening', activeAt: null, ...change };
}
export function activeGrant(change: Partial<ActiveGrant> = {}): ActiveGrant {
  return { ...GRANT, state: 'active', activeAt: NOW, ...change };
}
export function endingGrant(change: Partial<EndingGrant> = {}): EndingGrant {
  return { ...GRANT, state: 'ending', activeAt: NOW, ending: ENDING, ...change };
}
export function endedGrant(change: Partial<EndedGrant> = {}): EndedGrant {
  return { ...GRANT, state: 'ended', activeAt: NOW, ending: ENDING, closedAt: NOW, ...change };
}
export function failedGrant(change: Partial<FailedGrant> = {}): FailedGrant {
  return {
    ...GRANT,
    state: 'failed',
    activeAt: null,
    ending: { ...ENDING, cause: 'not-opened', reason: 'no such role' },
    closedAt: NOW,
    ...change,
  };
}

export function orphan(change: Partial<Stray> = {}): Stray {
  return {
    id: asStrayId('S-4F2K1M'),
    version: 1,
    connector: 'orders-db',
    role: 'app_readonly',
    account: { id: '16402', name: 'dana' },
    fingerprint: 'f',
    kind: 'orphan',
    state: 'open',
    foundAt: NOW,
    closedAt: null,
    ...change,
  };
}

export function entitlementView(change: Partial<EntitlementView> = {}): EntitlementView {
  return {
    connector: 'orders-db',
    role: 'app_readonly',
    account: { id: '16402', name: 'dana' },
    simulated: false,
    nativeExpiry: null,
    issuesSecret: false,
    sessionsAtEnd: 'cut',
    howTo: 'psql -h orders.internal -U dana orders',
    seen: 'present',
    standing: false,
    failing: null,
    byHand: null,
    ...change,
  };
}

export function failingView(change: Partial<FailingView> = {}): FailingView {
  return {
    direction: 'revocations',
    since: NOW,
    attempts: 4,
    nextAt: NOW,
    text: 'connection refused',
    ...change,
  };
}

export function listedStuck(change: Partial<StuckView> = {}): ListedStuck {
  const view = stuckView(change);
  return { ...view, shortId: view.id.slice(0, 10) };
}

export function stuckView(change: Partial<StuckView> = {}): StuckView {
  return {
    id: asEntitlementId('E-1f0c'),
    connector: 'orders-db',
    role: 'app_readonly',
    account: { id: '16402', name: 'dana' },
    holder: DANA,
    failing: failingView({ since: NOW - 95 * MINUTE_MS, attempts: 21 }),
    kind: 'unreachable',
    byHand: null,
    ...change,
  };
}

export function stepView(change: Partial<StepView> = {}): StepView {
  return { name: null, from: ['dba-leads'], count: 1, filledBy: [], inPlaceOf: [], waits: false, ...change };
}

export function emergencyForm(change: Partial<EmergencyForm> = {}): EmergencyForm {
  return {
    parts: [],
    roleKey: 'prod-db:admin',
    title: 'Orders database, production (admin)',
    usualMs: 15 * MINUTE_MS,
    maxMs: 60 * MINUTE_MS,
    channel: asChannelId('C0ALERT'),
    reviewers: 2,
    ...change,
  };
}

export function requestCardView(change: Partial<RequestCardView> = {}): RequestCardView {
  return {
    parts: [],
    request: pendingRequest(),
    title: 'Orders database, production',
    decisions: [],
    steps: [stepView()],
    denialsNeeded: 1,
    tier: 'standard',
    ping: [MIA, SAM],
    inPlaceOf: [],
    escalation: null,
    review: null,
    entitlements: [entitlementView({ seen: 'unknown' })],
    grant: null,
    ticket: null,
    agreedMs: 30 * MINUTE_MS,
    shorterMs: [],
    left: null,
    untenable: null,
    background: null,
    prolongsUntil: null,
    ...change,
  };
}

/** The card after mia approved. */
export function approvedCardView(grant: Grant, change: Partial<RequestCardView> = {}): RequestCardView {
  const request = approvedRequest();
  return requestCardView({
    request,
    grant,
    decisions: [
      {
        requestId: request.id,
        approver: MIA,
        verdict: 'approve',
        durationMs: null,
        reason: null,
        termsVersion: 1,
        inPlaceOf: null,
        catalogSha256: request.catalogSha256,
        at: NOW,
      },
    ],
    steps: [stepView({ filledBy: [MIA] })],
    entitlements: [entitlementView()],
    ...change,
  });
}

export function grantCardView(change: Partial<GrantCardView> = {}): GrantCardView {
  return {
    parts: [],
    grant: activeGrant(),
    request: approvedRequest(),
    title: 'Orders database, production',
    approvedBy: [MIA],
    inPlaceOf: [],
    agreedMs: 30 * MINUTE_MS,
    entitlements: [entitlementView()],
    mayExtend: true,
    ...change,
  };
}

export function holderView(change: Partial<HolderView> = {}): HolderView {
  return {
    parts: [],
    grantId: GRANT.id,
    requestId: REQUEST.id,
    roleKey: 'prod-db:readonly',
    beneficiary: DANA,
    accounts: [{ id: '16402', name: 'dana' }],
    state: 'active',
    startsAt: GRANT.startsAt,
    endsAt: GRANT.endsAt,
    approvedBy: [MIA],
    inPlaceOf: [],
    emergency: false,
    autoRule: null,
    reason: REQUEST.reason,
    standing: false,
    ...change,
  };
}
