import { z } from 'zod';
import { ConnectorError } from '../../ports.js';
import { listNames } from '../define.js';
import type { Query, Session } from './database.js';

const riskSchema = z.object({
  role: z.string(),
  via: z.string(),
  is_bot: z.boolean(),
  superuser: z.boolean(),
  createrole: z.boolean(),
  replication: z.boolean(),
  bypassrls: z.boolean(),
  server: z.boolean(),
  gives: z.array(z.string()),
});
type RiskRow = z.infer<typeof riskSchema>;

/**
 * Every role that one of $1 leads to, itself among them. Memberships that are not inherited count: their holder
 * can still step over, or let himself in where he has the option to give the role.
 */
const risksQuery: Query<z.infer<typeof riskSchema>> = {
  name: 'risks',
  row: riskSchema,
  text: `
  with recursive reach(role, oid) as (
    select rolname::text, oid from pg_catalog.pg_roles where rolname = any($1::name[])
    union
    select reach.role, m.roleid from reach join pg_catalog.pg_auth_members m on m.member = reach.oid
  )
  select
    reach.role,
    held.rolname::text as via,
    held.rolname = current_user as is_bot,
    held.rolsuper as superuser,
    held.rolcreaterole as createrole,
    held.rolreplication as replication,
    held.rolbypassrls as bypassrls,
    held.rolname in (
      'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_create_subscription'
    ) as server,
    array(
      select distinct given.rolname::text
      from pg_catalog.pg_auth_members m join pg_catalog.pg_roles given on given.oid = m.roleid
      where m.member = held.oid and m.admin_option
    ) as gives
  from reach join pg_catalog.pg_roles held on held.oid = reach.oid
  order by reach.role, held.rolname`,
};

export type RoleRisks = {
  /** What could outlive the window, in words; empty for a harmless role. */
  readonly risks: readonly string[];
  /** The role leads to the bot's own account, and with it to everything the bot can give. Never accepted. */
  readonly leadsToBot: boolean;
};

/** For each role that is there. */
export async function findRisks(session: Session, roles: readonly string[]): Promise<Map<string, RoleRisks>> {
  const rows = await session.rows(risksQuery, [[...roles]]);
  const found = new Map<string, RoleRisks>();
  for (const row of rows) {
    const before = found.get(row.role);
    found.set(row.role, {
      risks: [...(before?.risks ?? []), ...risksOf(row)],
      leadsToBot: row.is_bot || before?.leadsToBot === true,
    });
  }
  return found;
}

/** Looked at before every grant: a role may have become more than it was when the catalog was written. */
export async function mustBeSafe(
  session: Session,
  role: string,
  acceptRisk: Readonly<Record<string, string>>,
): Promise<void> {
  const problem = riskProblem(role, (await findRisks(session, [role])).get(role), acceptRisk);
  if (problem !== null) {
    throw new ConnectorError('final', problem);
  }
}

export function riskProblem(
  role: string,
  found: RoleRisks | undefined,
  acceptRisk: Readonly<Record<string, string>>,
): string | null {
  if (found?.leadsToBot === true) {
    return `The role ${role} is a member of the account of Hallpass: whoever held it could give away everything`;
  }
  if (found === undefined || found.risks.length === 0 || Object.hasOwn(acceptRisk, role)) {
    return null;
  }
  return `The role ${role} ${listNames(found.risks)}: it is granted only if accept_risk in the catalog says why`;
}

function risksOf(row: RiskRow): string[] {
  const by = row.via === row.role ? '' : ` through ${row.via}`;
  return [
    ...(row.superuser ? [`is a superuser${by}`] : []),
    ...(row.createrole ? [`can create roles${by}`] : []),
    ...(row.replication ? [`can copy the whole server${by}`] : []),
    ...(row.bypassrls ? [`passes by row security${by}`] : []),
    ...(row.server ? [`reaches outside the database by ${row.via}`] : []),
    ...(row.gives.length > 0 ? [`can give others ${listNames(row.gives)}${by}`] : []),
  ];
}
