import { z } from 'zod';
import type { Account } from '../../domain/request.js';
import { ConnectorError, type Target } from '../../ports.js';
import type { Query, Session } from './database.js';
import { nameProblem } from './settings.js';

/**
 * Options of a membership that only 16 and later have; before, every membership has them all. Read by way of
 * JSON, since naming a column that is not there would fail.
 */
const inherits = `coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, true)`;
const sets = `coalesce((pg_catalog.to_jsonb(m) ->> 'set_option')::boolean, true)`;
export const membershipOptions = { inherits, sets };

/** Whether an account can use a role, directly or by way of others. An option to give it away is not use. */
function canUse(account: string, role: string): string {
  return `case
    when pg_catalog.current_setting('server_version_num')::int >= 160000 then
      pg_catalog.pg_has_role(${account}, ${role}, 'USAGE') or pg_catalog.pg_has_role(${account}, ${role}, 'SET')
    else pg_catalog.pg_has_role(${account}, ${role}, 'MEMBER') end`;
}

/**
 * What tells this target from others: the cluster, the account whose grants are ours in it, and the role itself,
 * for another one may have taken its name.
 */
export const fingerprintSql = `
  (select system_identifier from pg_catalog.pg_control_system())::text || '/' || bot.oid::text || '/' || role.oid::text`;

const accountSql = `
  account.oid::text as account_oid,
  account.rolname::text as account_name,
  account.rolsuper as account_is_superuser,
  account.rolcanlogin as account_can_login,
  account.oid = bot.oid as account_is_bot,
  exists (
    select from pg_catalog.pg_auth_members m
    where m.roleid = account.oid and (${inherits} or ${sets})
  ) as account_is_group`;

const accountShape = {
  account_oid: z.string(),
  account_name: z.string(),
  account_is_superuser: z.boolean(),
  account_can_login: z.boolean(),
  account_is_bot: z.boolean(),
  account_is_group: z.boolean(),
};
const accountSchema = z.object(accountShape);
const foundSchema = z.object({ ...accountShape, fingerprint: z.string().nullable() });
type AccountRow = z.infer<typeof accountSchema>;

const lookSchema = z.object({
  version: z.number(),
  fingerprint: z.string().nullable(),
  role_oid: z.string().nullable(),
  role_sql: z.string().nullable(),
  account_oid: z.string().nullable(),
  account_sql: z.string().nullable(),
  ours: z.boolean(),
  usable: z.boolean(),
});

/** The parameters: the role's name, the account's oid. */
const lookQuery: Query<z.infer<typeof lookSchema>> = {
  name: 'look',
  row: lookSchema,
  text: `
  select
    pg_catalog.current_setting('server_version_num')::int as version,
    ${fingerprintSql} as fingerprint,
    role.oid::text as role_oid,
    pg_catalog.quote_ident(role.rolname::text) as role_sql,
    account.oid::text as account_oid,
    pg_catalog.quote_ident(account.rolname::text) as account_sql,
    exists (
      select from pg_catalog.pg_auth_members m
      where m.roleid = role.oid and m.member = account.oid and m.grantor = bot.oid
    ) as ours,
    coalesce(${canUse('account.oid', 'role.oid')}, false) as usable
  from pg_catalog.pg_roles bot
    left join pg_catalog.pg_roles role on role.rolname = $1::name
    left join pg_catalog.pg_roles account on account.oid = $2::oid
  where bot.rolname = current_user`,
};

/** The parameters: the account's name, the role's. */
const accountByName: Query<z.infer<typeof foundSchema>> = {
  name: 'account by name',
  row: foundSchema,
  text: `
  select ${fingerprintSql} as fingerprint, ${accountSql}
  from pg_catalog.pg_roles bot
    join pg_catalog.pg_roles account on account.rolname = $1::name
    left join pg_catalog.pg_roles role on role.rolname = $2::name
  where bot.rolname = current_user`,
};

const accountById: Query<z.infer<typeof accountSchema>> = {
  name: 'account by id',
  row: accountSchema,
  text: `
  select ${accountSql}
  from pg_catalog.pg_roles bot join pg_catalog.pg_roles account on account.oid = $1::oid
  where bot.rolname = current_user`,
};

