/** What the target itself says, and never Hallpass: its catalogue, its log and, with the functions, its ledger. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PostgresMode } from '../support/postgres-setup.js';
import type { TargetDatabase } from '../support/target-database.js';
import type { Change, LedgerRow, Membership } from './evidence-type.js';
import { TARGET_ROLES } from './schedule.js';

export type TargetEvidence = {
  readonly memberships: readonly Membership[];
  readonly changes: readonly Change[];
  readonly ledger: readonly LedgerRow[];
};

/** Of what Hallpass does, the log then tells when it was done and committed: failed statements have no duration. */
export async function logWhatHallpassDoes(target: TargetDatabase): Promise<void> {
  await target.sql('superuser', "alter system set log_line_prefix = '%n by %u '");
  await target.sql('superuser', "alter role hallpass set log_statement = 'none'");
  await target.sql('superuser', 'alter role hallpass set log_min_duration_statement = 0');
  await target.sql('superuser', 'select pg_reload_conf()');
}

export async function readTarget(target: TargetDatabase, mode: PostgresMode): Promise<TargetEvidence> {
  const log = await readFile(join(target.server.folder, 'server.log'), 'utf8');
  return {
    memberships: await memberships(target, mode),
    changes: changesIn(log, await accountNames(target)),
    ledger: mode === 'group' ? [] : await ledger(target),
  };
}

async function memberships(target: TargetDatabase, mode: PostgresMode): Promise<Membership[]> {
  const rows = await target.sql(
    'superuser',
    `select role.rolname as role, member.rolname as account, grantor.rolname as grantor
     from pg_auth_members m
       join pg_roles role on role.oid = m.roleid
       join pg_roles member on member.oid = m.member
       join pg_roles grantor on grantor.oid = m.grantor
     where role.rolname in (${TARGET_ROLES.map((role) => `'${role}'`).join(', ')})
       and member.rolname not in ('hallpass', 'hallpass_owner')`,
  );
  const giver = mode === 'group' ? 'hallpass' : 'hallpass_owner';
  return rows.map((row) => ({
    role: String(row['role']),
    account: String(row['account']),
    by: row['grantor'] === giver ? 'hallpass' : 'hand',
  }));
}

async function accountNames(target: TargetDatabase): Promise<Map<string, string>> {
  const rows = await target.sql('superuser', 'select oid::text as oid, rolname::text as name from pg_roles');
  return new Map(rows.map(({ oid, name }) => [String(oid), String(name)]));
}

const ledgerSchema = z.object({
  role: z.string(),
  account: z.string(),
  until: z.date(),
  ended: z.boolean(),
  cleaned: z.boolean(),
});

async function ledger(target: TargetDatabase): Promise<LedgerRow[]> {
  const rows = await target.sql(
    'superuser',
    `select role_name::text as role, coalesce(account, member_name::text) as account, until,
       ended_at is not null as ended, cleaned_at is not null as cleaned
     from hallpass.ledger`,
  );
  return ledgerSchema
    .array()
    .parse(rows)
    .map((row) => ({ ...row, until: row.until.getTime() }));
}

const DONE = /^(\d+\.\d+) by hallpass LOG: {2}duration: [\d.]+ ms {2}statement: ([^;]*); COMMIT/;
const STATEMENTS: readonly (readonly [verb: Change['verb'], statement: RegExp])[] = [
  ['GRANT', /^GRANT (\w+) TO (\w+)/],
  ['REVOKE', /^REVOKE (\w+) FROM (\w+)/],
  ['GRANT', /^SELECT hallpass\.grant_role\('(\w+)', (\d+),/],
  ['REVOKE', /^SELECT hallpass\.revoke_role\('(\w+)', (\d+)\)/],
];

/** The functions are called with an account's oid; `names` has the name for it. */
export function changesIn(log: string, names: ReadonlyMap<string, string> = new Map()): Change[] {
  return log.split('\n').flatMap((line) => {
    const [, at, statement = ''] = DONE.exec(line) ?? [];
    return STATEMENTS.flatMap(([verb, pattern]) => {
      const [, role, account] = pattern.exec(statement) ?? [];
      return role === undefined || account === undefined
        ? []
        : [{ at: Number(at) * 1_000, verb, role, account: names.get(account) ?? account }];
    });
  });
}
