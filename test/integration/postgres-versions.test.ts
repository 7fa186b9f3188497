import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgres } from '../../src/connectors/postgres/index.js';
import { callWithin, targetOf } from '../support/connector-contract.js';
import { freePort } from '../support/servers/free-port.js';
import { silentLog, startPostgresTarget, type PostgresTarget } from '../support/postgres-target.js';

describe('on PostgreSQL 18, where each grantor has a membership to give', () => {
  let target: PostgresTarget;
  beforeAll(async () => {
    target = await startPostgresTarget('18');
  });
  afterAll(() => target.stop());

  test('a grant by somebody else meanwhile survives the end of ours', async () => {
    const aim = await targetOf(target.connector, 'sam', 'app_readonly');
    await target.connector.grant(aim, callWithin());
    await target.giveByHand('sam');
    expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'present' });

    await target.connector.revoke(aim, callWithin());

    expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'standing' });
  });

  test('an option to give the role away is not the role', async () => {
    await target.sql('GRANT app_readonly TO p7 WITH ADMIN TRUE, INHERIT FALSE, SET FALSE');
    const aim = await targetOf(target.connector, 'p7', 'app_readonly');
    expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });

    await target.connector.grant(aim, callWithin());
    expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'present' });

    await target.connector.revoke(aim, callWithin());
    expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });
  });

  test('what a superuser with the option gives is known to be theirs', async () => {
    await target.sql(`CREATE ROLE root2 SUPERUSER LOGIN PASSWORD 'root2';
      GRANT app_readonly TO root2 WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
    const connector = target.connect({ readSecret: () => target.server.url('root2', 'root2', 'orders') });
    const aim = await targetOf(connector, 'dana', 'app_readonly');

    await connector.grant(aim, callWithin());
    expect(await connector.check(aim, callWithin())).toMatchObject({ state: 'present' });

    await connector.revoke(aim, callWithin());
    expect(await connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });
  });

  test('Hallpass can give the role and not use it', async () => {
    const bot = await target.session('hallpass', target.secrets[0]);

    await expect(bot.query('SELECT * FROM orders')).rejects.toThrow('permission denied');
    await expect(bot.query('SET ROLE app_readonly')).rejects.toThrow('permission denied');
  });
});

describe('on PostgreSQL 15, where there is one membership for each pair', () => {
  let target: PostgresTarget;
  beforeAll(async () => {
    target = await startPostgresTarget('15');
  });
  afterAll(() => target.stop());

  test('a membership that somebody made theirs meanwhile is no longer ours', async () => {
    const aim = await targetOf(target.connector, 'sam', 'app_readonly');
    await target.connector.grant(aim, callWithin());
    await target.sql('GRANT app_readonly TO sam WITH ADMIN OPTION');

    await target.connector.revoke(aim, callWithin());

    expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'standing' });
  });

  test('Hallpass, which has to be a member to give the role, is not listed as holding it', async () => {
    const members = await target.connector.list?.('app_readonly', callWithin());

    expect(members?.map(({ account }) => account.name)).toContain('dba');
    expect(members?.map(({ account }) => account.name)).not.toContain('hallpass');
  });

  test('a grant by somebody else meanwhile changes nothing, and ends with ours, as the README warns', async () => {
    const aim = await targetOf(target.connector, 'mia.w', 'app_readonly');
    await target.connector.grant(aim, callWithin());
    await target.giveByHand('mia.w');

    await target.connector.revoke(aim, callWithin());

    expect(await target.connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });
  });
});

test('a target keeps its fingerprint through a restart, and no other server has it', async () => {
  const [old, other] = await Promise.all([startPostgresTarget('15'), startPostgresTarget('18')]);
  const before = await targetOf(old.connector, 'dana', 'app_readonly');
  const elsewhere = await targetOf(other.connector, 'dana', 'app_readonly');

  await old.server.restart();

  expect((await targetOf(old.connect(), 'dana', 'app_readonly')).fingerprint).toBe(before.fingerprint);
  expect(elsewhere.fingerprint).not.toBe(before.fingerprint);
  await Promise.all([old.stop(), other.stop()]);
});

test('PGlite behind its socket serves as a target, as the demo uses it', async () => {
  const db = await PGlite.create();
  const server = new PGLiteSocketServer({
    db,
    host: '127.0.0.1',
    port: await freePort(),
    maxConnections: 10,
  });
  await server.start();
  await db.exec('CREATE ROLE app_readonly; CREATE ROLE dana LOGIN');
  const spec = {
    name: 'orders-db',
    use: 'postgres',
    manage: ['app_readonly'],
    identity: { map: new Map(), fromEmail: null },
    endSessions: true,
    settings: { url: 'env:URL' },
  };
  const readSecret = (): string => `postgres://postgres:any@${server.getServerConn()}/postgres`;
  const connector = postgres.create({ spec, readSecret, log: silentLog });
  const aim = await targetOf(connector, 'dana', 'app_readonly');

  await connector.grant(aim, callWithin());
  expect(await connector.check(aim, callWithin())).toMatchObject({ state: 'present' });
  await Promise.all([connector.revoke(aim, callWithin()), connector.revoke(aim, callWithin())]);
  expect(await connector.check(aim, callWithin())).toMatchObject({ state: 'absent' });
  expect(await connector.validate(callWithin())).toEqual([
    { level: 'warning', text: expect.stringContaining('is a superuser') },
  ]);

  await connector.close();
  await server.stop();
  await db.close();
});
