import { z } from 'zod';
import type { Finding } from '../../ports.js';
import { listNames } from '../define.js';
import type { Query, Session } from './database.js';
import { membershipOptions } from './look.js';
import type { Rules } from './membership.js';
import { findRisks, riskProblem, type RoleRisks } from './risks.js';

const { inherits, sets } = membershipOptions;

const botSchema = z.object({
  version: z.number(),
  name: z.string(),
  sql: z.string(),
  superuser: z.boolean(),
  bootstrap: z.boolean(),
  createrole: z.boolean(),
  signals: z.boolean(),
});
export type Bot = z.infer<typeof botSchema>;

export const botQuery: Query<z.infer<typeof botSchema>> = {
  name: 'bot',
  row: botSchema,
  text: `
  select
    pg_catalog.current_setting('server_version_num')::int as version,
    bot.rolname::text as name,
    pg_catalog.quote_ident(bot.rolname::text) as sql,
    bot.rolsuper as superuser,
    bot.oid = 10 as bootstrap,
    bot.rolcreaterole as createrole,
    pg_catalog.pg_has_role(bot.oid, 'pg_signal_backend', 'USAGE') as signals
  from pg_catalog.pg_roles bot where bot.rolname = current_user`,
};

const heldSchema = z.object({
  role: z.string(),
  sql: z.string(),
  admin: z.boolean(),
  inherits: z.boolean(),
  sets: z.boolean(),
});
export type Held = z.infer<typeof heldSchema>;

export const heldQuery: Query<z.infer<typeof heldSchema>> = {
  name: 'held',
  row: heldSchema,
  text: `
  select
    role.rolname::text as role,
    pg_catalog.quote_ident(role.rolname::text) as sql,
    pg_catalog.bool_or(m.admin_option) as admin,
    pg_catalog.bool_or(${inherits}) as inherits,
    pg_catalog.bool_or(${sets}) as sets
  from pg_catalog.pg_auth_members m
    join pg_catalog.pg_roles bot on bot.oid = m.member
    join pg_catalog.pg_roles role on role.oid = m.roleid
  where bot.rolname = current_user
  group by role.rolname`,
};

/** Whether a grant works at all, and what a thief of the bot's password could do beyond it. */
export async function findFaults(
  session: Session,
  rules: Rules & { readonly endSessions: boolean },
): Promise<Finding[]> {
  const [bot] = await session.rows(botQuery);
  if (bot === undefined) {
    return [{ level: 'error', text: 'The account of Hallpass does not find itself in pg_roles' }];
  }
  const held = new Map((await session.rows(heldQuery)).map((row) => [row.role, row]));
  const risks = await findRisks(session, rules.manage);
  return [
    ...botFaults(bot, rules.endSessions),
    ...rules.manage.flatMap((role) => roleFaults(role, bot, held.get(role), risks.get(role), rules)),
    ...unmanaged(held, rules),
  ];
}

function botFaults(bot: Bot, endSessions: boolean): Finding[] {
  const signals = bot.signals || bot.superuser || !endSessions;
  return [
    ...(bot.version >= 140_000 ? [] : [error('This PostgreSQL is older than 14, which Hallpass needs')]),
    ...(signals ? [] : [error(`end_sessions needs: GRANT pg_signal_backend TO ${bot.sql}`)]),
    ...(bot.superuser
      ? [warning(`${bot.name} is a superuser: it can do everything. Give Hallpass an account of its own`)]
      : []),
    ...(bot.createrole && !bot.superuser
      ? [
          warning(
            `Hallpass needs no CREATEROLE, which on 15 gives away any role: ALTER ROLE ${bot.sql} NOCREATEROLE`,
          ),
        ]
      : []),
  ];
}

function roleFaults(
  role: string,
  bot: Bot,
  held: Held | undefined,
  found: RoleRisks | undefined,
  rules: Rules,
): Finding[] {
  if (found === undefined) {
    return [error(`There is no role ${role} in this PostgreSQL`)];
  }
  const has16 = bot.version >= 160_000;
  const options = has16 ? 'WITH ADMIN TRUE, INHERIT FALSE, SET FALSE' : 'WITH ADMIN OPTION';
  // From 16 on a superuser, too, needs the option to be named as the grantor; the first one has it by nature.
  const canGive = held?.admin === true || (bot.superuser && (bot.bootstrap || !has16));
  const usesIt = has16 && held !== undefined && (held.inherits || held.sets);
  const risk = riskProblem(role, found, rules.acceptRisk);
  return [
    ...(canGive ? [] : [error(`Hallpass can't give the role ${role}: GRANT it TO ${bot.sql} ${options}`)]),
    ...(usesIt
      ? [warning(`Hallpass can itself use ${role}: GRANT ${held.sql} TO ${bot.sql} ${options}`)]
      : []),
    ...(risk === null ? [] : [error(risk)]),
  ];
}

function unmanaged(held: ReadonlyMap<string, Held>, rules: Rules): Finding[] {
  const beyond = [...held.values()].filter(({ role, admin }) => admin && !rules.manage.includes(role));
  const accepted = Object.keys(rules.acceptRisk).filter((role) => !rules.manage.includes(role));
  return [
    ...(beyond.length === 0
      ? []
      : [
          warning(
            `Hallpass could also give roles it does not manage: ${listNames(beyond.map(({ role }) => role))}`,
          ),
        ]),
    ...(accepted.length === 0
      ? []
      : [warning(`accept_risk names roles that are not under manage: ${listNames(accepted)}`)]),
  ];
}

export function error(text: string): Finding {
  return { level: 'error', text };
}

export function warning(text: string): Finding {
  return { level: 'warning', text };
}
