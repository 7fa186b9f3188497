import { expect, test } from 'vitest';
import { readAudit } from '../support/records.js';
import { startForTest } from '../support/running-hallpass.js';
import { NO_TARGET } from '../support/test-catalog.js';

const ALERT = { id: 'C0ALERT', name: 'alert' };

test('an emergency is confirmed in a form, given at once, shown to everybody, and closed by two verdicts', async () => {
  const catalog = {
    ...NO_TARGET,
    policies: {
      critical: {
        emergency: {
          for: ['engineers'],
          up_to: '1h',
          channel: ALERT.id,
          review: { by: ['dba-leads'], nag: '2s' },
        },
      },
    },
  };
  const hallpass = await startForTest({ catalog, channels: [ALERT] });
  const { buttonsOf, click, clickToForm, databaseFile, errorsBeside, hear, openForm, read } = hallpass;
  const { see, seeDm, seeText, submit, world } = hallpass;

  expect(await hear('dana', 'emergency')).toContain(
    'prod-db:admin · Orders database, production (admin), at most 1 h',
  );
  const form = await openForm('dana', 'emergency prod-db:admin 20m orders are stuck, dropping the lock');
  expect(read(form, 'dana')).toContain(
    'You take prod-db:admin (Orders database, production (admin)) at once',
  );
  expect(read(form, 'dana')).toContain('For how long: [20 min]');
  expect(await errorsBeside('dana', form, { confirm: 'prod-db' })).toEqual({
    confirm: 'This is not prod-db:admin. Type it to confirm.',
  });
  expect(world.messagesIn(ALERT.id)).toEqual([]);

  expect(await submit('dana', form, { confirm: 'prod-db:admin' })).toContain(
    'prod-db:admin is being opened for you',
  );
  await seeDm('dana', /taken in an emergency/);
  const card = await see('the card in #alert', () => world.messagesIn(ALERT.id)[0]);
  const shown = await seeText(card, /Taken at once, without an approval\./);
  expect(shown).toContain('EMERGENCY: prod-db:admin, 20 min');
  expect(shown).toContain('Reason: orders are stuck, dropping the lock');
  expect(shown).toContain('Review open: 0 of 2.');
  expect(read(card, 'mia')).toContain('To review: @mia @sam');
  expect(buttonsOf(card)).toEqual(['Justified', 'Not justified', 'Revoke']);
  await see('a nag under the card', () =>
    world.repliesTo(card).find((reply) => /Emergency not reviewed/.test(read(reply, 'mia'))),
  );

  expect(read(await click('dana', card, 'review.justified'), 'dana')).toContain(
    'Nobody reviews their own emergency.',
  );
  expect(read(await click('mia', card, 'review.justified'), 'mia')).toContain('1 verdict is still missing');
  await seeText(card, /Review open: 1 of 2\. @mia: justified\./);
  const why = await clickToForm('sam', card, 'review.not-justified');
  expect(await submit('sam', why, { reason: 'nobody was asked first' })).toContain('The review is closed.');

  const closed = await seeText(card, /Review closed: not justified/);
  expect(closed).toContain('@mia: justified, @sam: not justified.');
  expect(closed).toContain('Not justified because: nobody was asked first');
  expect(buttonsOf(card)).toEqual(['Revoke']);
  expect((await readAudit(databaseFile)).kinds).toEqual(
    expect.arrayContaining(['emergency.taken', 'emergency.nagged', 'emergency.reviewed', 'emergency.closed']),
  );
});
