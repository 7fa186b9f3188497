import { prepareAudit } from './audit-rows.js';
import { prepareDelegations } from './delegation-rows.js';
import { prepareEntitlements, prepareHolds } from './entitlement-rows.js';
import { prepareGrants } from './grant-rows.js';
import { prepareGuards } from './guard-rows.js';
import { prepareMessages } from './message-rows.js';
import { prepareNotices } from './notice-rows.js';
import { prepareDecisions, prepareRequests } from './request-rows.js';
import { prepareReviewVerdicts } from './review-rows.js';
import type { Drizzle } from './row.js';
import { prepareEnforcements, prepareStrays } from './stray-rows.js';

/** The statements of every table that a change writes, prepared once. */
export function prepareTables(db: Drizzle) {
  return {
    requests: prepareRequests(db),
    decisions: prepareDecisions(db),
    reviewVerdicts: prepareReviewVerdicts(db),
    grants: prepareGrants(db),
    entitlements: prepareEntitlements(db),
    holds: prepareHolds(db),
    strays: prepareStrays(db),
    enforcements: prepareEnforcements(db),
    guards: prepareGuards(db),
    delegations: prepareDelegations(db),
    messages: prepareMessages(db),
    notices: prepareNotices(db),
    audit: prepareAudit(db),
  };
}

export type Tables = ReturnType<typeof prepareTables>;
