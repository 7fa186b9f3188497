import type { AuditEvent } from '../domain/audit.js';
import { SECOND_MS } from '../domain/time.js';
import { createStore } from '../store/create-store.js';
import { openDatabase } from '../store/open-database.js';
import { CAST } from './cast.js';
import type { Stage } from './stage.js';

/** What must stand there after this story, in this order. */
const EXPECTED = [
  'request.submitted',
  'decision.refused',
  'decision.refused',
  'request.approved',
  'entitlement.granted',
  'grant.reminded',
  'entitlement.revoked',
  'grant.ended',
];

const LATEST_MS = 5 * SECOND_MS;

/** Read beside the running app, as `hallpass audit` does. */
export async function checkAudit({ databaseFile, screen, expectations }: Stage): Promise<void> {
  const store = createStore({ database: await openDatabase({ path: databaseFile, role: 'beside' }) });
  try {
    let events: readonly AuditEvent[] = [];
    await expectations.expect({
      what: 'Every step stands in it, with who and when',
      look: async () => {
        events = await store.auditEvents({ after: 0, limit: 500 });
        return isInOrder(EXPECTED, events);
      },
      instead: () => events.map(lineOf).join('\n'),
      show: () => events.forEach((event) => screen.say(lineOf(event))),
    });
    await expectations.expect({
      what: 'Its hash chain is whole',
      look: async () => (await store.verifyAudit()).firstBad === null,
      instead: async () => JSON.stringify(await store.verifyAudit()),
    });
    const lateMs = latenessOf(events);
    await expectations.expect({
      what: `The access was read back as gone ${lateMs} ms after the end of its window`,
      look: () => lateMs >= 0 && lateMs <= LATEST_MS,
      instead: () => `Expected: from 0 to ${LATEST_MS} ms.`,
    });
  } finally {
    await store.close();
  }
}

/** Other events may stand in between. */
function isInOrder(expected: readonly string[], events: readonly AuditEvent[]): boolean {
  let found = 0;
  for (const { kind } of events) {
    found += kind === expected[found] ? 1 : 0;
  }
  return found === expected.length;
}

function latenessOf(events: readonly AuditEvent[]): number {
  const revoked = events.findLast(({ kind }) => kind === 'entitlement.revoked');
  const endsAt = events.find(({ kind }) => kind === 'grant.opening')?.facts['endsAt'];
  return revoked === undefined ? Number.NaN : revoked.at - Number(endsAt);
}

function lineOf({ at, actor, kind, facts, text }: AuditEvent): string {
  const time = new Date(at).toTimeString().slice(0, 8);
  const more = text ?? facts['code'] ?? facts['role'];
  return `${time}  ${nameOf(actor).padEnd(8)}  ${kind.padEnd(21)}  ${more === undefined ? '' : String(more)}`;
}

function nameOf(actor: AuditEvent['actor']): string {
  switch (actor.kind) {
    case 'person':
      return CAST.find(({ id }) => id === actor.userId)?.name ?? actor.userId;
    case 'operator':
      return actor.name;
    case 'hallpass':
      return 'Hallpass';
    default:
      return actor satisfies never;
  }
}
