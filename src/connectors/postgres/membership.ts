import { createHash } from 'node:crypto';
import { DatabaseError } from 'pg';
import type { Target } from '../../ports.js';
import type { Session } from './database.js';
import { idleInTransactionMs, lockTimeoutMs, revokeLockMs, statementTimeoutMs } from './limits.js';
import { look, mustStillBeGrantable, type Look } from './look.js';
import { mustBeSafe } from './risks.js';

/** What of the catalog binds every call. */
export type Rules = {
  readonly manage: readonly string[];
  readonly acceptRisk: Readonly<Record<string, string>>;
};

export async function checkMembership(
  session: Session,
  target: Target,
): Promise<'absent' | 'present' | 'standing'> {
  const { ours, usable } = await look(session, target);
  if (ours) {
    return 'present';
  }
  return usable ? 'standing' : 'absent';
}

/** Never with ADMIN OPTION: what the holder passed on would stay after the end. */
export async function grantMembership(session: Session, target: Target, rules: Rules): Promise<void> {
  await session.run(beginChange(target));
  const found = await look(session, target);
  await mustStillBeGrantable(session, target.account, rules.manage);
  await mustBeSafe(session, target.role, rules.acceptRisk);
  await finish(session, found.ours ? null : grantSql(found));
}

/** Takes back the bot's own grant alone; of what others have given, nothing is touched. */
export async function revokeMembership(session: Session, target: Target): Promise<void> {
  await beginToRevoke(session, target);
  const found = await look(session, target);
  await finish(session, found.ours ? revokeSql(found) : null);
}

/** From 16 on, each grantor's membership stands by itself; before, there is one, with its first grantor. */
function grantSql({ version, roleSql, accountSql }: Look): string {
  const grant = `GRANT ${roleSql} TO ${accountSql}`;
  return version >= 160_000 ? `${grant} WITH ADMIN FALSE, SET TRUE GRANTED BY CURRENT_USER` : grant;
}

function revokeSql({ version, roleSql, accountSql }: Look): string {
  const revoke = `REVOKE ${roleSql} FROM ${accountSql}`;
  return version >= 160_000 ? `${revoke} GRANTED BY CURRENT_USER` : revoke;
}

/** The limits are set here again, because a pooler may have dropped those of the startup, and lateEffectMs rests on them. */
export const begin = `BEGIN ISOLATION LEVEL READ COMMITTED;
  SET LOCAL statement_timeout = ${statementTimeoutMs};
  SET LOCAL lock_timeout = ${lockTimeoutMs};
  SET LOCAL idle_in_transaction_session_timeout = ${idleInTransactionMs}`;

/** A transaction that no other bot meets over this membership. */
export function beginChange(target: Target): string {
  return `${begin}; ${lock(target)}`;
}

/** Bots that meet over one membership wait for each other: PostgreSQL 15 answers them with errors otherwise. */
function lock(target: Target): string {
  return `SELECT pg_catalog.pg_advisory_xact_lock(${lockKey(target)})`;
}

/**
 * Whoever can connect to the database can take the same lock and keep it, the holder of the role too. So a
 * revocation waits for it as long as another bot needs it, and then goes on without.
 */
async function beginToRevoke(session: Session, target: Target): Promise<void> {
  try {
    await session.run(
      `${begin}; SET LOCAL lock_timeout = ${revokeLockMs}; ${lock(target)}; SET LOCAL lock_timeout = ${lockTimeoutMs}`,
    );
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== '55P03') {
      throw error;
    }
    await session.run('ROLLBACK');
    await session.run(begin);
  }
}

/** The change is sent with its COMMIT, in a transaction that the server has answered. */
async function finish(session: Session, change: string | null): Promise<void> {
  await session.change(change === null ? 'ROLLBACK' : `${change}; COMMIT`);
}

/** The same in every bot, and hardly in anything else that locks in this database. */
function lockKey({ role, account }: Target): string {
  const digest = createHash('sha256').update(`hallpass:membership ${role} ${account.id}`).digest();
  return String(digest.readBigInt64BE());
}
