import { afterAll, expect, test } from 'vitest';
import { startForTest } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';

const target = await startTargetDatabase();
afterAll(async () => await target.stop());

test('the same story is told through sockets, also while Slack renews them', async () => {
  const { ask, click, errorsBeside, hear, openForm, read, see, seeDm, seeText, submit, world } =
    await startForTest({
      target,
      mode: 'socket',
    });
  await see('both sockets', () => world.openSockets() === 2);

  const { card } = await ask('dana', 'request prod-db 6s stuck migration 4711');
  // Slack asks one socket after the other to reconnect; what people do meanwhile arrives all the same.
  world.refreshSockets();
  expect(read(await click('max', card, 'request.approve'), 'max')).toContain(
    'You are not among the approvers of `prod-db:readonly`',
  );
  await see('a new socket', () => world.openSockets() === 2);
  world.refreshSockets();
  expect(read(await click('mia', card, 'request.approve'), 'mia')).toMatch(/^Approved: prod-db:readonly/);
  await seeText(card, /Approved by @mia. Access until/);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);

  await see('a new socket', () => world.openSockets() === 2);
  world.refreshSockets({ all: true });
  await see('new sockets', () => world.openSockets() === 2);
  expect(await hear('lee', 'who-has prod-db')).toContain('@dana · prod-db:readonly');

  // A form needs an answer within its acknowledgement, which goes back through the socket as well.
  const form = await openForm('lee', '');
  const typed = { role: 'playground:viewer', duration: '1 h', reason: 'to look around' };
  const passed = { ...typed, start: '1' };
  expect(await errorsBeside('lee', form, passed)).toEqual({
    start: 'This time has passed. Choose one that is still to come.',
  });
  expect(await submit('lee', form, typed)).toContain('Asked: playground:viewer');

  await seeDm('dana', /This access ends/);
  await seeText(card, /The access ended/);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
  expect(await hear('lee', 'who-has prod-db')).toBe('Nobody holds `prod-db` through Hallpass.');
});

test('a network that drops every socket stops no ending, and people are heard again after it', async () => {
  const { ask, click, hear, see, seeText, world } = await startForTest({ target, mode: 'socket' });
  await see('both sockets', () => world.openSockets() === 2);
  const { card } = await ask('dana', 'request prod-db 3s stuck migration 4711');
  await click('mia', card, 'request.approve');
  await seeText(card, /Access until/);

  world.dropSockets();
  await seeText(card, /The access ended/);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
  await see('the sockets again', () => world.openSockets() === 2);
  expect(await hear('lee', 'who-has prod-db')).toBe('Nobody holds `prod-db` through Hallpass.');
});
