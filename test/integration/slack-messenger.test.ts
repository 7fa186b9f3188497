import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asChannelId, asUserId } from '../../src/domain/ids.js';
import type { SlackWorld } from '../../src/emulated-slack/world.js';
import type { CardView, Messenger } from '../../src/ports.js';
import { createStage, startStageWorld } from '../support/slack-stage.js';
import {
  activeGrant,
  APPROVALS,
  approvedCardView,
  grantCardView,
  requestCardView,
} from '../../src/examples/views.js';

let world: SlackWorld;
let messenger: Messenger;

beforeEach(async () => {
  world = await startStageWorld();
  ({ messenger } = createStage(world));
});
afterEach(async () => world.stop());

const PENDING: CardView = { kind: 'request-card', view: requestCardView() };
const APPROVED: CardView = { kind: 'request-card', view: approvedCardView(activeGrant()) };
const DANA = asUserId('U03DANA');

describe('a card', () => {
  test('is posted in its channel and redrawn in its place', async () => {
    const posted = await messenger.post(APPROVALS, PENDING);
    expect(posted).toMatchObject({ kind: 'posted', channel: 'C0APPROVALS' });
    if (posted.kind !== 'posted') {
      return;
    }

    const updated = await messenger.update(posted, APPROVED);

    expect(updated).toEqual({ kind: 'posted', channel: posted.channel, ts: posted.ts });
    const [card, ...more] = world.messagesIn('approvals');
    expect(more).toEqual([]);
    expect(card === undefined ? '' : world.textOf(card)).toContain('Approved by @mia.');
  });

  test('goes to a person’s direct messages, and can be redrawn there', async () => {
    const posted = await messenger.post(DANA, { kind: 'grant-card', view: grantCardView() });

    expect(posted.kind === 'posted' && posted.channel).toMatch(/^D/);
    expect(world.dmsTo('dana')).toHaveLength(1);
  });

  test('is sent with nothing parsed and nothing unfurled', async () => {
    await messenger.post(APPROVALS, PENDING);

    expect(world.calls('chat.postMessage')[0]?.body).toMatchObject({
      parse: 'none',
      unfurl_links: expect.anything(),
      unfurl_media: expect.anything(),
    });
  });

  test('has one fingerprint for what looks the same, and another for what does not', () => {
    expect(messenger.fingerprint(PENDING)).toBe(messenger.fingerprint(PENDING));
    expect(messenger.fingerprint(PENDING)).not.toBe(messenger.fingerprint(APPROVED));
  });
});

test('a line goes into the thread of its card, and not into the channel', async () => {
  const card = await messenger.post(APPROVALS, PENDING);
  if (card.kind !== 'posted') {
    throw new Error('The card was not posted.');
  }

  const line = { kind: 'request-taken-over', from: DANA, by: asUserId('U01MIA') } as const;
  expect(await messenger.notify(card, line)).toMatchObject({ kind: 'posted', channel: APPROVALS });

  const [shown, ...more] = world.messagesIn('approvals');
  expect(more).toEqual([]);
  const replies = shown === undefined ? [] : world.repliesTo(shown);
  expect(replies.map((reply) => world.textOf(reply))).toEqual(['@mia looks at it now, instead of @dana.']);
});

