/** Whoever waits for it hears of it, and where Slack takes no message, somebody else does. */
import { afterEach, expect, test } from 'vitest';
import { asChannelId } from '../../src/domain/ids.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import type { Delivered } from '../../src/ports.js';
import { noticeBody } from '../../src/slack/blocks/notices.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import { makeSmallWorld } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';

let world: SmallWorld;
afterEach(() => world.close());

const told = (kind: string) => world.notices.filter(({ notice }) => notice.kind === kind);
const impossible = (error: string) => async (): Promise<Delivered> => ({ kind: 'impossible', error });

test('an opening that took longer is told when the access is there, and one that did not by its card alone', async () => {
  world = await makeSmallWorld();
  const quick = await world.approve(await world.ask({ durationMs: HOUR_MS }));
  await world.passes(2, SECOND_MS);
  expect(await world.stateOf(quick)).toBe('active');
  expect(told('grant-opened')).toEqual([]);

  const slow = await world.approve(await world.ask({ role: 'admin', durationMs: HOUR_MS }));
  world.beforeCall = async () => {
    throw new ConnectorError('unreachable', 'Away.');
  };
  await world.passes(6, 20 * SECOND_MS);
  expect(await world.stateOf(slow)).toBe('opening');
  world.beforeCall = async () => undefined;
  await world.passes(20, 10 * SECOND_MS);

  expect(await world.stateOf(slow)).toBe('active');
  expect(told('grant-opened')).toMatchObject([{ to: dana }]);
});

test('whoever asked for somebody else is told that it was approved', async () => {
  world = await makeSmallWorld({ policies: { standard: { for_others: true } } });
  await world.approve(await world.ask({ requester: lee, beneficiary: dana }));
  await world.passes(2, SECOND_MS);

  expect(told('request-approved')).toMatchObject([{ to: lee, notice: { by: [mia] } }]);
});

test.each([
  ['is_archived', 'Have it unarchived'],
  ['not_in_channel', '/invite'],
  ['restricted_action_read_only_channel', 'Have a workspace admin let me post there'],
])('the admins are told once where requests can’t be shown, with what helps: %s', async (error, helps) => {
  world = await makeSmallWorld();
  world.post = impossible(error);
  await world.ask();
  await world.ask({ requester: lee, beneficiary: lee });
  await world.passes(20, MINUTE_MS);

  const notices = told('card-not-shown');
  expect(notices.map(({ to }) => to).toSorted()).toEqual([mia, sam]);
  expect(notices.map(({ notice }) => noticeBody(notice).text).join()).toContain(helps);
});

test('the admins are told once of a holder who can’t be written to', async () => {
  world = await makeSmallWorld();
  const post = world.post;
  world.post = async (card) =>
    card.kind === 'grant-card' ? await impossible('cannot_dm_bot')() : await post(card);
  const grant = await world.approve(await world.ask({ durationMs: HOUR_MS }));
  await world.passes(20, MINUTE_MS);

  expect(await world.stateOf(grant)).toBe('active');
  expect(told('card-not-shown')).toMatchObject([
    { notice: { where: dana, error: 'cannot_dm_bot' } },
    { notice: { where: dana, error: 'cannot_dm_bot' } },
  ]);
});

test('a nudge below a card that somebody deleted waits until the card stands there again, which pings nobody more', async () => {
  world = await makeSmallWorld({ policies: { standard: { nudge: ['10m'] } } });
  const request = await world.ask();
  await world.pass();
  const pinged = () => world.cards.map((card) => (card.kind === 'request-card' ? card.view.ping : []));
  expect(pinged()).toEqual([[mia, sam]]);

  world.edit = impossible('message_not_found');
  world.post = async () => ({ kind: 'posted', channel: asChannelId('C0APPROVALS'), ts: '2.000' });
  world.now += 10 * MINUTE_MS;
  await world.passes(2, 0);
  expect(told('request-nudge')).toEqual([]);
  await world.passes(9, 10 * SECOND_MS);

  expect(await world.deps.store.messagesOf(request.id)).toMatchObject([{ posted: { ts: '2.000' } }]);
  expect(pinged().at(-1)).toEqual([]);
  expect(told('request-nudge')).toMatchObject([{ thread: '2.000', notice: { mention: [mia, sam] } }]);
});

test.each([
  ['none', false],
  [undefined, true],
])('the holder’s card offers more time where the policy gives it: extend %s', async (extend, offered) => {
  world = await makeSmallWorld(extend === undefined ? {} : { policies: { standard: { extend } } });
  await world.approve(await world.ask({ durationMs: HOUR_MS }));
  await world.passes(3, SECOND_MS);

  const card = world.cards.flatMap((one) => (one.kind === 'grant-card' ? [one.view] : [])).at(-1);
  expect(card).toMatchObject({ grant: { state: 'active' }, mayExtend: offered });
});
