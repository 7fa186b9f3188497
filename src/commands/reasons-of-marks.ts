import type { Store } from '../ports.js';

const PAGE = 500;

/** Why each entitlement was last marked as removed by hand, by its id. The reasons stand in the audit trail alone. */
export async function reasonsOfMarks(store: Store): Promise<ReadonlyMap<string, string>> {
  const reasons = new Map<string, string>();
  let after = 0;
  for (;;) {
    const events = await store.auditEvents({ after, limit: PAGE });
    for (const { kind, entitlementId, text } of events) {
      if (kind === 'entitlement.removed-by-hand' && entitlementId !== null) {
        reasons.set(entitlementId, text ?? 'was erased');
      }
    }
    const last = events.at(-1);
    if (last === undefined) {
      return reasons;
    }
    after = last.seq;
  }
}