/** What stands in the target for one role and account, both of which are there. */
export type Look = {
  readonly version: number;
  readonly roleOid: string;
  /** Names as SQL text, quoted by the server where they need it. */
  readonly roleSql: string;
  readonly accountSql: string;
  /** The account is a direct member by a grant of this bot. */
  readonly ours: boolean;
  readonly usable: boolean;
};

/** The account is looked up by its oid: a renamed one is still the one that was granted. */
export async function look(session: Session, target: Target): Promise<Look> {
  const [row] = await session.rows(lookQuery, [target.role, accountOid(target.account)]);
  if (row === undefined) {
    throw wrongTarget();
  }
  if (row.role_oid === null || row.role_sql === null) {
    throw noRole(target.role);
  }
  if (row.fingerprint !== target.fingerprint) {
    throw wrongTarget();
  }
  if (row.account_oid === null || row.account_sql === null) {
    const text = `The account with the id ${accountOid(target.account)} is no longer in this PostgreSQL`;
    throw new ConnectorError('unknown-account', text);
  }
  const { version, ours, usable } = row;
  return { version, roleOid: row.role_oid, roleSql: row.role_sql, accountSql: row.account_sql, ours, usable };
}

/** The one account of that name, if Hallpass may grant to it. */
export async function findAccount(
  session: Session,
  name: string,
  role: string,
  manage: readonly string[],
): Promise<{ account: Account; fingerprint: string }> {
  const problem = nameProblem(name);
  if (problem !== null) {
    throw new ConnectorError('unknown-account', `An account can't have this name here. ${problem}`);
  }
  const [row] = await session.rows(accountByName, [name, role]);
  if (row === undefined) {
    throw new ConnectorError('unknown-account', `There is no account ${name} in this PostgreSQL`);
  }
  if (row.fingerprint === null) {
    throw noRole(role);
  }
  mustBeGrantable(row, manage);
  return { account: { id: row.account_oid, name: row.account_name }, fingerprint: row.fingerprint };
}

export async function mustStillBeGrantable(
  session: Session,
  account: Account,
  manage: readonly string[],
): Promise<void> {
  const [row] = await session.rows(accountById, [accountOid(account)]);
  if (row === undefined) {
    throw new ConnectorError(
      'unknown-account',
      `The account ${account.name} is no longer in this PostgreSQL`,
    );
  }
  mustBeGrantable(row, manage);
}

/** An account of one person. What is given to a group would be given to people whom nobody approved. */
function mustBeGrantable(row: AccountRow, manage: readonly string[]): void {
  const problem =
    (nameProblem(row.account_name) === null ? null : 'has a name that Hallpass does not take') ??
    (row.account_is_superuser ? 'is a superuser, and needs no role' : null) ??
    (row.account_is_bot ? 'is the account of Hallpass itself' : null) ??
    (manage.includes(row.account_name) ? 'is itself a role that Hallpass manages' : null) ??
    (row.account_can_login ? null : 'may not log in, so it is no account of a person') ??
    (row.account_is_group ? 'has members, who would get its roles too' : null);
  if (problem !== null) {
    const name = nameProblem(row.account_name) === null ? row.account_name : `with the id ${row.account_oid}`;
    throw new ConnectorError('final', `The account ${name} ${problem}`);
  }
}

/** Anything that is no oid would fail as an error of SQL. */
export function accountOid(account: Account): string {
  if (!/^[1-9][0-9]{0,9}$/.test(account.id) || Number(account.id) >= 2 ** 32) {
    throw new ConnectorError('unknown-account', 'This is not the id of an account in PostgreSQL');
  }
  return account.id;
}

/** Not the same as nobody having it: it may have been renamed, with its members. */
export function noRole(role: string): ConnectorError {
  return new ConnectorError('final', `There is no role ${role} in this PostgreSQL`);
}

export function wrongTarget(): ConnectorError {
  return new ConnectorError(
    'wrong-target',
    'This is another PostgreSQL, another account of Hallpass in it, or another role of that name, than when the access was approved',
  );
}
