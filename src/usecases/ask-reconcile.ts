/** An admin has every target looked at now, and hears what was found. */
import type { UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { ReconciledView } from '../domain/views.js';
import { adminProblem } from './admin-problem.js';
import type { Deps } from './deps.js';

export async function askReconcile(
  deps: Pick<Deps, 'catalogs' | 'directory'>,
  input: { viewer: UserId },
  reconcile: () => Promise<ReconciledView[]>,
): Promise<Result<ReconciledView[], Refusal>> {
  const problem = await adminProblem(deps, input.viewer);
  return problem === null ? accept(await reconcile()) : refuse(problem);
}
