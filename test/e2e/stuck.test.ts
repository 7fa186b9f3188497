import { expect, test } from 'vitest';
import type { SeenMessage } from '../../src/emulated-slack/ledger.js';
import type { AuditEvent } from '../../src/domain/audit.js';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';
import { atCommandLine } from '../support/at-command-line.js';
import { readRecords } from '../support/records.js';
import { startHallpass, type RunningHallpass } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';
import { waitFor } from '../support/wait-for.js';

/** Revocations that cannot be done by themselves, and what an admin does about them. */

const timeout = 180_000;
const OPS = 'C0OPS';
const WITH_OPS = { channels: [{ id: OPS, name: 'ops' }], catalog: { alarm_channel: OPS } };

async function give(hallpass: RunningHallpass, user: string, what: string): Promise<SeenMessage> {
  const { card } = await hallpass.ask(user, `request ${what} on call`);
  await hallpass.click('mia', card, 'request.approve');
  await hallpass.seeText(card, /Access until/);
  return card;
}

async function inOps(hallpass: RunningHallpass, wanted: RegExp): Promise<void> {
  await hallpass.see(`${wanted} in the alarm channel`, () =>
    hallpass.world.messagesIn(OPS).find((message) => wanted.test(hallpass.read(message, 'mia'))),
  );
}

async function audited(hallpass: RunningHallpass, kind: string): Promise<AuditEvent[]> {
  const store = createStore({
    database: await openDatabase({ path: hallpass.databaseFile, role: 'beside' }),
  });
  try {
    const events = await store.auditEvents({ after: 0, limit: 1_000 });
    return events.filter((event) => event.kind === kind);
  } finally {
    await store.close();
  }
}

test.concurrent(
  'an account dropped in the target: stuck, told, listed, retried, marked by hand, and ended on the admin’s word',
  { timeout },
  async ({ onTestFinished }) => {
    const target = await startTargetDatabase();
    const hallpass = await startHallpass({ target, ...WITH_OPS });
    onTestFinished(async () => {
      await hallpass.stop();
      await target.stop();
    });
    const { seeDm, seeText, hear, type, click, clickToForm, submit, read } = hallpass;
    const card = await give(hallpass, 'dana', 'prod-db 4s');
    await target.sql('superuser', 'drop role dana');

    await seeDm('mia', /Access is not known to be gone in `orders-db`: 1 account/);
    await seeDm('sam', /Access is not known to be gone in `orders-db`: 1 account/);
    await inOps(hallpass, /Access is not known to be gone in `orders-db`: 1 account/);
    expect(await hear('dana', 'stuck')).toContain('Only admins and auditors see what is stuck.');

    const list = await type('mia', 'stuck');
    expect(read(list, 'mia')).toMatch(/1 revocation is not done/);
    expect(read(list, 'mia')).toMatch(/@dana · `app_readonly` as `dana` in `orders-db`/);
    expect(read(list, 'mia')).toMatch(/To do: The account was dropped or replaced/);
    expect(read(await click('mia', list, 'stuck.retry'), 'mia')).toMatch(
      /it failed again: .*Hallpass goes on trying/,
    );

    const form = await clickToForm('mia', list, 'stuck.mark-removed');
    const outcome = await submit('mia', form, { reason: 'dropped by the DBA' });
    expect(outcome).toContain('Marked as removed by hand, on your word');
    const shown = await seeText(card, /Marked as removed by hand by @mia; Hallpass could not read it back/);
    expect(shown).not.toMatch(/access ended|revoked/);
    await seeDm('dana', /Marked as removed by hand by @mia/);
    expect(await hear('mia', 'who-has prod-db')).toMatch(
      /Marked as removed by hand.*\n`dana` in `orders-db`/,
    );

    const { grants } = await readRecords(hallpass.databaseFile);
    expect(grants).toMatchObject([{ state: 'ended', ours: 1 }]);
    expect(await audited(hallpass, 'entitlement.removed-by-hand')).toMatchObject([
      {
        actor: { kind: 'person', userId: 'U01MIA' },
        text: 'dropped by the DBA',
        facts: { error: 'unknown-account' },
      },
    ]);
    expect(await audited(hallpass, 'entitlement.revoked')).toEqual([]);
  },
);

