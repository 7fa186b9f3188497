import { copyFileSync, rmSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atCommandLine } from '../support/at-command-line.js';
import { startForTest, type RunningHallpass } from '../support/running-hallpass.js';
import { startTargetDatabase, type TargetDatabase } from '../support/target-database.js';
import { waitFor } from '../support/wait-for.js';

/** What Hallpass makes of a target that is not as its database says. */

let target: TargetDatabase;
beforeAll(async () => {
  target = await startTargetDatabase();
});
afterAll(async () => {
  await target.stop();
});

const UNEXPLAINED = /Access that nothing explains in `orders-db`/;

/** Of `dana` in a message that lists what nothing explains. */
function idOf(account: string, text: string): string {
  const [, id = ''] = new RegExp(`\`(S-\\w+)\`: account \`${account}\``).exec(text) ?? [];
  return id;
}

function removeDatabase({ databaseFile }: RunningHallpass): void {
  ['', '-wal', '-shm'].forEach((suffix) => rmSync(`${databaseFile}${suffix}`, { force: true }));
}

async function backUp({ databaseFile }: RunningHallpass): Promise<string> {
  const backup = `${databaseFile}.backup`;
  const database = new SqliteDatabase(databaseFile, { readonly: true });
  await database.backup(backup);
  database.close();
  return backup;
}

async function give(hallpass: RunningHallpass, user: string): Promise<void> {
  const { card } = await hallpass.ask(user, 'prod-db 30m stuck on 4711');
  await hallpass.click('mia', card, 'request.approve');
  await hallpass.seeText(card, /Access until/);
}

/** What Hallpass has taken away since then, by the target's own log. */
async function revokedSince(count: number): Promise<string[]> {
  return (await target.changesByHallpass()).slice(count).filter((change) => change.startsWith('REVOKE'));
}

async function gone(user: string): Promise<void> {
  await waitFor(`${user} without the role`, async () => !(await target.holdsRole(user, 'app_readonly')));
}

test('after a backup older than live access is restored, nothing is revoked, and admins adopt or remove it', async () => {
  const before = (await target.changesByHallpass()).length;
  const hallpass = await startForTest({ target });
  const { clickToForm, dms, hear, read, seeDm, submit } = hallpass;
  const backup = await backUp(hallpass);
  await give(hallpass, 'dana');
  await give(hallpass, 'lee');

  await hallpass.restart(async () => {
    removeDatabase(hallpass);
    copyFileSync(backup, hallpass.databaseFile);
  });
  await seeDm('sam', UNEXPLAINED);
  const told = await seeDm('mia', UNEXPLAINED);
  expect(read(told, 'mia')).toContain('2 accounts with a role that bears the mark of Hallpass');
  expect(await target.membersOf('app_readonly')).toEqual(['dana', 'lee']);
  expect(await revokedSince(before)).toEqual([]);
  expect(await hear('lee', 'reconcile')).toContain('Only admins do this');

  const adopting = await clickToForm('mia', told, 'orphan.adopt');
  const adopted = await submit('mia', adopting, {
    orphan: idOf('dana', read(told, 'mia')),
    beneficiary: 'U03DANA',
    duration: '1h',
    reason: 'the database was set back',
  });
  expect(adopted).toMatch(/Adopted: account `dana` in `orders-db` is now prod-db:readonly of @dana, until/);
  await waitFor('a second message of access to dana', async () => {
    return dms('dana').filter((text) => /Access until/.test(text)).length > 1;
  });
  expect(await hear('lee', 'who-has prod-db')).toContain('@dana');

  const removing = await clickToForm('sam', await seeDm('sam', UNEXPLAINED), 'orphan.remove');
  expect(await submit('sam', removing, { reason: 'nobody knows it' })).toContain('is being taken away');
  await gone('lee');
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);
  await hear('dana', 'done');
  await gone('dana');
  expect(await hear('mia', 'reconcile')).toContain('all as it should be');
});

test('an empty database before a target with live access: told, not revoked, and removed at the command line', async () => {
  const before = (await target.changesByHallpass()).length;
  const hallpass = await startForTest({ target });
  await give(hallpass, 'dana');

  await hallpass.restart(async () => removeDatabase(hallpass));
  await hallpass.seeDm('mia', UNEXPLAINED);
  expect(await target.membersOf('app_readonly')).toEqual(['dana']);
  expect(await revokedSince(before)).toEqual([]);

  const seen = await atCommandLine(hallpass.env, 'reconcile');
  expect(seen).toMatchObject({ code: 1, said: expect.stringContaining('orphan S-') });
  const listed = await atCommandLine(hallpass.env, 'orphans');
  const [id = ''] = /^S-\w+/.exec(listed.said) ?? [];
  expect(await atCommandLine(hallpass.env, 'orphans', 'remove', id)).toMatchObject({ code: 2 });
  const removed = await atCommandLine(hallpass.env, 'orphans', 'remove', id, '--reason', 'nobody knows it');
  expect(removed).toMatchObject({ code: 0, said: expect.stringContaining('is taken away by the Hallpass') });
  await gone('dana');
});

test('access that somebody takes away by hand is told to its holder and to the admins, and stays away', async () => {
  const { ask, click, hear, seeDm, seeText } = await startForTest({ target });
  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');
  await click('mia', card, 'request.approve');
  await seeText(card, /Access until/);
  const mine = await seeDm('dana', /Access until/);
  await target.sql('superuser', 'revoke app_readonly from dana');

  expect(await hear('mia', 'reconcile')).toMatch(/Taken away by somebody else, within a window:\n• @dana/);
  await seeDm('dana', /Your access was taken away in `orders-db` by somebody else than Hallpass/);
  await seeDm('sam', /The access of @dana was taken away in `orders-db`/);
  await seeText(mine, /Taken away in `orders-db` by somebody else than Hallpass/, 'dana');
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
});

test('where the catalog says so, access that was taken away by hand is there again', async () => {
  const { ask, click, hear, seeText } = await startForTest({
    target,
    catalog: { connectors: { 'orders-db': { on_drift: 'restore' } } },
  });
  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');
  await click('mia', card, 'request.approve');
  await seeText(card, /Access until/);
  await target.sql('superuser', 'revoke app_readonly from dana');
  await hear('mia', 'reconcile');

  await waitFor('the role again', async () => await target.holdsRole('dana', 'app_readonly'));
});

test('standing access is removed only after an admin has seen the list and confirmed it', async () => {
  await target.sql('superuser', 'grant app_readonly to max');
  const { hear, click, read, seeDm } = await startForTest({
    target,
    catalog: { connectors: { 'orders-db': { on_drift: 'enforce' } } },
  });
  const list = await seeDm('mia', /Nothing was removed yet/);
  expect(read(list, 'mia')).toContain('account `max`, role `app_readonly`');
  await hear('mia', 'reconcile');
  expect(await target.membersOf('app_readonly')).toEqual(['max']);

  expect(read(await click('mia', list, 'standing.enforce'), 'mia')).toContain('From now on standing access');
  await hear('mia', 'reconcile');
  expect(await target.membersOf('app_readonly')).toEqual([]);
});
