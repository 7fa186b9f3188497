import { z } from 'zod';
import type { Member } from '../../ports.js';
import type { Query, Session } from './database.js';
import { fingerprintSql, membershipOptions, noRole } from './look.js';

const roleQuery: Query<unknown> = {
  name: 'role',
  row: z.unknown(),
  text: 'select from pg_catalog.pg_roles where rolname = $1::name',
};

const memberSchema = z.object({
  oid: z.string(),
  name: z.string(),
  standing: z.boolean(),
  fingerprint: z.string(),
});

/** Accounts that can use the role, also by way of groups. The bot's own membership is for giving it. */
const membersQuery: Query<z.infer<typeof memberSchema>> = {
  name: 'members',
  row: memberSchema,
  text: `
  with recursive role as (
    select oid from pg_catalog.pg_roles where rolname = $1::name
  ), bot as (
    select oid from pg_catalog.pg_roles where rolname = current_user
  ), holders(oid, standing) as (
    select m.member, m.grantor <> bot.oid
    from pg_catalog.pg_auth_members m join role on m.roleid = role.oid cross join bot
    where m.member <> bot.oid and (${membershipOptions.inherits} or ${membershipOptions.sets})
    union
    select m.member, true
    from pg_catalog.pg_auth_members m join holders on m.roleid = holders.oid
    where ${membershipOptions.inherits} or ${membershipOptions.sets}
  )
  select
    account.oid::text as oid,
    account.rolname::text as name,
    pg_catalog.bool_and(holders.standing) as standing,
    ${fingerprintSql} as fingerprint
  from holders join pg_catalog.pg_roles account on account.oid = holders.oid cross join bot cross join role
  where account.rolcanlogin
  group by account.oid, account.rolname, bot.oid, role.oid
  order by account.rolname`,
};

export async function listMembers(session: Session, role: string): Promise<Member[]> {
  const found = await session.rows(roleQuery, [role]);
  if (found.length === 0) {
    throw noRole(role);
  }
  const rows = await session.rows(membersQuery, [role]);
  return rows.map(({ oid, name, standing, fingerprint }) => ({
    account: { id: oid, name },
    fingerprint,
    standing,
  }));
}
