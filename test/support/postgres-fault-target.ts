import { Client } from 'pg';
import type { FaultHarness } from './connector-fault-contract.js';
import { startPostgresTarget } from './postgres-target.js';
import { recordingLog } from './recording-log.js';
import type { PostgresVersion } from './servers/ensure-installed.js';
import { startSlowWire } from './slow-wire.js';

/** A server in group mode whose line can be cut at a statement, and whose memberships can be locked. */
export async function startPostgresFaultTarget(version: PostgresVersion): Promise<FaultHarness> {
  const target = await startPostgresTarget(version);
  const log = recordingLog();
  const [mayGive, options] =
    version === '15'
      ? ['ADMIN OPTION FOR', 'WITH ADMIN OPTION']
      : ['', 'WITH ADMIN TRUE, INHERIT FALSE, SET FALSE'];
  let locker: Client | null = null;

  /** Whatever changes a membership waits, and is given up by the server after a while. */
  async function lockMemberships(): Promise<void> {
    locker = new Client({ connectionString: target.server.superuserUrl });
    await locker.connect();
    await locker.query('BEGIN; LOCK TABLE pg_auth_members IN SHARE MODE');
  }
  async function unlock(): Promise<void> {
    await locker?.end();
    locker = null;
  }
  const statements = { grant: 'GRANT ', revoke: 'REVOKE ' } as const;
  return {
    ...target,
    connector: target.connect({ log }),
    reconnect: () => target.connect({ log }),
    badLine: async (fault, change) => {
      const wire = await startSlowWire(target.server.port);
      wire.cutAt(statements[change], fault === 'cut-before-effect' ? 'before' : 'answered');
      const url = new URL(target.botUrl);
      url.port = String(wire.port);
      const connector = target.connect({ log, readSecret: () => url.href });
      return {
        connector,
        close: async () => {
          await connector.close();
          wire.close();
        },
      };
    },
    lateGrant: async () => {
      await lockMemberships();
      return { connector: target.connect({ log }), land: unlock, close: async () => undefined };
    },
    refuseChanges: async (how) => {
      if (how === 'for-now') {
        await lockMemberships();
      } else {
        await target.sql(`REVOKE ${mayGive} app_readonly FROM hallpass`);
      }
    },
    allowChanges: async () => {
      await unlock();
      await target.sql(`GRANT app_readonly TO hallpass ${options}`);
    },
    logged: () => log.lines,
  };
}
