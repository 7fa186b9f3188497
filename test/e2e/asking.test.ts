import { expect, test } from 'vitest';
import { startForTest } from '../support/running-hallpass.js';
import { NO_TARGET } from '../support/test-catalog.js';

const catalog = NO_TARGET;

type Understood = { key: string; time: string; reason: string };

test.for<readonly [typed: string, understood: Understood]>([
  ['request prod-db 30m stuck', { key: 'prod-db:readonly', time: '30 min', reason: 'stuck' }],
  ['prod-db 45m stuck', { key: 'prod-db:readonly', time: '45 min', reason: 'stuck' }],
  ['prod-db 2h stuck', { key: 'prod-db:readonly', time: '2 h', reason: 'stuck' }],
  ['prod-db:admin 1h30m stuck', { key: 'prod-db:admin', time: '1 h 30 min', reason: 'stuck' }],
  ['prod-db:admin 1d stuck', { key: 'prod-db:admin', time: '1 d', reason: 'stuck' }],
  ['prod-db admin 30m stuck', { key: 'prod-db:admin', time: '30 min', reason: 'stuck' }],
  // Nothing is said about the time: the policy's usual one.
  ['prod-db stuck on 4711', { key: 'prod-db:readonly', time: '30 min', reason: 'stuck on 4711' }],
  [
    '  REQUEST   Prod-DB : Admin  90 MIN  Stuck  on  4711 ',
    { key: 'prod-db:admin', time: '1 h 30 min', reason: 'Stuck on 4711' },
  ],
  [
    'request “prod-db” ‘2h’ “stuck on 4711”',
    { key: 'prod-db:readonly', time: '2 h', reason: 'stuck on 4711' },
  ],
  [
    // As Slack delivers what was typed as tickets.example.com/4711
    'prod-db 30m see <https://tickets.example.com/4711|tickets.example.com/4711>',
    { key: 'prod-db:readonly', time: '30 min', reason: 'see tickets.example.com/4711' },
  ],
  [
    'prod-db 30m <https://tickets.example.com/browse?a=1&amp;b=2>',
    { key: 'prod-db:readonly', time: '30 min', reason: 'https://tickets.example.com/browse?a=1&b=2' },
  ],
])('`/access %s` is understood', async ([typed, { key, time, reason }]) => {
  const { ask, read } = await startForTest({ catalog });
  const { answer, card } = await ask('dana', typed);
  expect(read(answer, 'dana')).toMatch(
    new RegExp(`^Asked: ${key} \\(.*\\) for ${time}, for you as \`dana\``),
  );
  expect(read(answer, 'dana')).toContain(`Reason: ${reason}\n`);
  expect(read(card)).toContain(`@dana asks for ${key} for ${time}\nReason: ${reason}\n`);
});

test.for(['prod-db:admin for @lee 30m stuck', 'request prod-db:admin 30m for @lee stuck'])(
  '`/access %s` asks for somebody else, who is told',
  async (typed) => {
    const { ask, click, dms, read, seeDm, seeText } = await startForTest({ catalog });
    const { answer, card } = await ask('dana', typed);
    expect(read(answer, 'dana')).toContain('for 30 min, for @lee as `lee` in `orders-db`.');
    expect(read(card)).toContain('@lee asks for prod-db:admin for 30 min (@dana asks for them)');
    expect(read(card)).toContain('`lee` in `orders-db`, role `app_admin`');
    expect(read(await seeDm('lee', /asked for it for you/), 'lee')).toContain('@dana asked for it for you.');

    await click('mia', card, 'request.approve');
    await seeText(card, /Access until/);
    await seeDm('lee', /Access until/);
    expect(read(await seeDm('dana', /Approved by/), 'dana')).toMatch(
      /Approved by @mia: @lee is to have it until .*, and is told how to use it\./,
    );
    expect(dms('dana')).toHaveLength(1);
  },
);

test('access for somebody else is refused where the policy does not allow it, and nothing typed is lost', async () => {
  const { buttonsOf, cards, clickToForm, read, submit, type, world } = await startForTest({ catalog });
  const answer = await type('dana', 'prod-db for @lee 45m stuck on 4711');
  expect(read(answer, 'dana')).toContain(
    '`prod-db:readonly` can only be requested by whoever will use it. They can ask with `/access` themselves.',
  );
  expect(read(answer, 'dana')).toMatch(/Your text was: \/access request prod-db for .* 45 min stuck on 4711/);
  expect(buttonsOf(answer)).toEqual(['Change and ask again']);
  expect(cards()).toEqual([]);
  expect(world.dmsTo('lee')).toEqual([]);

  const form = await clickToForm('dana', answer, 'request.ask-again');
  expect(read(form, 'dana')).toContain('[45 min]');
  expect(read(form, 'dana')).toContain('[stuck on 4711]');
  expect(read(form, 'dana')).toContain('[lee]');
  expect(await submit('dana', form, { beneficiary: null })).toContain('for 45 min, for you as `dana`');
});

