import type { Refusal } from '../domain/refusal.js';
import { REASON_MAX_LENGTH } from '../domain/eligibility.js';
import { toUtcText } from '../domain/time.js';
import type { ByHandView } from '../domain/views.js';
import type { Store } from '../ports.js';
import { askStuck } from '../usecases/ask-stuck.js';
import type { StuckWish } from '../usecases/ask-stuck.js';
import { findEntitlement, shortId } from '../usecases/entitlement-id.js';
import { createSystemClock } from '../wakeups/system-clock.js';
import { actorName } from './actor-name.js';
import type { Command } from './command.js';
import { readIdAndReason } from './id-and-reason.js';
import { operatorName } from './operator-name.js';
import { wrongUsage } from './usage.js';
import { withStore } from './with-store.js';

/** Has one stuck revocation tried at once by the bot that runs on this database. */
export async function retry(command: Command): Promise<number> {
  const [id, ...more] = command.args;
  if (id === undefined || id.startsWith('-') || more.length > 0) {
    return wrongUsage(command, 'retry');
  }
  return await ask(command, id, null, 'is due now');
}

/** Says that one was removed by hand; the bot reads it back before that counts. */
export async function removed(command: Command): Promise<number> {
  const asked = readIdAndReason(command.args);
  if (asked === null) {
    return wrongUsage(command, 'removed');
  }
  const { id, reason } = asked;
  if (reason.trim() === '') {
    return wrongUsage(command, 'removed', 'the reason is empty');
  }
  if (reason.length > REASON_MAX_LENGTH) {
    return wrongUsage(command, 'removed', `the reason has at most ${REASON_MAX_LENGTH} characters`);
  }
  return await ask(command, id, { reason }, 'is marked as removed by hand');
}

async function ask(
  command: Command,
  typed: string,
  removal: StuckWish['removed'],
  done: string,
): Promise<number> {
  return await withStore(command, async (store: Store) => {
    const entitlementId = await findEntitlement(store, typed);
    if (entitlementId === 'none' || entitlementId === 'several') {
      command.err(`hallpass: ${entitlementId === 'none' ? noneText(typed) : severalText(typed)}`);
      return 1;
    }
    const id = await shortId(store, entitlementId);
    const deps = { store, wakeups: { arm: () => undefined }, clock: createSystemClock() };
    const by = { kind: 'operator', name: operatorName() } as const;
    const asked = await askStuck(deps, { entitlementId, by, removed: removal });
    if (!asked.ok) {
      command.err(`hallpass: ${refusalText(asked.refusal, id)}`);
      return 1;
    }
    const { markedBefore } = asked.value;
    command.out(
      `${id} ${done}.${markedBefore === null ? '' : ` ${replacedText(markedBefore)}`} The running bot asks the target within seconds; \`hallpass stuck\` then shows what came of it.`,
    );
    return 0;
  });
}

function replacedText({ by, at }: ByHandView): string {
  return `It was marked already, by ${actorName(by)} at ${toUtcText(at)}: your mark takes its place, and the audit trail keeps both.`;
}

function noneText(typed: string): string {
  return `nothing is stuck under ${typed}. \`hallpass stuck\` lists what is.`;
}

function severalText(typed: string): string {
  return `several ids begin with ${typed}: type more of the one that you mean. \`hallpass stuck\` lists them.`;
}

function refusalText(refusal: Refusal, id: string): string {
  return refusal.code === 'not-stuck' ? `${id} is not stuck any more. Nothing was done.` : noneText(id);
}
