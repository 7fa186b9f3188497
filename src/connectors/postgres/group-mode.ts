import type { Target } from '../../ports.js';
import type { Session } from './database.js';
import { expelMember } from './expel.js';
import { howToUse } from './how-to.js';
import { findAccount } from './look.js';
import { listMembers } from './members.js';
import { checkMembership, grantMembership, revokeMembership, type Rules } from './membership.js';
import type { Mode } from './mode.js';
import { endSessions } from './sessions.js';
import { findFaults } from './validate.js';

/** By GRANT and REVOKE of Hallpass's own account, to accounts that are there already. */
export function groupMode(rules: Rules, cutSessions: boolean): Mode {
  return {
    capabilities: { nativeExpiry: 'none', issuesSecret: false, marks: true },
    sessionsAtEnd: cutSessions ? 'cut' : 'may-continue',
    howTo: howToUse,
    findFaults: (session) => findFaults(session, { ...rules, endSessions: cutSessions }),
    resolve: (session, name, role) => findAccount(session, name, role, rules.manage),
    check: async (session, target) => ({ state: await checkMembership(session, target), expiresAt: null }),
    grant: (session, target) => grantMembership(session, target, rules),
    revoke: async (session, target) => {
      await revokeMembership(session, target);
      return { sessionsEnded: cutSessions ? await cutWhatIsLeft(session, target) : null };
    },
    list: listMembers,
    expel: expelMember,
  };
}

/** Who may use the role by other leave as well keeps it, and the sessions with it. */
async function cutWhatIsLeft(session: Session, target: Target): Promise<number> {
  return (await checkMembership(session, target)) === 'standing' ? 0 : endSessions(session, target.account);
}
