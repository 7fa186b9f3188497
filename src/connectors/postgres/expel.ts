import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import { ConnectorError, type Target } from '../../ports.js';
import { listNames } from '../define.js';
import type { Query, Session } from './database.js';
import { look } from './look.js';
import { beginChange } from './membership.js';

const grantorSchema = z.object({ name: z.string(), revocable: z.boolean() });

/** Who else made the account a member, and whether this bot may undo it. The parameters: the oids of role and account. */
const grantorsQuery: Query<z.infer<typeof grantorSchema>> = {
  name: 'grantors',
  row: grantorSchema,
  text: `
  select
    grantor.rolname::text as name,
    pg_catalog.current_setting('server_version_num')::int < 160000
      or pg_catalog.pg_has_role(bot.oid, grantor.oid, 'USAGE') as revocable
  from pg_catalog.pg_auth_members m
    join pg_catalog.pg_roles grantor on grantor.oid = m.grantor
    join pg_catalog.pg_roles bot on bot.rolname = current_user
  where m.roleid = $1::oid and m.member = $2::oid and m.grantor <> bot.oid
  order by 1`,
};

/** All that others gave to this account by itself, or nothing of it. */
export async function expelMember(session: Session, target: Target): Promise<void> {
  await session.run(beginChange(target));
  const { version, roleOid, roleSql, accountSql } = await look(session, target);
  const grantors = await session.rows(grantorsQuery, [roleOid, target.account.id]);
  if (grantors.length === 0) {
    throw new ConnectorError(
      'final',
      `The account ${target.account.name} has the role by way of another role: take it out of that`,
    );
  }
  const others = grantors.filter(({ revocable }) => !revocable).map(({ name }) => name);
  if (others.length > 0) {
    throw new ConnectorError(
      'final',
      `The account ${target.account.name} was given the role by ${listNames(others)}, whose grants this PostgreSQL does not let Hallpass revoke: revoke them there`,
    );
  }
  const revoke = `REVOKE ${roleSql} FROM ${accountSql}`;
  const revokes =
    version >= 160_000
      ? grantors.map(({ name }) => `${revoke} GRANTED BY ${escapeIdentifier(name)}`)
      : [revoke];
  await session.change(`${revokes.join('; ')}; COMMIT`);
}
