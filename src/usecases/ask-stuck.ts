/** What an admin wants done about a stuck revocation, written down: the look at the target follows from the row. */
import type { Entitlement } from '../domain/entitlement.js';
import type { EntitlementId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { markRemoved, retryStuck } from '../domain/stuck.js';
import type { Admin } from '../domain/stuck.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { orAlreadyHandled } from './refusing.js';

type AskDeps = Pick<Deps, 'store' | 'wakeups' | 'clock'>;

export type StuckWish = {
  readonly entitlementId: EntitlementId;
  readonly by: Admin;
  /** Why it counts as removed by hand; null to have it tried at once. */
  readonly removed: { readonly reason: string } | null;
  readonly delivery?: string;
};

/** `markedBefore`: a mark whose place this wish took. */
export type Asked = { readonly entitlement: Entitlement; readonly markedBefore: Entitlement['byHand'] };

type Written = Result<Asked, Refusal>;

/** Whether they may is asked by whoever calls; `refusing` makes the change that goes with a refusal. */
export async function askStuck(
  deps: AskDeps,
  wish: StuckWish,
  refusing: (refusal: Refusal) => Decided<Written> = (refusal) => ({
    change: null,
    outcome: refuse(refusal),
  }),
): Promise<Written> {
  const outcome = await commitFresh(deps, async (): Promise<Decided<Written>> => {
    const state = await deps.store.entitlementState(wish.entitlementId);
    if (state === null) {
      return refusing({ code: 'unknown-entitlement', typed: wish.entitlementId });
    }
    const now = deps.clock.now();
    const asked =
      wish.removed === null
        ? retryStuck(state, wish.by, now)
        : markRemoved(state, { by: wish.by, reason: wish.removed.reason }, now);
    if (!asked.ok) {
      return refusing(asked.refusal);
    }
    const { entitlement, audit } = asked.value;
    const { delivery } = wish;
    return {
      change: {
        at: now,
        entitlements: [entitlement],
        audit: [audit],
        ...(delivery === undefined ? {} : { delivery }),
      },
      outcome: accept({
        entitlement,
        markedBefore: wish.removed === null ? null : state.entitlement.byHand,
      }),
    };
  });
  return orAlreadyHandled(outcome);
}
