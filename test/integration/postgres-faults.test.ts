import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callWithin, failureOf, targetOf } from '../support/connector-contract.js';
import { botPassword, people, startPostgresTarget, type PostgresTarget } from '../support/postgres-target.js';
import { startSlowWire } from '../support/slow-wire.js';
import { waitFor } from '../support/wait-for.js';

const idle = `SELECT 1 FROM pg_stat_activity WHERE usename = 'hallpass' AND state LIKE 'idle in transaction%'`;

const waitingGrants = `SELECT 1 FROM pg_locks WHERE relation = 'pg_auth_members'::regclass AND NOT granted`;

function neverMind(): never {
  throw new Error('There are accounts in the target');
}

const waiting = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;

for (const version of ['15', '18'] as const) {
  describe(`faults on PostgreSQL ${version}`, () => {
    let target: PostgresTarget;
    beforeAll(async () => {
      target = await startPostgresTarget(version);
    });
    afterAll(() => target.stop());

    async function lockMemberships(): Promise<Client> {
      const client = new Client({ connectionString: target.server.superuserUrl });
      await client.connect();
      await client.query('BEGIN; LOCK TABLE pg_auth_members IN SHARE MODE');
      return client;
    }

    test('a grant that is cut off while the server works on it says that it may still happen', async () => {
      const aim = await targetOf(target.connector, 'dana', 'app_readonly');
      const locker = await lockMemberships();

      const error = await failureOf(target.connector.grant(aim, callWithin(1_000)), target.secrets);

      expect(error).toMatchObject({ kind: 'retryable', uncertain: true });
      await locker.end();
      expect(await waitFor('the late grant', () => target.holds('dana'))).toBe(true);
      await target.connector.revoke(aim, callWithin());
      expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });
    });

    test('a grant that waits too long for others is given up by the server, for certain', async () => {
      const aim = await targetOf(target.connector, 'sam', 'app_readonly');
      const locker = await lockMemberships();

      const error = await failureOf(target.connector.grant(aim, callWithin()), target.secrets);

      expect(error).toMatchObject({ kind: 'retryable', uncertain: false });
      expect(error.message).toContain('55P03');
      await locker.end();
      expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });
    });

    test('a server that became read-only is out of reach, and the probe sees when it takes changes again', async () => {
      const aim = await targetOf(target.connector, 'sam', 'app_readonly');
      await target.connector.grant(aim, callWithin());
      const admin = new Client({ connectionString: target.server.superuserUrl });
      await admin.connect();
      const set = async (readOnly: 'on' | 'off'): Promise<void> => {
        await admin.query(`ALTER SYSTEM SET default_transaction_read_only = ${readOnly}`);
        await admin.query('SELECT pg_reload_conf()');
      };

      await set('on');
      await waitFor('the server to be read-only', async () =>
        target.connector.ping(callWithin()).then(
          () => false,
          () => true,
        ),
      );
      const error = await failureOf(target.connector.revoke(aim, callWithin()), target.secrets);
      const probe = await failureOf(target.connector.ping(callWithin()), target.secrets);
      await set('off');

      expect(error).toMatchObject({ kind: 'unreachable', uncertain: false });
      expect(probe.kind).toBe('unreachable');
      await waitFor('the server to take changes', async () =>
        target.connector.ping(callWithin()).then(
          () => true,
          () => false,
        ),
      );
      await admin.end();
      await target.connector.revoke(aim, callWithin());
      expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });
    });

    test('grants that wait, more than there are connections for, hold up no end of access', async () => {
      const aims = await Promise.all(
        people.flatMap((name) =>
          ['app_readonly', 'app_admin'].map((role) => targetOf(target.connector, name, role)),
        ),
      );
      const [ending, ...others] = aims;
      const locker = await lockMemberships();
      let givenUp = 0;
      const grants = others.map((aim) =>
        target.connector.grant(aim, callWithin()).catch(() => {
          givenUp += 1;
        }),
      );
      await waitFor(
        'grants that wait for the lock',
        async () => (await target.sql(waitingGrants)).length >= 10,
      );

      await target.connector.revoke(ending ?? neverMind(), callWithin());

      expect(others.length).toBeGreaterThan(20);
      expect(givenUp).toBe(0);
      await locker.end();
      await Promise.all(grants);
      for (const aim of others) {
        await target.connector.revoke(aim, callWithin());
      }
    });

    test('a grant that the network keeps holds up others of its kind, and then never takes effect', async () => {
      const wire = await startSlowWire(target.server.port);
      const url = new URL(target.botUrl);
      url.port = String(wire.port);
      const connector = target.connect({ readSecret: () => url.href });
      const aim = await targetOf(connector, 'p9', 'app_readonly');
      wire.holdFrom('GRANT ');

      const grant = failureOf(connector.grant(aim, callWithin(1_000)), target.secrets);
      await wire.held;
      expect(await target.sql(idle)).toHaveLength(1);
      const second = failureOf(target.connector.grant(aim, callWithin()), target.secrets);
      await waitFor('the second to wait', async () => (await target.sql(waiting)).length === 1);
      expect(await grant).toMatchObject({ uncertain: true });
      expect(await second).toMatchObject({ kind: 'retryable', uncertain: false });
      await waitFor(
        'the server to give the transaction up',
        async () => (await target.sql(idle)).length === 0,
        {
          withinMs: connector.lateEffectMs,
        },
      );
      wire.letGo();

      await target.connector.ping(callWithin());
      expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });
      wire.close();
    });

    test('whoever keeps the lock under which memberships change keeps no role with it', async () => {
      const aim = await targetOf(target.connector, 'p10', 'app_readonly');
      await target.connector.grant(aim, callWithin());
      const session = await target.session('p10');
      const digest = createHash('sha256')
        .update(`hallpass:membership ${aim.role} ${aim.account.id}`)
        .digest();
      await session.query('SELECT pg_advisory_lock($1)', [String(digest.readBigInt64BE())]);

      await target.connector.revoke(aim, callWithin());

      expect(await target.holds('p10')).toBe(false);
    });

    test('no revocation waits for what people ask to see', async () => {
      const aim = await targetOf(target.connector, 'p11', 'app_readonly');
      await target.connector.grant(aim, callWithin());
      let seen = 0;
      const looks = Array.from({ length: 200 }, async () => {
        await target.connector.list?.(aim.role, callWithin());
        seen += 1;
      });

      await target.connector.revoke(aim, callWithin());

      expect(seen).toBeLessThan(200);
      await Promise.all(looks);
    });

    test('a new password is used without a restart, and a wrong one is told without showing it', async () => {
      let url = target.botUrl;
      const connector = target.connect({ readSecret: () => url });
      await connector.ping(callWithin());
      await target.sql(`ALTER ROLE hallpass PASSWORD 'canary-second'`);

      url = target.server.url('hallpass', 'canary-wrong', 'orders');
      const wrong = await failureOf(connector.ping(callWithin()), ['canary']);
      url = target.server.url('hallpass', 'canary-second', 'orders');
      await connector.ping(callWithin());

      expect(wrong.kind).toBe('unreachable');
      expect(wrong.message).toContain('env:ORDERS_DB_URL: it refused the password (28P01)');
      await target.sql(`ALTER ROLE hallpass PASSWORD '${botPassword}'`);
    });

    test('a secret that is not there names itself, and mends once it is', async () => {
      let present = false;
      const connector = target.connect({
        readSecret: (ref) => {
          if (!present) {
            throw new Error(`${ref} is not set`);
          }
          return target.botUrl;
        },
      });

      const error = await failureOf(connector.ping(callWithin()));
      present = true;
      await connector.ping(callWithin());

      expect(error).toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining('env:ORDERS_DB_URL'),
      });
    });

    test.each([
      [
        'a database that is not there',
        (it: PostgresTarget) => it.server.url('hallpass', botPassword, 'nix'),
        /3D000/,
      ],
      ['a port where nobody listens', () => 'postgres://hallpass:canary@127.0.0.1:1/orders', /ECONNREFUSED/],
      ['a host that does not exist', () => 'postgres://h:canary@nowhere.invalid/orders', /host name/],
      ['no URL at all', () => 'canary canary', /is not a URL/],
    ])('%s is told in words, without the URL', async (_what, url, words) => {
      const connector = target.connect({ readSecret: () => url(target) });

      const error = await failureOf(connector.ping(callWithin()), ['canary', botPassword]);

      expect(error.kind).toBe('unreachable');
      expect(error.message).toMatch(words);
    });

    test('an idle connection that the server ends is replaced, and ends nothing here', async () => {
      await target.connector.ping(callWithin());

      await target.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hallpass'`);

      const again = await waitFor('a new connection', () =>
        targetOf(target.connector, 'dana', 'app_readonly'),
      );
      expect(again.account.name).toBe('dana');
    });

    test('a closed connector opens nothing again', async () => {
      const connector = target.connect();
      await connector.ping(callWithin());

      await connector.close();

      expect((await failureOf(connector.ping(callWithin()))).kind).toBe('unreachable');
    });

    test('a schema of somebody else does not stand in front of the catalogue', async () => {
      await target.sql(`CREATE SCHEMA front; GRANT USAGE ON SCHEMA front TO PUBLIC;
        CREATE FUNCTION front.same(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false';
        CREATE OPERATOR front.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = front.same);
        ALTER ROLE hallpass SET search_path = front, pg_catalog`);
      const connector = target.connect();
      const aim = await targetOf(connector, 'p10', 'app_readonly');

      await connector.grant(aim, callWithin());

      expect(await connector.check(aim, callWithin())).toMatchObject({ state: 'present' });
      await target.sql('ALTER ROLE hallpass RESET search_path');
      await connector.revoke(aim, callWithin());
    });
  });
}
