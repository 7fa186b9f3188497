import { z } from 'zod';
import type { Account } from '../../domain/request.js';
import { ConnectorError, type Connector, type Target } from '../../ports.js';
import type { ConnectorDeps, ConnectorKind } from '../define.js';

export const simulate: ConnectorKind = {
  use: 'simulate',
  settings: z.strictObject({}),
  endSessions: 'none',
  expels: () => true,
  create: createSimulation,
};

/**
 * A target that exists in this process alone. Its memory ends with the process: afterwards a role that was
 * granted reads back as absent, which is what it always was outside.
 */
function createSimulation({ spec }: ConnectorDeps): Connector {
  const fingerprint = `simulate:${spec.name}`;
  const members = new Map<string, Map<string, Account>>();

  function membersOf(role: string): Map<string, Account> {
    if (!spec.manage.includes(role)) {
      throw new ConnectorError('final', 'The catalog does not let Hallpass manage this role');
    }
    const found = members.get(role) ?? new Map<string, Account>();
    members.set(role, found);
    return found;
  }
  function membersFor(target: Target): Map<string, Account> {
    if (target.fingerprint !== fingerprint) {
      throw new ConnectorError('wrong-target', `This is ${fingerprint}, and not the target meant`);
    }
    if (target.account.id !== accountOf(target.account.name).id) {
      throw new ConnectorError('unknown-account', 'This is not the id of a simulated account');
    }
    return membersOf(target.role);
  }
  return {
    name: spec.name,
    simulated: true,
    capabilities: { nativeExpiry: 'none', issuesSecret: false, marks: true },
    sessionsAtEnd: 'none',
    lateEffectMs: 0,
    howTo: ({ role, account }) =>
      `SIMULATED: nothing was granted. A real connector would now let ${account.name} use ${role}.`,
    validate: async () => [],
    ping: async () => undefined,
    resolve: async (name) => ({ account: accountOf(name), fingerprint }),
    check: async (target) => ({
      state: membersFor(target).has(target.account.id) ? 'present' : 'absent',
      expiresAt: null,
    }),
    grant: async (target) => {
      membersFor(target).set(target.account.id, target.account);
    },
    revoke: async (target) => {
      membersFor(target).delete(target.account.id);
      return { sessionsEnded: null };
    },
    expel: async (target) => {
      membersFor(target).delete(target.account.id);
    },
    list: async (role) =>
      [...membersOf(role).values()].map((account) => ({ account, fingerprint, standing: false })),
    close: async () => undefined,
  };
}

/** Any name is an account, and its own id: there is nothing to look it up in. */
function accountOf(name: string): Account {
  if (name === '') {
    throw new ConnectorError('unknown-account', 'An account needs a name');
  }
  return { id: `sim:${name}`, name };
}
