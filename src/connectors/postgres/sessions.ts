import { DatabaseError } from 'pg';
import { z } from 'zod';
import type { Account } from '../../domain/request.js';
import { ConnectorError } from '../../ports.js';
import type { Query, Session } from './database.js';
import { sessionEndMs } from './limits.js';

const endedSchema = z.object({ pid: z.number(), ended: z.boolean() });
const leftSchema = z.object({ left: z.number() });
const beginningSchema = z.object({ pid: z.number() });

/**
 * Sessions that were let in, hold their database, and are in no list yet. Such a one may have taken the role on, and
 * its client can make that last (post_auth_delay). The parameter: among which; null for all.
 */
const beginningQuery: Query<z.infer<typeof beginningSchema>> = {
  name: 'sessions beginning',
  row: beginningSchema,
  text: `
  select l.pid
  from pg_catalog.pg_locks l
  where l.locktype = 'object' and l.classid = 'pg_catalog.pg_database'::pg_catalog.regclass
    and ($1::int[] is null or l.pid = any($1::int[]))
    and not exists (
      select from pg_catalog.pg_stat_activity s
      where s.pid = l.pid and (s.usesysid is not null or s.backend_type <> 'client backend')
    )`,
};

const endQuery: Query<z.infer<typeof endedSchema>> = {
  name: 'end sessions',
  row: endedSchema,
  text: `
  select pid, pg_catalog.pg_terminate_backend(pid) as ended
  from pg_catalog.pg_stat_activity
  where usesysid = $1::oid and pid <> pg_catalog.pg_backend_pid()`,
};

const awaitQuery: Query<z.infer<typeof endedSchema>> = {
  name: 'await sessions',
  row: endedSchema,
  text: `
  select pid, pg_catalog.pg_terminate_backend(pid, $3::bigint) as ended
  from pg_catalog.pg_stat_activity
  where usesysid = $1::oid and pid = any($2::int[])`,
};

const leftQuery: Query<z.infer<typeof leftSchema>> = {
  name: 'sessions left',
  row: leftSchema,
  text: `
  select pg_catalog.count(*)::int as left
  from pg_catalog.pg_stat_activity
  where usesysid = $1::oid and pid = any($2::int[])`,
};

/**
 * After the revoke is committed: a session that did SET ROLE before would keep the role, and an open cursor goes
 * on reading. One that begins from now on has neither.
 */
export async function endSessions(session: Session, account: Account): Promise<number> {
  const beginning = await awaitBeginning(session);
  const signalled = await session.rows(endQuery, [account.id]).catch(mayNotEnd);
  if (beginning !== undefined) {
    throw new ConnectorError(
      'retryable',
      `The role is revoked, but a session is beginning that may have it; if it stays so, end it: select pg_terminate_backend(${beginning})`,
    );
  }
  if (signalled.length === 0) {
    return 0;
  }
  const pids = signalled.map(({ pid }) => pid);
  await session.rows(awaitQuery, [account.id, pids, sessionEndMs]);
  const [row] = await session.rows(leftQuery, [account.id, pids]);
  if (row === undefined || row.left > 0) {
    throw new ConnectorError(
      'retryable',
      `The role is revoked, but ${row?.left ?? 'some'} sessions have not ended yet`,
    );
  }
  return signalled.filter(({ ended }) => ended).length;
}

/** Until each has begun, and so can be told whose it is, or is gone. Answers one that does neither in time. */
async function awaitBeginning(session: Session): Promise<number | undefined> {
  let found = await session.rows(beginningQuery, [null]);
  for (let waitedMs = 0; found.length > 0 && waitedMs < sessionEndMs; waitedMs += 100) {
    await session.run('SELECT pg_catalog.pg_sleep(0.1)');
    found = await session.rows(beginningQuery, [found.map(({ pid }) => pid)]);
  }
  return found[0]?.pid;
}

function mayNotEnd(error: unknown): never {
  if (error instanceof DatabaseError && error.code === '42501') {
    const text =
      "The role is revoked, but Hallpass may not end the account's sessions: grant it pg_signal_backend";
    throw new ConnectorError('final', text, { cause: error });
  }
  throw error;
}
