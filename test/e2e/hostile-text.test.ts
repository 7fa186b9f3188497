import { expect, test } from 'vitest';
import { startForTest } from '../support/running-hallpass.js';
import { NO_TARGET } from '../support/test-catalog.js';

const catalog = NO_TARGET;

/** As a person reads it, and as Slack delivers it: what it recognised is markup, the rest is escaped. */
const READS = '@channel @U01MIA *bold* & ok (https://x.example) `code` ~gone~ <b>';
const DELIVERED = '<!channel> <@U01MIA> *bold* &amp; <https://x.example|ok> `code` ~gone~ &lt;b&gt;';

test('markup in a reason is text wherever it is shown, and pings nobody', async () => {
  const { ask, buttonsOf, click, clickToForm, hear, read, seeDm, seeText, submit, type, world } =
    await startForTest({ catalog });
  const { answer, card } = await ask('dana', `prod-db 30m ${DELIVERED}`);
  expect(read(answer, 'dana')).toContain(`Reason: ${READS}`);
  expect(read(card)).toContain(`Reason: ${READS}`);

  await click('mia', card, 'request.approve');
  expect(await seeText(card, /Access until/)).toContain(`Reason: ${READS}`);
  expect(await hear('mia', 'who-has prod-db')).toContain(READS);
  const form = await clickToForm('mia', card, 'grant.revoke');
  await submit('mia', form, { reason: '<!here> <@U03DANA> *over*' });
  expect(await seeText(card, /The access ended/)).toContain('Ended because: <!here> <@U03DANA> *over*');
  const told = await seeDm('dana', /Your access is taken away/);
  expect(read(told, 'dana')).toContain('Ended because: <!here> <@U03DANA> *over*');
  expect(buttonsOf(card)).toEqual([]);

  // A refusal gives the text back, and an unknown command what was typed.
  expect(await hear('dana', `prod-db 9d ${DELIVERED}`)).toContain(READS);
  expect(read(await type('dana', 'revok <!channel> *now*'), 'dana')).toContain(
    '`/access revok @channel *now*`',
  );

  for (const { body } of [...world.calls('chat.postMessage'), ...world.calls('chat.update')]) {
    expect(pingsIn(body)).toEqual([]);
  }
  for (const { body } of world.responses) {
    expect(pingsIn(body)).toEqual([]);
  }
});

test('a denial and a form hand hostile text back as it was typed', async () => {
  const { cards, clickToForm, openForm, read, see, seeDm, submit, world } = await startForTest({ catalog });
  const typed = '<!channel> <@U01MIA> *bold* & <https://x|ok>';
  const form = await openForm('dana', '');
  await submit('dana', form, { role: 'prod-db:readonly', duration: '30 min', reason: typed });
  const card = await see('the card', () => cards()[0]);
  expect(read(card)).toContain(`Reason: ${typed}`);
  const deny = await clickToForm('mia', card, 'request.deny');
  await submit('mia', deny, { reason: typed });
  const told = read(await seeDm('dana', /Denied by/), 'dana');
  expect(told).toContain(`Because: ${typed}`);
  expect(told).toContain(`The request said: ${typed}`);
  for (const { body } of [...world.calls('chat.postMessage'), ...world.calls('chat.update')]) {
    expect(pingsIn(body)).toEqual([]);
  }
});

test('characters that cannot be seen, and turned-round text, do not reach the card', async () => {
  const { ask, read } = await startForTest({ catalog });
  const { card } = await ask('dana', 'prod-db 30m stu\u200Bck \u202Egnol\u202C on\u00A04711\u0007');
  expect(read(card)).toContain('Reason: stuck gnol on 4711\n');
});

/**
 * Everything in a message that Slack would make a ping of a group, or of a person whom Hallpass did not mean:
 * outside plain text, no broadcast; and a text or block in which mentions are looked for is never people's words.
 */
function pingsIn(body: Readonly<Record<string, unknown>>): string[] {
  const { text, blocks } = body;
  const markup = [typeof text === 'string' ? text : '', ...markupIn(blocks)];
  return markup.flatMap((each) => each.match(/<!(?!date\^)[^>]*>|<https?:[^>]*>/g) ?? []);
}

/** The texts of blocks in which Slack reads markup. */
function markupIn(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(markupIn);
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const own = 'type' in value && value.type === 'mrkdwn' && 'text' in value ? [String(value.text)] : [];
  return [...own, ...Object.values(value).flatMap(markupIn)];
}
