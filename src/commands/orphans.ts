import type { Refusal } from '../domain/refusal.js';
import { createIds } from '../random-ids.js';
import { removeOrphanAsOperator } from '../usecases/remove-orphan.js';
import { createSystemClock } from '../wakeups/system-clock.js';
import type { Command } from './command.js';
import { readIdAndReason, type IdAndReason } from './id-and-reason.js';
import { operatorName } from './operator-name.js';
import { strayText } from './reconcile.js';
import { wrongUsage } from './usage.js';
import { withStore } from './with-store.js';

/** Lists access that bears our mark and that nothing explains; or says that one of them has to go. */
export async function orphans(command: Command): Promise<number> {
  const [verb, ...rest] = command.args;
  if (verb === undefined) {
    return await list(command);
  }
  const asked = verb === 'remove' ? readIdAndReason(rest) : null;
  if (asked === null) {
    return wrongUsage(command, 'orphans');
  }
  return await remove(command, asked);
}

async function list(command: Command): Promise<number> {
  return await withStore(command, async (store) => {
    const open = (await store.openStrays(null)).filter(({ kind }) => kind === 'orphan');
    open.forEach((stray) => command.out(strayText(stray)));
    command.out(
      open.length === 0
        ? 'No access is known that bears the mark of Hallpass and that nothing explains.'
        : 'To take one away: `hallpass orphans remove ID --reason "WHY"`. To give one a person and an end: `/access reconcile` in Slack.',
    );
    return 0;
  });
}

async function remove(command: Command, { id, reason }: IdAndReason): Promise<number> {
  return await withStore(command, async (store) => {
    const deps = {
      store,
      wakeups: { arm: () => undefined },
      clock: createSystemClock(),
      ids: createIds(),
    };
    const removed = await removeOrphanAsOperator(deps, {
      strayId: id,
      reason,
      by: { kind: 'operator', name: operatorName() },
    });
    if (!removed.ok) {
      command.err(`hallpass: ${why(removed.refusal)}`);
      return 1;
    }
    const { role, account, connector } = removed.value;
    command.out(
      `${role} of account ${account.name} in ${connector} is taken away by the Hallpass that runs, or at its next start.`,
    );
    return 0;
  });
}

function why(refusal: Refusal): string {
  if (refusal.code === 'unknown-orphan') {
    return `there is no orphan ${JSON.stringify(refusal.typed)}; \`hallpass orphans\` lists them`;
  }
  if (refusal.code === 'orphan-closed') {
    return `${refusal.strayId} is no orphan any more: it is ${refusal.how}`;
  }
  if (refusal.code === 'reason-too-long') {
    return `the reason may have ${refusal.maxLength} characters`;
  }
  return refusal.code === 'reason-missing' ? 'a reason is needed: --reason "WHY"' : refusal.code;
}
