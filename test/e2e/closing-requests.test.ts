import { expect, test } from 'vitest';
import { startForTest } from '../support/running-hallpass.js';
import { NO_TARGET } from '../support/test-catalog.js';

const catalog = NO_TARGET;

test('a denial may come without a reason; card and requester say who denied', async () => {
  const { ask, buttonsOf, clickToForm, read, seeDm, seeText, submit } = await startForTest({ catalog });
  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');
  const form = await clickToForm('mia', card, 'request.deny');
  expect(read(form, 'mia')).toContain(
    '@dana asks for prod-db:readonly (Orders database, production (readonly)) for 30 min.',
  );
  expect(read(form, 'mia')).toContain('Reason (optional): []');
  expect(await submit('mia', form, {})).toContain('Denied: prod-db:readonly for @dana. @dana is told.');

  expect(await seeText(card, /Denied by @mia/)).not.toContain('Denied because');
  expect(buttonsOf(card)).toEqual([]);
  const told = read(await seeDm('dana', /Denied by @mia/), 'dana');
  expect(told).toContain('prod-db:readonly (Orders database, production (readonly)) for 30 min');
  // What was typed is given back, so that asking again needs no second typing.
  expect(told).toContain('The request said: stuck on 4711');
});

test('the reason of a denial reaches the requester and stands on the card', async () => {
  const { ask, clickToForm, read, seeDm, seeText, submit } = await startForTest({ catalog });
  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');
  const form = await clickToForm('mia', card, 'request.deny');
  await submit('mia', form, { reason: 'wait for the <backup> & *then* ask' });
  expect(await seeText(card, /Denied by @mia/)).toContain(
    'Denied because: wait for the <backup> & *then* ask',
  );
  expect(read(await seeDm('dana', /Denied by @mia/), 'dana')).toContain(
    'Because: wait for the <backup> & *then* ask',
  );
});

test('where the policy demands a reason, a denial without one is not sent', async () => {
  const { ask, buttonsOf, clickToForm, read, seeText, submit, world } = await startForTest({ catalog });
  const { card } = await ask('dana', 'prod-db:admin 30m stuck on 4711');
  const form = await clickToForm('mia', card, 'request.deny');
  expect(read(form, 'mia')).toContain('Reason: []');
  await expect(world.submitView({ user: 'mia', view: form })).rejects.toThrow(/"Reason" is required/);
  // Spaces get past Slack's own check.
  expect(await submit('mia', form, { reason: '   ' })).toContain('The policy demands a reason for a denial.');
  expect(buttonsOf(card)).toEqual(['Approve', 'Deny', 'Approve for less', 'Claim']);

  const again = world.modalOf('mia');
  expect(again && (await submit('mia', again, { reason: 'not today' }))).toContain('Denied: prod-db:admin');
  expect(await seeText(card, /Denied by @mia/)).toContain('Denied because: not today');
});

test('a denial of what was asked for somebody else is told to both', async () => {
  const { ask, clickToForm, seeDm, submit } = await startForTest({ catalog });
  const { card } = await ask('dana', 'prod-db:admin for @lee 30m stuck on 4711');
  const form = await clickToForm('mia', card, 'request.deny');
  await submit('mia', form, { reason: 'not today' });
  await seeDm('dana', /Denied by @mia/);
  await seeDm('lee', /Denied by @mia/);
});

test.for<readonly [user: string, no: string]>([
  ['max', 'You are not among the approvers of `prod-db:readonly`.'],
  ['dana', 'Nobody decides their own access.'],
])('%s may not deny, neither by the button nor with the form of somebody else', async ([user, no]) => {
  const { ask, buttonsOf, clickToForm, clickToModal, read, see, world } = await startForTest({ catalog });
  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');
  expect(await clickToModal(user, card, 'request.deny')).toContain(no);

  const form = await clickToForm('mia', card, 'request.deny');
  await world.submitView({ user, view: form, values: { reason: 'no' } });
  await see('the refusal', () => {
    const modal = world.modalOf('mia');
    return modal !== undefined && read(modal).includes(`Not sent. ${no}`);
  });
  expect(buttonsOf(card)).toEqual(['Approve', 'Deny', 'Approve for less', 'Claim']);
});

test('the requester takes a request back by the button on its answer', async () => {
  const { ask, buttonsOf, click, clickAway, read, seeText } = await startForTest({ catalog });
  const { answer, card } = await ask('dana', 'prod-db 30m stuck on 4711');
  expect(read(await clickAway('dana', answer, 'request.cancel'), 'dana')).toBe(
    'Cancelled: your request for prod-db:readonly.',
  );
  expect(await seeText(card, /Cancelled/)).toContain('@dana · prod-db:readonly · 30 min');
  expect(buttonsOf(card)).toEqual([]);

  // Somebody whose screen is out of date still has the buttons.
  const late = await click('mia', card, 'request.approve');
  expect(read(late, 'mia')).toMatch(
    /^The request for `prod-db:readonly` was cancelled .* Nothing is left to decide\.$/,
  );
});

