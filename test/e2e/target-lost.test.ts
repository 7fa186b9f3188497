import { expect, test } from 'vitest';
import type { SeenMessage } from '../../src/emulated-slack/ledger.js';
import { readRecords, type Records } from '../support/records.js';
import { startHallpass, type RunningHallpass } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';
import { waitFor } from '../support/wait-for.js';

/** What becomes of windows that end while the target is away. */

const timeout = 180_000;

/** Asks, has it approved, and waits until it is open. */
async function give(hallpass: RunningHallpass, user: string, what: string): Promise<SeenMessage> {
  const { card } = await hallpass.ask(user, `request ${what} on call`);
  await hallpass.click('mia', card, 'request.approve');
  await hallpass.seeText(card, /Access until/);
  return card;
}

async function failures(hallpass: RunningHallpass, atLeast: number): Promise<Records> {
  return await waitFor(
    `${atLeast} failures of every removal`,
    async () => {
      const records = await readRecords(hallpass.databaseFile);
      return records.grants.every(({ attempts }) => attempts >= atLeast) && records;
    },
    { withinMs: 60_000 },
  );
}

test.concurrent(
  'a target that is down at the end: said on the card, the admins are told, and gone with its return',
  { timeout },
  async ({ onTestFinished }) => {
    const target = await startTargetDatabase();
    const hallpass = await startHallpass({ target });
    onTestFinished(async () => {
      await hallpass.stop();
      await target.stop();
    });
    const { dms, read, seeDm, seeText } = hallpass;
    const card = await give(hallpass, 'dana', 'prod-db 4s');

    await target.server.kill();

    await seeText(card, /The access is being taken away: its time was over/);
    await seeText(card, /Removal is failing for `dana` in `orders-db` since .* still trying/);
    await seeDm('dana', /Removal is failing/);
    for (const admin of ['mia', 'sam']) {
      await seeDm(admin, /Access is not known to be gone in `orders-db`: 1 account past the end/);
    }
    const { grants } = await failures(hallpass, 3);
    expect(read(card)).not.toContain('The access ended');
    expect(dms('dana').join()).not.toContain('The access ended');

    await target.server.restart();
    await seeText(card, /The access ended .*: its time was over/);
    await seeDm('dana', /The access ended/);
    await seeDm('mia', /Removing access works again in `orders-db`/);
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
    const after = await readRecords(hallpass.databaseFile);
    expect(after.grants).toMatchObject([{ state: 'ended', ours: 0 }]);
    // It did not wait for its own next try: somebody asked whether the target is back.
    expect(after.grants[0]?.closedAt).toBeLessThan(grants[0]?.nextAt ?? 0);
  },
);

test.concurrent(
  'an account that is gone from the target keeps nobody from asking whether the target is back',
  { timeout },
  async ({ onTestFinished }) => {
    const target = await startTargetDatabase('18');
    const hallpass = await startHallpass({ target });
    onTestFinished(async () => {
      await hallpass.stop();
      await target.stop();
    });
    const lost = await give(hallpass, 'dana', 'prod-db 4s');
    await target.sql('superuser', 'drop role dana');
    // From now on the next try is far away.
    await hallpass.seeText(lost, /Removal is failing for `dana` .*\(3 tries\)/);
    const card = await give(hallpass, 'lee', 'prod-db 4s');

    await target.server.kill();
    const { grants } = await failures(hallpass, 3);
    await target.server.restart();

    await hallpass.seeText(card, /The access ended/);
    expect(await target.holdsRole('lee', 'app_readonly')).toBe(false);
    const ended = (await readRecords(hallpass.databaseFile)).grants.find(({ state }) => state === 'ended');
    expect(ended?.beneficiary).toBe('U04LEE');
    expect(ended?.closedAt).toBeLessThan(grants.find(({ id }) => id === ended?.id)?.nextAt ?? 0);
    // Another account of that name would not be the one that was approved: it stays stuck, and is said.
    expect(hallpass.read(lost)).toContain('Removal is failing');
  },
);

test.concurrent(
  'a target that hangs holds up nobody else: two of its removals wait, and that of another target is done',
  { timeout },
  async ({ onTestFinished }) => {
    const [frozen, other] = await Promise.all([startTargetDatabase(), startTargetDatabase('18')]);
    const hallpass = await startHallpass({
      target: frozen,
      env: { OTHER_DB_URL: other.botUrl },
      catalog: withOtherTarget,
    });
    onTestFinished(async () => {
      await frozen.server.resume();
      await hallpass.stop();
      await Promise.all([frozen.stop(), other.stop()]);
    });
    const waiting = [
      await give(hallpass, 'dana', 'prod-db 8s'),
      await give(hallpass, 'lee', 'prod-db:admin 8s'),
    ];
    const card = await give(hallpass, 'dana', 'other-db 8s');

    await frozen.server.pause();
    await hallpass.seeText(card, /The access ended/);

    expect(await other.holdsRole('dana', 'app_readonly')).toBe(false);
    const { grants } = await readRecords(hallpass.databaseFile);
    const hanging = grants.filter(({ resource }) => resource === 'prod-db');
    // The calls of the one that hangs are still under way: not one of them has been given up yet.
    expect(hanging).toMatchObject([
      { state: 'ending', attempts: 0 },
      { state: 'ending', attempts: 0 },
    ]);

    await frozen.server.resume();
    for (const each of waiting) {
      await hallpass.seeText(each, /The access ended/);
    }
    expect(await frozen.membersOf('app_readonly')).toEqual([]);
    expect(await frozen.membersOf('app_admin')).toEqual([]);
  },
);

const withOtherTarget = {
  connectors: {
    'other-db': {
      use: 'postgres',
      url: 'env:OTHER_DB_URL',
      manage: ['app_readonly'],
      end_sessions: true,
      identity: { from_email: { part: 'local', domains: ['example.com'] } },
    },
  },
  resources: {
    'other-db': {
      title: 'Another database',
      policy: 'standard',
      roles: { readonly: { entitlements: [{ connector: 'other-db', role: 'app_readonly' }] } },
    },
  },
};
