/** Whoever asked, or whom it is for, has the approvers reminded: once. */
import type { Nudged, NudgeInput } from '../domain/asking.js';
import { cardOf } from '../domain/message.js';
import type { Refusal } from '../domain/refusal.js';
import type { PendingRequest } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { nudgeOccasion } from '../domain/unanswered.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { findPending } from './find-pending.js';
import { orAlreadyHandled, refused } from './refusing.js';
import { owedInThreads } from './thread-lines.js';

type NudgeDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'catalogs'>;

export async function nudgeRequest(deps: NudgeDeps, input: NudgeInput): Promise<Result<Nudged, Refusal>> {
  const outcome = await commitFresh(deps, async () => {
    const found = await findNudgeable(deps, input);
    const now = deps.clock.now();
    const { by, delivery } = input;
    if (!found.ok) {
      const about = input.which ?? '';
      return refused<Nudged>({
        refusal: found.refusal,
        kind: 'request.refused',
        actor: by,
        about,
        delivery,
        now,
      });
    }
    const { id, waiting } = found.value;
    const nudged = { ...found.value, waiting: { ...waiting, nudgedByRequesterAt: now } };
    const line = { kind: 'request-nudge', subject: id, occasion: nudgeOccasion(by) } as const;
    return {
      change: {
        at: now,
        delivery,
        requests: [nudged],
        notices: await owedInThreads(deps, line),
        audit: [{ kind: 'request.nudged', actor: { kind: 'person', userId: by }, requestId: id, facts: {} }],
      },
      outcome: accept({ request: nudged }),
    };
  });
  return orAlreadyHandled(outcome);
}

async function findNudgeable(deps: NudgeDeps, input: NudgeInput): Promise<Result<PendingRequest, Refusal>> {
  const found = await findPending(deps, { ...input, verb: 'nudge' });
  if (!found.ok) {
    return found;
  }
  const { id, channel, waiting, expiresAt } = found.value;
  if (expiresAt <= deps.clock.now()) {
    return refuse({ code: 'not-pending', request: found.value, by: [] });
  }
  if (waiting.nudgedByRequesterAt !== null) {
    return refuse({ code: 'already-nudged', at: waiting.nudgedByRequesterAt });
  }
  // There is nothing yet to bring to anybody's mind, and the one nudge would be spent.
  const card = await deps.store.message(cardOf(id));
  return card === null || card.posted === null ? refuse({ code: 'not-shown-yet', channel }) : found;
}
