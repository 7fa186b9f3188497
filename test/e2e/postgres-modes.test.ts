import { afterAll, expect, test } from 'vitest';
import { readAudit, readRecords } from '../support/records.js';
import { startHallpass } from '../support/running-hallpass.js';
import { credentialsIn, type Credentials } from '../support/shown-secrets.js';
import { openSession, startTargetDatabase } from '../support/target-database.js';
import { waitFor } from '../support/wait-for.js';

/** Two ways to give access in PostgreSQL, each from the question in Slack to its end in the target. */

const MINUTE_MS = 60_000;

const functions = await startTargetDatabase('15', undefined, 'function');
const logins = await startTargetDatabase('18', undefined, 'ephemeral');
afterAll(async () => {
  await Promise.all([functions.stop(), logins.stop()]);
});

function inMode(mode: 'function' | 'ephemeral') {
  return { connectors: { 'orders-db': { mode } } };
}

/** As the line for psql says it. */
function urlOf({ user, password, host, port, database }: Credentials): string {
  return `postgresql://${user}:${password}@${host}:${port}/${database}?options=-crole%3Dapp_readonly`;
}

async function loginsLeft(): Promise<unknown[]> {
  return await logins.sql('superuser', String.raw`select rolname from pg_roles where rolname like 'hp\_%'`);
}

test.concurrent('a temporary login is made, shown in Slack to its holder alone, and gone at the end with its open session', async ({
  onTestFinished,
}) => {
  const hallpass = await startHallpass({ target: logins, catalog: inMode('ephemeral') });
  onTestFinished(hallpass.stop);
  const { ask, buttonsOf, click, clickToModal, dms, seeDm, seeText, world } = hallpass;
  const { card } = await ask('dana', 'request prod-db 12s stuck migration 4711');
  expect(await loginsLeft()).toEqual([]);

  await click('mia', card, 'request.approve');
  const ready = await seeDm('dana', /Press Reveal login/);
  expect(buttonsOf(ready)).toEqual(['Reveal login', "I'm done", 'Extend']);

  // It is nobody else's to see; whoever forges the click reads why not.
  expect(await clickToModal('mia', ready, 'grant.reveal')).not.toContain('password');
  expect(await clickToModal('dana', ready, 'grant.reveal')).toContain('Shown only now and stored nowhere');
  const shown = credentialsIn(world.modalOf('dana')?.blocks);
  expect(shown).toHaveLength(1);
  const [credentials] = shown;
  if (credentials === undefined) {
    throw new Error('No login was shown');
  }
  const session = await openSession(urlOf(credentials));
  expect(await session.query('select item from orders')).toEqual([{ item: 'a stuck migration' }]);
  expect(await logins.membersOf('app_readonly')).toEqual([credentials.user]);

  await seeText(card, /The access ended .*: its time was over/);
  expect(await loginsLeft()).toEqual([]);
  await waitFor('the end of the open session', session.hasEnded);
  await expect(openSession(urlOf(credentials))).rejects.toThrow(/password authentication failed/);
  expect(await clickToModal('dana', ready, 'grant.reveal')).toMatch(/over/);

  const { kinds, firstBad } = await readAudit(hallpass.databaseFile);
  expect(firstBad).toBeNull();
  expect(kinds.filter((kind) => kind.startsWith('secret.'))).toEqual([
    'secret.refused',
    'secret.revealing',
    'secret.revealed',
    'secret.refused',
  ]);
  expect(kinds.filter((kind) => kind.startsWith('entitlement.'))).toEqual([
    'entitlement.granting',
    'entitlement.granted',
    'entitlement.revoking',
    'entitlement.revoked',
  ]);
  expect(JSON.stringify([hallpass.log.lines, dms('dana')])).not.toContain(credentials.password);
});

test.concurrent('access by the functions is given, written down with its end, and gone at the end with the open session', async ({
  onTestFinished,
}) => {
  const hallpass = await startHallpass({ target: functions, catalog: inMode('function') });
  onTestFinished(hallpass.stop);
  const { ask, buttonsOf, click, seeDm, seeText } = hallpass;
  const ledger = async (): Promise<unknown[]> =>
    await functions.sql(
      'superuser',
      `select role_name, member_name, given_by, until, ended_by, cleaned_at is not null as cleaned
         from hallpass.ledger`,
    );
  const { card } = await ask('dana', 'request prod-db 8s stuck migration 4711');
  await expect(functions.sql('dana', 'select item from orders')).rejects.toThrow(/permission denied/);

  await click('mia', card, 'request.approve');
  expect(buttonsOf(await seeDm('dana', /How to use/))).toEqual(["I'm done", 'Extend']);
  const session = await functions.openSession('dana');
  await session.query('set role app_readonly');
  expect(await session.query('select item from orders')).toEqual([{ item: 'a stuck migration' }]);
  expect(await functions.membersOf('app_readonly')).toEqual(['dana']);
  const { grants } = await readRecords(hallpass.databaseFile);
  const given = {
    role_name: 'app_readonly',
    member_name: 'dana',
    given_by: 'hallpass',
    until: new Date((grants[0]?.endsAt ?? 0) + MINUTE_MS),
  };
  expect(await ledger()).toEqual([{ ...given, ended_by: null, cleaned: false }]);

  await seeText(card, /The access ended .*: its time was over/);
  expect(await functions.membersOf('app_readonly')).toEqual([]);
  await waitFor('the end of the open session', session.hasEnded);
  await expect(functions.sql('dana', 'select item from orders')).rejects.toThrow(/permission denied/);
  expect(await ledger()).toEqual([{ ...given, ended_by: 'hallpass', cleaned: true }]);

  const { kinds, firstBad } = await readAudit(hallpass.databaseFile);
  expect(firstBad).toBeNull();
  expect(kinds.filter((kind) => kind.startsWith('entitlement.'))).toEqual([
    'entitlement.granting',
    'entitlement.granted',
    'entitlement.revoking',
    'entitlement.revoked',
  ]);
});
