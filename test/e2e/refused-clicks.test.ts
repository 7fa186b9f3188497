import { afterAll, expect, test } from 'vitest';
import type { SeenMessage } from '../../src/emulated-slack/ledger.js';
import { APPROVALS } from '../support/person-shortcuts.js';
import { startForTest, type HallpassOptions, type RunningHallpass } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';

const target = await startTargetDatabase();
afterAll(async () => await target.stop());

const OTHER_TEAM = 'T0ELSEWHERE';
/** With these, dana@example.org has the account of dana@example.com. */
const TWO_DOMAINS = {
  connectors: { 'orders-db': { identity: { from_email: { domains: ['example.com', 'example.org'] } } } },
};

/** A request of dana's that nobody decided, as its card stands. */
async function pendingCard(
  options: HallpassOptions = {},
  typed = 'prod-db 30m stuck',
): Promise<RunningHallpass & { card: SeenMessage }> {
  const hallpass = await startForTest({ target, ...options });
  const { card } = await hallpass.ask('dana', typed);
  return { ...hallpass, card };
}

/** The click was told why not, to nobody else; the card is as it was, and nothing was given. */
async function expectRefused(
  { card, click, read, world, buttonsOf }: Awaited<ReturnType<typeof pendingCard>>,
  user: string,
  says: string,
): Promise<void> {
  const before = read(card);
  const answer = await click(user, card, 'request.approve');
  expect(read(answer, user)).toContain(says);
  expect(answer.onlyFor).toBeDefined();
  expect(world.messagesIn(APPROVALS)).toHaveLength(1);
  expect(read(card)).toBe(before);
  expect(buttonsOf(card)).toEqual(['Approve', 'Deny', 'Approve for less', 'Claim']);
  expect(await target.membersOf('app_readonly')).toEqual([]);
  expect(await target.membersOf('app_admin')).toEqual([]);
}

/** Cards that wait are drawn anew after a start. */
async function callsOnSamAlone({ card, read, see }: Awaited<ReturnType<typeof pendingCard>>): Promise<void> {
  await see('the card to call on @sam alone', () => !read(card).includes('@mia'));
}

/** What the button *Approve* carries on this card. */
function approveValue({ blocks }: SeenMessage): string {
  const [, value = ''] =
    /"action_id":"request\.approve"[^}]*}[^}]*"value":"((?:[^"\\]|\\.)*)"/.exec(JSON.stringify(blocks)) ?? [];
  return JSON.parse(`"${value}"`);
}

test('somebody who is no approver is told so', async () => {
  await expectRefused(
    await pendingCard(),
    'max',
    'You are not among the approvers of `prod-db:readonly`. Nothing changed.',
  );
});

test('nobody approves their own request, even an approver', async () => {
  const groups = {
    engineers: { users: ['U03DANA', 'U01MIA'] },
    'dba-leads': { users: ['U03DANA', 'U01MIA'] },
  };
  await expectRefused(
    await pendingCard({ catalog: { groups } }),
    'dana',
    'Nobody decides their own access. Somebody else has to approve it.',
  );
});

test('nobody approves what somebody else asked for them', async () => {
  const groups = { 'dba-leads': { users: ['U04LEE', 'U01MIA'] } };
  await expectRefused(
    await pendingCard({ catalog: { groups } }, 'prod-db:admin for @lee 30m stuck'),
    'lee',
    'Nobody decides their own access. Somebody else has to approve it.',
  );
});

test('an approver who has become a guest approves nothing', async () => {
  const hallpass = await pendingCard();
  hallpass.world.changePerson('mia', { isRestricted: true });
  // What Slack says about a person is kept for a minute, and not over a restart.
  await hallpass.restart();
  await callsOnSamAlone(hallpass);
  await expectRefused(hallpass, 'mia', 'You are a guest in this workspace.');
});

test('an approver who was deactivated in Slack approves nothing', async () => {
  const hallpass = await pendingCard();
  hallpass.world.changePerson('mia', { deleted: true });
  await hallpass.restart();
  await callsOnSamAlone(hallpass);
  await expectRefused(hallpass, 'mia', 'You are deactivated in Slack.');
});

test('a bot in the group of the approvers approves nothing', async () => {
  await expectRefused(
    await pendingCard({
      people: [{ id: 'U0ROBOT', name: 'robot', isBot: true }],
      catalog: { groups: { 'dba-leads': { users: ['U01MIA', 'U0ROBOT'] } } },
    }),
    'robot',
    'You are a bot. Access is for people only.',
  );
});

test('somebody of another workspace, in a shared channel, approves nothing', async () => {
  await expectRefused(
    await pendingCard({
      people: [{ id: 'U0OUTSIDER', name: 'outsider', email: 'mia@example.com', teamId: OTHER_TEAM }],
      catalog: { groups: { 'dba-leads': { users: ['U01MIA', 'U0OUTSIDER'] } } },
    }),
    'outsider',
    'Only members of this workspace can use this. Nothing was done.',
  );
});

test('an approver who uses the account that the access is for does not approve it', async () => {
  const people = [{ id: 'U01MIA', name: 'mia', email: 'dana@example.org' }];
  await expectRefused(
    await pendingCard({ catalog: TWO_DOMAINS, people }),
    'mia',
    'You use the same account `dana` in `orders-db` as the person who asks. Somebody else has to approve it.',
  );
});

test('whoever asks for somebody else does not approve as a second Slack user of the same account', async () => {
  const people = [{ id: 'U01MIA', name: 'mia', email: 'lee@example.org' }];
  const hallpass = await startForTest({ target, catalog: TWO_DOMAINS, people });
  const { card } = await hallpass.ask('lee', 'prod-db:admin for @dana 30m stuck');
  await expectRefused({ ...hallpass, card }, 'mia', 'You use the same account `lee` in `orders-db`');
});

