import { z } from 'zod';
import { ConnectorError, type Connector, type Target } from '../../ports.js';
import type { ConnectorDeps, ConnectorKind } from '../define.js';
import { systemResolve, type Resolve } from '../../http/addresses.js';
import { createAsk, mustBeTarget } from './calls.js';
import { openWire } from './exchange.js';
import * as protocol from './protocol.js';
import { settingsSchema, toleranceMs } from './settings.js';
import { compare, versionProblem } from './validate.js';

export const webhook: ConnectorKind = {
  use: 'webhook',
  settings: settingsSchema,
  endSessions: 'required',
  create: (deps) => createWebhook(deps, systemResolve),
};

/** Asks a receiver of yours, over HTTP, to give and take roles. README.md has the protocol. */
export function createWebhook({ spec, readSecret }: ConnectorDeps, resolve: Resolve): Connector {
  const settings = settingsSchema.parse(spec.settings);
  const endSessions = z.boolean().parse(spec.endSessions);
  const tolerance = z.number().parse(toleranceMs(settings.tolerance));
  const rules = {
    allowPrivate: settings.allow_private !== undefined,
    loopbackOnly: settings.url.startsWith('http:'),
  };
  const wire = openWire({ url: settings.url, ca: settings.ca, rules, resolve });
  const ask = createAsk({ wire, secrets: settings.secrets, readSecret });

  /** Nothing else is ever touched, whatever a row of Hallpass's own database says. */
  function mustManage(role: string): void {
    if (!spec.manage.includes(role)) {
      throw new ConnectorError('final', 'The catalog does not let Hallpass manage this role');
    }
  }
  function dataOf({ role, account, fingerprint }: Target): Record<string, unknown> {
    mustManage(role);
    return { target: fingerprint, role, account };
  }
  const list: Connector['list'] = async (role, call) => {
    mustManage(role);
    const { target, members } = await ask(protocol.list, { role }, call);
    return members.map(({ account, standing }) => ({ account, standing, fingerprint: target }));
  };
  return {
    name: spec.name,
    simulated: false,
    capabilities: { nativeExpiry: settings.native_expiry, issuesSecret: false, marks: settings.marks },
    sessionsAtEnd: endSessions ? 'cut' : 'may-continue',
    // A call may be that old when it is carried out, and the receiver's clock that far behind: README.md, "Late calls".
    lateEffectMs: 2 * tolerance,
    howTo: ({ role, account }) =>
      `Sign in as ${account.name}, as usual: you have the role ${role} there now.`,
    validate: async (call) => {
      const description = await ask(protocol.describe, {}, call);
      const problem = versionProblem(description);
      if (problem !== null) {
        return [{ level: 'error', text: problem }];
      }
      const { native_expiry, marks, list: lists } = settings;
      const declared = { native_expiry, marks, list: lists, end_sessions: endSessions };
      return compare({ ...declared, toleranceMs: tolerance, manage: spec.manage }, description);
    },
    ping: async (call) => {
      const problem = versionProblem(await ask(protocol.describe, {}, call));
      if (problem !== null) {
        throw new ConnectorError('unreachable', problem);
      }
    },
    resolve: async (name, role, call) => {
      mustManage(role);
      const { target, account } = await ask(protocol.resolve, { role, account: { name } }, call);
      return { account: { id: account.id, name }, fingerprint: target };
    },
    check: async (target, call) => {
      const seen = await ask(protocol.check, dataOf(target), call);
      mustBeTarget(seen, target, false);
      const ends = settings.native_expiry !== 'none' && seen.state === 'present';
      return { state: seen.state, expiresAt: ends ? seen.expires_at : null };
    },
    grant: async (target, call) => {
      const data = { ...dataOf(target), expires_at: new Date(call.expiresAt).toISOString() };
      mustBeTarget(await ask(protocol.grant, data, call), target, true);
    },
    revoke: async (target, call) => {
      const done = await ask(protocol.revoke, { ...dataOf(target), end_sessions: endSessions }, call);
      mustBeTarget(done, target, true);
      return { sessionsEnded: endSessions ? done.sessions_ended : null };
    },
    ...(settings.list ? { list } : {}),
    close: async () => {
      wire.close();
    },
  };
}
