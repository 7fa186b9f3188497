import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Target } from '../../src/ports.js';
import { callWithin, failureOf, targetOf } from '../support/connector-contract.js';
import { startPostgresTarget, type PostgresTarget } from '../support/postgres-target.js';
import { waitFor } from '../support/wait-for.js';

const servers = (['15', '18'] as const).flatMap((version) =>
  (['function', 'group'] as const).map((mode) => ({ version, mode })),
);

for (const { version, mode } of servers) {
  describe(`sessions on PostgreSQL ${version}, mode ${mode}`, () => {
    let target: PostgresTarget;
    beforeAll(async () => {
      target = await startPostgresTarget(version, mode);
    });
    afterAll(() => target.stop());

    async function granted(account: string): Promise<Target> {
      const aim = await targetOf(target.connector, account, 'app_readonly');
      await target.connector.grant(aim, callWithin());
      return aim;
    }
    async function steppedIn(account: string): Promise<Client> {
      const session = await target.session(account);
      await session.query('SET ROLE app_readonly');
      return session;
    }
    /** In the role from its start, and listed nowhere until so many seconds later: its client may ask for that. */
    async function beginning(
      user: string,
      seconds: number,
    ): Promise<{ client: Client; begun: Promise<unknown> }> {
      const client = new Client({
        connectionString: target.server.url(user, 'person', 'orders'),
        options: `-c role=app_readonly -c post_auth_delay=${seconds}`,
      });
      client.on('error', () => undefined);
      const begun = client.connect().catch(() => undefined);
      await waitFor('the session to be let in', async () => {
        const held = await target.sql(`SELECT FROM pg_locks WHERE classid = 'pg_database'::regclass`);
        return held.length > 0;
      });
      return { client, begun };
    }
    async function canRead(session: Client): Promise<boolean> {
      return session.query('SELECT * FROM orders').then(
        ({ rowCount }) => rowCount === 1,
        () => false,
      );
    }

    test('what the holder was told is true: the rights apply at once, and end with the next statement', async () => {
      const session = await target.session('dana');
      expect(await canRead(session)).toBe(false);

      const aim = await granted('dana');
      expect(await canRead(session)).toBe(true);

      await target.connect({ endSessions: false }).revoke(aim, callWithin());
      expect(await canRead(session)).toBe(false);
      expect(target.connector.howTo(aim)).toContain('SET ROLE app_readonly;');
      expect(target.connector.howTo({ ...aim, role: 'app.admin' })).toContain('SET ROLE "app.admin";');
    });

    test('an account with NOINHERIT gets the role by SET ROLE', async () => {
      await target.sql(`CREATE ROLE noinherit LOGIN PASSWORD 'person' NOINHERIT`);
      const aim = await granted('noinherit');
      const session = await target.session('noinherit');
      expect(await canRead(session)).toBe(false);

      await session.query('SET ROLE app_readonly');

      expect(await canRead(session)).toBe(true);
      await target.connector.revoke(aim, callWithin());
    });

    test('with end_sessions, one that did SET ROLE is cut, and counted', async () => {
      const aim = await granted('sam');
      const sessions = await Promise.all([steppedIn('sam'), steppedIn('sam')]);
      const stranger = await target.session('kim$');

      expect(target.connector.sessionsAtEnd).toBe('cut');
      expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 2 });

      expect(await Promise.all(sessions.map(canRead))).toEqual([false, false]);
      expect((await stranger.query('SELECT 1')).rowCount).toBe(1);
      expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 0 });
    });

    test('a revoke that was cut off before it ended the sessions ends them when it is repeated', async () => {
      const aim = await granted('sam');
      const session = await steppedIn('sam');
      await target.connect({ endSessions: false }).revoke(aim, callWithin());
      expect(await canRead(session)).toBe(true);

      expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 1 });

      expect(await canRead(session)).toBe(false);
    });

    test('one that is still beginning when the role is taken away is waited for, and cut', async () => {
      const aim = await granted('p7');
      const { client, begun } = await beginning('p7', 1);

      expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 1 });

      await begun;
      expect(await canRead(client)).toBe(false);
    });

    test('the end is not called reached while one begins that its client makes last', async () => {
      const aim = await granted('p8');
      const { client, begun } = await beginning('p8', 4);

      const error = await failureOf(target.connector.revoke(aim, callWithin()), target.secrets);
      expect(error).toMatchObject({ kind: 'retryable', message: expect.stringContaining('session') });
      expect(await target.holds('p8')).toBe(false);

      await begun;
      expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 1 });
      expect(await canRead(client)).toBe(false);
    });

    test('without end_sessions, one that did SET ROLE continues until it closes, and nobody is told otherwise', async () => {
      const connector = target.connect({ endSessions: false });
      const aim = await granted('mia.w');
      const session = await steppedIn('mia.w');

      expect(connector.sessionsAtEnd).toBe('may-continue');
      expect(await connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: null });

      expect(await canRead(session)).toBe(true);
      const next = await target.session('mia.w');
      await expect(next.query('SET ROLE app_readonly')).rejects.toThrow('permission denied');
    });

    test('the sessions of somebody who keeps standing access are left alone', async () => {
      await target.giveByHand('lee@example.com');
      const session = await steppedIn('lee@example.com');
      const aim = await targetOf(target.connector, 'lee@example.com', 'app_readonly');

      expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 0 });

      expect(await canRead(session)).toBe(true);
    });

    test('without the right to end sessions, the role is gone and the failure says what is missing', async () => {
      const aim = await granted('ann-b');
      const session = await steppedIn('ann-b');
      const ender = mode === 'function' ? 'hallpass_owner' : 'hallpass';
      await target.sql(`REVOKE pg_signal_backend FROM ${ender}`);

      const error = await failureOf(target.connector.revoke(aim, callWithin()), target.secrets);

      await target.sql(`GRANT pg_signal_backend TO ${ender}`);
      expect(error).toMatchObject({ kind: 'final', message: expect.stringContaining('pg_signal_backend') });
      expect(await target.holds('ann-b')).toBe(false);
      expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 1 });
      expect(await canRead(session)).toBe(false);
    });
  });
}
