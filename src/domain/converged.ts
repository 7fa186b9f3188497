/** How what a step of convergence writes is put together. */
import type { AuditEntry, AuditFacts, AuditKind } from './audit.js';
import type { Entitlement, EntitlementState, Holder } from './entitlement.js';
import { isNotEnding } from './grant.js';
import type { Ending, Grant } from './grant.js';
import { HALLPASS, followHolds, startEnding, startOpening } from './grant-life.js';
import type { GrantId, RequestId } from './ids.js';
import { owe } from './message.js';
import type { OwedNotice } from './message.js';
import type { Instant } from './time.js';

/** What a step of convergence writes. `touched` are the grants whose rows change. */
export type Converged = {
  readonly state: EntitlementState;
  readonly touched: ReadonlySet<GrantId>;
  readonly audit: readonly AuditEntry[];
  readonly notices: readonly OwedNotice[];
  readonly redraw: readonly (RequestId | GrantId)[];
};

export type HolderMove = {
  readonly hold?: Holder['hold']['state'];
  /** Set where the window of a scheduled grant begins. */
  readonly opensAt?: Instant;
  readonly ending?: Ending;
  /** Of the ending, for the audit trail. */
  readonly facts?: AuditFacts;
  readonly audit?: AuditKind;
};

export function ending(how: Ending): HolderMove {
  return { ending: how };
}

export function unchanged(state: EntitlementState): Converged {
  return { state, touched: new Set(), audit: [], notices: [], redraw: [] };
}

export function withEntitlement(converged: Converged, entitlement: Entitlement): Converged {
  return { ...converged, state: { ...converged.state, entitlement } };
}

export function eachHolder(converged: Converged, move: (holder: Holder) => HolderMove | null): Converged {
  return converged.state.holders.reduce((all, holder) => {
    const moved = move(holder);
    return moved === null ? all : moveHolder(all, holder, moved);
  }, converged);
}

function moveHolder(converged: Converged, holder: Holder, move: HolderMove): Converged {
  const audit: AuditEntry[] = [];
  let { grant } = holder;
  if (move.opensAt !== undefined && grant.state === 'scheduled') {
    const opened = startOpening(grant, move.opensAt);
    grant = opened.grant;
    audit.push(opened.audit);
  }
  if (move.ending !== undefined && isNotEnding(grant)) {
    const started = startEnding(grant, move.ending);
    grant = started.grant;
    audit.push({ ...started.audit, facts: { ...started.audit.facts, ...move.facts } });
  }
  if (move.audit !== undefined) {
    audit.push({
      ...aboutEntitlement(converged.state.entitlement, move.audit, {}),
      grantId: grant.id,
      requestId: grant.requestId,
    });
  }
  const hold = move.hold === undefined ? holder.hold : { ...holder.hold, state: move.hold };
  return replaceHolder(converged, { ...holder, grant, hold }, audit);
}

/** Lets go of an entitlement for every grant that is ending: another one keeps it, or nothing of ours is there. */
export function releaseEnding(converged: Converged, now: Instant): Converged {
  const released = eachHolder(converged, ({ grant, hold }) =>
    grant.state === 'ending' && hold.state !== 'released' ? { hold: 'released' } : null,
  );
  return followAll(released, now);
}

export function followAll(converged: Converged, now: Instant): Converged {
  return converged.state.holders.reduce((all, holder) => {
    const followed = followHolds(holder.grant, [holder.hold, ...holder.others], now);
    if (followed === null) {
      return all;
    }
    const moved = replaceHolder(all, { ...holder, grant: followed.grant }, [followed.audit]);
    return { ...moved, notices: [...moved.notices, ...toTell(followed.grant)] };
  }, converged);
}

/** The card in their messages is edited, which pings nobody: whoever waits for access that failed is told anew. */
function toTell({ state, id, requester, beneficiary }: Grant): OwedNotice[] {
  return state === 'failed'
    ? [...new Set([requester, beneficiary])].map((to) =>
        owe({ kind: 'grant-not-opened', subject: id, occasion: '', to }),
      )
    : [];
}

function replaceHolder(converged: Converged, holder: Holder, audit: readonly AuditEntry[]): Converged {
  const holders = converged.state.holders.map((other) =>
    other.grant.id === holder.grant.id ? holder : other,
  );
  return {
    ...converged,
    state: { ...converged.state, holders },
    touched: new Set([...converged.touched, holder.grant.id]),
    audit: [...converged.audit, ...audit],
    redraw: [...converged.redraw, ...subjects(holder.grant)],
  };
}

function subjects(grant: Grant): (RequestId | GrantId)[] {
  return [grant.id, grant.requestId];
}

export function everySubject(state: EntitlementState): (RequestId | GrantId)[] {
  return state.holders.flatMap(({ grant }) => subjects(grant));
}

export function aboutEntitlement(entitlement: Entitlement, kind: AuditKind, facts: AuditFacts): AuditEntry {
  const { connector, role, account, id } = entitlement;
  return {
    kind,
    actor: HALLPASS,
    entitlementId: id,
    facts: { connector, role, account: account.name, accountId: account.id, ...facts },
  };
}