test('a person who is named in the reason is a part of the reason', async () => {
  const { ask, read, world } = await startForTest({ catalog });
  const { card } = await ask('dana', 'prod-db:admin 30m unblock the report for @sam');
  expect(read(card)).toMatch(/^@dana asks for prod-db:admin for 30 min$/m);
  expect(read(card)).toMatch(/^Reason: unblock the report for @\w+$/m);
  expect(world.dmsTo('sam')).toEqual([]);
});

test('whoever may not ask themselves gets nothing through a colleague', async () => {
  const { cards, hear } = await startForTest({ catalog });
  expect(await hear('dana', 'prod-db:admin for @max 30m stuck')).toContain(
    '@max may not request `prod-db:admin`.',
  );
  expect(await hear('dana', 'prod-db:admin for @gus 30m stuck')).toContain(
    '@gus is a guest in this workspace.',
  );
  expect(await hear('max', 'prod-db 30m stuck')).toContain('You may not request `prod-db:readonly`.');
  expect(cards()).toEqual([]);
});

test('longer than the policy allows is answered with a button for the longest time, which works', async () => {
  const { buttonsOf, cards, clickAway, read, see, type } = await startForTest({ catalog });
  const answer = await type('dana', 'prod-db 6h stuck on 4711');
  expect(read(answer, 'dana')).toContain('`prod-db:readonly` is given for at most 4 h.');
  expect(buttonsOf(answer)).toEqual(['Ask for 4 h', 'Change and ask again']);
  expect(cards()).toEqual([]);

  const asked = await clickAway('dana', answer, 'request.longest-allowed');
  expect(read(asked, 'dana')).toMatch(/^Asked: prod-db:readonly .* for 4 h, for you/);
  const card = await see('the card', () => cards()[0]);
  expect(read(card)).toContain('@dana asks for prod-db:readonly for 4 h\nReason: stuck on 4711');
});

test('the button for the longest time trusts nothing that it carries', async () => {
  const { cards, clickAway, read, seeText, type, world } = await startForTest({ catalog });
  const answer = await type('dana', 'prod-db 6h stuck on 4711');
  const seen = await clickAway('max', answer, 'request.longest-allowed');
  expect(read(seen, 'max')).toContain('You may not request `prod-db:readonly`.');

  await world.click({ user: 'dana', message: answer, actionId: 'request.longest-allowed', value: 'forged' });
  await seeText(answer, /This message is out of date. Nothing was done./);
  expect(cards()).toEqual([]);
});

test('a second request for the same role is pointed to the first', async () => {
  const { ask, cards, hear } = await startForTest({ catalog });
  await ask('dana', 'prod-db 30m stuck');
  expect(await hear('dana', 'prod-db 45m still stuck')).toMatch(
    /^A request for `prod-db:readonly` is waiting already, for 30 min: `(R-\w+)`\. Wait for its decision, or first `\/access cancel \1` and ask anew\.\nYour text was: /,
  );
  expect(cards()).toHaveLength(1);
});

test.for<readonly [typed: string, says: readonly string[]]>([
  [
    'prdo-db 30m stuck',
    ['There is no `prdo-db`. Did you mean `prod-db`?', '`/access list` shows', 'prdo-db 30 min stuck'],
  ],
  [
    'prod-db:root 30m stuck',
    ['`prod-db` has no role `root`. It has `readonly` and `admin`.', 'prod-db:root 30 min stuck'],
  ],
  [
    'revok G-4711 left the team',
    [
      '`/access revok G-4711 left the team` was not understood.',
      'Did you mean `/access revoke G-4711 left the team`?',
      '`/access help`',
    ],
  ],
  ['who-has prod-db readonly admin', ['`/access who-has prod-db readonly admin` was not understood.']],
  ['revoke', ['`/access revoke` was not understood.']],
])(
  '`/access %s` is answered with what would be understood, and keeps what was typed',
  async ([typed, says]) => {
    const { cards, hear } = await startForTest({ catalog });
    const answer = await hear('dana', typed);
    for (const part of says) {
      expect(answer).toContain(part);
    }
    expect(cards()).toEqual([]);
  },
);

