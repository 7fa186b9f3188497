import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR_MS, SECOND_MS } from '../../src/domain/time.js';
import type { Target } from '../../src/ports.js';
import { callWithin, failureOf, targetOf } from '../support/connector-contract.js';
import { botPassword, startPostgresTarget, type PostgresTarget } from '../support/postgres-target.js';
import { waitFor } from '../support/wait-for.js';

/** What a query says on a session that the server has ended. */
const ended = /terminat|closed|not queryable/;

for (const version of ['15', '18'] as const) {
  describe(`temporary logins on PostgreSQL ${version}`, () => {
    let target: PostgresTarget;
    const clients: Client[] = [];
    beforeAll(async () => {
      target = await startPostgresTarget(version, 'ephemeral');
    });
    afterAll(async () => {
      await Promise.all(clients.map((client) => client.end()));
      await target.stop();
    });

    async function granted(account: string, expiresAt = Date.now() + HOUR_MS): Promise<Target> {
      const aim = await targetOf(target.connector, account, 'app_readonly');
      await target.connector.grant(aim, { ...callWithin(), expiresAt });
      return aim;
    }
    async function reveal(aim: Target): Promise<Record<string, string>> {
      const credential = await target.connector.reveal?.(aim, callWithin());
      const fields = (credential?.fields ?? []).map(({ label, value }) => [label, value.reveal()]);
      return { ...Object.fromEntries(fields), howTo: credential?.howTo ?? '' };
    }
    async function logIn(
      { host, port, database, user, password }: Record<string, string>,
      options = '-crole=app_readonly',
    ): Promise<Client> {
      const client = new Client({ host, port: Number(port), database, user, password, options });
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    }
    async function roleOf(aim: Target): Promise<Record<string, unknown> | undefined> {
      const [row] = await target.sql(
        'SELECT a.*, shobj_description(oid, $2) AS comment FROM pg_authid a WHERE rolname = $1',
        [aim.account.id.replace('login:', ''), 'pg_authid'],
      );
      return row;
    }
    async function sweep(): Promise<Record<string, unknown> | undefined> {
      return (await target.sql('SELECT ended, failed FROM hallpass.sweep()'))[0];
    }
    async function refusal(statement: string): Promise<string> {
      const bot = await target.session('hallpass', botPassword);
      return bot.query(statement).then(
        () => 'it was done',
        (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
      );
    }

    test('one is made for a person who has no account, without a password, bounded and marked', async () => {
      const expiresAt = Date.now() + HOUR_MS;

      const aim = await granted('grace@example.com', expiresAt);

      expect(aim.account).toEqual({
        id: expect.stringMatching(/^login:hp_grace_example_com_[0-9a-f]{8}$/),
        name: 'grace@example.com',
      });
      expect(await roleOf(aim)).toMatchObject({
        rolcanlogin: true,
        rolinherit: false,
        rolsuper: false,
        rolcreaterole: false,
        rolconnlimit: 3,
        rolpassword: null,
        rolvaliduntil: new Date(expiresAt),
        comment: 'Hallpass: temporary login of grace@example.com for app_readonly',
      });
      expect(await target.connector.check(aim, callWithin())).toEqual({ state: 'present', expiresAt });
      await target.connector.revoke(aim, callWithin());
      expect(await roleOf(aim)).toBeUndefined();
    });

    test('its name is its own for each role, also where the letters of two people are alike', async () => {
      const ids = await Promise.all(
        [
          ['a.b', 'app_readonly'],
          ['a_b', 'app_readonly'],
          ['a_b', 'app_admin'],
          [`a${'b'.repeat(62)}`, 'app_readonly'],
        ].map(async ([name, role]) => (await targetOf(target.connector, name ?? '', role ?? '')).account.id),
      );

      expect(new Set(ids).size).toBe(4);
      expect(Math.max(...ids.map((id) => id.length - 'login:'.length))).toBe(63);
    });

    test('what is shown logs in, and can do what the role can, and no more', async () => {
      const aim = await granted('henry');

      const shown = await reveal(aim);

      const session = await logIn(shown);
      expect((await session.query('SELECT * FROM orders')).rowCount).toBe(1);
      await expect(session.query('DELETE FROM orders')).rejects.toThrow('permission denied');
      const { rows } = await session.query('SELECT current_user, session_user');
      expect(rows).toEqual([{ current_user: 'app_readonly', session_user: shown['user'] }]);
      await target.connector.revoke(aim, callWithin());
    });

    test('the line for psql holds no password, and names the role', async () => {
      const aim = await granted('irene');

      const { howTo, password, user, port } = await reveal(aim);

      expect(howTo).toContain(
        `psql 'postgresql://${user}@127.0.0.1:${port}/orders?options=-crole%3Dapp_readonly'`,
      );
      expect(howTo).toContain('SET ROLE app_readonly;');
      expect(howTo).not.toContain(password);
      await target.connector.revoke(aim, callWithin());
    });

    test('before the role is taken on it can do nothing', async () => {
      const aim = await granted('jack');
      const session = await logIn(await reveal(aim), '');

      await expect(session.query('SELECT * FROM orders')).rejects.toThrow('permission denied');

      await target.connector.revoke(aim, callWithin());
    });

    test('only a verifier reaches the server, in its log too', async () => {
      await target.sql(`ALTER SYSTEM SET log_statement = 'all'`);
      await target.sql('SELECT pg_reload_conf()');
      const aim = await granted('kate');

      const { password } = await reveal(aim);

      const log = await waitFor('the statement in the log', async () => {
        const text = await target.serverLog();
        return text.includes('set_password') ? text : null;
      });
      await target.sql('ALTER SYSTEM RESET log_statement');
      await target.sql('SELECT pg_reload_conf()');
      expect(log).not.toContain(password);
      expect((await roleOf(aim))?.['rolpassword']).toMatch(/^SCRAM-SHA-256\$4096:/);
      await target.connector.revoke(aim, callWithin());
    });

    test('asked again, there is a new password; the old one opens nothing, and open sessions go on', async () => {
      const aim = await granted('liam');
      const first = await reveal(aim);
      const session = await logIn(first);

      const second = await reveal(aim);

      expect(second['password']).not.toBe(first['password']);
      await expect(logIn(first)).rejects.toThrow('password authentication failed');
      expect((await (await logIn(second)).query('SELECT 1')).rowCount).toBe(1);
      expect((await session.query('SELECT * FROM orders')).rowCount).toBe(1);
      await target.connector.revoke(aim, callWithin());
    });

    test('without having been asked, nobody logs in; and where there is none, nothing is shown', async () => {
      const aim = await targetOf(target.connector, 'maya', 'app_readonly');
      const none = await failureOf(Promise.resolve(target.connector.reveal?.(aim, callWithin())));
      await target.connector.grant(aim, callWithin());

      const user = aim.account.id.replace('login:', '');
      const guess = { host: '127.0.0.1', port: String(target.server.port), database: 'orders', user };

      expect(none.kind).toBe('final');
      await expect(logIn({ ...guess, password: '' })).rejects.toThrow(/password/);
      await target.connector.revoke(aim, callWithin());
    });

    test('a longer window moves its end, and leaves the password', async () => {
      const aim = await granted('noah');
      const shown = await reveal(aim);
      const expiresAt = Date.now() + 2 * HOUR_MS;

      await target.connector.grant(aim, { ...callWithin(), expiresAt });

      expect(await roleOf(aim)).toMatchObject({ rolvaliduntil: new Date(expiresAt) });
      expect(await target.connector.check(aim, callWithin())).toEqual({ state: 'present', expiresAt });
      expect((await (await logIn(shown)).query('SELECT 1')).rowCount).toBe(1);
      await target.connector.revoke(aim, callWithin());
    });

    test('one that somebody closed by hand is not opened by a longer window, and ends', async () => {
      const aim = await granted('nora');
      const login = aim.account.id.replace('login:', '');
      await target.sql(`ALTER ROLE ${login} NOLOGIN`);

      await target.connector.grant(aim, callWithin());

      expect(await roleOf(aim)).toMatchObject({ rolcanlogin: false });
      expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'present' });
      await target.connector.revoke(aim, callWithin());
      expect(await roleOf(aim)).toBeUndefined();
    });

    test('one that was closed and is given again has no password of before', async () => {
      const aim = await granted('omar');
      const login = aim.account.id.replace('login:', '');
      const shown = await reveal(aim);
      const by = version === '15' ? '' : ' GRANTED BY hallpass_owner';
      await target.sql(`ALTER ROLE ${login} NOLOGIN; REVOKE app_readonly FROM ${login}${by}`);
      expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });

      await target.connector.grant(aim, callWithin());

      expect(await roleOf(aim)).toMatchObject({ rolcanlogin: true, rolpassword: null });
      await expect(logIn(shown)).rejects.toThrow('password authentication failed');
      await target.connector.revoke(aim, callWithin());
    });

    test('at the end its sessions are cut and counted, and it is dropped with what the role made kept', async () => {
      const aim = await granted('olga');
      await target.sql('GRANT CREATE ON SCHEMA public TO app_readonly');
      const shown = await reveal(aim);
      const sessions = [await logIn(shown), await logIn(shown)];
      await sessions[0]?.query('CREATE TABLE made_meanwhile (id int)');

      expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 2 });

      for (const session of sessions) {
        await expect(session.query('SELECT 1')).rejects.toThrow(ended);
      }
      expect(await roleOf(aim)).toBeUndefined();
      await expect(logIn(shown)).rejects.toThrow('password authentication failed');
      expect(await target.sql('SELECT * FROM made_meanwhile')).toEqual([]);
      await target.sql('DROP TABLE made_meanwhile');
    });

    test('one to which something belongs stays closed, without role, password or session, and is told', async () => {
      const aim = await granted('paul');
      const session = await logIn(await reveal(aim));
      await session.query('SET ROLE NONE; SELECT lo_create(4711)');

      expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 1 });

      expect(await roleOf(aim)).toMatchObject({ rolcanlogin: false, rolpassword: null });
      expect(await target.holds('paul')).toBe(false);
      expect(await target.connector.check(aim, callWithin())).toEqual({ state: 'absent', expiresAt: null });
      await target.sql(`UPDATE hallpass.ledger SET ended_at = ended_at - interval '2 minutes'`);
      expect(await target.connector.validate(callWithin())).toEqual([
        { level: 'warning', text: expect.stringContaining(aim.account.id.replace('login:', '')) },
      ]);

      await target.connector.grant(aim, callWithin());
      expect(await roleOf(aim)).toMatchObject({ rolcanlogin: true, rolpassword: null });
      await target.connector.revoke(aim, callWithin());
      await target.sql('SELECT lo_unlink(4711)');
      await sweep();
      expect(await roleOf(aim)).toBeUndefined();
      expect(await target.connector.validate(callWithin())).toEqual([]);
    });

    test('without Hallpass, no login begins after the end, the sweep ends the rest, and the next drops it', async () => {
      const aim = await granted('quinn', Date.now() + 3 * SECOND_MS);
      const shown = await reveal(aim);
      const session = await logIn(shown);

      await waitFor('the end of its logins', async () => {
        const next = await logIn(shown).catch(() => null);
        await next?.end();
        return next === null;
      });
      expect((await session.query('SELECT * FROM orders')).rowCount).toBe(1);

      expect(await sweep()).toEqual({ ended: 1, failed: 0 });
      expect(await roleOf(aim)).toMatchObject({ rolcanlogin: false, rolpassword: null });
      expect(await sweep()).toEqual({ ended: 0, failed: 0 });
      expect(await roleOf(aim)).toBeUndefined();
      await expect(session.query('SELECT 1')).rejects.toThrow(ended);
      expect(await target.connector.check(aim, callWithin())).toEqual({ state: 'absent', expiresAt: null });
      expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 0 });
    });

    test('one that is given anew while the sweep is about to drop it is not dropped', async () => {
      const aim = await granted('ruth');
      await target.sql(`UPDATE hallpass.ledger SET until = now() WHERE account = 'ruth'`);
      expect(await sweep()).toEqual({ ended: 1, failed: 0 });
      // The sweep waits until each session that is beginning can be told whose it is.
      const { host, port, database } = await reveal(await granted('ruth_too'));
      const beginning = new Client({
        host,
        port: Number(port),
        database,
        user: 'dana',
        password: 'person',
        options: '-cpost_auth_delay=1',
      });
      const begun = beginning.connect();
      clients.push(beginning);
      await waitFor('a session that is beginning', async () => {
        const [row] = await target.sql('SELECT cardinality(hallpass.beginning(NULL)) AS count');
        return row?.['count'] !== 0;
      });
      const sweeping = sweep();
      await waitFor('the sweep to wait', async () => {
        const asleep = await target.sql(`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`);
        return asleep.length > 0;
      });

      await target.connector.grant(aim, callWithin());

      await Promise.all([sweeping, begun]);
      expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'present' });
    });

    test('one that is in no ledger, after a restored backup say, ends with its own end', async () => {
      const aim = await granted('rosa');
      await target.sql(`DELETE FROM hallpass.ledger WHERE account = 'rosa'`);
      expect(await target.connector.list?.('app_readonly', callWithin())).toContainEqual({
        account: aim.account,
        fingerprint: aim.fingerprint,
        standing: false,
      });
      await target.sql(`ALTER ROLE ${aim.account.id.replace('login:', '')} VALID UNTIL 'yesterday'`);

      await sweep();
      await sweep();

      expect(await roleOf(aim)).toBeUndefined();
    });

    test('a revoke that is repeated after a crash at any of its steps comes to the same end', async () => {
      const steps = ['close_login', 'end_sessions', 'drop_login'];
      for (const [done, last] of steps.entries()) {
        const aim = await granted('sara');
        const session = await logIn(await reveal(aim));
        const bot = await target.session('hallpass', botPassword);
        const oid = String((await roleOf(aim))?.['oid']);
        for (const step of steps.slice(0, done + 1)) {
          const subject = step === 'end_sessions' ? oid : `'sara'`;
          await bot.query(`SELECT hallpass.${step}('app_readonly', ${subject})`);
        }

        await target.connector.revoke(aim, callWithin());

        expect([last, await roleOf(aim)]).toEqual([last, undefined]);
        await expect(session.query('SELECT 1')).rejects.toThrow(ended);
      }
    });

    /** For as long as this transaction lasts, the row of the login is locked. */
    async function changeOwnPassword(session: Client): Promise<void> {
      await session.query(`SET ROLE NONE; BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'mine'`);
    }

    test('its holder can not put off the end by a transaction that changes the password', async () => {
      const aim = await granted('xavier');
      const holder = await logIn(await reveal(aim));
      await changeOwnPassword(holder);

      await target.connector.revoke(aim, callWithin());

      await expect(holder.query('SELECT 1')).rejects.toThrow(ended);
      expect(await roleOf(aim)).toBeUndefined();
    });

    test('nor is it put off where its sessions can not be ended: it has no role, and is seen as there', async () => {
      const aim = await granted('xena');
      const holder = await logIn(await reveal(aim));
      await changeOwnPassword(holder);
      await target.sql('REVOKE pg_signal_backend FROM hallpass_owner');

      const error = await failureOf(target.connector.revoke(aim, callWithin()));

      await target.sql('GRANT pg_signal_backend TO hallpass_owner');
      expect(error.message).toContain('HP050');
      expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'present' });
      await expect(holder.query('COMMIT; SET ROLE app_readonly')).rejects.toThrow('permission denied');
      await target.connector.revoke(aim, callWithin());
      expect(await roleOf(aim)).toBeUndefined();
    });

    test('nor does the sweep wait for it', async () => {
      const aim = await granted('yves');
      const holder = await logIn(await reveal(aim));
      await target.sql(
        `UPDATE hallpass.ledger SET until = now() WHERE account = 'yves' AND ended_at IS NULL`,
      );
      await changeOwnPassword(holder);

      expect(await sweep()).toEqual({ ended: 1, failed: 0 });

      await expect(holder.query('SELECT 1')).rejects.toThrow(ended);
      await sweep();
      expect(await roleOf(aim)).toBeUndefined();
    });

    test('a role of that name without the mark is not touched', async () => {
      const aim = await targetOf(target.connector, 'theo', 'app_readonly');
      const login = aim.account.id.replace('login:', '');
      await target.sql(`CREATE ROLE ${login} LOGIN IN ROLE app_readonly`);

      const errors = await Promise.all(
        [
          target.connector.check(aim, callWithin()),
          target.connector.grant(aim, callWithin()),
          target.connector.revoke(aim, callWithin()),
          target.connector.resolve('theo', 'app_readonly', callWithin()),
        ].map((call) => failureOf(call)),
      );

      for (const error of errors) {
        expect(error).toMatchObject({ kind: 'final', message: expect.stringContaining('HP041') });
      }
      expect(await roleOf(aim)).toMatchObject({ rolcanlogin: true, comment: null });
      await target.sql(`DROP ROLE ${login}`);
    });

    test('the login of one person is not another for whoever holds a row with its id', async () => {
      const aim = await granted('uma');
      const other = { ...aim, account: { ...aim.account, name: 'vera' } };

      const error = await failureOf(target.connector.revoke(other, callWithin()));

      expect(error.kind).toBe('unknown-account');
      await target.connector.revoke(aim, callWithin());
    });

    test.each([
      [
        'a role that is not listed',
        `SELECT hallpass.create_login('unmanaged', 'x', now() + '1 hour')`,
        'HP010',
      ],
      ['too long a window', `SELECT hallpass.create_login('app_readonly', 'x', now() + '2 days')`, 'HP031'],
      [
        'a hostile name',
        `SELECT hallpass.create_login('app_readonly', 'x for y', now() + '1 hour')`,
        'HP040',
      ],
      ['no name', `SELECT hallpass.create_login('app_readonly', NULL, now() + '1 hour')`, 'HP040'],
      ['a password for no login', `SELECT hallpass.set_password('app_readonly', 'nobody', 'x')`, 'HP042'],
      ['a login by its own hand', 'CREATE ROLE mine LOGIN', '42501'],
      ['a password by its own hand', `ALTER ROLE dana PASSWORD 'x'`, '42501'],
      ['the way into a role', 'SET ROLE app_readonly', '42501'],
    ])("a thief of Hallpass's password does not get %s", async (_what, statement, state) => {
      expect(await refusal(statement)).toBe(state);
    });

    test('nor a password in clear set, nor one dropped that is open or has sessions', async () => {
      const aim = await granted('walt');

      expect(await refusal(`SELECT hallpass.set_password('app_readonly', 'walt', 'clear')`)).toBe('HP043');
      expect(await refusal(`SELECT hallpass.drop_login('app_readonly', 'walt')`)).toBe('HP044');
      await logIn(await reveal(aim));
      await refusal(`SELECT hallpass.close_login('app_readonly', 'walt')`);
      expect(await refusal(`SELECT hallpass.drop_login('app_readonly', 'walt')`)).toBe('HP044');

      await target.connector.revoke(aim, callWithin());
    });

    test('the look at the start names what its owner lacks, and what end_sessions can not mean here', async () => {
      await target.sql('ALTER ROLE hallpass_owner NOCREATEROLE');

      const found = await target.connect({ endSessions: false }).validate(callWithin());

      await target.sql('ALTER ROLE hallpass_owner CREATEROLE');
      expect(found).toEqual([
        { level: 'warning', text: expect.stringContaining('end_sessions: false has no effect') },
        { level: 'error', text: 'Temporary logins need: ALTER ROLE hallpass_owner CREATEROLE' },
      ]);
    });
  });
}
