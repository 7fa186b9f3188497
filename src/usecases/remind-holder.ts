/** Owes the holder of a running grant the word that it ends soon. */
import type { Grant } from '../domain/grant.js';
import { HALLPASS } from '../domain/grant-life.js';
import type { GrantId } from '../domain/ids.js';
import { owe } from '../domain/message.js';
import { nextReminder } from '../domain/reminder.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';

export async function remindHolder(
  deps: Pick<Deps, 'store' | 'wakeups' | 'clock' | 'catalogs'>,
  id: GrantId,
): Promise<void> {
  await commitFresh(deps, async () => {
    const grant = await deps.store.grant(id);
    const now = deps.clock.now();
    if (grant === null || grant.state !== 'active' || grant.remindAt === null || grant.remindAt > now) {
      return { change: null, outcome: undefined };
    }
    const remindBeforeMs = deps.catalogs.current().catalog.policies.get(grant.policy)?.remindBeforeMs ?? null;
    const reminded: Grant = { ...grant, remindAt: nextReminder({ ...grant, remindBeforeMs, after: now }) };
    const { beneficiary: to, requestId, endsAt } = grant;
    // Long after its moment a reminder says nothing new: the window is over.
    const owed =
      endsAt > now
        ? [owe({ kind: 'grant-reminder', subject: id, occasion: `${endsAt}-${grant.remindAt}`, to })]
        : [];
    return {
      change: {
        at: now,
        grants: [reminded],
        notices: owed,
        audit: owed.map(() => ({
          kind: 'grant.reminded',
          actor: HALLPASS,
          grantId: id,
          requestId,
          facts: { endsAt },
        })),
      },
      outcome: undefined,
    };
  });
}
