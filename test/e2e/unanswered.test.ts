import { expect, test } from 'vitest';
import type { SeenMessage } from '../../src/emulated-slack/ledger.js';
import { readAudit, readRecords } from '../support/records.js';
import { startForTest, type RunningHallpass } from '../support/running-hallpass.js';
import { NO_TARGET, type CatalogChange } from '../support/test-catalog.js';

const LEADS = { id: 'C0LEADS', name: 'leads' };

function withPolicy(policy: CatalogChange): CatalogChange {
  return {
    ...NO_TARGET,
    groups: { 'platform-leads': { users: ['U09MAX'] } },
    policies: { standard: policy },
  };
}

/** Waits for a line under the card that reads so. */
async function seeLine(
  { read, see, world }: RunningHallpass,
  card: SeenMessage,
  wanted: RegExp,
): Promise<string> {
  return await see(`${wanted} under the card`, () =>
    world
      .repliesTo(card)
      .map((reply) => read(reply, 'mia'))
      .find((line) => wanted.test(line)),
  );
}

test('approvers who do not answer are nudged under the card, and nobody in their direct messages', async () => {
  const hallpass = await startForTest({ catalog: withPolicy({ nudge: ['2s'] }) });
  const { ask, cards, dms, databaseFile } = hallpass;
  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');

  expect(await seeLine(hallpass, card, /Still waiting/)).toMatch(
    /^Still waiting for an approval: @mia @sam\. Asked \d+ s ago, expires .*\.$/,
  );
  expect(cards()).toHaveLength(1);
  expect([dms('mia'), dms('sam')]).toEqual([[], []]);
  expect((await readAudit(databaseFile)).kinds).toContain('request.nudged');
});

test('what nobody decides is escalated: others see the card too, and decide it on either', async () => {
  const escalate = { after: '2s', to: ['platform-leads'], channel: LEADS.id };
  const catalog = withPolicy({ nudge: 'none', escalate });
  const hallpass = await startForTest({ catalog, channels: [LEADS] });
  const { ask, buttonsOf, click, read, see, seeText, world } = hallpass;
  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');

  expect(await seeLine(hallpass, card, /Escalated/)).toContain(
    'platform-leads can decide as well: @max. The card goes to #leads as well.',
  );
  expect(await seeText(card, /Escalated/)).toContain('0 of 1 from dba-leads or platform-leads');
  const copy = await see('the card in #leads', () => world.messagesIn(LEADS.id)[0]);
  expect(read(copy, 'max')).toContain('To decide: @max');
  expect(buttonsOf(copy)).toEqual(buttonsOf(card));

  expect(read(await click('max', copy, 'request.approve'), 'max')).toContain('Approved: prod-db:readonly');
  await seeText(card, /Approved by @max/);
  await seeText(copy, /Approved by @max/);
  expect(world.messagesIn(LEADS.id)).toHaveLength(1);
});

test('an approver says that they look at it, is relieved, and gives it back', async () => {
  const hallpass = await startForTest({ catalog: withPolicy({}) });
  const { ask, buttonsOf, click, read, see, seeText } = hallpass;
  const { card } = await ask('dana', 'prod-db 30m stuck on 4711');
  const hears = async (user: string, actionId: string) => read(await click(user, card, actionId), user);

  expect(await hears('dana', 'request.claim')).toContain('Nobody decides their own access.');
  expect(await hears('sam', 'request.claim')).toContain(
    'You are looking at the request of @dana for prod-db:readonly. For 15 min I remind nobody of it',
  );
  await seeText(card, /Looked at by @sam since/);
  expect(buttonsOf(card)).toEqual(['Approve', 'Deny', 'Approve for less', 'Take over', 'Release']);
  expect(await hears('sam', 'request.claim')).toContain('You are looking at this request already.');
  expect(await hears('mia', 'request.release')).toContain('@sam is looking at this request.');

  expect(await hears('mia', 'request.claim')).toContain('for prod-db:readonly instead of @sam.');
  await seeLine(hallpass, card, /^@mia looks at it now, instead of @sam\.$/);
  await seeText(card, /Looked at by @mia/);
  expect(await hears('mia', 'request.release')).toContain('Nobody is looking at it now.');
  await see('the card as it was', () => buttonsOf(card).includes('Claim'));
  expect(read(card)).not.toContain('Looked at by');

  await click('sam', card, 'request.claim');
  expect(await hears('mia', 'request.approve')).toContain('Approved: prod-db:readonly');
  expect(await seeText(card, /Approved by @mia/)).not.toContain('Looked at by');
});

test('whoever asked has the approvers nudged once, by the button or by typing', async () => {
  const hallpass = await startForTest({ catalog: withPolicy({ nudge: 'none' }) });
  const { ask, click, databaseFile, hear, read, type, world } = hallpass;
  const { answer, card } = await ask('dana', 'prod-db 30m stuck on 4711');

  expect(await seeNudged(hallpass, answer)).toContain(
    'whoever can still approve prod-db:readonly is reminded under its card in #approvals',
  );
  await seeLine(hallpass, card, /^@dana reminds you\. Still waiting for an approval: @mia @sam\./);
  expect(await hear('dana', 'nudge')).toContain('that can be done once');
  expect(await hear('dana', 'nudge prod-db')).toContain('that can be done once');
  expect(await hear('lee', 'nudge')).toContain('You have no request that waits for a decision.');
  expect(read(await click('dana', answer, 'request.nudge'), 'dana')).toContain('that can be done once');
  expect(world.repliesTo(card)).toHaveLength(1);

  const mine = read(await type('dana', 'mine'), 'dana');
  expect(mine).toMatch(/nudged/);
  expect(mine).not.toContain('[Nudge]');
  const nudges = (await readAudit(databaseFile)).kinds.filter((kind) => kind === 'request.nudged');
  expect(nudges).toHaveLength(1);
  expect((await readRecords(databaseFile)).requests).toMatchObject([{ state: 'pending' }]);
});

/** Clicks until the card is known to stand in Slack: before that there is nothing to remind of. */
async function seeNudged({ click, read }: RunningHallpass, answer: SeenMessage): Promise<string> {
  for (;;) {
    const text = read(await click('dana', answer, 'request.nudge'), 'dana');
    if (!text.includes('Try again in a minute')) {
      return text;
    }
  }
}
