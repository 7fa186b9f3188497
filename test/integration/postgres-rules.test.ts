import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/ports.js';
import { callWithin, failureOf, targetOf } from '../support/connector-contract.js';
import { startPostgresTarget, type ConnectOptions, type PostgresTarget } from '../support/postgres-target.js';

for (const version of ['15', '18'] as const) {
  describe(`on PostgreSQL ${version}`, () => {
    let target: PostgresTarget;
    beforeAll(async () => {
      target = await startPostgresTarget(version);
    });
    afterAll(() => target.stop());

    /** How granting this role to dana ends. */
    async function grantOf(role: string, options: ConnectOptions = {}): Promise<string> {
      const connector = target.connect({ manage: [role], ...options });
      const aim = await targetOf(connector, 'dana', role);
      try {
        await connector.grant(aim, callWithin());
        return (await connector.check(aim, callWithin())).state;
      } catch {
        const error = await failureOf(connector.grant(aim, callWithin()), target.secrets);
        return `${error.kind}: ${error.message}`;
      } finally {
        await connector.revoke(aim, callWithin());
      }
    }
    async function managed(role: string, more = ''): Promise<void> {
      await target.sql(`CREATE ROLE ${role}; GRANT ${role} TO hallpass WITH ADMIN OPTION; ${more}`);
    }

    describe('accounts', () => {
      test.each([
        ['a superuser', 'postgres', 'is a superuser'],
        ['Hallpass itself', 'hallpass', 'is the account of Hallpass itself'],
        ['a managed role', 'app_admin', 'is itself a role that Hallpass manages'],
        ['a group', 'unmanaged', 'may not log in'],
      ])('%s gets nothing', async (_what, name, reason) => {
        const error = await failureOf(
          target.connector.resolve(name, 'app_readonly', callWithin()),
          target.secrets,
        );

        expect(error).toMatchObject({ kind: 'final', message: expect.stringContaining(reason) });
      });

      test.each([
        'public',
        'PUBLIC',
        'none',
        'current_user "',
        'pg_monitor',
        'Dana',
        'dana ',
        'd'.repeat(64),
      ])('the name %j is nobody', async (name) => {
        const error = await failureOf(
          target.connector.resolve(name, 'app_readonly', callWithin()),
          target.secrets,
        );

        expect(error.kind).toBe('unknown-account');
      });

      test('an account with members gets nothing, for they would get it too', async () => {
        await target.sql('CREATE ROLE shared LOGIN; CREATE ROLE twin LOGIN IN ROLE shared');

        const error = await failureOf(target.connector.resolve('shared', 'app_readonly', callWithin()));

        expect(error.message).toContain('has members');
      });

      test('a member that could also pass the account on is a member', async () => {
        await target.sql(
          'CREATE ROLE lent LOGIN; CREATE ROLE borrower LOGIN; GRANT lent TO borrower WITH ADMIN OPTION',
        );

        const error = await failureOf(target.connector.resolve('lent', 'app_readonly', callWithin()));

        expect(error.message).toContain('has members');
      });

      test('one that has become a superuser is granted nothing, but what it was given still ends', async () => {
        await target.sql('CREATE ROLE rising LOGIN');
        const aim = await targetOf(target.connector, 'rising', 'app_readonly');
        await target.connector.grant(aim, callWithin());
        await target.sql('ALTER ROLE rising SUPERUSER');

        expect((await failureOf(target.connector.grant(aim, callWithin()))).kind).toBe('final');
        await target.connect({ endSessions: false }).revoke(aim, callWithin());

        expect(await target.holds('rising')).toBe(false);
        expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'standing' });
      });

      test('a renamed account is still the one that was granted, and ends under its new name', async () => {
        await target.sql('CREATE ROLE maiden LOGIN');
        const aim = await targetOf(target.connector, 'maiden', 'app_readonly');
        await target.connector.grant(aim, callWithin());
        await target.sql('ALTER ROLE maiden RENAME TO "Wed; DROP"');
        expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'present' });

        await target.connector.revoke(aim, callWithin());

        expect(await target.holds('Wed; DROP')).toBe(false);
        expect((await failureOf(target.connector.grant(aim, callWithin()))).message).toContain('has a name');
      });

      test('a new role that took the name of the managed one is another role, and nothing was ended in it', async () => {
        const aim = await targetOf(target.connector, 'p8', 'app_readonly');
        await target.connector.grant(aim, callWithin());
        await target.sql('ALTER ROLE app_readonly RENAME TO app_readonly_before');
        await target.sql('CREATE ROLE app_readonly NOLOGIN');
        try {
          for (const call of [
            target.connector.revoke(aim, callWithin()),
            target.connector.check(aim, callWithin()),
          ]) {
            expect((await failureOf(call, target.secrets)).kind).toBe('wrong-target');
          }
        } finally {
          await target.sql('DROP ROLE app_readonly');
          await target.sql('ALTER ROLE app_readonly_before RENAME TO app_readonly');
        }
        await target.connector.revoke(aim, callWithin());
        expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });
      });

      test('a new account that took the name of one that is gone gets nothing of it', async () => {
        await target.sql('CREATE ROLE temp LOGIN');
        const aim = await targetOf(target.connector, 'temp', 'app_readonly');
        await target.sql('DROP ROLE temp; CREATE ROLE temp LOGIN');

        const error = await failureOf(target.connector.grant(aim, callWithin()));

        expect(error.kind).toBe('unknown-account');
        expect(await target.holds('temp')).toBe(false);
      });
    });

    describe('standing access', () => {
      test('a role held by way of a group is standing, and listed', async () => {
        await target.sql('CREATE ROLE team; GRANT app_readonly TO team; CREATE ROLE ivy LOGIN IN ROLE team');
        const aim = await targetOf(target.connector, 'ivy', 'app_readonly');

        expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'standing' });
        expect(await target.connector.list?.('app_readonly', callWithin())).toContainEqual({
          account: aim.account,
          fingerprint: aim.fingerprint,
          standing: true,
        });
      });

      test('what another account of Hallpass gave is not ours to end: its target is another', async () => {
        const aim = await targetOf(target.connector, 'dana', 'app_readonly');
        await target.connector.grant(aim, callWithin());
        const option = version === '15' ? 'WITH ADMIN OPTION' : 'WITH ADMIN TRUE, INHERIT FALSE, SET FALSE';
        await target.sql(
          `CREATE ROLE successor LOGIN PASSWORD 'new'; GRANT app_readonly TO successor ${option}`,
        );
        const successor = target.connect({
          readSecret: () => target.server.url('successor', 'new', 'orders'),
        });

        expect((await failureOf(successor.check(aim, callWithin()))).kind).toBe('wrong-target');
        expect((await failureOf(successor.revoke(aim, callWithin()))).kind).toBe('wrong-target');
        await target.connector.revoke(aim, callWithin());
      });
    });

    describe('roles', () => {
      test.each([
        ['can create roles', 'r_create', 'ALTER ROLE r_create CREATEROLE'],
        ['can copy the whole server', 'r_repl', 'ALTER ROLE r_repl REPLICATION'],
        ['passes by row security', 'r_rls', 'ALTER ROLE r_rls BYPASSRLS'],
        ['reaches outside', 'r_prog', 'GRANT pg_execute_server_program TO r_prog'],
        ['reaches outside', 'r_write', 'GRANT pg_write_server_files TO r_write'],
        ['reaches outside', 'r_read', 'GRANT pg_read_server_files TO r_read'],
        ['can give others unmanaged', 'r_give', 'GRANT unmanaged TO r_give WITH ADMIN OPTION'],
        [
          'can create roles through inner',
          'r_chain',
          'CREATE ROLE inner_most CREATEROLE; CREATE ROLE inner1 IN ROLE inner_most; GRANT inner1 TO r_chain',
        ],
      ])('one that %s is granted only where the catalog says why (%s)', async (risk, role, more) => {
        await managed(role, more);

        expect(await grantOf(role)).toMatch(new RegExp(`^final: The role ${role} ${risk}`));
        const settings = { accept_risk: { [role]: 'The on-call engineer has to repair replication' } };
        expect(await grantOf(role, { settings })).toBe('present');
      });

      test('one that is a superuser is refused, and PostgreSQL lets none but a superuser give it', async () => {
        await managed('r_super', 'ALTER ROLE r_super SUPERUSER');
        const settings = { accept_risk: { r_super: 'This is how the team does its upgrades' } };
        const readSecret = (): string => target.server.superuserUrl;

        expect(await grantOf('r_super')).toMatch(/^final: The role r_super is a superuser/);
        expect(await grantOf('r_super', { settings })).toMatch(/^final: .*42501/);
        expect(await grantOf('r_super', { settings, readSecret })).toBe('present');
      });

      test('one that has become risky since is refused from then on, and still ends', async () => {
        await managed('r_late');
        expect(await grantOf('r_late')).toBe('present');
        await target.sql('ALTER ROLE r_late CREATEROLE');

        expect(await grantOf('r_late')).toMatch(/^final: .*can create roles/);
      });

      test('one that leads to the account of Hallpass is never granted, whatever the catalog says', async () => {
        // In the other direction, since a role can't be a member of its own member.
        await target.sql('CREATE ROLE r_bot; GRANT hallpass TO r_bot');
        const settings = { accept_risk: { r_bot: 'Nobody should be able to accept this' } };

        expect(await grantOf('r_bot', { settings })).toMatch(/^final: .*could give away everything/);
      });

      test('one that is gone, perhaps renamed, is an error and not an absence', async () => {
        await managed('r_gone');
        const connector = target.connect({ manage: ['r_gone'] });
        const aim = await targetOf(connector, 'dana', 'r_gone');
        await connector.grant(aim, callWithin());
        await target.sql('ALTER ROLE r_gone RENAME TO r_elsewhere');

        expect((await failureOf(connector.check(aim, callWithin()))).kind).toBe('final');
        expect((await failureOf(connector.revoke(aim, callWithin()))).kind).toBe('final');
        const listing = connector.list?.('r_gone', callWithin());
        expect((await failureOf(Promise.resolve(listing))).kind).toBe('final');
      });

      test('one that Hallpass may not give is a final refusal', async () => {
        await target.sql('CREATE ROLE r_foreign');

        expect(await grantOf('r_foreign')).toMatch(/^final: .*42501/);
      });
    });

    describe('the look at the start', () => {
      async function findings(options: ConnectOptions): Promise<Finding[]> {
        return target.connect(options).validate(callWithin());
      }

      test('names what is missing: the role, the option to give it, the right to end sessions', async () => {
        await target.sql(`CREATE ROLE poor LOGIN PASSWORD 'poor'; CREATE ROLE r_orphan`);
        const readSecret = (): string => target.server.url('poor', 'poor', 'orders');

        const found = await findings({ manage: ['r_orphan', 'r_missing'], readSecret });

        const options = version === '15' ? 'WITH ADMIN OPTION' : 'WITH ADMIN TRUE, INHERIT FALSE, SET FALSE';
        expect(found).toEqual([
          { level: 'error', text: 'end_sessions needs: GRANT pg_signal_backend TO poor' },
          { level: 'error', text: `Hallpass can't give the role r_orphan: GRANT it TO poor ${options}` },
          { level: 'error', text: 'There is no role r_missing in this PostgreSQL' },
        ]);
        expect(await findings({ manage: [], readSecret, endSessions: false })).toEqual([]);
      });

      test('names what is too much: a superuser, CREATEROLE, other roles, risks', async () => {
        await managed('r_risky', 'ALTER ROLE r_risky CREATEROLE');
        await target.sql(`CREATE ROLE rich LOGIN PASSWORD 'rich' CREATEROLE; GRANT pg_signal_backend TO rich;
          GRANT app_readonly, r_risky TO rich WITH ADMIN OPTION`);

        const rich = await findings({
          manage: ['r_risky'],
          readSecret: () => target.server.url('rich', 'rich', 'orders'),
          settings: { accept_risk: { app_readonly: 'It is not even under manage' } },
        });
        const root = await findings({ readSecret: () => target.server.superuserUrl });

        const patterns = [
          /^warning: .*NOCREATEROLE/,
          ...(version === '18' ? [/^warning: Hallpass can itself use r_risky/] : []),
          /^error: The role r_risky can create roles/,
          /^warning: .*does not manage: app_readonly/,
          /^warning: accept_risk .*: app_readonly/,
        ];
        expect(rich.map(({ level, text }) => `${level}: ${text}`)).toEqual(
          patterns.map((pattern) => expect.stringMatching(pattern)),
        );
        expect(root).toEqual([{ level: 'warning', text: expect.stringContaining('is a superuser') }]);
      });
    });
  });
}
