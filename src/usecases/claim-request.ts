/** Somebody who may decide says that they are looking at it, or gives it back. */
import type { Claimed, ClaimInput } from '../domain/asking.js';
import { votingProblem, whatWaits } from '../domain/decide.js';
import type { DecisionFacts } from '../domain/decide.js';
import type { Refusal } from '../domain/refusal.js';
import type { PendingRequest, Waiting } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Instant } from '../domain/time.js';
import { claimedBy, takeOverOccasion, withoutClaimOf } from '../domain/unanswered.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';
import { readDecisionFacts } from './decision-facts.js';
import type { Deps } from './deps.js';
import { orAlreadyHandled, refused } from './refusing.js';
import { owedInThreads } from './thread-lines.js';

type ClaimDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'directory' | 'catalogs'>;

export async function claimRequest(deps: ClaimDeps, input: ClaimInput): Promise<Result<Claimed, Refusal>> {
  const outcome = await commitFresh(deps, async () => {
    const facts = await readDecisionFacts(deps, { requestId: input.requestId, approver: input.by });
    const now = deps.clock.now();
    const request = facts.ok ? claimable(facts.value, input, now) : facts;
    return request.ok
      ? await write(deps, input, request.value, now)
      : refusedClaim(input, request.refusal, now);
  });
  return orAlreadyHandled(outcome);
}

function claimable(facts: DecisionFacts, input: ClaimInput, now: Instant): Result<PendingRequest, Refusal> {
  const waits = whatWaits(facts, now);
  if (!waits.ok) {
    return waits;
  }
  const { request, offer } = waits.value;
  // It is given back also by somebody who may no longer decide.
  const problem =
    (input.claims ? votingProblem(request, facts, offer, { approver: input.by }) : null) ??
    claimProblem(request.waiting, input);
  return problem === null ? accept(request) : refuse(problem);
}

function claimProblem({ claim }: Waiting, { by, claims }: ClaimInput): Refusal | null {
  const isTheirs = claim?.by === by;
  if (claims) {
    return isTheirs ? { code: 'already-claimed' } : null;
  }
  return isTheirs ? null : { code: 'not-your-claim', by: claim?.by ?? null };
}

async function write(
  deps: ClaimDeps,
  { by, claims, delivery }: ClaimInput,
  request: PendingRequest,
  now: Instant,
): Promise<Decided<Result<Claimed, Refusal>>> {
  const { id, waiting } = request;
  const from = claims ? (waiting.claim?.by ?? null) : null;
  const claimed: PendingRequest = {
    ...request,
    waiting: claims ? claimedBy(waiting, by, now) : withoutClaimOf(waiting, by),
  };
  const notices =
    from === null
      ? []
      : await owedInThreads(deps, {
          kind: 'request-taken-over',
          subject: id,
          occasion: takeOverOccasion(from, now),
        });
  return {
    change: {
      at: now,
      delivery,
      requests: [claimed],
      redraw: [id],
      notices,
      audit: [
        {
          kind: claims ? 'request.claimed' : 'request.released',
          actor: { kind: 'person', userId: by },
          requestId: id,
          facts: from === null ? {} : { from },
        },
      ],
    },
    outcome: accept({ request: claimed, from }),
  };
}

function refusedClaim(
  { by: actor, requestId: about, delivery }: ClaimInput,
  refusal: Refusal,
  now: Instant,
): Decided<Result<Claimed, Refusal>> {
  return refused({ refusal, kind: 'decision.refused', actor, about, delivery, now });
}
