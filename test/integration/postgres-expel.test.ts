import { afterAll, beforeAll, expect, test } from 'vitest';
import { callWithin, failureOf, targetOf } from '../support/connector-contract.js';
import { startPostgresTarget, type PostgresTarget } from '../support/postgres-target.js';

const targets = new Map<string, PostgresTarget>();
beforeAll(async () => {
  for (const version of ['15', '18'] as const) {
    targets.set(version, await startPostgresTarget(version));
  }
});
afterAll(async () => {
  await Promise.all([...targets.values()].map(async (target) => await target.stop()));
});

function targetAt(version: string): PostgresTarget {
  const target = targets.get(version);
  if (target === undefined) {
    throw new Error(`No PostgreSQL ${version} was started.`);
  }
  return target;
}

test('on PostgreSQL 15 a member whom somebody else put there can be removed', async () => {
  const target = targetAt('15');
  const { connector } = target;
  await target.giveByHand('dana');
  const aim = await targetOf(connector, 'dana', 'app_readonly');
  expect((await connector.check(aim, callWithin())).state).toBe('standing');

  await connector.expel?.(aim, callWithin());

  expect((await connector.check(aim, callWithin())).state).toBe('absent');
});

test('on PostgreSQL 18 what another role gave stays, and the error names whose it is', async () => {
  const target = targetAt('18');
  const { connector, secrets } = target;
  await target.giveByHand('dana');
  const aim = await targetOf(connector, 'dana', 'app_readonly');

  const error = await failureOf(connector.expel?.(aim, callWithin()) ?? Promise.resolve(), secrets);

  expect(error).toMatchObject({ kind: 'final', message: expect.stringContaining('by dba') });
  expect((await connector.check(aim, callWithin())).state).toBe('standing');
});

test('on PostgreSQL 18 what another role gave goes where Hallpass has the rights of that role', async () => {
  const target = targetAt('18');
  const { connector } = target;
  await target.giveByHand('mia.w');
  await target.sql('GRANT dba TO hallpass WITH INHERIT TRUE');
  const aim = await targetOf(connector, 'mia.w', 'app_readonly');

  await connector.expel?.(aim, callWithin());
  await target.sql('REVOKE dba FROM hallpass');

  expect((await connector.check(aim, callWithin())).state).toBe('absent');
});

test.each(['15', '18'])(
  'on PostgreSQL %s a member of a group stays, for others share it',
  async (version) => {
    const target = targetAt(version);
    const { connector, secrets } = target;
    await target.sql('CREATE ROLE team; GRANT app_readonly TO team; GRANT team TO sam');
    const aim = await targetOf(connector, 'sam', 'app_readonly');

    const error = await failureOf(connector.expel?.(aim, callWithin()) ?? Promise.resolve(), secrets);

    expect(error).toMatchObject({
      kind: 'final',
      message: expect.stringContaining('by way of another role'),
    });
    expect((await connector.check(aim, callWithin())).state).toBe('standing');
  },
);
