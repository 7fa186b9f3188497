import { z } from 'zod';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';

const grantSchema = z.object({
  id: z.string(),
  state: z.string(),
  resource: z.string(),
  beneficiary: z.string(),
  startsAt: z.number(),
  endsAt: z.number(),
  endCause: z.string().nullable(),
  closedAt: z.number().nullable(),
  /** Of its hold on its only entitlement. */
  hold: z.string(),
  /** Of that entitlement. */
  entitlementId: z.string(),
  ours: z.number(),
  attempts: z.number(),
  nextAt: z.number().nullable(),
});

const requestSchema = z.object({ id: z.string(), state: z.string() });
const requestsSql = 'select id, state from requests order by created_at, id';

const grantsSql = `
  select g.id, g.state, g.resource, g.beneficiary, g.starts_at as startsAt, g.ends_at as endsAt,
    g.end_cause as endCause, g.closed_at as closedAt, h.state as hold, e.id as entitlementId, e.ours, e.attempts, e.next_at as nextAt
  from grants g
    join grant_entitlements h on h.grant_id = g.id
    join entitlements e on e.id = h.entitlement_id
  order by g.starts_at, g.id`;

export type Records = {
  readonly grants: readonly z.infer<typeof grantSchema>[];
  readonly requests: readonly { readonly id: string; readonly state: string }[];
};

/** Reads Hallpass's database as the command line does, also while Hallpass runs on it. */
export async function readRecords(path: string): Promise<Records> {
  const database = await openDatabase({ path, role: 'beside' });
  const { connection } = database;
  try {
    return {
      grants: grantSchema.array().parse(connection.prepare(grantsSql).all()),
      requests: requestSchema.array().parse(connection.prepare(requestsSql).all()),
    };
  } finally {
    database.close();
  }
}

export type AuditRead = {
  /** Kinds of events, in their order. */
  readonly kinds: readonly string[];
  /** How many milliseconds after its end each grant was read back as gone. */
  readonly lateMs: readonly number[];
  /** The first event that does not fit into the chain; null when all do. */
  readonly firstBad: number | null;
};

export async function readAudit(path: string): Promise<AuditRead> {
  const store = createStore({ database: await openDatabase({ path, role: 'beside' }) });
  try {
    const events = await store.auditEvents({ after: 0, limit: 100_000 });
    const { firstBad } = await store.verifyAudit();
    return {
      kinds: events.map(({ kind }) => kind),
      lateMs: events.flatMap(({ kind, facts }) =>
        kind === 'grant.ended' || kind === 'grant.failed' ? [Number(facts['lateMs'])] : [],
      ),
      firstBad,
    };
  } finally {
    await store.close();
  }
}

/** Moves every moment in the rows into the past: the same as if nobody had run on them for so long. */
export async function letTimePass(path: string, ms: number): Promise<void> {
  const database = await openDatabase({ path, role: 'beside' });
  const move = (table: string, columns: readonly string[]): void => {
    const moved = columns.map((column) => `${column} = ${column} - ${ms}`);
    database.connection.exec(`update ${table} set ${moved.join(', ')}`);
  };
  try {
    move('requests', [
      'created_at',
      'expires_at',
      'decided_at',
      'nudge_at',
      'escalate_at',
      'escalated_at',
      'claimed_at',
      'nudged_by_requester_at',
    ]);
    move('grants', ['starts_at', 'ends_at', 'open_before', 'remind_at', 'active_at']);
    move('entitlements', ['seen_at', 'next_at', 'failing_since', 'late_until', 'lease_until']);
    move('messages', ['next_at']);
    move('outbox', ['next_at', 'created_at']);
  } finally {
    database.close();
  }
}