test('a vote counts no longer when its voter has left, in a group of any size', async () => {
  const crowd = Array.from({ length: 31 }, (_, index) => ({ id: `U0CROWD${index}`, name: `crowd${index}` }));
  const hallpass = await pendingCard({
    people: crowd,
    catalog: {
      groups: { 'dba-leads': { users: ['U01MIA', 'U02SAM', ...crowd.map(({ id }) => id)] } },
      policies: { standard: { approve: [{ from: ['dba-leads'], count: 2 }] } },
    },
  });
  const { card, click, read, world } = hallpass;
  await click('mia', card, 'request.approve');
  world.changePerson('mia', { deleted: true });
  await hallpass.restart();
  expect(read(await click('sam', card, 'request.approve'), 'sam')).toContain('1 approval is still missing.');
  expect(await target.membersOf('app_readonly')).toEqual([]);
  expect(read(await click('crowd7', card, 'request.approve'), 'crowd7')).toContain('Approved:');
});

test('two people of one account are refused, whoever comes second', async () => {
  const people = [{ id: 'U04LEE', name: 'lee', email: 'dana@example.org' }];
  const { cards, hear } = await pendingCard({ catalog: TWO_DOMAINS, people });
  expect(await hear('lee', 'prod-db:admin 30m stuck')).toContain(
    'The account `dana` in `orders-db` belongs to two people, so nobody gets access through it.',
  );
  expect(cards()).toHaveLength(1);
});

test('an account that the map gives to one is given to nobody else by their address', async () => {
  const toMax = { connectors: { 'orders-db': { identity: { map: { U09MAX: 'dana' } } } } };
  const hallpass = await pendingCard();
  hallpass.writeCatalog(toMax);
  await hallpass.restart();
  const { card, read, see } = hallpass;
  await see('a request without an account to be void', () => read(card).includes('Cancelled'));
  expect(hallpass.buttonsOf(card)).toEqual([]);
  expect(await target.membersOf('app_readonly')).toEqual([]);
  expect(await hallpass.hear('dana', 'prod-db:admin 30m stuck')).toContain(
    'The account `dana` in `orders-db` belongs to two people, so nobody gets access through it.',
  );
});

test('a requester who left the group between asking and the click gets nothing', async () => {
  const hallpass = await pendingCard();
  hallpass.writeCatalog({ groups: { engineers: { users: ['U04LEE'] } } });
  await hallpass.restart();
  await expectRefused(hallpass, 'mia', '@dana may not request `prod-db:readonly`.');
});

test('a requester who was deactivated between asking and the click gets nothing', async () => {
  const hallpass = await pendingCard();
  hallpass.world.changePerson('dana', { deleted: true });
  await hallpass.restart();
  // The first look after a start voids it: a screen that is out of date still has the buttons.
  const { card, click, read, see } = hallpass;
  await see('the request to be void', () => read(card).includes('@dana is deactivated in Slack'));
  expect(read(await click('mia', card, 'request.approve'), 'mia')).toContain(
    '@dana is deactivated in Slack.',
  );
  expect(await target.membersOf('app_readonly')).toEqual([]);
});

test('a request whose account is another by now is put on the new terms, and a button of the old ones decides nothing', async () => {
  const hallpass = await pendingCard();
  const { card, read, see, world } = hallpass;
  const ofTheOld = approveValue(card);
  hallpass.writeCatalog({ connectors: { 'orders-db': { identity: { map: { U03DANA: 'sam' } } } } });
  await hallpass.restart();
  await see('the new account on the card', () => read(card).includes('`sam`'));

  const count = world.ephemeralsTo('mia').length;
  await world.click({ user: 'mia', message: card, actionId: 'request.approve', value: ofTheOld });
  const answer = await see('an answer', () => world.ephemeralsTo('mia')[count]);
  expect(read(answer, 'mia')).toContain('What this request stands for has changed');
  expect(await target.membersOf('app_readonly')).toEqual([]);
});

test('a value that nobody drew on a button decides nothing', async () => {
  const { card, read, see, world } = await pendingCard();
  const before = read(card);
  for (const value of ['', 'R-NOBODY', '{"r":"R-NOBODY","v":1}', '"'.repeat(2000)]) {
    const count = world.ephemeralsTo('mia').length;
    const { status } = await world.click({ user: 'mia', message: card, actionId: 'request.approve', value });
    expect(status).toBe(200);
    const answer = await see('an answer', () => world.ephemeralsTo('mia')[count]);
    expect(read(answer, 'mia')).toMatch(/This message is out of date|There is no request/);
  }
  expect(read(card)).toBe(before);
  expect(await target.membersOf('app_readonly')).toEqual([]);
});

test('a delivery that Slack did not sign, or signed long ago, is turned away', async () => {
  const { card, read, world } = await pendingCard();
  const before = read(card);
  const click = { user: 'mia', message: card, actionId: 'request.approve' };
  const anHourAgo = Math.floor(Date.now() / 1000) - 3600;
  expect((await world.click({ ...click, signingSecret: 'of-somebody-else' })).status).toBe(401);
  expect((await world.click({ ...click, timestamp: anHourAgo })).status).toBe(401);
  expect(read(card)).toBe(before);
  expect(world.ephemeralsTo('mia')).toEqual([]);
  expect(await target.membersOf('app_readonly')).toEqual([]);
});

test('a person whom Slack cannot vouch for now gets no access, and is asked to try again', async () => {
  const hallpass = await pendingCard();
  await hallpass.restart();
  hallpass.world.fail('users.info', { error: 'internal_error' });
  await expectRefused(hallpass, 'mia', 'Slack did not answer when asked who you are.');
  hallpass.world.heal();
});
