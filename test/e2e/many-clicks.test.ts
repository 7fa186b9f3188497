import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import type { Delivered } from '../../src/emulated-slack/delivery.js';
import { startForTest } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';

const target = await startTargetDatabase();
afterAll(async () => await target.stop());

const APPROVERS = Array.from({ length: 50 }, (_, index) => ({
  id: `U1APPROVER${index}`,
  name: `approver${index}`,
  email: `approver${index}@example.com`,
}));
const GROUPS = { 'dba-leads': { users: APPROVERS.map(({ id }) => id) } };

/** Rows of one of the tables of Hallpass's own database, counted beside the running app. */
function countRows(
  databaseFile: string,
  table: 'grants' | 'requests' | 'decisions' | 'grant_entitlements',
): number {
  const database = new Database(databaseFile, { readonly: true });
  try {
    return Number(database.prepare(`select count(*) from ${table}`).pluck().get());
  } finally {
    database.close();
  }
}

function newChanges(all: readonly string[], before: readonly string[]): readonly string[] {
  return all.slice(before.length);
}

test('fifty approvers who click at once give one grant, and each hears what became of it', async () => {
  const before = await target.changesByHallpass();
  const { ask, databaseFile, read, see, seeText, world } = await startForTest({
    target,
    people: APPROVERS,
    catalog: { groups: GROUPS },
  });
  const { answer, card } = await ask('dana', 'prod-db 15s stuck migration 4711');
  expect(read(answer, 'dana')).toContain('50 people are pinged');

  const deliveries = await Promise.all(
    APPROVERS.map(({ id }) => world.click({ user: id, message: card, actionId: 'request.approve' })),
  );
  expect(deliveries.map(({ status }) => status)).toEqual(APPROVERS.map(() => 200));
  await see('fifty answers', () => APPROVERS.every(({ id }) => world.ephemeralsTo(id).length > 0));
  const answers = APPROVERS.map(({ id }) => world.ephemeralsTo(id).map((message) => read(message, id)));
  expect(answers.filter((each) => each.length !== 1)).toEqual([]);

  const said = answers.flat();
  const winners = said.filter((text) => text.startsWith('Approved: prod-db:readonly for @dana'));
  expect(winners).toHaveLength(1);
  const winner = APPROVERS[said.findIndex((text) => text.startsWith('Approved:'))]?.name ?? '';
  const losers = said.filter((text) => !text.startsWith('Approved:'));
  for (const text of losers) {
    expect(text).toMatch(
      new RegExp(
        `^The request for \`prod-db:readonly\` was approved by @${winner} .*\\. Nothing changed\\.$`,
      ),
    );
  }
  expect(losers).toHaveLength(49);

  await seeText(card, new RegExp(`Approved by @${winner}. Access until`));
  expect(await target.membersOf('app_readonly')).toEqual(['dana']);
  expect(countRows(databaseFile, 'grants')).toBe(1);
  expect(countRows(databaseFile, 'decisions')).toBe(1);
  expect(countRows(databaseFile, 'grant_entitlements')).toBe(1);

  await seeText(card, /The access ended/);
  expect(await target.membersOf('app_readonly')).toEqual([]);
  expect(newChanges(await target.changesByHallpass(), before)).toEqual([
    'GRANT app_readonly TO dana',
    'REVOKE app_readonly FROM dana',
  ]);
});

test('approvals and denials at once come to one decision, and the target follows it', async () => {
  const { ask, databaseFile, read, see, seeText, submit, clickToForm, world } = await startForTest({
    target,
  });
  const { card } = await ask('dana', 'prod-db 30m stuck migration 4711');
  const form = await clickToForm('sam', card, 'request.deny');
  const [, outcome] = await Promise.all([
    world.click({ user: 'mia', message: card, actionId: 'request.approve' }),
    submit('sam', form, { reason: 'not now' }),
  ]);
  const toMia = await see('an answer to mia', () => world.ephemeralsTo('mia')[0]);
  const approved = read(toMia, 'mia').startsWith('Approved:');
  expect(outcome.includes('Denied:')).toBe(!approved);
  const text = await seeText(card, /Access until|Denied by/);
  expect(text).toMatch(approved ? /Approved by @mia/ : /Denied by @sam/);
  expect(countRows(databaseFile, 'decisions')).toBe(1);
  expect(countRows(databaseFile, 'grants')).toBe(approved ? 1 : 0);
  expect(await target.membersOf('app_readonly')).toEqual(approved ? ['dana'] : []);
});

test('a delivery that Slack sends twice is handled once, also when both come at the same time', async () => {
  const before = await target.changesByHallpass();
  const { ask, cards, clickToForm, databaseFile, dms, hear, read, seeDm, seeText, submit, world } =
    await startForTest({ target });
  const last = (kind: string): Delivered => {
    const found = world.deliveries.findLast((each) => each.kind === kind);
    if (found === undefined) {
      throw new Error(`Nothing of the kind ${kind} was delivered`);
    }
    return found;
  };
  async function again(delivered: Delivered): Promise<void> {
    const outcomes = await Promise.all([world.redeliver(delivered), world.redeliver(delivered)]);
    expect(outcomes.map(({ status }) => status)).toEqual([200, 200]);
  }

  // A command: one request, one card, one answer.
  const { answer, card } = await ask('dana', 'prod-db 30m stuck migration 4711');
  await again(last('slash_commands'));
  // All is counted again at the end, in case one of the two is slow.
  expect(await hear('dana', 'mine')).toContain('Waiting for a decision');
  expect(cards()).toHaveLength(1);
  expect(countRows(databaseFile, 'requests')).toBe(1);
  expect(world.ephemeralsTo('dana').filter(({ text }) => text.startsWith('Asked:'))).toEqual([answer]);

  // An approval: one grant.
  await world.click({ user: 'mia', message: card, actionId: 'request.approve' });
  await again(last('interactive'));
  await seeText(card, /Access until/);
  expect(countRows(databaseFile, 'grants')).toBe(1);
  expect(await target.membersOf('app_readonly')).toEqual(['dana']);
  expect(world.ephemeralsTo('mia').map((message) => read(message, 'mia'))).toEqual([
    expect.stringMatching(/^Approved:/),
  ]);

  // An end.
  const ready = await seeDm('dana', /How to use/);
  await world.click({ user: 'dana', message: ready, actionId: 'grant.done' });
  await again(last('interactive'));
  await seeText(card, /The access ended/);
  expect(newChanges(await target.changesByHallpass(), before)).toEqual([
    'GRANT app_readonly TO dana',
    'REVOKE app_readonly FROM dana',
  ]);

  // A denial: the requester is told once.
  const { card: second } = await ask('dana', 'prod-db 30m stuck again');
  const form = await clickToForm('mia', second, 'request.deny');
  expect(await submit('mia', form, { reason: 'not now' })).toContain('Denied: prod-db:readonly');
  await again(last('interactive'));
  await seeDm('dana', /Denied by @mia/);
  expect(await hear('dana', 'mine')).toContain('No request of yours waits.');
  expect(dms('dana').filter((text) => text.includes('Denied by @mia'))).toHaveLength(1);
  expect(countRows(databaseFile, 'decisions')).toBe(2);
  expect(countRows(databaseFile, 'requests')).toBe(2);
  expect(countRows(databaseFile, 'grants')).toBe(1);
  expect(cards()).toHaveLength(2);
});
