import { DatabaseError } from 'pg';
import { z } from 'zod';
import { SECOND_MS } from '../../domain/time.js';
import type { Finding } from '../../ports.js';
import { listNames } from '../define.js';
import type { Query, Session } from './database.js';
import type { Rules } from './membership.js';
import { findRisks, riskProblem, type RoleRisks } from './risks.js';
import { sqlVersion } from './sql/version.js';
import { botQuery, error, heldQuery, warning, type Bot } from './validate.js';

const infoSchema = z.object({
  version: z.number(),
  server_now: z.date(),
  sweep_is_late: z.boolean(),
  can_signal: z.boolean(),
  can_create: z.boolean(),
  leftover: z.array(z.string()),
});
type Info = z.infer<typeof infoSchema>;

const infoQuery: Query<Info> = {
  name: 'info',
  row: infoSchema,
  text: 'select version, server_now, sweep_is_late, can_signal, can_create, leftover from hallpass.info()',
};

const managedSchema = z.object({
  role: z.string(),
  sql: z.string(),
  listed: z.boolean(),
  accepts_risk: z.boolean(),
  can_give: z.boolean(),
  can_use: z.boolean(),
});
type Managed = z.infer<typeof managedSchema>;

const managedQuery: Query<Managed> = {
  name: 'managed roles',
  row: managedSchema,
  text: `
  select
    role_name::text as role, pg_catalog.quote_ident(role_name::text) as sql, listed, accepts_risk, can_give, can_use
  from hallpass.managed_roles()`,
};

/** `logins`: temporary ones are made, for which the functions' owner needs more. */
type FunctionRules = Rules & { readonly endSessions: boolean; readonly logins: boolean };

/** Two clocks that differ by more end access that much too early or too late, should Hallpass be gone. */
const CLOCKS_MAY_DIFFER_MS = 10 * SECOND_MS;

/** pg_cron is in one database of the server, which need not be this one. */
const sweepLine =
  "SELECT cron.schedule_in_database('hallpass', '* * * * *', 'SELECT hallpass.sweep()', 'DATABASE')";

/** Whether the functions are there and can do their work, and what a thief of the password could do beside them. */
export async function findFunctionFaults(session: Session, rules: FunctionRules): Promise<Finding[]> {
  const info = await readInfo(session);
  const [bot] = await session.rows(botQuery);
  if (info === null || bot === undefined) {
    const text =
      "Hallpass's functions are not in this database, or not for this account: run as a superuser what `hallpass sql postgres` prints";
    return [error(text)];
  }
  if (info.version < sqlVersion) {
    const text = `The functions in this database are version ${info.version}, and Hallpass needs ${sqlVersion}: run what \`hallpass sql postgres\` prints over them`;
    return [error(text)];
  }
  const managed = new Map((await session.rows(managedQuery)).map((row) => [row.role, row]));
  const risks = await findRisks(session, rules.manage);
  const held = await session.rows(heldQuery);
  return [
    ...ownerFaults(info, rules),
    ...stateWarnings(info),
    ...botWarnings(
      bot,
      held.map(({ sql }) => sql),
    ),
    ...rules.manage.flatMap((role) => roleFaults(role, bot, managed.get(role), risks.get(role), rules)),
    ...unmanaged(managed, rules),
  ];
}

/** Null where the account can't call it: it is not there, or is for another account. */
async function readInfo(session: Session): Promise<Info | null> {
  try {
    const [info] = await session.rows(infoQuery);
    return info ?? null;
  } catch (thrown) {
    if (thrown instanceof DatabaseError && ['3F000', '42883', '42501'].includes(thrown.code ?? '')) {
      return null;
    }
    throw thrown;
  }
}

function ownerFaults({ can_signal: signals, can_create: creates }: Info, rules: FunctionRules): Finding[] {
  return [
    ...(signals || !rules.endSessions
      ? []
      : [error('end_sessions needs: GRANT pg_signal_backend TO hallpass_owner')]),
    ...(creates || !rules.logins
      ? []
      : [error('Temporary logins need: ALTER ROLE hallpass_owner CREATEROLE')]),
  ];
}

