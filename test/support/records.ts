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
  ours: z.number(),
  attempts: z.number(),
});

const grantsSql = `
  select g.id, g.state, g.resource, g.beneficiary, g.starts_at as startsAt, g.ends_at as endsAt,
    g.end_cause as endCause, g.closed_at as closedAt, h.state as hold, e.ours, e.attempts
  from grants g
    join grant_entitlements h on h.grant_id = g.id
    join entitlements e on e.id = h.entitlement_id
  order by g.starts_at, g.id`;

export type Records = {
  readonly grants: readonly z.infer<typeof grantSchema>[];
  readonly requests: readonly { readonly id: string; readonly state: string }[];
  /** Kinds of audit events, in their order. */
  readonly audit: readonly string[];
  /** How many milliseconds after its end each grant was read back as gone. */
  readonly lateMs: readonly number[];
  /** The first event that does not fit into the chain; null when all do. */
  readonly firstBad: number | null;
};

/** Reads Hallpass's database as the command line does, also while Hallpass runs on it. */
export async function readRecords(path: string): Promise<Records> {
  const database = await openDatabase({ path, role: 'beside' });
  const store = createStore({ database });
  try {
    const events = await store.auditEvents({ after: 0, limit: 100_000 });
    const { firstBad } = await store.verifyAudit();
    return {
      grants: grantSchema.array().parse(database.connection.prepare(grantsSql).all()),
      requests: z
        .array(z.object({ id: z.string(), state: z.string() }))
        .parse(database.connection.prepare('select id, state from requests order by created_at, id').all()),
      audit: events.map(({ kind }) => kind),
      lateMs: events.flatMap(({ kind, facts }) =>
        kind === 'grant.ended' || kind === 'grant.failed' ? [Number(facts['lateMs'])] : [],
      ),
      firstBad,
    };
  } finally {
    await store.close();
  }
}