describe('what Slack answers', () => {
  test.each([
    'is_archived',
    'not_in_channel',
    'channel_not_found',
    'edit_window_closed',
    'message_not_found',
  ])('%s cannot be done however often it is tried', async (error) => {
    world.fail('*', { error });

    expect(await messenger.update({ channel: APPROVALS, ts: '1.1' }, PENDING)).toEqual({
      kind: 'impossible',
      error,
    });
  });

  test.each(['internal_error', 'invalid_auth', 'missing_scope', 'something_new'])(
    '%s may be tried again',
    async (error) => {
      world.fail('chat.postMessage', { error });

      expect(await messenger.post(APPROVALS, PENDING)).toEqual({ kind: 'retry', afterMs: null, error });
    },
  );

  test('a private channel without the app is impossible', async () => {
    expect(await messenger.post(asChannelId('C0SECRET'), PENDING)).toMatchObject({ kind: 'impossible' });
  });

  test('a rate limit is kept to, and holds up no other channel', async () => {
    world.fail('chat.postMessage', { with: 'rate_limited', retryAfter: 30, times: 1 });

    expect(await messenger.post(APPROVALS, PENDING)).toEqual({
      kind: 'retry',
      afterMs: 30_000,
      error: 'ratelimited',
    });
    expect(await messenger.post(APPROVALS, PENDING)).toMatchObject({ kind: 'retry', error: 'paced' });
    expect(await messenger.notify(DANA, { kind: 'connector-back', connector: 'orders-db' })).toMatchObject({
      kind: 'posted',
    });
    expect(world.calls('chat.postMessage')).toHaveLength(2);
  });

  test('is not sent when it is not ready, and not asked while it waits for its turn', async () => {
    const asked: string[] = [];
    const notReady = async (): Promise<never> => {
      asked.push('first');
      throw new Error('the disk is full');
    };
    await expect(messenger.post(APPROVALS, PENDING, notReady)).rejects.toThrow('the disk is full');
    expect(world.messagesIn('approvals')).toEqual([]);

    const ready = async (): Promise<void> => void asked.push('later');
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, async () => await messenger.post(APPROVALS, PENDING, ready)),
    );
    const sent = outcomes.filter(({ kind }) => kind === 'posted').length;

    expect(sent).toBeLessThan(6);
    expect(asked).toEqual(['first', ...Array.from({ length: sent }, () => 'later')]);
  });

  test('nothing, or nonsense, may be tried again', async () => {
    world.fail('chat.postMessage', { with: 'http_500', times: 1 });
    world.fail('chat.postMessage', { with: 'drop_before', times: 1 });

    expect(await messenger.post(APPROVALS, PENDING)).toEqual({
      kind: 'retry',
      afterMs: null,
      error: 'http_500',
    });
    expect(await messenger.post(APPROVALS, PENDING)).toEqual({
      kind: 'retry',
      afterMs: null,
      error: 'network',
    });
  });
});

describe('while Slack says "later"', () => {
  const later = { with: 'rate_limited', retryAfter: 60 } as const;
  const posted = async (to: Parameters<Messenger['post']>[0]) => {
    const delivered = await messenger.post(to, PENDING);
    if (delivered.kind !== 'posted') {
      throw new Error(`Not posted: ${JSON.stringify(delivered)}`);
    }
    return delivered;
  };

  test('a message that waited for its turn in that channel is not sent into it', async () => {
    world.fail('chat.postMessage', { ...later, times: 1 });
    const all = await Promise.all([1, 2, 3, 4, 5].map(async () => await messenger.post(APPROVALS, PENDING)));

    expect(world.calls('chat.postMessage')).toHaveLength(3);
    expect(all.filter(({ kind }) => kind === 'retry')).toHaveLength(3);
  });

  test('edits wait in every channel, and posts go on', async () => {
    const one = await posted(APPROVALS);
    const two = await posted(asChannelId('C0TEAM'));
    world.fail('chat.update', later);

    expect(await messenger.update(one, APPROVED)).toMatchObject({ kind: 'retry' });
    expect(await messenger.update(two, APPROVED)).toMatchObject({ kind: 'retry', error: 'paced' });
    expect(world.calls('chat.update')).toHaveLength(1);
    await posted(asChannelId('C0TEAM'));
  });

  test('the direct messages of one person are one conversation, by whichever name', async () => {
    const direct = await posted(DANA);
    world.fail('chat.postMessage', { ...later, times: 1 });
    await messenger.post(DANA, PENDING);
    const before = world.calls('chat.postMessage').length;
    const line = { kind: 'request-taken-over', from: DANA, by: asUserId('U01MIA') } as const;

    expect(await messenger.notify({ channel: direct.channel, ts: direct.ts }, line)).toMatchObject({
      kind: 'retry',
    });
    expect(world.calls('chat.postMessage')).toHaveLength(before);
  });
});
