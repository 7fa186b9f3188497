/** What the target itself says, and never Hallpass: its catalogue, its log and, with the functions, its ledger. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PostgresMode } from '../support/postgres-setup.js';
import type { TargetDatabase } from '../support/target-database.js';
import type { Change, LedgerRow, Login, Membership, Whom } from './evidence-type.js';
import { TARGET_ROLES } from './schedule.js';

export type TargetEvidence = {
  readonly memberships: readonly Membership[];
  readonly changes: readonly Change[];
  readonly ledger: readonly LedgerRow[];
  readonly logins: readonly Login[];
  readonly passwords: readonly PasswordSet[];
};

/** The verifier of a new password, which the target has taken. */
export type PasswordSet = Whom & { readonly at: number; readonly verifier: string };

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
    logins: mode === 'ephemeral' ? await logins(target) : [],
    passwords: passwordsIn(log),
  };
}

/** Whose temporary login a role is, by the comment on it; null for any other. */
const LOGIN_OF = (oid: string): string =>
  `substring(shobj_description(${oid}, 'pg_authid') from '^Hallpass: temporary login of ([^ ]+) for [^ ]+$')`;

async function memberships(target: TargetDatabase, mode: PostgresMode): Promise<Membership[]> {
  const rows = await target.sql(
    'superuser',
    `select role.rolname as role, coalesce(${LOGIN_OF('member.oid')}, member.rolname) as account, grantor.rolname as grantor
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

const loginSchema = z.object({
  name: z.string(),
  role: z.string(),
  account: z.string(),
  isOpen: z.boolean(),
  until: z.date(),
});

/** Whatever is called like one, marked or not. */
async function logins(target: TargetDatabase): Promise<Login[]> {
  const rows = await target.sql(
    'superuser',
    `select rolname::text as name, coalesce(${LOGIN_OF('oid')}, '') as account, rolcanlogin as "isOpen",
       coalesce(substring(shobj_description(oid, 'pg_authid') from ' for ([^ ]+)$'), '') as role,
       coalesce(rolvaliduntil, 'epoch') as until
     from pg_roles where rolname like 'hp\\_%'`,
  );
  return loginSchema
    .array()
    .parse(rows)
    .map((row) => ({ ...row, until: row.until.getTime() }));
}

/** The names that logins will have, so that each can be told also when it is gone. */
export async function readLoginNames(
  target: TargetDatabase,
  accounts: readonly string[],
): Promise<Map<string, Whom>> {
  const pairs = TARGET_ROLES.flatMap((role) => accounts.map((account) => ({ role, account })));
  const named = pairs.map(async ({ role, account }) => {
    const [row] = await target.sql(
      'superuser',
      `select hallpass.login_name('${role}', '${account}')::text as name`,
    );
    return [String(row?.['name']), { role, account }] as const;
  });
  return new Map(await Promise.all(named));
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
  ['GRANT', /^SELECT hallpass\.create_login\('(\w+)', '(\w+)',/],
  ['REVOKE', /^SELECT hallpass\.close_login\('(\w+)', '(\w+)'\)/],
];
const SET_PASSWORD = /^SELECT hallpass\.set_password\('(\w+)', '(\w+)', '([^']+)'\)/;

/** The functions are called with an account's oid; `names` has the name for it. */
export function changesIn(log: string, names: ReadonlyMap<string, string> = new Map()): Change[] {
  return statementsIn(log).flatMap(({ at, statement }) =>
    STATEMENTS.flatMap(([verb, pattern]) => {
      const [, role, account] = pattern.exec(statement) ?? [];
      return role === undefined || account === undefined
        ? []
        : [{ at, verb, role, account: names.get(account) ?? account }];
    }),
  );
}

export function passwordsIn(log: string): PasswordSet[] {
  return statementsIn(log).flatMap(({ at, statement }) => {
    const [, role, account, verifier] = SET_PASSWORD.exec(statement) ?? [];
    return role === undefined || account === undefined || verifier === undefined
      ? []
      : [{ at, role, account, verifier }];
  });
}

function statementsIn(log: string): { at: number; statement: string }[] {
  return log.split('\n').flatMap((line) => {
    const [, at, statement] = DONE.exec(line) ?? [];
    return statement === undefined ? [] : [{ at: Number(at) * 1_000, statement }];
  });
}
