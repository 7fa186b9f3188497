/** Somebody says that access which no row explains has to go. Taken away by convergence, as any other. */
import type { OrphansForm, RemoveOrphanInput } from '../domain/asking.js';
import { REASON_MAX_LENGTH } from '../domain/eligibility.js';
import type { EntitlementState } from '../domain/entitlement.js';
import type { Actor } from '../domain/grant.js';
import { asStrayId } from '../domain/ids.js';
import type { UserId } from '../domain/ids.js';
import { orphanProblem, removeOrphan as remove } from '../domain/orphan.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Stray } from '../domain/stray.js';
import { adminProblem } from './admin-problem.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { orAlreadyHandled, refused } from './refusing.js';

type RemoveDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'ids'>;
type AdminDeps = Pick<Deps, 'catalogs' | 'directory'>;

export async function removeOrphan(
  deps: RemoveDeps & AdminDeps,
  input: RemoveOrphanInput,
): Promise<Result<Stray, Refusal>> {
  const problem = await adminProblem(deps, input.by);
  const outcome = await commitFresh(deps, async () => {
    const by = { kind: 'person', userId: input.by } as const;
    const decided =
      problem === null ? await decide(deps, { ...input, by }) : { change: null, outcome: refuse(problem) };
    return decided.outcome.ok ? decided : refusedOrphan<Stray>(deps, input, decided.outcome.refusal);
  });
  return orAlreadyHandled(outcome);
}

/** At the command line, by whoever may write to the database. */
export async function removeOrphanAsOperator(
  deps: RemoveDeps,
  input: { by: Extract<Actor, { kind: 'operator' }>; strayId: string; reason: string },
): Promise<Result<Stray, Refusal>> {
  return orAlreadyHandled(await commitFresh(deps, async () => await decide(deps, input)));
}

/** The orphans that an admin may decide about: of one connector, or of all. */
export async function orphansForm(
  deps: Pick<Deps, 'store'> & AdminDeps,
  input: { viewer: UserId; connector: string | null },
): Promise<Result<OrphansForm, Refusal>> {
  const problem = await adminProblem(deps, input.viewer);
  if (problem !== null) {
    return refuse(problem);
  }
  const orphans = (await deps.store.openStrays(input.connector)).filter(({ kind }) => kind === 'orphan');
  return orphans.length === 0 ? refuse({ code: 'no-orphans' }) : accept({ orphans });
}

async function decide(
  deps: RemoveDeps,
  input: { by: Actor; strayId: string; reason: string; delivery?: string },
): Promise<Decided<Result<Stray, Refusal>>> {
  const { stray, row } = await readOrphan(deps, input.strayId);
  const problem = orphanProblem(stray, input.strayId, row) ?? reasonGiven(input.reason);
  if (problem !== null || stray === null) {
    return { change: null, outcome: refuse(problem ?? { code: 'unknown-orphan', typed: input.strayId }) };
  }
  const { by, reason, delivery } = input;
  const now = deps.clock.now();
  const removal = remove({ stray, row, newId: deps.ids.entitlementId(), by, reason, now });
  const change = {
    at: now,
    strays: [removal.stray],
    entitlements: [removal.entitlement],
    audit: [removal.audit],
    ...(delivery === undefined ? {} : { delivery }),
  };
  return { change, outcome: accept(removal.stray) };
}

export function reasonGiven(reason: string): Refusal | null {
  if (reason.trim() === '') {
    return { code: 'reason-missing' };
  }
  return reason.length > REASON_MAX_LENGTH ? { code: 'reason-too-long', maxLength: REASON_MAX_LENGTH } : null;
}

export async function readOrphan(
  deps: Pick<Deps, 'store'>,
  typed: string,
): Promise<{ stray: Stray | null; row: EntitlementState | null }> {
  const stray = await deps.store.stray(asStrayId(typed.trim().toUpperCase()));
  if (stray === null) {
    return { stray, row: null };
  }
  const { connector, role, account } = stray;
  const found = await deps.store.entitlementOf({ connector, role, accountId: account.id });
  return { stray, row: found === null ? null : await deps.store.entitlementState(found.id) };
}

export function refusedOrphan<Value>(
  deps: Pick<Deps, 'clock'>,
  input: RemoveOrphanInput,
  refusal: Refusal,
): Decided<Result<Value, Refusal>> {
  const { by: actor, strayId: about, delivery } = input;
  return refused({ refusal, kind: 'orphan.refused', actor, about, delivery, now: deps.clock.now() });
}
