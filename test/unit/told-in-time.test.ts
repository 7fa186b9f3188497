/** Whoever waits for it hears of it, and where Slack takes no message, somebody else does. */
import { afterEach, expect, test } from 'vitest';
import { asChannelId } from '../../src/domain/ids.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import type { Delivered } from '../../src/ports.js';
import { noticeBody } from '../../src/slack/blocks/notices.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { whoHas } from '../../src/usecases/who-has.js';
import { claimRequest } from '../../src/usecases/claim-request.js';
import { accepted, makeSmallWorld } from '../support/small-world.js';
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

test('a card that somebody deleted is posted anew and pings nobody more; a nudge stands below the new one', async () => {
  world = await makeSmallWorld({ policies: { standard: { nudge: ['10m'] } } });
  const { edit } = world;
  const { id: requestId } = await world.ask();
  await world.pass();
  const pings = () => world.cards.flatMap((card) => (card.kind === 'request-card' ? [card.view.ping] : []));
  expect(pings()).toEqual([[mia, sam]]);

  world.edit = impossible('message_not_found');
  await claimRequest(world.deps, { by: sam, requestId, claims: true, delivery: world.delivery() });
  await claimRequest(world.deps, { by: sam, requestId, claims: false, delivery: world.delivery() });
  // The first try to post it anew fails as well.
  world.post = async () => ({ kind: 'retry', afterMs: null, error: 'no_answer' });
  await world.passes(10, SECOND_MS);
  world.post = async () => ({ kind: 'posted', channel: asChannelId('C0APPROVALS'), ts: '2.000' });
  await world.passes(9, 10 * SECOND_MS);
  expect(pings().at(-1)).toEqual([]);
  world.edit = edit;
  await world.passes(20, MINUTE_MS);

  expect(await world.deps.store.messagesOf(requestId)).toMatchObject([{ posted: { ts: '2.000' } }]);
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

test('whoever is denied can change it and ask again, for the time that it was to begin', async () => {
  world = await makeSmallWorld();
  const startsAt = world.now + 24 * HOUR_MS;
  const { id: requestId } = await world.ask({ startsAt, startZone: 'Europe/Berlin' });
  const no = { approver: mia, verdict: 'deny', reason: 'no', durationMs: null, termsVersion: 1 } as const;
  accepted(await decideRequest(world.deps, { ...no, requestId, delivery: world.delivery() }));
  await world.passes(2, SECOND_MS);

  const [denied] = told('request-denied').map(({ notice }) => JSON.stringify(noticeBody(notice).blocks));
  expect(denied).toContain('Change and ask again');
  expect(denied).toContain('at 2026-11-24 10:00');
});

test('a page of who-has begins where the one before it ended', async () => {
  world = await makeSmallWorld();
  await world.approve(await world.ask());
  await world.approve(await world.ask({ requester: lee, beneficiary: lee }));
  const page = async (offset: number) =>
    accepted(await whoHas(world.deps, { viewer: mia, about: { kind: 'all' }, offset }));

  expect(await page(1)).toMatchObject({ offset: 1, total: 2, holders: [{}] });
  expect(await page(7)).toMatchObject({ offset: 0, total: 2 });
});
