import { createHash } from 'node:crypto';
import type { Target } from '../../ports.js';
import type { Session } from './database.js';
import { idleInTransactionMs, lockTimeoutMs, statementTimeoutMs } from './limits.js';
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
  await inTransaction(session, target, async () => {
    const found = await look(session, target);
    await mustStillBeGrantable(session, target.account, rules.manage);
    await mustBeSafe(session, target.role, rules.acceptRisk);
    return found.ours ? null : grantSql(found);
  });
}

/** Takes back the bot's own grant alone; of what others have given, nothing is touched. */
export async function revokeMembership(session: Session, target: Target): Promise<void> {
  await inTransaction(session, target, async () => {
    const found = await look(session, target);
    return found.ours ? revokeSql(found) : null;
  });
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

/**
 * The change that `decide` comes to is sent with its COMMIT. Bots that meet over one membership wait for each
 * other: PostgreSQL 15 answers them with errors otherwise. The limits are set here again, because a pooler may
 * have dropped those of the startup, and lateEffectMs rests on them.
 */
async function inTransaction(
  session: Session,
  target: Target,
  decide: () => Promise<string | null>,
): Promise<void> {
  await session.run(
    `BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL statement_timeout = ${statementTimeoutMs};
    SET LOCAL lock_timeout = ${lockTimeoutMs};
    SET LOCAL idle_in_transaction_session_timeout = ${idleInTransactionMs};
    SELECT pg_catalog.pg_advisory_xact_lock(${lockKey(target)})`,
  );
  const change = await decide();
  await session.change(change === null ? 'ROLLBACK' : `${change}; COMMIT`);
}

/** The same in every bot, and hardly in anything else that locks in this database. */
function lockKey({ role, account }: Target): string {
  const digest = createHash('sha256').update(`hallpass membership ${role} ${account.id}`).digest();
  return String(digest.readBigInt64BE());
}
