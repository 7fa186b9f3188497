import type { SQL } from 'drizzle-orm';
import { and, asc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { StrayId } from '../domain/ids.js';
import { asStrayId } from '../domain/ids.js';
import type { Enforcement, Stray } from '../domain/stray.js';
import { actorName, toActor } from './actor-columns.js';
import type { Drizzle } from './row.js';
import { ImpossibleRow, slot, writeRow } from './row.js';
import { enforcements, strays } from './schema.js';

type StrayRow = typeof strays.$inferSelect;
type EnforcementRow = typeof enforcements.$inferSelect;

const strayColumns = {
  connector: slot('connector'),
  role: slot('role'),
  accountId: slot('accountId'),
  accountName: slot('accountName'),
  fingerprint: slot('fingerprint'),
  kind: slot('kind'),
  state: slot('state'),
  foundAt: slot('foundAt'),
  closedAt: slot('closedAt'),
} satisfies Record<Exclude<keyof StrayRow, 'id' | 'version'>, SQL>;

export function prepareStrays(db: Drizzle) {
  const insert = db
    .insert(strays)
    .values({ id: slot('id'), version: 1, ...strayColumns })
    .prepare();
  const update = db
    .update(strays)
    .set({ version: sql`${strays.version} + 1`, ...strayColumns })
    .where(and(eq(strays.id, slot('id')), eq(strays.version, slot('version'))))
    .prepare();
  const byId = db
    .select()
    .from(strays)
    .where(eq(strays.id, slot('id')))
    .prepare();
  const isOpen = sql`${strays.state} = 'open'`;
  const inOrder = [asc(strays.connector), asc(strays.role), asc(strays.accountId)] as const;
  const open = db
    .select()
    .from(strays)
    .where(isOpen)
    .orderBy(...inOrder)
    .prepare();
  const openIn = db
    .select()
    .from(strays)
    .where(and(isOpen, eq(strays.connector, slot('connector'))))
    .orderBy(...inOrder)
    .prepare();

  return {
    write({ account, ...rest }: Stray): void {
      const row: StrayRow = { ...rest, accountId: account.id, accountName: account.name };
      writeRow({ insert, update }, row);
    },
    byId(id: StrayId): Stray | null {
      const row = byId.get({ id });
      return row === undefined ? null : toStray(row);
    },
    open(connector: string | null): Stray[] {
      const rows = connector === null ? open.all() : openIn.all({ connector });
      return rows.map(toStray);
    },
  };
}

function toStray({ accountId, accountName, ...row }: StrayRow): Stray {
  return { ...row, id: asStrayId(row.id), account: { id: accountId, name: accountName } };
}

export function prepareEnforcements(db: Drizzle) {
  const columns = {
    roles: slot('roles'),
    byKind: slot('byKind'),
    by: slot('by'),
    at: slot('at'),
  } satisfies Record<Exclude<keyof EnforcementRow, 'connector' | 'version'>, SQL>;
  const insert = db
    .insert(enforcements)
    .values({ connector: slot('connector'), version: 1, ...columns })
    .prepare();
  const update = db
    .update(enforcements)
    .set({ version: sql`${enforcements.version} + 1`, ...columns })
    .where(and(eq(enforcements.connector, slot('connector')), eq(enforcements.version, slot('version'))))
    .prepare();
  const of = db
    .select()
    .from(enforcements)
    .where(eq(enforcements.connector, slot('connector')))
    .prepare();

  return {
    write({ connector, version, roles, by, at }: Enforcement): void {
      const row = {
        connector,
        version,
        roles: JSON.stringify(roles),
        byKind: by.kind,
        by: actorName(by),
        at,
      };
      writeRow({ insert, update }, row);
    },
    of(connector: string): Enforcement | null {
      const row = of.get({ connector });
      return row === undefined ? null : toEnforcement(row);
    },
  };
}

const roleNames = z.array(z.string());

function toEnforcement(row: EnforcementRow): Enforcement {
  const by = toActor(row.byKind, row.by);
  if (by === null) {
    throw new ImpossibleRow('enforcements', row.connector, 'nobody gave the word');
  }
  const { connector, version, at } = row;
  return { connector, version, roles: roleNames.parse(JSON.parse(row.roles)), by, at };
}
