import type { SQL } from 'drizzle-orm';
import { and, eq, sql } from 'drizzle-orm';
import { isNotEnding } from '../domain/grant.js';
import type { Ending, Grant } from '../domain/grant.js';
import type { GrantId } from '../domain/ids.js';
import { asGrantId, asRequestId, asUserId } from '../domain/ids.js';
import { actorName, toActor } from './actor-columns.js';
import type { Drizzle } from './row.js';
import { ImpossibleRow, slot, writeRow } from './row.js';
import { grants } from './schema.js';

export type GrantRow = typeof grants.$inferSelect;

/** Written once: an update that names a column rewrites its indexes and asks for its keys, whatever the value. */
const fixed = {
  teamId: slot('teamId'),
  enterpriseId: slot('enterpriseId'),
  requestId: slot('requestId'),
  requester: slot('requester'),
  beneficiary: slot('beneficiary'),
  resource: slot('resource'),
  role: slot('role'),
  policy: slot('policy'),
  startsAt: slot('startsAt'),
  adopted: slot('adopted'),
};
const changing = {
  state: slot('state'),
  endsAt: slot('endsAt'),
  openBefore: slot('openBefore'),
  remindAt: slot('remindAt'),
  activeAt: slot('activeAt'),
  endCause: slot('endCause'),
  endedByKind: slot('endedByKind'),
  endedBy: slot('endedBy'),
  endReason: slot('endReason'),
  endingAt: slot('endingAt'),
  closedAt: slot('closedAt'),
};
const columns = { ...fixed, ...changing } satisfies Record<Exclude<keyof GrantRow, 'id' | 'version'>, SQL>;

export function prepareGrants(db: Drizzle) {
  const atVersion = and(eq(grants.id, slot('id')), eq(grants.version, slot('version')));
  const insert = db
    .insert(grants)
    .values({ id: slot('id'), version: 1, ...columns })
    .prepare();
  const update = db
    .update(grants)
    .set({ version: sql`${grants.version} + 1`, ...changing })
    .where(atVersion)
    .prepare();
  const standing = db.select({ id: grants.id }).from(grants).where(atVersion).prepare();
  const byId = db
    .select()
    .from(grants)
    .where(eq(grants.id, slot('id')))
    .prepare();

  return {
    write(grant: Grant): void {
      writeRow({ insert, update }, toGrantRow(grant));
    },
    stands(id: GrantId, version: number): boolean {
      return standing.get({ id, version }) !== undefined;
    },
    byId(id: GrantId): Grant | null {
      const row = byId.get({ id });
      return row === undefined ? null : toGrant(row);
    },
  };
}

function toGrantRow(grant: Grant): GrantRow {
  const ending = isNotEnding(grant) ? null : grant.ending;
  return {
    id: grant.id,
    version: grant.version,
    state: grant.state,
    teamId: grant.workspace.teamId,
    enterpriseId: grant.workspace.enterpriseId,
    requestId: grant.requestId,
    requester: grant.requester,
    beneficiary: grant.beneficiary,
    resource: grant.resource,
    role: grant.role,
    policy: grant.policy,
    startsAt: grant.startsAt,
    endsAt: grant.endsAt,
    openBefore: grant.openBefore,
    remindAt: grant.remindAt,
    activeAt: grant.activeAt,
    endCause: ending?.cause ?? null,
    endedByKind: ending?.by.kind ?? null,
    endedBy: ending === null ? null : actorName(ending.by),
    endReason: ending?.reason ?? null,
    endingAt: ending?.at ?? null,
    closedAt: grant.state === 'ended' || grant.state === 'failed' ? grant.closedAt : null,
    adopted: grant.adopted ? 1 : null,
  };
}

export function toGrant(row: GrantRow): Grant {
  const core = {
    id: asGrantId(row.id),
    version: row.version,
    workspace: { teamId: row.teamId, enterpriseId: row.enterpriseId },
    requestId: asRequestId(row.requestId),
    requester: asUserId(row.requester),
    beneficiary: asUserId(row.beneficiary),
    resource: row.resource,
    role: row.role,
    policy: row.policy,
    startsAt: row.startsAt,
    endsAt: row.endsAt,
    openBefore: row.openBefore,
    remindAt: row.remindAt,
    adopted: row.adopted === 1,
  };
  const { state, activeAt, closedAt } = row;
  const ending = toEnding(row);
  const isUnopened = state === 'scheduled' || state === 'opening';
  if (isUnopened && activeAt === null && ending === null && closedAt === null) {
    return { ...core, state, activeAt };
  }
  if (state === 'active' && activeAt !== null && ending === null && closedAt === null) {
    return { ...core, state, activeAt };
  }
  if (state === 'ending' && ending !== null && closedAt === null) {
    return { ...core, state, activeAt, ending };
  }
  if (state === 'ended' && ending !== null && closedAt !== null) {
    return { ...core, state, activeAt, ending, closedAt };
  }
  if (state === 'failed' && activeAt === null && ending !== null && closedAt !== null) {
    return { ...core, state, activeAt, ending, closedAt };
  }
  throw new ImpossibleRow(
    'grants',
    row.id,
    `${state} with active_at ${activeAt}, ending_at ${row.endingAt} and closed_at ${closedAt}`,
  );
}

function toEnding(row: GrantRow): Ending | null {
  const { endCause: cause, endedByKind, endReason: reason, endingAt: at } = row;
  if (cause === null && endedByKind === null && row.endedBy === null && reason === null && at === null) {
    return null;
  }
  const by = endedByKind === null ? null : toActor(endedByKind, row.endedBy);
  if (cause === null || by === null || at === null) {
    throw new ImpossibleRow('grants', row.id, 'its ending is incomplete');
  }
  return { cause, by, reason, at };
}