test.concurrent(
  'a target that is gone for good: marked at the command line, and then the catalog may do without it',
  { timeout },
  async ({ onTestFinished }) => {
    const target = await startTargetDatabase('18');
    const hallpass = await startHallpass({ target, ...WITH_OPS });
    onTestFinished(async () => {
      await target.server.restart();
      await hallpass.stop();
      await target.stop();
    });
    const card = await give(hallpass, 'dana', 'prod-db 4s');
    await target.server.kill();
    await inOps(hallpass, /Access is not known to be gone/);

    const { said: listed } = await atCommandLine(hallpass.env, 'stuck');
    expect(listed).toMatch(/^1 revocation is not done\.\n\nE-/);
    expect(listed).toMatch(/\n {2}holder {5}U03DANA \(dana\)\n/);
    expect(listed).toMatch(/\n {2}to do {6}Bring the target back\./);
    const [id = ''] = /E-\S+/.exec(listed) ?? [];
    expect(await atCommandLine(hallpass.env, 'retry', id)).toMatchObject({ code: 0 });
    expect(await atCommandLine(hallpass.env, 'removed', id)).toMatchObject({ code: 2 });
    expect(await atCommandLine(hallpass.env, 'removed', 'E-nothing', '--reason', 'gone')).toMatchObject({
      code: 1,
    });

    const marked = await atCommandLine(hallpass.env, 'removed', id, '--reason', 'the server is scrapped');
    expect(marked).toMatchObject({ code: 0 });
    await hallpass.seeText(card, /Marked as removed by hand by `\S+`; Hallpass could not read it back/);
    expect((await atCommandLine(hallpass.env, 'stuck')).said).toMatch(
      /\n {2}marked {5}as removed by hand by /,
    );

    hallpass.writeCatalog({
      ...WITH_OPS.catalog,
      connectors: { 'orders-db': null },
      policies: { critical: null },
      resources: { 'prod-db': null },
    });
    await hallpass.restart();
    const { answer } = await hallpass.ask('dana', 'request playground 1m why');
    expect(hallpass.read(answer)).toContain('Asked: playground:viewer');
  },
);

test.concurrent(
  'marked by hand, and still there: refused in words, and taken away once it can be',
  { timeout },
  async ({ onTestFinished }) => {
    const target = await startTargetDatabase();
    const hallpass = await startHallpass({ target, ...WITH_OPS });
    onTestFinished(async () => {
      await hallpass.stop();
      await target.stop();
    });
    const card = await give(hallpass, 'dana', 'prod-db 6s');
    await target.sql('superuser', 'revoke admin option for app_readonly from hallpass cascade');
    await target.sql('superuser', 'grant app_readonly to dana');
    await hallpass.seeText(card, /The access is being taken away/);
    await waitFor('a failure', async () => {
      const { grants } = await readRecords(hallpass.databaseFile);
      return grants.every(({ attempts }) => attempts > 0);
    });
    const list = await hallpass.type('mia', 'stuck');
    const form = await hallpass.clickToForm('mia', list, 'stuck.mark-removed');
    expect(await hallpass.submit('mia', form, { reason: 'I think so' })).toMatch(/is still there/);

    await target.sql('superuser', 'grant app_readonly to hallpass with admin option');
    expect(hallpass.read(await hallpass.click('mia', list, 'stuck.retry'), 'mia')).toMatch(/is gone/);
    await hallpass.seeText(card, /The access ended .*: its time was over/);
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
    expect(await audited(hallpass, 'entitlement.still-there')).toHaveLength(1);
  },
);
