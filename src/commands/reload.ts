import { setTimeout as pause } from 'node:timers/promises';
import type { AuditEvent, AuditFacts } from '../domain/audit.js';
import { SECOND_MS } from '../domain/time.js';
import type { Store } from '../ports.js';
import { readDatabaseFile } from '../settings.js';
import { isStarted } from '../store/open-database.js';
import { createSystemClock } from '../wakeups/system-clock.js';
import type { Command } from './command.js';
import { operatorName } from './operator-name.js';
import { withStore } from './with-store.js';

const PATIENCE_MS = 30 * SECOND_MS;
const LOOK_EVERY_MS = 100;

/** Has the bot that runs on this database read its catalog anew, and says what came of it. */
export async function reload(command: Command): Promise<number> {
  return await withStore(command, async (store) => {
    const path = readDatabaseFile(command.env);
    if (!path.ok || !isStarted(path.file)) {
      command.err(
        'hallpass: no Hallpass runs on this database, so there is nothing to reload. `hallpass start` reads the catalog.',
      );
      return 1;
    }
    return tell(command, await answerTo(await ask(store), store, command.stopping));
  });
}

/** Answers the number of the event that asks, or of one after it that asks the same. */
async function ask(store: Store): Promise<number> {
  const before = await store.auditHead();
  const actor = { kind: 'operator', name: operatorName() } as const;
  await store.commit({
    at: createSystemClock().now(),
    audit: [{ kind: 'catalog.reload-asked', actor, facts: {} }],
  });
  const asking = await store.catalogEvents(before);
  return asking.findLast(({ kind }) => kind === 'catalog.reload-asked')?.seq ?? before;
}

async function answerTo(asked: number, store: Store, stopping: AbortSignal): Promise<AuditEvent | null> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!stopping.aborted && performance.now() < deadline) {
    const events = await store.catalogEvents(asked);
    const answer = events.find(({ facts }) => Number(facts['asked'] ?? 0) >= asked);
    if (answer !== undefined) {
      return answer;
    }
    await pause(LOOK_EVERY_MS);
  }
  return null;
}

function tell(command: Command, answer: AuditEvent | null): number {
  if (answer?.kind === 'catalog.changed') {
    command.out(`The catalog was taken. SHA-256 ${textOf(answer.facts, 'to')}`);
    return 0;
  }
  if (answer?.kind === 'catalog.unchanged') {
    const sha256 = textOf(answer.facts, 'sha256');
    command.out(`The catalog is the one that is in force already. SHA-256 ${sha256}`);
    return 0;
  }
  if (answer?.kind === 'catalog.refused') {
    const { problems } = answer.facts;
    const listed = Array.isArray(problems) ? problems : [];
    command.err(['hallpass: the catalog was not taken, and all stays as it was:', ...listed].join('\n  '));
    return 1;
  }
  command.err(
    'hallpass: the Hallpass that runs has not said within 30 s what became of it. Look at its log; it takes the catalog up as soon as it can.',
  );
  return 1;
}

function textOf(facts: AuditFacts, name: string): string {
  return String(facts[name] ?? '');
}
