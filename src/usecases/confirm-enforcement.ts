/** An admin has seen whose standing access would go, and has it removed from now on. */
import type { EnforceInput } from '../domain/asking.js';
import type { UserId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import { accept } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { adminProblem } from './admin-problem.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { orAlreadyHandled, refused } from './refusing.js';

type ConfirmDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'catalogs' | 'directory'>;
type Confirmed = Result<{ readonly connector: string; readonly roles: readonly string[] }, Refusal>;

export async function confirmEnforcement(deps: ConfirmDeps, input: EnforceInput): Promise<Confirmed> {
  const problem = await adminProblem(deps, input.by);
  const outcome = await commitFresh(deps, async () =>
    problem === null ? await write(deps, input) : no(deps, input, problem),
  );
  return orAlreadyHandled(outcome);
}

async function write(deps: ConfirmDeps, input: EnforceInput): Promise<Decided<Confirmed>> {
  const { connector, by, delivery } = input;
  const { catalog } = deps.catalogs.current();
  const spec = catalog.connectors.get(connector);
  // Under another catalog other roles may be managed, whose members nobody was shown.
  if (spec?.onDrift !== 'enforce' || catalog.sha256 !== input.catalogSha256) {
    return no(deps, input, { code: 'dry-run-outdated', connector });
  }
  const version = (await deps.store.enforcement(connector))?.version ?? 0;
  const now = deps.clock.now();
  const roles = spec.manage;
  const actor = person(by);
  return {
    change: {
      at: now,
      delivery,
      enforcements: [{ connector, version, roles, by: actor, at: now }],
      audit: [{ kind: 'enforcement.confirmed', actor, facts: { connector, roles, catalog: catalog.sha256 } }],
    },
    outcome: accept({ connector, roles }),
  };
}

function no(deps: ConfirmDeps, input: EnforceInput, refusal: Refusal): Decided<Confirmed> {
  const { by: actor, connector: about, delivery } = input;
  return refused({ refusal, kind: 'orphan.refused', actor, about, delivery, now: deps.clock.now() });
}

function person(userId: UserId) {
  return { kind: 'person', userId } as const;
}
