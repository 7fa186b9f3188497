import { toUtcText } from '../domain/time.js';
import type { Stray } from '../domain/stray.js';
import type { ReadBack, ReconciledView } from '../domain/views.js';
import { reconcileAll } from '../usecases/reconcile-connector.js';
import type { Command } from './command.js';
import { withTargets } from './with-targets.js';

/** Holds every target against the database now, and prints what it found. 1 where something needs a look. */
export async function reconcile(command: Command): Promise<number> {
  return await withTargets(command, async (deps) => {
    const found = await reconcileAll(deps, { stopping: command.stopping, tells: false });
    found.forEach((view) =>
      command.out(toText(view, deps.connectors.get(view.connector)?.simulated ?? false)),
    );
    return found.every(isWell) ? 0 : 1;
  });
}

function isWell({ drifted, overdue, orphans, stuck, problems }: ReconciledView): boolean {
  return !stuck && [drifted, overdue, orphans, problems].every((each) => each.length === 0);
}

function toText(view: ReconciledView, simulated: boolean): string {
  const { connector, drifted, overdue, orphans, standing, stuck, problems } = view;
  return [
    `${connector}: ${simulated ? 'simulated, so there is no target to look at' : heading(view)}`,
    ...problems.map((problem) => `  ${problem}`),
    ...(stuck
      ? ['  something is to be gone from it, and taking it away fails: `hallpass stuck` lists it']
      : []),
    ...drifted.map((each) => `  taken away by somebody else: ${readBack(each)}`),
    ...overdue.map((each) => `  past its end, and being taken away now: ${readBack(each)}`),
    ...orphans.map((each) => `  orphan ${strayText(each)}`),
    ...standing.map((each) => `  standing access ${strayText(each)}`),
  ].join('\n');
}

/** That nothing is held is said only where the target answered. */
function heading(view: ReconciledView): string {
  const { looked, problems, standing } = view;
  if (problems.length > 0) {
    return looked === 0
      ? 'not read, so what is held there is not known'
      : `${looked} held through Hallpass ${were(looked)} read back; of the rest nothing is known`;
  }
  const differs = isWell(view) && standing.length === 0 ? ', and nothing differs' : '';
  return looked === 0
    ? `read; nothing is held through Hallpass${differs}`
    : `${looked} held through Hallpass ${were(looked)} read back${differs}`;
}

function were(count: number): string {
  return count === 1 ? 'was' : 'were';
}

function readBack({ role, account, owner }: ReadBack): string {
  return `role ${role}, account ${account.name}${owner === null ? '' : `, of ${owner}`}`;
}

export function strayText({ id, connector, role, account, foundAt }: Stray): string {
  return `${id}: role ${role}, account ${account.name} in ${connector}, found ${toUtcText(foundAt)}`;
}
