import { afterAll, afterEach, expect, test } from 'vitest';
import { startForTest } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';

const target = await startTargetDatabase();
afterEach(async () => {
  await target.sql('superuser', 'alter role app_admin nocreaterole');
});
afterAll(async () => await target.stop());

/** One role that gives two in the target. */
const BUNDLE = {
  resources: {
    'prod-db': {
      roles: {
        both: {
          entitlements: [
            { connector: 'orders-db', role: 'app_readonly' },
            { connector: 'orders-db', role: 'app_admin' },
          ],
        },
      },
    },
  },
};

test('of two overlapping grants of one role, the end of the first leaves it and the later end takes it', async () => {
  const before = (await target.changesByHallpass()).length;
  const { ask, click, hear, seeText } = await startForTest({ target });
  const first = await ask('dana', 'prod-db 4s stuck on 4711');
  await click('mia', first.card, 'request.approve');
  await seeText(first.card, /Access until/);
  const second = await ask('dana', 'prod-db 9s and on 4712');
  await click('sam', second.card, 'request.approve');
  await seeText(second.card, /Access until/);
  expect(await hear('lee', 'who-has prod-db')).toContain('2 grants of `prod-db`');
  const session = await target.openSession('dana');
  await session.query('set role app_readonly');

  expect(await seeText(first.card, /The access ended/)).toContain('its time was over');
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);
  expect(await hear('lee', 'who-has prod-db')).toContain('1 grant of `prod-db`');
  // The first end cuts no session of the access that goes on.
  expect(await session.query('select item from orders')).toEqual([{ item: 'a stuck migration' }]);

  await seeText(second.card, /The access ended/);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
  expect((await target.changesByHallpass()).slice(before)).toEqual([
    'GRANT app_readonly TO dana',
    'REVOKE app_readonly FROM dana',
  ]);
});

test('whoever is done with one grant keeps what another one gives, and is told so', async () => {
  const { ask, click, hear, seeText } = await startForTest({ target });
  const first = await ask('dana', 'prod-db 30m stuck on 4711');
  await click('mia', first.card, 'request.approve');
  await seeText(first.card, /Access until/);
  const [id = ''] = /G-\w+/.exec(await hear('dana', 'mine')) ?? [];
  const second = await ask('dana', 'prod-db 45m and on 4712');
  await click('mia', second.card, 'request.approve');
  await seeText(second.card, /Access until/);

  expect(await hear('dana', `done ${id}`)).toMatch(
    /The same access stays through `G-\w+` \(prod-db:readonly, until .*\); revoke that too if it has to go\.$/,
  );
  await seeText(first.card, /The access ended/);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);
  await hear('dana', 'done');
  await seeText(second.card, /The access ended/);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
});

test('whoever revokes one grant is told what others keep, and ends them all with a click', async () => {
  const { ask, click, type, read, seeDm, seeText, buttonsOf } = await startForTest({ target });
  const cards = [];
  for (const text of ['prod-db 30m stuck on 4711', 'prod-db 40m and on 4712', 'prod-db 50m and on 4713']) {
    const { card } = await ask('dana', text);
    await click('mia', card, 'request.approve');
    await seeText(card, /Access until/);
    cards.push(card);
  }
  const [id = ''] = /G-\w+/.exec(read(await seeDm('dana', /Access until/))) ?? [];
  const answer = await type('sam', `revoke ${id} a leaked laptop`);
  expect(read(answer, 'sam')).toMatch(/The same access stays through `G-\w+` .* and `G-\w+`/);
  expect(buttonsOf(answer)).toEqual(['End them all']);

  const done = await click('sam', answer, 'grant.end-all');
  expect(read(done, 'sam').match(/of @dana is being taken away/g)).toHaveLength(2);
  for (const card of cards) {
    expect(await seeText(card, /The access ended/)).toMatch(/@sam revoked it.*\n?.*a leaked laptop/s);
  }
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
  expect(read(await click('sam', answer, 'grant.end-all'), 'sam')).toContain('That access is over already.');
});

test('access that was there before stays after the end, and the card says so', async () => {
  await target.sql('superuser', 'grant app_readonly to dana');
  const before = (await target.changesByHallpass()).length;
  const { ask, click, hear, read, seeDm, seeText } = await startForTest({ target });
  const { card } = await ask('dana', 'prod-db 3s stuck on 4711');
  await click('mia', card, 'request.approve');
  const stays = 'Access in `orders-db` was there before and stays. Hallpass does not take it away.';
  expect(await seeText(card, /Access until/)).toContain(stays);
  expect(read(await seeDm('dana', /Access until/), 'dana')).toContain(stays);
  expect(await hear('lee', 'who-has prod-db')).toContain('The access was there before and stays.');

  expect(await seeText(card, /The access ended/)).toContain(stays);
  expect(await target.membersOf('app_readonly')).toEqual(['dana']);
  expect((await target.changesByHallpass()).slice(before)).toEqual([]);
});

test('a role of two parts is given and taken as a whole', async () => {
  const { ask, click, read, seeText } = await startForTest({ target, catalog: BUNDLE });
  const { card } = await ask('dana', 'prod-db:both 30m stuck on 4711');
  expect(read(card)).toContain(
    '`dana` in `orders-db`, role `app_readonly`\n`dana` in `orders-db`, role `app_admin`',
  );
  await click('mia', card, 'request.approve');
  await seeText(card, /Access until/);
  expect(await target.membersOf('app_readonly')).toEqual(['dana']);
  expect(await target.membersOf('app_admin')).toEqual(['dana']);
});

test('when one part of a role cannot be given, the other is taken back and people are told which', async () => {
  // A role that could outlive its window is never given; the target finds out at the grant.
  await target.sql('superuser', 'alter role app_admin createrole');
  const { ask, buttonsOf, click, hear, read, seeDm, seeText } = await startForTest({
    target,
    catalog: BUNDLE,
  });
  const { card } = await ask('dana', 'prod-db:both 30m stuck on 4711');
  await click('mia', card, 'request.approve');

  const failed = await seeText(card, /was not opened/);
  expect(failed).toContain('The access was not opened, and nothing of it is left.');
  expect(failed).toMatch(/The role app_admin can create roles/);
  expect(buttonsOf(card)).toEqual([]);
  const told = read(await seeDm('dana', /could not be opened/), 'dana');
  expect(told).toContain('It was approved, but could not be opened. Nothing of it is left.');
  expect(told).toMatch(/The role app_admin can create roles/);
  expect(await target.membersOf('app_readonly')).toEqual([]);
  expect(await target.membersOf('app_admin')).toEqual([]);
  expect(await hear('lee', 'who-has prod-db')).toContain('Nobody holds `prod-db`');
});

test('a role that is managed by two resources stays until both have let go', async () => {
  const { ask, click, hear, seeText } = await startForTest({ target, catalog: BUNDLE });
  const both = await ask('dana', 'prod-db:both 30m stuck on 4711');
  await click('mia', both.card, 'request.approve');
  await seeText(both.card, /Access until/);
  const one = await ask('dana', 'prod-db:readonly 30m stuck on 4711');
  await click('mia', one.card, 'request.approve');
  await seeText(one.card, /Access until/);

  await hear('dana', 'done prod-db:both');
  await seeText(both.card, /The access ended/);
  expect(await target.membersOf('app_readonly')).toEqual(['dana']);
  expect(await target.membersOf('app_admin')).toEqual([]);
  await hear('dana', 'done prod-db:readonly');
  await seeText(one.card, /The access ended/);
  expect(await target.membersOf('app_readonly')).toEqual([]);
});
