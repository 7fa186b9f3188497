import { randomBytes } from 'node:crypto';
import { DatabaseError, escapeLiteral } from 'pg';
import { z } from 'zod';
import { ConnectorError, type Credential, type Log, type Member, type Target } from '../../ports.js';
import { Secret } from '../../secret.js';
import type { Address } from './connection-options.js';
import type { Query, Session } from './database.js';
import { endSessionsOf, holdersQuery, instantSql, type Holder } from './function-mode.js';
import { findFunctionFaults } from './function-validate.js';
import { sqlName } from './how-to.js';
import { noRole, wrongTarget } from './look.js';
import { begin, type Rules } from './membership.js';
import type { Mode } from './mode.js';
import { mustBeSafe } from './risks.js';
import { scramVerifier } from './scram-verifier.js';
import { nameProblem } from './settings.js';

const seenSchema = z.object({
  fingerprint: z.string(),
  login: z.string(),
  login_oid: z.string().nullable(),
  present: z.boolean(),
  until: z.date().nullable(),
});
type Seen = z.infer<typeof seenSchema>;

const checkQuery: Query<Seen> = {
  name: 'check login',
  row: seenSchema,
  text: `
  select fingerprint, login::text as login, login_oid::text as login_oid, present, until
  from hallpass.check_login($1::name, $2::text)`,
};

const droppedSchema = z.object({ dropped: z.boolean() });

const dropQuery: Query<z.infer<typeof droppedSchema>> = {
  name: 'drop login',
  row: droppedSchema,
  text: 'select hallpass.drop_login($1::name, $2::text) as dropped',
};

/**
 * By a login made for one person, one role and one window. Its name follows from the role and the person's name
 * in the catalog, so that every step can be repeated; its password is made when somebody asks to see it.
 */
export function ephemeralMode(rules: Rules, log: Log, addressOf: () => Address): Mode {
  return {
    capabilities: { nativeExpiry: 'coarse', issuesSecret: true, marks: true },
    sessionsAtEnd: 'cut',
    howTo: ({ role, account }) =>
      `There is a temporary login for ${account.name} with the role ${role}. Press Reveal login on the card of this access to see it.`,
    findFaults: (session) => findFunctionFaults(session, { ...rules, endSessions: true, logins: true }),
    resolve: async (session, name, role) => {
      const { login, fingerprint } = await lookAt(session, role, name);
      return { account: { id: idOf(login), name }, fingerprint };
    },
    check: async (session, target) => {
      const { present, until } = await see(session, target);
      return present
        ? { state: 'present', expiresAt: until?.getTime() ?? null }
        : { state: 'absent', expiresAt: null };
    },
    grant: async (session, target, expiresAt) => {
      await session.run(begin);
      await see(session, target);
      await mustBeSafe(session, target.role, rules.acceptRisk);
      await session.change(
        `SELECT hallpass.create_login(${whose(target)}, ${instantSql(expiresAt)}); COMMIT`,
      );
    },
    revoke: async (session, target) => ({ sessionsEnded: await revokeLogin(session, target, log) }),
    list: async (session, role) => (await session.rows(holdersQuery, [role])).map(toMember),
    reveal: async (session, target) => revealLogin(session, target, addressOf()),
  };
}

/** Closed and committed first, so that no session begins after those that are ended. */
async function revokeLogin(session: Session, target: Target, log: Log): Promise<number> {
  await session.run(begin);
  const { login, login_oid: oid } = await see(session, target);
  await session.change(`SELECT hallpass.close_login(${whose(target)}); COMMIT`);
  if (oid === null) {
    return 0;
  }
  const ended = await endSessionsOf(session, target.role, oid);
  const rows = await session.rows(dropQuery, [target.role, target.account.name]).catch(openedMeanwhile);
  if (rows.some(({ dropped }) => !dropped)) {
    log.warn(
      { login, role: target.role },
      'A temporary login is closed and without access, but something in a database still belongs to it: run DROP OWNED or REASSIGN OWNED there, then DROP ROLE',
    );
  }
  return ended;
}

/** By another call that grants: it stays then, and the look that follows finds it present. */
function openedMeanwhile(error: unknown): [] {
  if (error instanceof DatabaseError && error.code === 'HP044') {
    return [];
  }
  throw error;
}

/** Only the verifier is sent. Sessions that were opened with the password before go on. */
async function revealLogin(session: Session, target: Target, address: Address): Promise<Credential> {
  await session.run(begin);
  const { present, login } = await see(session, target);
  if (!present) {
    throw new ConnectorError('final', 'The temporary login is not there');
  }
  const password = new Secret(randomBytes(24).toString('base64url'));
  const verifier = escapeLiteral(await scramVerifier(password));
  await session.change(`SELECT hallpass.set_password(${whose(target)}, ${verifier}); COMMIT`);
  const fields = { host: address.host, port: String(address.port), database: address.database, user: login };
  return {
    fields: [
      ...Object.entries(fields).map(([label, text]) => ({ label, value: new Secret(text) })),
      { label: 'password', value: password },
    ],
    howTo:
      `psql '${urlFor(login, target.role, address)}' asks for the password. ` +
      `With another tool, run this first: SET ROLE ${sqlName(target.role)};`,
  };
}

/** With the role taken on at once; a quote that is left as it is would end the shell's own. */
function urlFor(login: string, role: string, { host, port, database }: Address): string {
  const encode = (text: string): string => encodeURIComponent(text).replaceAll("'", '%27');
  const shownHost = /^[0-9a-f:]+:[0-9a-f:]*$/.test(host) ? `[${host}]` : encode(host);
  return `postgresql://${login}@${shownHost}:${port}/${encode(database)}?options=${encode(`-crole=${role}`)}`;
}

function whose({ role, account }: Target): string {
  return `${escapeLiteral(role)}, ${escapeLiteral(account.name)}`;
}

function idOf(login: string): string {
  return `login:${login}`;
}

async function see(session: Session, target: Target): Promise<Seen> {
  const seen = await lookAt(session, target.role, target.account.name);
  if (seen.fingerprint !== target.fingerprint) {
    throw wrongTarget();
  }
  if (idOf(seen.login) !== target.account.id) {
    throw new ConnectorError('unknown-account', 'This is not the id of a temporary login of this person');
  }
  return seen;
}

async function lookAt(session: Session, role: string, name: string): Promise<Seen> {
  const problem = nameProblem(name);
  if (problem !== null) {
    throw new ConnectorError('unknown-account', `A temporary login can't be made for this name. ${problem}`);
  }
  const [row] = await session.rows(checkQuery, [role, name]);
  if (row === undefined) {
    throw noRole(role);
  }
  return row;
}

/** Accounts of other kinds are not this connector's. */
function toMember({ oid, name, login_of: loginOf, ours, fingerprint }: Holder): Member {
  return loginOf === null
    ? { account: { id: oid, name }, fingerprint, standing: true }
    : { account: { id: idOf(name), name: loginOf }, fingerprint, standing: !ours };
}
