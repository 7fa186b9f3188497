import { afterAll, describe, expect, test } from 'vitest';
import { startForTest } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';
import { waitFor } from '../support/wait-for.js';

/** Somebody is deactivated in Slack while they hold access, or wait for it. */

const target = await startTargetDatabase('18');
afterAll(async () => await target.stop());

async function startScene(mode: 'http' | 'socket' = 'http') {
  const hallpass = await startForTest({ target, mode });
  const { card } = await hallpass.ask('dana', 'request prod-db 1h until further notice');
  await hallpass.click('mia', card, 'request.approve');
  await hallpass.seeText(card, /Access until/);
  const waiting = await hallpass.ask('dana', 'request prod-db:admin 1h this one waits');
  return { ...hallpass, card, waiting: waiting.card };
}

const gone = async (): Promise<boolean> => !(await target.holdsRole('dana', 'app_readonly'));

describe('somebody who is deactivated in Slack', () => {
  test.each(['http', 'socket'] as const)(
    'loses access at the event, by %s; what waited is cancelled, and the leads are told once',
    async (mode) => {
      const { card, waiting, seeText, seeDm, read, world } = await startScene(mode);
      world.changePerson('dana', { deleted: true });

      await world.userChanged('dana');

      await seeText(card, /The access ended .*: the holder can no longer take part/);
      expect(await gone()).toBe(true);
      await seeText(waiting, /Cancelled .*: @dana is deactivated in Slack, or no longer a full member/);
      await seeDm('mia', /@dana is deactivated in Slack/);
      const told = world.dmsTo('mia').filter((message) => read(message).includes('is deactivated in Slack'));
      expect(told.map((message) => read(message))).toEqual([
        expect.stringMatching(
          /prod-db:readonly: access `G-\w+` ends now\nprod-db:admin: request `R-\w+` is cancelled/,
        ),
      ]);
    },
  );

  test('loses it also when the event gets lost: at the look when Hallpass starts', async () => {
    const { card, restart, seeText, world } = await startScene();
    world.changePerson('dana', { deleted: true });

    await restart();

    await seeText(card, /The access ended .*: the holder can no longer take part/);
    expect(await gone()).toBe(true);
  });

  test('an event that says so of somebody of whom Slack does not say it ends nothing', async () => {
    const { card, log, read, world } = await startScene();

    const before = world.calls('users.info').length;
    await world.event({ type: 'user_change', user: { id: 'U03DANA', deleted: true } });
    await waitFor('the event to be looked into', () => world.calls('users.info').length > before);
    await world.event({ type: 'user_change', user: { id: 'U99NOBODY', deleted: true } });

    expect(await gone()).toBe(false);
    expect(read(card)).toMatch(/Access until/);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('while Slack does not answer nobody is let go of', async () => {
    const { card, log, restart, read, world } = await startScene();
    world.changePerson('dana', { deleted: true });
    world.fail('users.info', { with: 'http_500' });

    await restart();
    await waitFor('the look', () =>
      log.lines.some(({ message }) => message === 'Slack did not say who somebody is'),
    );

    expect(await gone()).toBe(false);
    expect(read(card)).toMatch(/Access until/);
  });
});
