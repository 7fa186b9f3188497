/** What an approval writes beside its vote or rule: a window that opens, or the later end of one that runs. */
import type { Change } from '../domain/change.js';
import type { Policy } from '../domain/catalog.js';
import type { Actor, Grant } from '../domain/grant.js';
import { newCard, owe } from '../domain/message.js';
import type { OwedNotice } from '../domain/message.js';
import { openGrant, prolongGrant } from '../domain/open-grant.js';
import type { TermsRow } from '../domain/open-grant.js';
import type { Refusal } from '../domain/refusal.js';
import type { ApprovedRequest, PendingRequest, Review } from '../domain/request.js';
import { accept } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Instant } from '../domain/time.js';
import type { Deps } from './deps.js';
import { readStates } from './read-states.js';

type Approval = {
  readonly request: PendingRequest;
  readonly policy: Policy;
  /** What is given, which may be less than was asked for. Milliseconds. */
  readonly durationMs: number;
  readonly approvedBy: Actor;
  /** The rule that approved it; null where people did. */
  readonly autoRule: string | null;
  /** Of an emergency. */
  readonly review: Review | null;
};

export type Approved = {
  readonly request: ApprovedRequest;
  readonly grant: Grant;
  readonly notices: readonly OwedNotice[];
  readonly rest: Partial<Change> & Pick<Change, 'audit'>;
};

export async function openWindow(
  deps: Pick<Deps, 'store' | 'ids'>,
  approval: Approval,
  now: Instant,
): Promise<Result<Approved, Refusal>> {
  const { request } = approval;
  const rows = await readRows(deps, request);
  const grantId = deps.ids.grantId();
  const opened = openGrant({ ...approval, rows, grantId, now });
  if (!opened.ok) {
    return opened;
  }
  const { grant, entitlements, holds, audit } = opened.value;
  const card = newCard({ kind: 'grant-card', subject: grantId, to: request.beneficiary, at: now });
  return accept({
    request: approved(approval, grant, now),
    grant,
    notices: toRequester(approval),
    rest: { grants: [grant], entitlements, holds, messages: [card], audit: [audit] },
  });
}

/** `current`: the grant as it was read before anything else that the approval rests on. */
export async function prolongWindow(
  deps: Pick<Deps, 'store'>,
  approval: Approval,
  current: Grant | null,
  now: Instant,
): Promise<Result<Approved, Refusal>> {
  const states = current === null ? [] : await readStates(deps, current);
  const prolonged = prolongGrant({ ...approval, grant: current, states, now });
  if (!prolonged.ok) {
    return prolonged;
  }
  const { grant, entitlements, audit } = prolonged.value;
  const occasion = approval.request.id;
  return accept({
    request: approved(approval, grant, now),
    grant,
    notices: [
      owe({ kind: 'grant-prolonged', subject: grant.id, occasion, to: grant.beneficiary }),
      ...toRequester(approval),
    ],
    rest: { grants: [grant], entitlements, audit: [audit], redraw: [grant.id, grant.requestId] },
  });
}

/** Whoever asked for somebody else waits for it as well; what a rule approves at once is in their answer. */
function toRequester({ request: { id, requester, beneficiary }, autoRule }: Approval): OwedNotice[] {
  return requester === beneficiary || autoRule !== null
    ? []
    : [owe({ kind: 'request-approved', subject: id, occasion: '', to: requester })];
}

function approved({ request, autoRule, review }: Approval, grant: Grant, now: Instant): ApprovedRequest {
  return { ...request, state: 'approved', decidedAt: now, grantId: grant.id, autoRule, review };
}

async function readRows(deps: Pick<Deps, 'store' | 'ids'>, request: PendingRequest): Promise<TermsRow[]> {
  const rows = request.entitlements.map(async (terms): Promise<TermsRow> => {
    const { connector, role, account } = terms;
    const [existing, owners] = await Promise.all([
      deps.store.entitlementOf({ connector, role, accountId: account.id }),
      deps.store.ownersOf({ connector, accountId: account.id }),
    ]);
    return { terms, existing, owners, newId: deps.ids.entitlementId() };
  });
  return await Promise.all(rows);
}