test('`/access` alone opens a form, and what it is sent with becomes a request', async () => {
  const { cards, openForm, read, see, submit } = await startForTest({ catalog });
  const form = await openForm('dana', '');
  const shown = read(form, 'dana');
  expect(shown).toMatch(/^Request access\n/);
  expect(shown).toContain('What: [Choose]');
  expect(shown).toMatch(/\[Ask\] \[Close\]$/);

  expect(
    await submit('dana', form, { role: 'prod-db:admin', duration: '1 h', reason: 'stuck on 4711' }),
  ).toContain('Asked: prod-db:admin (Orders database, production (admin)) for 1 h, for you as `dana`');
  const card = await see('the card', () => cards()[0]);
  expect(read(card)).toContain('@dana asks for prod-db:admin for 1 h\nReason: stuck on 4711');
});

test.for<readonly [typed: string, filled: readonly string[]]>([
  ['request', ['What: [Choose]']],
  ['prod-db', ['What: [prod-db:readonly · Orders database']],
  ['prod-db:admin 2h', ['What: [prod-db:admin · Orders database', '[2 h]']],
  ['prod-db 30 stuck on 4711', ['What: [prod-db:readonly · Orders database', '[30]', '[stuck on 4711]']],
  ['prod-db for @lee', ['What: [prod-db:readonly · Orders database', 'For somebody else (optional): [lee]']],
  ['no-such-db 30m', ['What: [no-such-db]', '[30m]']],
  // The name of a role is no reason, and neither is a time that cannot be read.
  ['prod-db admin', ['What: [prod-db:admin · Orders database']],
  ['prod-db 500ms stuck', ['[500ms]', '[stuck]']],
  ['30m stuck on 4711', ['What: [Choose]', '[30 min]', '[stuck on 4711]']],
])('`/access %s` opens the form with what was typed', async ([typed, filled]) => {
  const { cards, openForm, read } = await startForTest({ catalog });
  const form = read(await openForm('dana', typed), 'dana');
  for (const part of filled) {
    expect(form).toContain(part);
  }
  expect(cards()).toEqual([]);
});

test('what is wrong in the form is said beside its field, or above it with everything kept', async () => {
  const { cards, errorsBeside, openForm, read, see, submit, world } = await startForTest({ catalog });
  const typed = await openForm('dana', 'prod-db 30 stuck on 4711');
  expect(await errorsBeside('dana', typed, { duration: 'soon' })).toEqual({
    duration: 'Write it like 30m, 2h, 1h30m or 1d.',
  });
  const form = await openForm('dana', 'prod-db 6h');
  const right = { reason: 'stuck on 4711' };
  expect(await errorsBeside('dana', form, { ...right, reason: 'x'.repeat(501) })).toEqual({
    reason: 'At most 500 characters; these are 501.',
  });
  expect(cards()).toEqual([]);

  const again = await submit('dana', form, right);
  expect(again).toContain('Not sent. `prod-db:readonly` is given for at most 4 h.');
  expect(again).toContain('[6 h]');
  expect(again).toContain('[stuck on 4711]');
  expect(cards()).toEqual([]);

  const refilled = world.modalOf('dana');
  expect(refilled && (await submit('dana', refilled, { duration: '4 h' }))).toContain('for 4 h, for you');
  const card = await see('the card', () => cards()[0]);
  expect(read(card)).toContain('@dana asks for prod-db:readonly for 4 h');
});

test('only the requester sees the answer to their request', async () => {
  const { ask, world } = await startForTest({ catalog });
  const { answer } = await ask('dana', 'prod-db 30m stuck');
  expect(answer.onlyFor).toBe('U03DANA');
  for (const other of ['lee', 'mia', 'sam', 'max']) {
    expect(world.ephemeralsTo(other)).toEqual([]);
    expect(world.dmsTo(other)).toEqual([]);
  }
});

test('the form says what the chosen role would come to, and keeps what is filled in', async () => {
  const { openForm, read, see, submit, world } = await startForTest({ catalog });
  const form = await openForm('dana', 'prod-db');
  expect(read(form, 'dana')).toContain('Decided by 1 of the 2 people in `dba-leads`; 2 people are pinged.');

  const values = { duration: '1 h', reason: 'stuck on 4711' };
  const chosen = { actionId: 'request.choose-role', value: 'prod-db:admin', values };
  await world.click({ user: 'dana', view: form, ...chosen });
  const changed = await see('the form of the other role', () => {
    const modal = world.modalOf('dana');
    return modal !== undefined && read(modal, 'dana').includes('at most 2 d') && modal;
  });
  expect(read(changed, 'dana').match(/Decided by/g)).toHaveLength(1);
  expect(await submit('dana', changed, {})).toMatch(
    /^Asked: prod-db:admin .* for 1 h[^]*Reason: stuck on 4711/m,
  );
});
