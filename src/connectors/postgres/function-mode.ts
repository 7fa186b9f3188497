import { escapeLiteral } from 'pg';
import { z } from 'zod';
import type { Instant } from '../../domain/time.js';
import { ConnectorError, type Member, type Target } from '../../ports.js';
import type { Query, Session } from './database.js';
import { findFunctionFaults } from './function-validate.js';
import { howToUse } from './how-to.js';
import { accountOid, findAccount, mustStillBeGrantable, noRole, wrongTarget } from './look.js';
import { begin, type Rules } from './membership.js';
import type { Mode } from './mode.js';
import { mustBeSafe } from './risks.js';

const seenSchema = z.object({
  fingerprint: z.string(),
  account_known: z.boolean(),
  ours: z.boolean(),
  usable: z.boolean(),
  until: z.date().nullable(),
});
type Seen = z.infer<typeof seenSchema>;

const checkQuery: Query<Seen> = {
  name: 'check role',
  row: seenSchema,
  text: 'select fingerprint, account_known, ours, usable, until from hallpass.check_role($1::name, $2::oid)',
};

const holderSchema = z.object({
  fingerprint: z.string(),
  oid: z.string(),
  name: z.string(),
  login_of: z.string().nullable(),
  ours: z.boolean(),
});
export type Holder = z.infer<typeof holderSchema>;

export const holdersQuery: Query<Holder> = {
  name: 'list role',
  row: holderSchema,
  text: `
  select fingerprint, member_oid::text as oid, member_name::text as name, login_of, ours
  from hallpass.list_role($1::name)`,
};

const endedSchema = z.object({ ended: z.number(), remaining: z.number() });

const endSessionsQuery: Query<z.infer<typeof endedSchema>> = {
  name: 'end sessions of',
  row: endedSchema,
  text: 'select ended, remaining from hallpass.end_sessions($1::name, $2::oid)',
};

/** By the functions that Hallpass ships, to accounts that are there already. The ledger there knows every end. */
export function functionMode(rules: Rules, cutSessions: boolean): Mode {
  return {
    capabilities: { nativeExpiry: 'coarse', issuesSecret: false, marks: true },
    sessionsAtEnd: cutSessions ? 'cut' : 'may-continue',
    howTo: howToUse,
    findFaults: (session) =>
      findFunctionFaults(session, { ...rules, endSessions: cutSessions, logins: false }),
    resolve: async (session, name, role) => {
      const { account } = await findAccount(session, name, role, rules.manage);
      const { fingerprint } = await lookAt(session, role, account.id);
      return { account, fingerprint };
    },
    check: async (session, target) => {
      const { ours, usable, until } = await see(session, target);
      const state = ours ? 'present' : usable ? 'standing' : 'absent';
      return { state, expiresAt: ours ? (until?.getTime() ?? null) : null };
    },
    grant: async (session, target, expiresAt) => {
      await session.run(begin);
      await see(session, target);
      // The functions refuse the same; here it is said by name, and the catalog has its word.
      await mustStillBeGrantable(session, target.account, rules.manage);
      await mustBeSafe(session, target.role, rules.acceptRisk);
      await session.change(`${grantCall(target, expiresAt, cutSessions)}; COMMIT`);
    },
    revoke: async (session, target) => {
      await session.run(begin);
      await see(session, target);
      const call = `SELECT hallpass.revoke_role(${escapeLiteral(target.role)}, ${accountOid(target.account)})`;
      await session.change(`${call}; COMMIT`);
      return {
        sessionsEnded: cutSessions ? await endSessionsOf(session, target.role, target.account.id) : null,
      };
    },
    list: async (session, role) => (await session.rows(holdersQuery, [role])).map(toMember),
  };
}

/** After the end was committed. The functions leave alone who may use the role by other leave. */
export async function endSessionsOf(session: Session, role: string, oid: string): Promise<number> {
  const [row] = await session.rows(endSessionsQuery, [role, oid]);
  if (row === undefined || row.remaining > 0) {
    const text = `The access is taken away, but ${row?.remaining ?? 'some'} sessions have not ended yet`;
    throw new ConnectorError('retryable', text);
  }
  return row.ended;
}

function grantCall({ role, account }: Target, expiresAt: Instant, cutSessions: boolean): string {
  const values = [escapeLiteral(role), accountOid(account), instantSql(expiresAt), String(cutSessions)];
  return `SELECT hallpass.grant_role(${values.join(', ')})`;
}

export function instantSql(instant: Instant): string {
  return `${escapeLiteral(new Date(instant).toISOString())}::timestamptz`;
}

async function see(session: Session, target: Target): Promise<Seen> {
  const seen = await lookAt(session, target.role, accountOid(target.account));
  if (seen.fingerprint !== target.fingerprint) {
    throw wrongTarget();
  }
  if (!seen.account_known) {
    const text = `The account with the id ${target.account.id} is no longer in this PostgreSQL`;
    throw new ConnectorError('unknown-account', text);
  }
  return seen;
}

async function lookAt(session: Session, role: string, oid: string): Promise<Seen> {
  const [row] = await session.rows(checkQuery, [role, oid]);
  if (row === undefined) {
    throw noRole(role);
  }
  return row;
}

/** A temporary login is another connector's, and bears no mark of this one. */
function toMember({ oid, name, login_of: loginOf, ours, fingerprint }: Holder): Member {
  return { account: { id: oid, name }, fingerprint, standing: !ours || loginOf !== null };
}
