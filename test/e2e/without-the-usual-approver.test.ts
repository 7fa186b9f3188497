import { expect, test } from 'vitest';
import { readAudit } from '../support/records.js';
import { startForTest } from '../support/running-hallpass.js';
import { NO_TARGET } from '../support/test-catalog.js';

test('whoever stands in for an approver who is away approves, and everything names both', async () => {
  const catalog = {
    ...NO_TARGET,
    stand_ins: ['platform-leads'],
    groups: { 'platform-leads': { users: ['U09MAX'] }, 'dba-leads': { users: ['U01MIA'] } },
  };
  const { ask, click, databaseFile, hear, read, seeText } = await startForTest({ catalog });
  expect(await hear('dana', 'delegate @max until tomorrow')).toContain('You approve nothing');
  expect(await hear('mia', 'delegate @dana until tomorrow')).toContain('@dana');
  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');
  expect(read(card)).toContain('To decide: @mia');

  expect(await hear('mia', 'delegate @max for 3d')).toMatch(/^@max stands in for you until /);
  await seeText(card, /To decide: @max for @mia/);
  expect(await hear('max', 'delegate')).toContain('@mia');
  expect(read(await click('max', card, 'request.approve'), 'max')).toContain('Approved: prod-db:readonly');

  expect(await seeText(card, /Access until/)).toContain('Approved by @max for @mia');
  expect(await hear('mia', 'who-has prod-db')).toContain('approved by @max for @mia');
  expect(await hear('mia', 'delegate off')).toContain('@max');
  expect((await readAudit(databaseFile)).kinds).toEqual(
    expect.arrayContaining(['delegation.refused', 'delegation.made', 'delegation.ended']),
  );
});

test('what a rule approves is open at once, pings nobody, and says which rule it was', async () => {
  const rule = { name: 'Short reads', for: ['engineers'], up_to: '30m', per_day: 1 };
  const catalog = { ...NO_TARGET, policies: { standard: { auto_approve: [rule] } } };
  const { buttonsOf, cards, hear, read, see, seeDm, seeText, type } = await startForTest({ catalog });
  expect(await hear('dana', 'explain prod-db')).toContain('Short reads, up to 30 min: it holds now');

  expect(read(await type('dana', 'prod-db 30m stuck on 4711'), 'dana')).toContain(
    'Approved automatically: Short reads.',
  );
  const card = await see('the card', () => cards()[0]);
  expect(await seeText(card, /Access until/)).not.toMatch(/To decide|@mia|@sam/);
  expect(buttonsOf(card)).not.toContain('Approve');
  await seeDm('dana', /approved automatically: Short reads/);
  expect(await hear('dana', 'who-has @dana')).toContain('approved automatically: Short reads');
  expect(await hear('dana', 'explain prod-db')).toContain(
    'at most 1 time within 24 hours, and that is used up',
  );
});
