/** The same is asked for while it waits: its card is told, and nothing new is made. */
import type { Submitted } from '../domain/asking.js';
import { askedAgainOccasion, MOST_LINES } from '../domain/asked-again.js';
import type { UserId } from '../domain/ids.js';
import { asNoticeId } from '../domain/ids.js';
import type { OwedNotice } from '../domain/message.js';
import type { PendingRequest } from '../domain/request.js';
import { accept } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Refusal } from '../domain/refusal.js';
import type { Instant } from '../domain/time.js';
import type { Decided } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { owedInThreads } from './thread-lines.js';

export async function askAgain(
  deps: Pick<Deps, 'store'>,
  request: PendingRequest,
  {
    asked,
    title,
    now,
  }: { asked: { requester: UserId; reason: string; delivery: string }; title: string; now: Instant },
): Promise<Decided<Result<Submitted, Refusal>>> {
  const { id, version, beneficiary, resource, role, durationMs } = request;
  const { requester, reason, delivery } = asked;
  return {
    change: {
      at: now,
      delivery,
      reliesOn: [{ table: 'requests', id, version }],
      notices: await lines(deps, request, askedAgainOccasion(requester, reason)),
      audit: [
        {
          kind: 'request.asked-again',
          actor: { kind: 'person', userId: requester },
          requestId: id,
          facts: { beneficiary, resource, role, durationMs },
          ...(reason === '' ? {} : { text: reason }),
        },
      ],
    },
    outcome: accept({ request, grant: null, title, steps: [], pinged: 0, isRepeat: true }),
  };
}

/** One for each person and reason, and never more than so many: a repeated command floods no thread. */
async function lines(
  deps: Pick<Deps, 'store'>,
  { id }: PendingRequest,
  occasion: string,
): Promise<OwedNotice[]> {
  const kind = 'request-asked-again';
  const told = (await deps.store.noticesOf(id)).filter((notice) => notice.kind === kind);
  const occasions = new Set(told.map((notice) => notice.occasion));
  if (occasions.size >= MOST_LINES || occasions.has(occasion)) {
    return [];
  }
  const owed = await owedInThreads(deps, { kind, subject: id, occasion });
  // Counted, for an id goes into logs and wake-ups, where the words of a person have no place. Of two at once
  // that count the same, one is stale.
  const nth = occasions.size + 1;
  return owed.map((notice) => ({ ...notice, id: asNoticeId(`${kind}.${id}.${nth}.${notice.to}`) }));
}