test('`/access cancel` takes back the only request, or the one that is named', async () => {
  const { ask, hear, seeText } = await startForTest({ catalog });
  expect(await hear('dana', 'cancel')).toContain('You have no request that waits for a decision.');
  const { card } = await ask('dana', 'prod-db 30m stuck');
  expect(await hear('lee', 'cancel')).toContain('You have no request that waits for a decision.');
  expect(await hear('dana', 'cancel')).toBe('Cancelled: your request for prod-db:readonly.');
  await seeText(card, /Cancelled/);

  const first = await ask('dana', 'prod-db 30m stuck again');
  const second = await ask('dana', 'prod-db:admin 30m stuck again');
  const which = await hear('dana', 'cancel');
  expect(which).toMatch(/^Which one\? .*`\/access cancel R-\w+` \(prod-db:readonly\)/);
  expect(which).toMatch(/`\/access cancel R-\w+` \(prod-db:admin\)/);
  expect(await hear('dana', 'cancel prod-db:admin')).toBe('Cancelled: your request for prod-db:admin.');
  await seeText(second.card, /Cancelled/);

  const [id = ''] = /R-\w+/.exec(first.answer.text) ?? [];
  expect(await hear('lee', `cancel ${id}`)).toContain('Only whoever asked');
  expect(await hear('dana', `cancel ${id.toLowerCase()}`)).toBe(
    'Cancelled: your request for prod-db:readonly.',
  );
  await seeText(first.card, /Cancelled/);
  expect(await hear('dana', `cancel ${id}`)).toMatch(/was cancelled .* Nothing is left to decide\./);
  expect(await hear('dana', 'cancel R-NOBODY')).toContain('There is no request `R-NOBODY`.');
});

test('whoever asked for somebody else takes it back, and that person is told', async () => {
  const { ask, hear, seeDm } = await startForTest({ catalog });
  await ask('dana', 'prod-db:admin for @lee 30m stuck');
  expect(await hear('dana', 'cancel')).toBe('Cancelled: your request for prod-db:admin.');
  await seeDm('lee', /Cancelled by @dana/);
});

test('whoever the access is for may take the request back as well, and the requester is told', async () => {
  const { ask, buttonsOf, clickAway, read, seeDm, seeText, type } = await startForTest({ catalog });
  const { card } = await ask('dana', 'prod-db:admin for @lee 30m stuck');
  const list = await type('lee', 'mine');
  expect(read(list, 'lee')).toMatch(/prod-db:admin for 30 min, for @lee .*\n\[Nudge\] \[Cancel\]$/);
  expect(read(await clickAway('lee', list, 'request.cancel'), 'lee')).toBe(
    'Cancelled: your request for prod-db:admin.',
  );
  await seeText(card, /Cancelled/);
  expect(buttonsOf(card)).toEqual([]);
  await seeDm('dana', /Cancelled by @lee/);
});

test('a request that nobody answers expires; the card and the requester say so', async () => {
  const { ask, buttonsOf, click, read, seeDm, seeText } = await startForTest({
    catalog: { ...catalog, policies: { standard: { unanswered_after: '2s' } } },
  });
  const { answer, card } = await ask('dana', 'prod-db 30m stuck on 4711');
  expect(read(answer, 'dana')).toMatch(/Unanswered, it expires \w+ \d\d:\d\d\./);

  expect(await seeText(card, /Expired/)).toMatch(/Expired \w+ \d\d:\d\d: nobody decided in time\./);
  expect(buttonsOf(card)).toEqual([]);
  const told = read(await seeDm('dana', /expired/), 'dana');
  expect(told).toContain('Nobody decided in time, so the request expired. Ask again if you still need it.');
  expect(told).toContain('The request said: stuck on 4711');

  const late = await click('mia', card, 'request.approve');
  expect(read(late, 'mia')).toMatch(/^The request for `prod-db:readonly` expired unanswered/);
});

test('a request expires also when Hallpass was not running at that moment', async () => {
  const { ask, restart, seeDm, seeText } = await startForTest({
    catalog: { ...catalog, policies: { standard: { unanswered_after: '1s' } } },
  });
  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');
  await restart();
  await seeText(card, /Expired/);
  await seeDm('dana', /expired/);
});
