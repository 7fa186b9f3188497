import { afterAll, expect, test } from 'vitest';
import { SECOND_MS } from '../../src/domain/time.js';
import { startForTest } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';
import { NO_TARGET } from '../support/test-catalog.js';

const target = await startTargetDatabase('15');
afterAll(async () => await target.stop());

/** As Slack gives what was picked: in seconds. */
function inSeconds(from: number): string {
  return String(Math.ceil(Date.now() / SECOND_MS) + from);
}

test('what is asked for later is echoed in the words and the zone of whoever asks, and can be called off', async () => {
  const { ask, buttonsOf, click, dms, hear, read, seeDm, seeText, world } = await startForTest({
    catalog: NO_TARGET,
  });
  const { answer, card } = await ask('dana', 'prod-db 2h tomorrow 09:00 nightly migration');
  const told =
    /^From tomorrow (?:at )?09:00 to tomorrow (?:at )?11:00: \w{3} \d+ \w{3} 09:00 \(Europe\/Berlin\)\.$/m;
  expect(read(answer, 'dana')).toMatch(told);
  expect(read(answer, 'dana')).toContain('Reason: nightly migration');
  expect(read(card, 'mia')).toMatch(
    /2 h from .* to .*\nAsked for as \w{3} \d+ \w{3} 09:00 \(Europe\/Berlin\)/,
  );
  expect(read(card, 'mia')).toContain('Approved after its start, it opens at once and ends no later.');

  expect(read(await click('mia', card, 'request.approve'), 'mia')).toMatch(
    /^Approved: prod-db:readonly for @dana, from .* until .*\. The card says when it is open\.$/,
  );
  expect(await seeText(card, /Approved by @mia/)).toMatch(/Approved by @mia\. Starts .*, until .*\./);
  expect(buttonsOf(card)).toEqual(['Revoke']);
  const dm = await seeDm('dana', /Starts tomorrow/);
  expect(buttonsOf(dm)).toEqual(['Cancel it']);
  expect(await hear('mia', 'who-has prod-db')).toMatch(
    /@dana · prod-db:readonly · not yet: starts .*, until/,
  );
  expect(await hear('dana', 'mine')).toMatch(
    /^You will hold\n.*not yet: starts tomorrow.*\n.*\n?.*\[Cancel it\]/,
  );

  expect(read(await click('dana', dm, 'grant.done'), 'dana')).toBe(
    'prod-db:readonly of @dana is called off: it will not start.',
  );
  expect(await seeText(card, /Called off/)).toMatch(/Called off .*, before it started: @dana was done\./);
  expect(dms('dana').join()).toContain('Called off');
  expect(await hear('mia', 'who-has prod-db')).toBe('Nobody holds `prod-db` through Hallpass.');
  expect(world.modalOf('dana')).toBeUndefined();
});

test('without a known time zone it is UTC, and that is said', async () => {
  const people = [{ id: 'U04LEE', name: 'lee', email: 'lee@example.com', timeZone: null }];
  const { ask, read } = await startForTest({ catalog: NO_TARGET, people });
  const { answer } = await ask('lee', 'prod-db 2h tomorrow 09:00 nightly');

  expect(read(answer, 'lee')).toMatch(/09:00 \(UTC\)\. Slack does not say your time zone, so this is UTC\./);
});

test('what has passed is refused with what to say instead, and the form keeps what was typed', async () => {
  const { clickToForm, hear, read, type, world } = await startForTest({ catalog: NO_TARGET });
  expect(await hear('dana', 'prod-db 2h at 2020-01-01 09:00 nightly')).toContain(
    'Wed 1 Jan 09:00 (Europe/Berlin) has passed. Say a time that is still to come.',
  );
  const refused = await type('dana', 'prod-db 2h at 2020-01-01 09:00 nightly');
  const form = await clickToForm('dana', refused, 'request.ask-again');
  expect(read(form, 'dana')).toContain('You typed "at 2020-01-01 09:00".');
  expect(world.messagesIn('C0APPROVALS')).toEqual([]);
});

test('what may be a start and may be a reason is asked about', async () => {
  const { openForm, read } = await startForTest({ catalog: NO_TARGET });

  expect(read(await openForm('dana', 'prod-db 2h monday maintenance'), 'dana')).toContain(
    'monday maintenance',
  );
});

test('in the form a start is picked; one that has passed, or is too far, is not taken', async () => {
  const { cards, errorsBeside, openForm, read, see, submit } = await startForTest({ catalog: NO_TARGET });
  const form = await openForm('dana', 'prod-db 2h tomorrow 09:00');
  const given = { reason: 'nightly' };
  expect(await errorsBeside('dana', form, { ...given, start: inSeconds(-60) })).toEqual({
    start: 'This time has passed. Choose one that is still to come.',
  });
  expect(await submit('dana', form, { ...given, start: inSeconds(8 * 24 * 3_600) })).toContain(
    '`prod-db:readonly` can be asked for at most 7 d ahead.',
  );

  const typed = await openForm('dana', 'prod-db 2h tomorrow 09:00');
  expect(await submit('dana', typed, given)).toMatch(/From tomorrow .*09:00 to tomorrow .*11:00/);
  const card = await see('the card', () => cards()[0]);
  expect(read(card, 'mia')).toContain('Asked for as');
});

test('on PostgreSQL access that was approved before its start is there from it, and gone at its end', async () => {
  const { cards, click, openForm, see, seeDm, seeText, submit, world } = await startForTest({ target });
  const form = await openForm('dana', 'prod-db 4s');
  await submit('dana', form, { reason: 'nightly', start: inSeconds(4) });
  const card = await see('the card', () => cards()[0]);
  await click('mia', card, 'request.approve');
  await seeText(card, /Starts/);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);

  await seeText(card, /Access until/);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);
  await seeText(card, /The access ended/);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
  await seeDm('dana', /The access ended/);
  expect(world.messagesIn('C0APPROVALS')).toHaveLength(1);
});
