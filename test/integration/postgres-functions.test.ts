import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sqlVersion } from '../../src/connectors/postgres/sql/version.js';
import { shippedSql } from '../../src/connectors/postgres/sql/shipped-sql.js';
import { HOUR_MS, SECOND_MS } from '../../src/domain/time.js';
import type { Target } from '../../src/ports.js';
import { callWithin, failureOf, targetOf } from '../support/connector-contract.js';
import {
  botPassword,
  startPostgresTarget,
  type ConnectOptions,
  type PostgresTarget,
} from '../support/postgres-target.js';
import { startSlowWire } from '../support/slow-wire.js';
import { waitFor } from '../support/wait-for.js';

const idle = `SELECT 1 FROM pg_stat_activity WHERE usename = 'hallpass' AND state LIKE 'idle in transaction%'`;

/** What a query says on a session that the server has ended. */
const ended = /terminat|closed|not queryable/;

for (const version of ['15', '18'] as const) {
  describe(`the functions on PostgreSQL ${version}`, () => {
    let target: PostgresTarget;
    let bot: Client;
    beforeAll(async () => {
      target = await startPostgresTarget(version, 'function');
      bot = await target.session('hallpass', botPassword);
    });
    afterAll(() => target.stop());
    beforeEach(async () => {
      await target.sql('UPDATE hallpass.ledger SET until = now() WHERE ended_at IS NULL');
      await sweep();
      await sweep();
      await target.sql('DELETE FROM hallpass.ledger');
    });

    async function sweep(): Promise<Record<string, unknown> | undefined> {
      return (await target.sql('SELECT ended, failed FROM hallpass.sweep()'))[0];
    }
    function superuser(): Promise<Client> {
      return target.session('postgres', new URL(target.server.superuserUrl).password);
    }
    function aimAt(account: string, role = 'app_readonly'): Promise<Target> {
      return targetOf(target.connector, account, role);
    }
    function until(expiresAt: number): ReturnType<typeof callWithin> {
      return { ...callWithin(), expiresAt };
    }
    async function ledger(member: string): Promise<Record<string, unknown>[]> {
      return target.sql('SELECT * FROM hallpass.ledger WHERE member_name = $1 ORDER BY id DESC', [member]);
    }
    async function refusal(statement: string): Promise<string> {
      return bot.query(statement).then(
        () => 'it was done',
        (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
      );
    }
    function give(role: string, account: string, ends = `now() + '1 hour'`): string {
      return `SELECT hallpass.grant_role('${role}', (SELECT oid FROM pg_roles WHERE rolname = '${account}'), ${ends}, true)`;
    }

    describe('what a thief of the password can do beside them', () => {
      test.each([
        ['give a role', 'GRANT app_readonly TO dana'],
        ['take one', 'REVOKE app_readonly FROM dba'],
        ['step into a managed role', 'SET ROLE app_readonly'],
        ["step into the functions' owner", 'SET ROLE hallpass_owner'],
        ['read what the roles may read', 'SELECT * FROM orders'],
        ['read the ledger', 'SELECT * FROM hallpass.ledger'],
        ['write the ledger', `UPDATE hallpass.ledger SET until = 'infinity'`],
        ['list another role', `INSERT INTO hallpass.managed VALUES ('unmanaged')`],
        ['lengthen the longest window', `UPDATE hallpass.settings SET max_window = '1 year'`],
        ['keep the sweep from running', 'SELECT hallpass.sweep()'],
        ['go round the rules', 'SELECT hallpass.add_member(1, 2, $$SET TRUE$$)'],
        ["end anybody's sessions by the part that does it", 'SELECT hallpass.terminate(ARRAY[1])'],
        ['put a function in the place of one', 'CREATE FUNCTION hallpass.x() RETURNS int RETURN 1'],
        ['make a login', 'CREATE ROLE mine LOGIN'],
        [
          'make one by the functions, whose owner may not',
          `SELECT hallpass.create_login('app_readonly', 'me', now() + '1 hour')`,
        ],
      ])('not %s', async (_what, statement) => {
        expect(await refusal(statement)).toBe('42501');
      });

      test('nobody else can call them', async () => {
        const dana = await target.session('dana');

        await expect(dana.query('SELECT hallpass.info()')).rejects.toThrow('permission denied for schema');
      });

      test('cut the sessions of somebody who was never given anything', async () => {
        const session = await target.session('kim$');

        const { rows } = await bot.query(
          `SELECT ended FROM hallpass.end_sessions('app_readonly', (SELECT oid FROM pg_roles WHERE rolname = 'kim$'))`,
        );

        expect(rows).toEqual([{ ended: 0 }]);
        expect((await session.query('SELECT 1')).rowCount).toBe(1);
      });

      test('what it does give is on record, and ends', async () => {
        await bot.query(give('app_admin', 'kim$'));

        expect(await ledger('kim$')).toEqual([
          expect.objectContaining({ role_name: 'app_admin', given_by: 'hallpass', ended_at: null }),
        ]);
      });
    });

    describe('what they refuse, whoever calls', () => {
      test.each([
        ['a role that is not listed', give('unmanaged', 'dana'), 'HP010'],
        ['a role that is not there', give('nix', 'dana'), 'HP011'],
        ['an account that is not there', give('app_readonly', 'nobody'), 'HP020'],
        ['a superuser', give('app_readonly', 'postgres'), 'HP021'],
        ['the account of Hallpass', give('app_readonly', 'hallpass'), 'HP022'],
        ['their owner', give('app_readonly', 'hallpass_owner'), 'HP022'],
        ['a managed role', give('app_readonly', 'app_admin'), 'HP023'],
        ['a group', give('app_readonly', 'unmanaged'), 'HP024'],
        ['a window that is over', give('app_readonly', 'dana', 'now()'), 'HP030'],
        ['a window without an end', give('app_readonly', 'dana', 'NULL'), 'HP030'],
        ['a window for ever', give('app_readonly', 'dana', `'infinity'`), 'HP031'],
        [
          'one longer than the longest',
          give('app_readonly', 'dana', `now() + '24 hours 3 minutes'`),
          'HP031',
        ],
      ])('%s', async (_what, statement, state) => {
        expect(await refusal(statement)).toBe(state);
        expect(await target.holds('dana')).toBe(false);
      });

      test('an account with members, or one that may call them through another', async () => {
        await target.sql(`CREATE ROLE shared LOGIN; CREATE ROLE twin LOGIN IN ROLE shared;
          CREATE ROLE deputy LOGIN INHERIT IN ROLE hallpass`);

        expect(await refusal(give('app_readonly', 'shared'))).toBe('HP025');
        expect(await refusal(give('app_readonly', 'deputy'))).toBe('HP022');
      });

      test('a role that could outlive its window, unless the table says why', async () => {
        await target.sql(`ALTER ROLE app_admin CREATEROLE`);
        expect(await refusal(give('app_admin', 'dana'))).toBe('HP012');

        await target.sql(`UPDATE hallpass.managed SET accept_risk = 'creates the accounts of new people'`);
        const accepted = await refusal(give('app_admin', 'dana'));

        await target.sql(`ALTER ROLE app_admin NOCREATEROLE; UPDATE hallpass.managed SET accept_risk = NULL`);
        expect(accepted).toBe('it was done');
      });

      test.each(['hallpass', 'hallpass_owner'])(
        'a role that leads to %s, whatever the table says',
        async (to) => {
          await target.sql(`CREATE ROLE leading_${to}; GRANT ${to} TO leading_${to};
            INSERT INTO hallpass.managed VALUES ('leading_${to}', 'nobody should accept this')`);

          expect(await refusal(give(`leading_${to}`, 'dana'))).toBe('HP013');
          await target.sql(`DELETE FROM hallpass.managed WHERE role = 'leading_${to}'::regrole`);
        },
      );

      test('an older snapshot, which would hide what has changed', async () => {
        await bot.query('BEGIN ISOLATION LEVEL REPEATABLE READ');

        expect(await refusal(give('app_readonly', 'dana'))).toBe('HP060');
        await bot.query('ROLLBACK');
      });

      test('the connector says so in words', async () => {
        const aim = await aimAt('dana');

        const over = await failureOf(target.connector.grant(aim, until(Date.now() - HOUR_MS)));
        const long = await failureOf(target.connector.grant(aim, until(Date.now() + 25 * HOUR_MS)));

        expect(over).toMatchObject({
          kind: 'final',
          message: expect.stringContaining("PostgreSQL's own clock"),
        });
        expect(long).toMatchObject({ kind: 'final', message: expect.stringContaining('max_window') });
      });
    });

    describe('the end', () => {
      test('is known in the target, and moves with the window, both ways', async () => {
        const aim = await aimAt('dana');
        const [soon, later] = [Date.now() + HOUR_MS, Date.now() + 2 * HOUR_MS];

        for (const expiresAt of [soon, later, soon]) {
          await target.connector.grant(aim, until(expiresAt));
          expect(await target.connector.check(aim, callWithin())).toEqual({ state: 'present', expiresAt });
        }

        expect(await ledger('dana')).toEqual([expect.objectContaining({ ended_at: null, standing: false })]);
        await target.connector.revoke(aim, callWithin());
        expect(await target.connector.check(aim, callWithin())).toEqual({ state: 'absent', expiresAt: null });
      });

      test('comes without Hallpass: the role goes, then the sessions that had stepped into it', async () => {
        const aim = await aimAt('sam');
        const session = await target.session('sam');
        await target.connector.grant(aim, until(Date.now() + 2 * SECOND_MS));
        await session.query('SET ROLE app_readonly');
        expect(await sweep()).toEqual({ ended: 0, failed: 0 });

        const swept = await waitFor('the end', async () => {
          const done = await sweep();
          return done?.['ended'] === 0 ? null : done;
        });

        expect(swept).toEqual({ ended: 1, failed: 0 });
        expect(await target.holds('sam')).toBe(false);
        await sweep();
        await expect(session.query('SELECT 1')).rejects.toThrow(ended);
        expect(await ledger('sam')).toEqual([
          expect.objectContaining({
            ended_by: 'postgres',
            ended_at: expect.any(Date),
            cleaned_at: expect.any(Date),
          }),
        ]);
        expect(await target.connector.check(aim, callWithin())).toEqual({ state: 'absent', expiresAt: null });
        expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 0 });
      });

      test('leaves the sessions alone where the catalog says so', async () => {
        const connector = target.connect({ endSessions: false });
        const aim = await aimAt('p7');
        await connector.grant(aim, callWithin());
        const session = await target.session('p7');
        await target.sql(`UPDATE hallpass.ledger SET until = now() WHERE member_name = 'p7'`);

        await sweep();
        await sweep();

        expect(await target.holds('p7')).toBe(false);
        expect((await session.query('SELECT 1')).rowCount).toBe(1);
      });

      test('does not come while the window runs', async () => {
        const aim = await aimAt('mia.w');
        await target.connector.grant(aim, callWithin());

        expect(await sweep()).toEqual({ ended: 0, failed: 0 });

        expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'present' });
      });

      test('does not come to one that was prolonged while the sweep waited for it', async () => {
        const aim = await aimAt('p10');
        await target.connector.grant(aim, callWithin());
        await target.sql(`UPDATE hallpass.ledger SET until = now() WHERE member_name = 'p10'`);
        await bot.query(`BEGIN; ${give('app_readonly', 'p10')}`);
        const sweeping = sweep();
        await waitFor('the sweep to wait', async () => {
          const waiting = await target.sql(
            `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`,
          );
          return waiting.length > 0;
        });

        await bot.query('COMMIT');

        expect(await sweeping).toEqual({ ended: 0, failed: 0 });
        expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'present' });
        expect(await ledger('p10')).toEqual([expect.objectContaining({ ended_at: null })]);
      });

      test('of one that cannot be ended holds up no other, and is tried again', async () => {
        const [held, other] = [await aimAt('p8'), await aimAt('p9', 'app_admin')];
        await target.connector.grant(held, callWithin());
        await target.connector.grant(other, callWithin());
        await target.sql('UPDATE hallpass.ledger SET until = now() WHERE ended_at IS NULL');
        const locker = await superuser();
        const by = version === '15' ? '' : ' GRANTED BY hallpass_owner';
        await locker.query(`BEGIN; REVOKE app_readonly FROM p8${by}`);

        const first = await sweep();
        await locker.query('ROLLBACK');

        expect(first).toEqual({ ended: 1, failed: 1 });
        expect(await target.connector.check(held, callWithin())).toMatchObject({ state: 'present' });
        expect(await target.connector.check(other, callWithin())).toMatchObject({ state: 'absent' });
        expect(await sweep()).toEqual({ ended: 1, failed: 0 });
        expect(await target.holds('p8')).toBe(false);
      });

      test('is not held up by a ledger that somebody keeps locked', async () => {
        const aim = await aimAt('p10');
        await target.connector.grant(aim, callWithin());
        const locker = await superuser();
        await locker.query('BEGIN; SELECT FROM hallpass.ledger FOR UPDATE');

        await target.connector.revoke(aim, callWithin());

        await locker.query('ROLLBACK');
        expect(await target.holds('p10')).toBe(false);
      });

      test('is not held up by whoever keeps the lock under which memberships change', async () => {
        const aim = await aimAt('p11');
        await target.connector.grant(aim, callWithin());
        const session = await target.session('p11');
        await session.query(
          `SELECT pg_advisory_lock(hashtextextended('hallpass ' || 'app_readonly'::regrole::oid || ' ${aim.account.id}', 0))`,
        );

        await target.connector.revoke(aim, callWithin());

        expect(await target.holds('p11')).toBe(false);
      });

      test('comes also for what bears the mark and is in no ledger, one longest window later', async () => {
        const aim = await aimAt('kim$');
        await target.connector.grant(aim, callWithin());
        await target.sql('DELETE FROM hallpass.ledger');
        expect(await target.connector.check(aim, callWithin())).toEqual({
          state: 'present',
          expiresAt: null,
        });
        expect(await target.connector.list?.('app_readonly', callWithin())).toContainEqual({
          account: aim.account,
          fingerprint: aim.fingerprint,
          standing: false,
        });

        await sweep();

        const [row] = await target.sql(
          `SELECT until - now() BETWEEN '23 hours 59 minutes' AND '24 hours' AS one_window FROM hallpass.ledger`,
        );
        expect(row).toEqual({ one_window: true });
        await target.connector.revoke(aim, callWithin());
        expect(await target.holds('kim$')).toBe(false);
      });

      test('cuts its sessions also where the ledger was set back to before it', async () => {
        const aim = await aimAt('p9');
        await target.connector.grant(aim, callWithin());
        const session = await target.session('p9');
        await session.query('SET ROLE app_readonly');
        await target.sql('DELETE FROM hallpass.ledger');

        expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 1 });

        await expect(session.query('SELECT * FROM orders')).rejects.toThrow(ended);
        expect(await ledger('p9')).toEqual([
          expect.objectContaining({ ended_by: 'hallpass', cleaned_at: expect.any(Date) }),
        ]);
      });

      test('is known by the role itself, also when a DBA has taken it off the list', async () => {
        const aim = await aimAt('lee@example.com');
        await target.connector.grant(aim, callWithin());
        await target.sql(`DELETE FROM hallpass.managed WHERE role = 'app_readonly'::regrole`);

        await target.connector.revoke(aim, callWithin());

        await target.sql(`INSERT INTO hallpass.managed VALUES ('app_readonly')`);
        expect(await target.holds('lee@example.com')).toBe(false);
      });

      test('a grant that the network keeps never takes effect', async () => {
        const wire = await startSlowWire(target.server.port);
        const url = new URL(target.botUrl);
        url.port = String(wire.port);
        const connector = target.connect({ readSecret: () => url.href });
        const aim = await targetOf(connector, 'p9', 'app_readonly');
        wire.holdFrom('grant_role');

        const grant = failureOf(connector.grant(aim, callWithin(1_000)), target.secrets);
        await wire.held;

        expect(await grant).toMatchObject({ kind: 'retryable', uncertain: true });
        await waitFor('the server to give up', async () => (await target.sql(idle)).length === 0, {
          withinMs: connector.lateEffectMs,
        });
        wire.letGo();
        await target.connector.ping(callWithin());
        expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });
        wire.close();
      });
    });

    describe('standing access', () => {
      test('stays, and is noted, when it was there before', async () => {
        const aim = await aimAt('ann-b');
        await target.giveByHand('ann-b');
        await target.connector.grant(aim, callWithin());
        expect(await ledger('ann-b')).toEqual([expect.objectContaining({ standing: true })]);
        const state = version === '15' ? 'standing' : 'present';
        expect(await target.connector.check(aim, callWithin())).toMatchObject({ state });

        await target.sql('UPDATE hallpass.ledger SET until = now()');
        await sweep();
        await sweep();

        expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'standing' });
        expect(await target.holds('ann-b')).toBe(true);
        await target.connector.revoke(aim, callWithin());
        expect(await target.holds('ann-b')).toBe(true);
      });

      test('keeps its sessions', async () => {
        await target.giveByHand('_zoe');
        const session = await target.session('_zoe');
        await session.query('SET ROLE app_readonly');
        const aim = await aimAt('_zoe');
        await target.connector.grant(aim, callWithin());

        expect(await target.connector.revoke(aim, callWithin())).toEqual({ sessionsEnded: 0 });

        expect((await session.query('SELECT * FROM orders')).rowCount).toBe(1);
      });
    });

    describe('the look at the start', () => {
      async function findings(options: ConnectOptions = {}): Promise<string[]> {
        const found = await target.connect(options).validate(callWithin());
        return found.map(({ level, text }) => `${level}: ${text}`);
      }
      const options = version === '15' ? 'WITH ADMIN OPTION' : 'WITH ADMIN TRUE, INHERIT FALSE, SET FALSE';

      test('names what is missing, each with the line that mends it', async () => {
        await target.sql('CREATE ROLE r_new; REVOKE pg_signal_backend FROM hallpass_owner');

        const found = await findings({ manage: ['app_readonly', 'app_admin', 'r_new', 'r_missing'] });
        const without = await findings({ endSessions: false });

        await target.sql('GRANT pg_signal_backend TO hallpass_owner');
        expect(found).toEqual([
          'error: end_sessions needs: GRANT pg_signal_backend TO hallpass_owner',
          `error: Hallpass's functions can't give the role r_new: GRANT r_new TO hallpass_owner ${options}`,
          "error: Hallpass's functions may not give the role r_new: INSERT INTO hallpass.managed VALUES ('r_new')",
          'error: There is no role r_missing in this PostgreSQL',
        ]);
        expect(without).toEqual([]);
      });

      test('warns when no sweep has run lately, and gives the line for pg_cron', async () => {
        await target.sql(`UPDATE hallpass.settings SET last_sweep = now() - interval '6 minutes'`);
        const late = await findings();
        await target.sql('UPDATE hallpass.settings SET last_sweep = NULL');
        const never = await findings();

        await sweep();

        expect(late).toEqual([
          expect.stringMatching(/^warning: .*sweep\(\).*cron\.schedule_in_database\('hallpass'/),
        ]);
        expect(never).toEqual(late);
        expect(await findings()).toEqual([]);
      });

      test('warns of what the account could do beside the functions, and of roles the catalog does not name', async () => {
        await target.sql(`GRANT app_admin TO hallpass ${options}; ALTER ROLE hallpass CREATEROLE`);

        const found = await findings({ manage: ['app_readonly'] });

        await target.sql('REVOKE app_admin FROM hallpass; ALTER ROLE hallpass NOCREATEROLE');
        expect(found).toEqual([
          "warning: Hallpass's account needs no CREATEROLE: ALTER ROLE hallpass NOCREATEROLE",
          "warning: Hallpass's account needs no roles of its own in this mode: REVOKE app_admin FROM hallpass",
          'warning: The table hallpass.managed has roles that the catalog does not: app_admin',
        ]);
      });

      test('asks for a reason on both sides for a role that could outlive its window', async () => {
        await target.sql('ALTER ROLE app_admin CREATEROLE');
        const settings = { accept_risk: { app_admin: 'creates the accounts of new people' } };

        const neither = await findings();
        const here = await findings({ settings });

        await target.sql('ALTER ROLE app_admin NOCREATEROLE');
        expect(neither).toEqual([expect.stringMatching(/^error: .*accept_risk in the catalog/)]);
        expect(here).toEqual([expect.stringMatching(/^error: .*hallpass\.managed\.accept_risk/)]);
      });

      test('says what to run where the functions are missing, are older, or are for another account', async () => {
        const elsewhere = target.connect({
          readSecret: () => target.server.url('hallpass', botPassword, 'postgres'),
        });
        await target.sql(`CREATE ROLE other LOGIN PASSWORD 'other'`);
        const other = target.connect({ readSecret: () => target.server.url('other', 'other', 'orders') });
        const install = [{ level: 'error', text: expect.stringContaining('`hallpass sql postgres`') }];

        expect(await elsewhere.validate(callWithin())).toEqual(install);
        expect(await other.validate(callWithin())).toEqual(install);
        const error = await failureOf(elsewhere.resolve('dana', 'app_readonly', callWithin()));
        expect(error).toMatchObject({ kind: 'final', message: expect.stringContaining('hallpass sql') });
        const [{ body } = {}] = await target.sql(
          `SELECT pg_get_functiondef('hallpass.info()'::regprocedure) AS body`,
        );
        await target.sql(String(body).replace(new RegExp(`SELECT\\s+${sqlVersion},`), 'SELECT 0,'));
        const older = await findings();
        await target.install();
        expect(older).toEqual([expect.stringContaining(`are version 0, and Hallpass needs ${sqlVersion}`)]);
      });
    });

    describe('their installation', () => {
      test('refuses a second database of the same server, whose ledger would end what is in the first', async () => {
        const other = new Client({
          connectionString: await target.server.createDatabase(`second_${version}`),
        });
        await other.connect();

        await expect(other.query(shippedSql)).rejects.toThrow('in another database of this server already');
        await other.query('ROLLBACK');
        const { rows } = await other.query(`SELECT to_regnamespace('hallpass') AS schema`);
        await other.end();
        expect(rows).toEqual([{ schema: null }]);
      });

      test.each([
        ['their owner may log in', 'ALTER ROLE hallpass_owner LOGIN', 'ALTER ROLE hallpass_owner NOLOGIN'],
        [
          "Hallpass's account could become their owner",
          'GRANT hallpass_owner TO hallpass',
          'REVOKE hallpass_owner FROM hallpass',
        ],
        [
          "the schema is somebody else's",
          'ALTER SCHEMA hallpass OWNER TO dba',
          'ALTER SCHEMA hallpass OWNER TO hallpass_owner',
        ],
      ])('stops where %s', async (_what, before, after) => {
        await target.sql(before);
        const refused = await target.install().then(
          () => 'installed',
          (error: unknown) => (error instanceof Error ? error.message : String(error)),
        );
        await target.sql(after);

        expect(refused).toMatch(/must (be neither|not be a member)|somebody else/);
      });
    });

    test('what was given before the functions are brought up to date ends after it', async () => {
      const aim = await aimAt('dana');
      await target.connector.grant(aim, callWithin());
      await target.install();

      expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'present' });
      await target.connector.revoke(aim, callWithin());
      expect(await target.holds('dana')).toBe(false);
    });
  });
}
