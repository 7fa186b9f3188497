import { toUtcText } from '../domain/time.js';
import type { AuditEvent } from '../domain/audit.js';
import type { Store } from '../ports.js';
import type { Command } from './command.js';
import { withStore } from './with-store.js';

const PAGE = 500;

/** Prints every event as a line of JSON, then the verdict on the chain to the error stream. */
export async function audit(command: Command): Promise<number> {
  return await withStore(command, async (store) => {
    await print(command, store);
    return await verify(command, store);
  });
}

async function print(command: Command, store: Store): Promise<void> {
  let after = 0;
  for (;;) {
    const events = await store.auditEvents({ after, limit: PAGE });
    events.forEach((event) => command.out(JSON.stringify(toLine(event))));
    const last = events.at(-1);
    if (last === undefined) {
      return;
    }
    after = last.seq;
  }
}

function toLine({ seq, at, facts, ...event }: AuditEvent): Record<string, unknown> {
  const moments = Object.entries(facts).map(([name, fact]) =>
    /(^|[a-z])At$|^from$/.test(name) && typeof fact === 'number' ? [name, toUtcText(fact)] : [name, fact],
  );
  return { seq, at: toUtcText(at), ...event, facts: Object.fromEntries(moments) };
}

async function verify(command: Command, store: Store): Promise<number> {
  const { events, head, firstBad } = await store.verifyAudit();
  if (firstBad !== null) {
    command.err(
      `The chain is broken: event ${firstBad} does not fit what stands before it. Keep a copy of the database, and find out who could write to it.`,
    );
    return 1;
  }
  command.err(
    `The chain of ${events} events is whole. Its head is ${head}: keep it elsewhere, for a cut-off end is seen only by comparing it.`,
  );
  return 0;
}
