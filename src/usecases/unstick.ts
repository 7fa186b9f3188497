/** An admin has a stuck revocation tried at once, or says that it was removed by hand; then hears what came of it. */
import type { MarkInput, RemovalForm, RetryInput, Unstuck } from '../domain/asking.js';
import type { Entitlement } from '../domain/entitlement.js';
import type { EntitlementId, UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { isStuck, isWordTaken } from '../domain/stuck.js';
import { askStuck } from './ask-stuck.js';
import type { Asked, StuckWish } from './ask-stuck.js';
import { commitFresh } from './commit-fresh.js';
import { convergeEntitlement } from './converge-entitlement.js';
import type { Deps } from './deps.js';
import { toStuck, unseen } from './list-stuck.js';
import { orAlreadyHandled, refused } from './refusing.js';
import { readViewing } from './viewing.js';

type UnstickDeps = Parameters<typeof convergeEntitlement>[0] & Pick<Deps, 'catalogs' | 'directory'>;

export async function retryStuck(deps: UnstickDeps, input: RetryInput): Promise<Result<Unstuck, Refusal>> {
  return await act(deps, input, null);
}

export async function markRemoved(deps: UnstickDeps, input: MarkInput): Promise<Result<Unstuck, Refusal>> {
  return await act(deps, input, { reason: input.reason });
}

/** Refused to whoever may not mark it, and where nothing is stuck any more. */
export async function removalForm(
  deps: UnstickDeps,
  input: { viewer: UserId; entitlementId: EntitlementId },
): Promise<Result<RemovalForm, Refusal>> {
  const problem = await adminProblem(deps, input.viewer);
  if (problem !== null) {
    return refuse(problem);
  }
  const state = await deps.store.entitlementState(input.entitlementId);
  const [stuck] = state === null ? [] : toStuck(state.entitlement);
  if (state === null || stuck === undefined || !isStuck(state, deps.clock.now())) {
    return refuse({ code: 'unknown-entitlement', typed: input.entitlementId });
  }
  return accept({ stuck });
}

async function act(
  deps: UnstickDeps,
  input: RetryInput,
  removed: StuckWish['removed'],
): Promise<Result<Unstuck, Refusal>> {
  const { entitlementId, by, delivery } = input;
  const problem = await adminProblem(deps, by);
  const refusing = (refusal: Refusal) =>
    refused<Asked>({
      refusal,
      kind: 'stuck.refused',
      actor: by,
      about: entitlementId,
      delivery,
      now: deps.clock.now(),
    });
  const wish = { entitlementId, by: { kind: 'person', userId: by }, removed, delivery } as const;
  const asked =
    problem === null
      ? // No alarm is set: the look follows here, so that its outcome can be told. Should the process die before
        // it, the watchman finds the row.
        await askStuck({ ...deps, wakeups: { arm() {} } }, wish, refusing)
      : orAlreadyHandled(await commitFresh(deps, async () => refusing(problem)));
  if (!asked.ok) {
    return asked;
  }
  await convergeEntitlement(deps, entitlementId);
  const now = await deps.store.entitlement(entitlementId);
  const { entitlement } = asked.value;
  const stuck = now ?? entitlement;
  return accept({ stuck, outcome: outcomeOf(stuck, removed !== null, entitlement.version + 1) });
}

async function adminProblem(deps: UnstickDeps, viewer: UserId): Promise<Refusal | null> {
  const { catalog } = deps.catalogs.current();
  const viewing = await readViewing(deps, catalog, viewer);
  if (viewing.isUnread) {
    return { code: 'directory-unavailable' };
  }
  return viewing.isAdmin ? null : unseen(viewing, catalog.admins);
}

/** `asked`: the version of the row that the admin's wish made. */
function outcomeOf(row: Entitlement, marking: boolean, asked: number): Unstuck['outcome'] {
  if (row.lease !== null || row.version === asked) {
    return 'under-way';
  }
  if (row.attempts === 0) {
    // Whatever else begins a new count, such as a new window, is no read-back.
    return row.seen === 'absent' || row.seen === 'standing' ? 'gone' : 'under-way';
  }
  if (!marking) {
    return 'failing';
  }
  return isWordTaken(row) ? 'taken' : row.byHand === null ? 'there' : 'under-way';
}