function stateWarnings({ server_now: now, sweep_is_late: late, leftover }: Info): Finding[] {
  const apartMs = Math.abs(Date.now() - now.getTime());
  return [
    ...(late
      ? [
          warning(
            `Nothing has run hallpass.sweep() in the last 5 minutes: without Hallpass no access would end. With pg_cron, and this database's name for DATABASE: ${sweepLine}`,
          ),
        ]
      : []),
    ...(apartMs > CLOCKS_MAY_DIFFER_MS
      ? [
          warning(
            `PostgreSQL's clock and Hallpass's are ${Math.round(apartMs / SECOND_MS)} s apart: set them right`,
          ),
        ]
      : []),
    ...(leftover.length > 0
      ? [
          warning(
            `Temporary logins are closed, but something still belongs to them: ${listNames(leftover)}. In each database run DROP OWNED or REASSIGN OWNED, then DROP ROLE`,
          ),
        ]
      : []),
  ];
}

function botWarnings(bot: Bot, held: readonly string[]): Finding[] {
  return [
    ...(bot.superuser
      ? [warning(`${bot.name} is a superuser: it can do everything. Give Hallpass an account of its own`)]
      : []),
    ...(bot.createrole && !bot.superuser
      ? [warning(`Hallpass's account needs no CREATEROLE: ALTER ROLE ${bot.sql} NOCREATEROLE`)]
      : []),
    ...(held.length > 0
      ? [
          warning(
            `Hallpass's account needs no roles of its own in this mode: REVOKE ${listNames(held)} FROM ${bot.sql}`,
          ),
        ]
      : []),
  ];
}

function roleFaults(
  role: string,
  bot: Bot,
  found: Managed | undefined,
  risks: RoleRisks | undefined,
  rules: Rules,
): Finding[] {
  if (risks === undefined) {
    return [error(`There is no role ${role} in this PostgreSQL`)];
  }
  const has16 = bot.version >= 160_000;
  const options = has16 ? 'WITH ADMIN TRUE, INHERIT FALSE, SET FALSE' : 'WITH ADMIN OPTION';
  const grant = `GRANT ${found?.sql ?? role} TO hallpass_owner ${options}`;
  const risk = riskProblem(role, risks, rules.acceptRisk);
  const alsoThere = risk === null && risks.risks.length > 0 && found?.listed === true && !found.accepts_risk;
  return [
    ...(found?.can_give === true
      ? []
      : [error(`Hallpass's functions can't give the role ${role}: ${grant}`)]),
    ...(found?.listed === true
      ? []
      : [
          error(
            `Hallpass's functions may not give the role ${role}: INSERT INTO hallpass.managed VALUES ('${role}')`,
          ),
        ]),
    ...(has16 && found?.can_use === true
      ? [warning(`Hallpass's functions can themselves use ${role}: ${grant}`)]
      : []),
    ...(risk === null ? [] : [error(risk)]),
    ...(alsoThere
      ? [
          error(
            `The role ${role} ${listNames(risks.risks)}: say why it is given in hallpass.managed.accept_risk`,
          ),
        ]
      : []),
  ];
}

function unmanaged(managed: ReadonlyMap<string, Managed>, rules: Rules): Finding[] {
  const beyond = [...managed.values()].filter(
    ({ role, listed, can_give: gives }) => listed && gives && !rules.manage.includes(role),
  );
  const accepted = Object.keys(rules.acceptRisk).filter((role) => !rules.manage.includes(role));
  return [
    ...(beyond.length === 0
      ? []
      : [
          warning(
            `The table hallpass.managed has roles that the catalog does not: ${listNames(beyond.map(({ role }) => role))}`,
          ),
        ]),
    ...(accepted.length === 0
      ? []
      : [warning(`accept_risk names roles that are not under manage: ${listNames(accepted)}`)]),
  ];
}
