/** `/access extend`: finds the grant that its holder means, and asks for more time on it. */
import type { ExtendInput, ProlongForm, Submitted } from '../domain/asking.js';
import type { UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import type { Result } from '../domain/result.js';
import { commitFresh } from './commit-fresh.js';
import { findOwnGrant } from './find-grant.js';
import { prolongForm, prolongGrant } from './prolong-grant.js';
import { orAlreadyHandled, refused } from './refusing.js';
import type { SubmitDeps } from './submit-request.js';

export async function extendGrant(deps: SubmitDeps, input: ExtendInput): Promise<Result<Submitted, Refusal>> {
  const { which, ...asked } = input;
  const { requester: actor, delivery } = input;
  const found = await findOwnGrant(deps, { by: actor, which });
  if (found.ok) {
    return await prolongGrant(deps, { ...asked, grantId: found.value.id });
  }
  const { refusal } = found;
  const outcome = await commitFresh(deps, async () =>
    refused<Submitted>({
      refusal,
      kind: 'request.refused',
      actor,
      about: which ?? '',
      delivery,
      now: deps.clock.now(),
    }),
  );
  return orAlreadyHandled(outcome);
}

/** What the form for more time needs to know, of the grant that is meant. */
export async function extendForm(
  deps: SubmitDeps,
  input: { viewer: UserId; which: string | null },
): Promise<Result<ProlongForm, Refusal>> {
  const { viewer, which } = input;
  const found = await findOwnGrant(deps, { by: viewer, which });
  return found.ok ? await prolongForm(deps, { viewer, grantId: found.value.id }) : found;
}
