import { afterAll, expect, test } from 'vitest';
import { startForTest } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';

const target = await startTargetDatabase();
afterAll(async () => await target.stop());

/** The moment that a message says the access ends, in seconds since 1970. */
function endIn(text: string): number {
  return Number(/Access until <!date\^(\d+)\^/.exec(text)?.[1]);
}

test('more time needs a new approval, and prolongs the same access', async () => {
  const before = (await target.changesByHallpass()).length;
  const {
    ask,
    buttonsOf,
    cards,
    click,
    clickToForm,
    clickToModal,
    dms,
    hear,
    read,
    see,
    seeDm,
    seeText,
    submit,
    world,
  } = await startForTest({ target });
  const { card } = await ask('dana', 'prod-db 6s stuck on 4711');
  await click('mia', card, 'request.approve');
  await seeText(card, /Access until/);
  const ready = await seeDm('dana', /How to use/);
  const [grantId = ''] = /G-\w+/.exec(ready.text) ?? [];
  const firstEnd = endIn(ready.text);

  const reminder = await seeDm('dana', /This access ends/);
  const form = await clickToForm('dana', reminder, 'grant.prolong');
  expect(read(form, 'dana')).toContain('More time needs a new approval; until then the end stays.');
  expect(await submit('dana', form, { duration: '6s', reason: 'one more table' })).toMatch(
    /^Extend access\nAsked: prod-db:readonly .* for 6 s more, for you as `dana`/,
  );
  const more = await see('the second card', () => cards()[1]);
  expect(more.text).toMatch(/^<@U03DANA> asks for \*prod-db:readonly\* for 6 s more/);
  expect(read(more)).toMatch(/6 s more, until \w+ \d\d:\d\d/);
  expect(read(more)).toContain('Reason: one more table');
  expect(buttonsOf(more)).toEqual(['Approve', 'Deny', 'Claim']);

  expect(read(await click('sam', more, 'request.approve'), 'sam')).toMatch(
    /^Approved: more time on prod-db:readonly for @dana, until \w+ \d\d:\d\d\.$/,
  );
  await seeDm('dana', /You have more time/);
  const prolonged = await see('the later end', () => {
    const { text } = world.current(ready) ?? ready;
    return endIn(text) > firstEnd && text;
  });
  // Windows are counted in milliseconds and shown in whole seconds.
  expect(Math.abs(endIn(prolonged) - firstEnd - 6)).toBeLessThanOrEqual(1);
  expect(prolonged).toContain(grantId);
  expect(await hear('lee', 'who-has prod-db')).toMatch(
    new RegExp(`^1 grant of \`prod-db\`\\n.*\\n.*\`${grantId}\``),
  );

  // Past the first end the access is still there, and dana is reminded of the second.
  await see(
    'a second reminder',
    () => dms('dana').filter((text) => text.includes('This access ends')).length === 2,
  );
  await see('the first end to be over', () => Date.now() / 1000 > firstEnd + 1);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);

  await seeText(card, /The access ended/);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
  expect((await target.changesByHallpass()).slice(before)).toEqual([
    'GRANT app_readonly TO dana',
    'REVOKE app_readonly FROM dana',
  ]);

  expect(await clickToModal('dana', reminder, 'grant.prolong')).toContain('That access is over already.');
});

test('a prolongation that is approved after the end gives nothing', async () => {
  const { ask, cards, click, clickToForm, read, see, seeDm, seeText, submit } = await startForTest({
    target,
  });
  const { card } = await ask('dana', 'prod-db 3s stuck on 4711');
  await click('mia', card, 'request.approve');
  const ready = await seeDm('dana', /How to use/);
  const form = await clickToForm('dana', ready, 'grant.prolong');
  await submit('dana', form, { duration: '1h', reason: 'one more table' });
  const more = await see('the second card', () => cards()[1]);

  await seeText(card, /The access ended/);
  expect(read(await click('mia', more, 'request.approve'), 'mia')).toMatch(
    /was cancelled .* Nothing is left to decide/,
  );
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
});

test('access is never prolonged past the maximum of its role', async () => {
  const { ask, cards, click, clickToForm, clickToModal, hear, read, see, seeDm, seeText, submit } =
    await startForTest({
      target,
      catalog: { policies: { standard: { duration: { max: '2h' } } } },
    });
  const { card } = await ask('dana', 'prod-db 90m stuck on 4711');
  await click('mia', card, 'request.approve');
  const ready = await seeDm('dana', /How to use/);
  await seeText(card, /Access until/);

  const form = await clickToForm('dana', ready, 'grant.prolong');
  expect(read(form, 'dana')).toContain('at most 30 min');
  const refused = await submit('dana', form, { duration: '31m', reason: 'one more table' });
  expect(refused).toContain(
    '`prod-db:readonly` lasts at most 2 h in one go. At most 30 min more can be asked for.',
  );
  expect(refused).toContain('[one more table]');
  expect(cards()).toHaveLength(1);

  const again = await clickToForm('dana', ready, 'grant.prolong');
  expect(await submit('dana', again, { duration: '30m', reason: 'one more table' })).toContain(
    'for 30 min more',
  );
  const more = await see('the second card', () => cards()[1]);
  await click('sam', more, 'request.approve');
  await seeText(card, /Access until/);
  await seeDm('dana', /You have more time/);

  expect(await clickToModal('dana', ready, 'grant.prolong')).toContain(
    'lasts at most 2 h in one go, and this access has reached that.',
  );
  expect(await hear('dana', 'done')).toContain('is being taken away');
});

test('nobody asks for more time on the access of somebody else', async () => {
  const { ask, cards, click, clickToModal, seeDm } = await startForTest({ target });
  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');
  await click('mia', card, 'request.approve');
  const ready = await seeDm('dana', /How to use/);
  expect(await clickToModal('lee', ready, 'grant.prolong')).toContain(
    'That access belongs to somebody else.',
  );
  expect(cards()).toHaveLength(1);
});
