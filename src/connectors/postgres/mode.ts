import type { Account } from '../../domain/request.js';
import type { Instant } from '../../domain/time.js';
import type { Capabilities, Credential, Finding, Member, Observed, Target } from '../../ports.js';
import type { SessionsAtEnd } from '../../domain/views.js';
import type { Session } from './database.js';

/** One way of giving access. Each call has a connection of its own for its length, and a role that is managed. */
export type Mode = {
  readonly capabilities: Capabilities;
  readonly sessionsAtEnd: SessionsAtEnd;
  howTo(this: void, entitlement: { role: string; account: Account }): string;
  findFaults(this: void, session: Session): Promise<Finding[]>;
  resolve(
    this: void,
    session: Session,
    name: string,
    role: string,
  ): Promise<{ account: Account; fingerprint: string }>;
  check(this: void, session: Session, target: Target): Promise<Observed>;
  grant(this: void, session: Session, target: Target, expiresAt: Instant): Promise<void>;
  revoke(this: void, session: Session, target: Target): Promise<{ sessionsEnded: number | null }>;
  list(this: void, session: Session, role: string): Promise<Member[]>;
  expel?(this: void, session: Session, target: Target): Promise<void>;
  reveal?(this: void, session: Session, target: Target): Promise<Credential>;
};
