import { z } from 'zod';
import { ConnectorError, type Call, type Connector, type Finding, type Log } from '../../ports.js';
import { secretForConnection, type ConnectorDeps, type ConnectorKind, type ReadSecret } from '../define.js';
import { addressIn } from './connection-options.js';
import { openDatabase, type Database, type Query, type Session } from './database.js';
import { ephemeralMode } from './ephemeral-mode.js';
import { functionMode } from './function-mode.js';
import { groupMode } from './group-mode.js';
import { lateEffectMs, maxConnections } from './limits.js';
import type { Rules } from './membership.js';
import type { Mode } from './mode.js';
import { nameProblem, settingsSchema, type Settings } from './settings.js';
import { shippedSql } from './sql/shipped-sql.js';
import { warning } from './validate.js';

const readOnlySchema = z.object({ read_only: z.string() });
const readOnlyQuery: Query<z.infer<typeof readOnlySchema>> = {
  name: 'read-only',
  row: readOnlySchema,
  text: `select pg_catalog.current_setting('transaction_read_only') as read_only`,
};

export const postgres: ConnectorKind = {
  use: 'postgres',
  settings: settingsSchema,
  endSessions: 'required',
  roleNameProblem: nameProblem,
  sql: shippedSql,
  expels: ({ mode = 'group' }) => mode === 'group',
  create: createPostgres,
};

function createPostgres({ spec, readSecret, log }: ConnectorDeps): Connector {
  const settings = settingsSchema.parse(spec.settings);
  const cutSessions = z.boolean().parse(spec.endSessions);
  const own = { name: spec.name, settings, readSecret, log };
  const ends = openDatabase({ ...own, maxConnections: maxConnections.ends });
  const rest = openDatabase({ ...own, maxConnections: maxConnections.rest });
  const rules: Rules = { manage: spec.manage, acceptRisk: settings.accept_risk ?? {} };
  const mode = modeOf({ settings, rules, cutSessions, readSecret, log });
  const { reveal, expel } = mode;

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
    capabilities: mode.capabilities,
    sessionsAtEnd: mode.sessionsAtEnd,
    lateEffectMs,
    howTo: mode.howTo,
    validate: async (call) => {
      const found = await rest.use(call, mode.findFaults);
      return [...settingsFindings(settings, cutSessions), ...found];
    },
    ping: (call) => ends.use(call, mustTakeChanges),
    resolve: (name, role, call) => withRole(rest, role, call, (session) => mode.resolve(session, name, role)),
    check: (target, call) => withRole(ends, target.role, call, (session) => mode.check(session, target)),
    grant: (target, call) =>
      withRole(rest, target.role, call, (session) => mode.grant(session, target, call.expiresAt)),
    revoke: (target, call) => withRole(ends, target.role, call, (session) => mode.revoke(session, target)),
    list: (role, call) => withRole(rest, role, call, (session) => mode.list(session, role)),
    ...(expel === undefined
      ? {}
      : {
          expel: (target, call) => withRole(rest, target.role, call, (session) => expel(session, target)),
        }),
    ...(reveal === undefined
      ? {}
      : {
          reveal: (target, call) => withRole(rest, target.role, call, (session) => reveal(session, target)),
        }),
    close: async () => {
      await Promise.all([ends.close(), rest.close()]);
    },
  };
}

function modeOf({
  settings,
  rules,
  cutSessions,
  readSecret,
  log,
}: {
  settings: Settings;
  rules: Rules;
  cutSessions: boolean;
  readSecret: ReadSecret;
  log: Log;
}): Mode {
  switch (settings.mode) {
    case 'group':
      return groupMode(rules, cutSessions);
    case 'function':
      return functionMode(rules, cutSessions);
    case 'ephemeral':
      return ephemeralMode(rules, log, () =>
        addressIn(secretForConnection(readSecret, settings.url), settings.url),
      );
  }
}

function settingsFindings({ ca, accept_plaintext: reason, mode }: Settings, cutSessions: boolean): Finding[] {
  const plaintext =
    ca === undefined
      ? 'Where the connection leaves this machine it is not encrypted: its password can be read on the way'
      : 'accept_plaintext has no effect: `ca` is set, so TLS is used and verified';
  return [
    ...(reason === undefined ? [] : [warning(plaintext)]),
    ...(mode === 'ephemeral' && !cutSessions
      ? [
          warning(
            'end_sessions: false has no effect in mode ephemeral: a temporary login ends with its sessions',
          ),
        ]
      : []),
  ];
}

/** A server that only answers, as a standby or a full one does, can end nothing yet. */
async function mustTakeChanges(session: Session): Promise<void> {
  const [row] = await session.rows(readOnlyQuery);
  if (row?.read_only !== 'off') {
    throw new ConnectorError('unreachable', 'PostgreSQL is read-only: is this a standby?');
  }
}
