import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import type { Account } from '../../domain/request.js';
import { ConnectorError, type Call, type Connector, type Finding, type Target } from '../../ports.js';
import type { ConnectorDeps, ConnectorKind } from '../define.js';
import { openDatabase, type Database, type Session } from './database.js';
import { lateEffectMs, maxConnections } from './limits.js';
import { expelMember } from './expel.js';
import { findAccount } from './look.js';
import { listMembers } from './members.js';
import { checkMembership, grantMembership, revokeMembership, type Rules } from './membership.js';
import { endSessions } from './sessions.js';
import { nameProblem, settingsSchema, type Settings } from './settings.js';
import { findFaults } from './validate.js';

export const postgres: ConnectorKind = {
  use: 'postgres',
  settings: settingsSchema,
  endSessions: 'required',
  roleNameProblem: nameProblem,
  expels: true,
  create: createPostgres,
};

/** Gives membership in roles that are there already, to accounts that are there already. */
function createPostgres({ spec, readSecret, log }: ConnectorDeps): Connector {
  const settings = settingsSchema.parse(spec.settings);
  const cutSessions = z.boolean().parse(spec.endSessions);
  const own = { name: spec.name, settings, readSecret, log };
  const ends = openDatabase({ ...own, maxConnections: maxConnections.ends });
  const rest = openDatabase({ ...own, maxConnections: maxConnections.rest });
  const rules: Rules = { manage: spec.manage, acceptRisk: settings.accept_risk ?? {} };

  /** Nothing else is ever touched, whatever a row of Hallpass's own database says. */
  function mustManage(role: string): void {
    if (!spec.manage.includes(role)) {
      throw new ConnectorError('final', 'The catalog does not let Hallpass manage this role');
    }
  }
  async function withRole<Value>(
    database: Database,
    role: string,
    call: Call,
    work: (session: Session) => Promise<Value>,
  ): Promise<Value> {
    mustManage(role);
    return database.use(call, work);
  }
  return {
    name: spec.name,
    simulated: false,
    capabilities: { nativeExpiry: 'none', issuesSecret: false, marks: true },
    sessionsAtEnd: cutSessions ? 'cut' : 'may-continue',
    lateEffectMs,
    howTo,
    validate: async (call) => {
      const found = await rest.use(call, (session) =>
        findFaults(session, { ...rules, endSessions: cutSessions }),
      );
      return [...tlsFindings(settings), ...found];
    },
    ping: (call) => ends.use(call, (session) => session.run('select 1')),
    resolve: (name, role, call) =>
      withRole(rest, role, call, (session) => findAccount(session, name, role, spec.manage)),
    check: (target, call) =>
      withRole(ends, target.role, call, async (session) => ({
        state: await checkMembership(session, target),
        expiresAt: null,
      })),
    grant: (target, call) =>
      withRole(rest, target.role, call, (session) => grantMembership(session, target, rules)),
    revoke: (target, call) =>
      withRole(ends, target.role, call, async (session) => {
        await revokeMembership(session, target);
        return { sessionsEnded: cutSessions ? await cutWhatIsLeft(session, target) : null };
      }),
    expel: (target, call) => withRole(rest, target.role, call, (session) => expelMember(session, target)),
    list: (role, call) => withRole(rest, role, call, (session) => listMembers(session, role)),
    close: async () => {
      await Promise.all([ends.close(), rest.close()]);
    },
  };
}

/** Who may use the role by other leave as well keeps it, and the sessions with it. */
async function cutWhatIsLeft(session: Session, target: Target): Promise<number> {
  return (await checkMembership(session, target)) === 'standing' ? 0 : endSessions(session, target.account);
}

/** True for accounts with INHERIT, as PostgreSQL makes them, and for those without. */
function howTo({ role, account }: { role: string; account: Account }): string {
  const name = /^[a-z_][a-z0-9_]*$/.test(role) ? role : escapeIdentifier(role);
  return (
    `Connect to the database as ${account.name}, as usual: what ${role} may do, you may do now. ` +
    `If something is still refused, run: SET ROLE ${name};`
  );
}

function tlsFindings({ ca, accept_plaintext: reason }: Settings): Finding[] {
  if (reason === undefined) {
    return [];
  }
  const text =
    ca === undefined
      ? 'Where the connection leaves this machine it is not encrypted: its password can be read on the way'
      : 'accept_plaintext has no effect: `ca` is set, so TLS is used and verified';
  return [{ level: 'warning', text }];
}
