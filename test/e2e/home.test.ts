import { afterAll, expect, test } from 'vitest';
import type { SeenView } from '../../src/emulated-slack/ledger.js';
import { startForTest, type RunningHallpass } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';

const target = await startTargetDatabase();
afterAll(async () => await target.stop());

/** Waits until somebody's Home tab reads so. */
async function seeHome(
  { world, see, read }: RunningHallpass,
  user: string,
  wanted: RegExp,
): Promise<SeenView> {
  return await see(`the Home of ${user} to read ${wanted}`, () => {
    const home = world.homeOf(user);
    return home !== undefined && wanted.test(read(home, user)) && home;
  });
}

test('a request is decided on one Home tab, and its access given back on another, each drawn anew by itself', async () => {
  const hallpass = await startForTest({ target });
  const { ask, seeText, world, read, see } = hallpass;
  await world.homeOpened('mia');
  await world.homeOpened('dana');
  await seeHome(hallpass, 'mia', /Nothing waits for your decision/);
  await seeHome(hallpass, 'dana', /You hold nothing now/);

  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');
  const waiting = await seeHome(
    hallpass,
    'mia',
    /@dana asks for prod-db:readonly for 30 min[\s\S]*stuck on 4711/,
  );
  await seeHome(hallpass, 'dana', /Waiting for a decision/);
  await world.click({ user: 'mia', view: waiting, actionId: 'request.approve' });
  await see('what the click came to', () => {
    const modal = world.modalOf('mia');
    return modal !== undefined && /Approved: prod-db:readonly for @dana/.test(read(modal, 'mia'));
  });
  await seeText(card, /Access until/);
  await seeHome(hallpass, 'mia', /Nothing waits for your decision/);

  const holding = await seeHome(hallpass, 'dana', /You hold[\s\S]*prod-db:readonly · until[\s\S]*\[Extend\]/);
  await world.click({ user: 'dana', view: holding, actionId: 'grant.done' });
  await seeHome(hallpass, 'dana', /You hold nothing now/);
  expect(await target.membersOf('app_readonly')).toEqual([]);
});

test('a form that is opened on the Home tab asks, and says what came of it', async () => {
  const hallpass = await startForTest({ target });
  const { cards, see, submit, world } = hallpass;
  await world.homeOpened('dana');
  const home = await seeHome(hallpass, 'dana', /Request access/);
  await world.click({ user: 'dana', view: home, actionId: 'request.ask-again' });
  const form = await see('the form', () => {
    const modal = world.modalOf('dana');
    return modal !== undefined && modal.callbackId !== '' && modal;
  });

  expect(await submit('dana', form, { role: 'prod-db:readonly', reason: 'stuck' })).toContain(
    'Asked: prod-db:readonly',
  );
  await see('the card', () => cards()[0]);
});

test('a guest sees no access on their Home tab', async () => {
  const hallpass = await startForTest({ target });
  await hallpass.world.homeOpened('gus');

  await seeHome(hallpass, 'gus', /guest/);
});

test('the shortcut of the app opens the form, and that of a message puts a link to it into the reason', async () => {
  const hallpass = await startForTest({ target });
  const { ask, cards, see, submit, world, read } = hallpass;
  const { card } = await ask('lee', 'prod-db 30m stuck');
  const opened = async (act: () => Promise<unknown>): Promise<SeenView> => {
    const before = world.modalOf('dana')?.id;
    await act();
    return await see('the form', () => {
      const modal = world.modalOf('dana');
      return modal !== undefined && modal.id !== before && modal.callbackId !== '' && modal;
    });
  };

  const plain = await opened(() => world.shortcut({ user: 'dana', callbackId: 'request_access' }));
  expect(read(plain, 'dana')).toContain('Reason');
  expect(await submit('dana', plain, { role: 'playground:viewer', reason: 'to look' })).toContain('Asked:');

  const about = await opened(() =>
    world.messageShortcut({ user: 'dana', callbackId: 'request_access_for_thread', message: card }),
  );
  const link = `https://emulated.slack.com/archives/C0APPROVALS/p${card.ts.replace('.', '')}`;
  expect(read(about, 'dana')).toContain(link);
  expect(await submit('dana', about, { role: 'prod-db:readonly' })).toContain('Asked: prod-db:readonly');
  const [, , last] = await see('the third card', () => cards().length === 3 && cards());
  expect(last === undefined ? '' : read(last)).toContain(`Reason: ${link}`);
});

test('somebody of another workspace opens no form by a shortcut', async () => {
  const outsider = { id: 'U0OUTSIDER', name: 'outsider', email: 'o@other.example', teamId: 'T0ELSEWHERE' };
  const { see, world, read } = await startForTest({ target, people: [outsider] });
  await world.shortcut({ user: 'outsider', callbackId: 'request_access' });

  await see('a word that it is not for them', () => {
    const modal = world.modalOf('outsider');
    return modal !== undefined && /Only members of this workspace can use this/.test(read(modal, 'outsider'));
  });
});
