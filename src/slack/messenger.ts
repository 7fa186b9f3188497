import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { WebClient } from '@slack/web-api';
import { asChannelId, type ChannelId } from '../domain/ids.js';
import type { CardView, Clock, Delivered, Log, Messenger, Thread } from '../ports.js';
import { messageOf } from './answering.js';
import { grantCard } from './blocks/grant-card.js';
import type { Body } from './blocks/message.js';
import { noticeBody } from './blocks/notices.js';
import { requestCard } from './blocks/request-card.js';
import { createPacing } from './pacing.js';
import { slackTrouble } from './slack-error.js';

/** Longer than that a message does not wait here: the outbox brings it again, and does other work meanwhile. */
const LONGEST_WAIT_MS = 2_000;

/**
 * Answers that stay the same however often the same is asked. Everything else is tried again: what an admin
 * can put right (a revoked token, a missing scope) must not cost a message.
 */
const IMPOSSIBLE: ReadonlySet<string> = new Set([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'is_inactive',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'restricted_action_non_threadable_channel',
  'restricted_action_thread_locked',
  'cannot_reply_to_message',
  'thread_not_found',
  'user_disabled',
  'user_not_found',
  'cannot_dm_bot',
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'block_mismatch',
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
]);

/** Slack limits edits by the method, and posts by the channel. */
const UPDATE = 'chat.update';

/** Cards and notices. Rendering asks neither clock nor network: the same view is the same message. */
export function createMessenger(parts: {
  readonly client: WebClient;
  readonly clock: Clock;
  readonly log: Log;
}): Messenger {
  const { client, clock, log } = parts;
  const pacing = createPacing(clock);

  /** The conversation that Slack has opened for the direct messages of a person: one bucket for both. */
  const directOf = new Map<string, string>();
  const keyOf = (to: string): string => directOf.get(to) ?? to;

  /** `limited`: what Slack pauses where it says "later", a channel or a method. */
  async function deliver(
    to: string,
    send: () => Promise<{ channel?: string; ts?: string }>,
    {
      ready = async () => undefined,
      limited,
    }: { ready?: (() => Promise<void>) | undefined; limited?: string } = {},
  ): Promise<Delivered> {
    const key = keyOf(to);
    const turn = pacing.reserve(key, LONGEST_WAIT_MS);
    if ('busyMs' in turn) {
      return { kind: 'retry', afterMs: turn.busyMs, error: 'paced' };
    }
    if (turn.waitMs > 0) {
      await pause(turn.waitMs);
    }
    // Meanwhile Slack may have said "later" to another one.
    const pausedMs = Math.max(pacing.pausedMs(key), limited === undefined ? 0 : pacing.pausedMs(limited));
    if (pausedMs > 0) {
      return { kind: 'retry', afterMs: pausedMs, error: 'paced' };
    }
    await ready();
    try {
      const { channel, ts } = await send();
      if (channel !== undefined && channel !== to) {
        remember(directOf, to, channel);
      }
      // An answer without its place is no answer: a card that cannot be found cannot be redrawn.
      return channel === undefined || ts === undefined
        ? { kind: 'retry', afterMs: null, error: 'incomplete_answer' }
        : { kind: 'posted', channel: asChannelId(channel), ts };
    } catch (error) {
      return failed(limited ?? key, error);
    }
  }

  function failed(key: string, error: unknown): Delivered {
    const trouble = slackTrouble(error);
    if (trouble === null) {
      log.error({ err: error }, 'Sending a message to Slack broke');
      return { kind: 'retry', afterMs: null, error: 'fault' };
    }
    switch (trouble.kind) {
      case 'rate-limited':
        pacing.pause(key, trouble.afterMs);
        return { kind: 'retry', afterMs: trouble.afterMs, error: trouble.code };
      case 'refused':
        return IMPOSSIBLE.has(trouble.code)
          ? { kind: 'impossible', error: trouble.code }
          : { kind: 'retry', afterMs: null, error: trouble.code };
      case 'no-answer':
        return { kind: 'retry', afterMs: null, error: trouble.code };
      default:
        return trouble satisfies never;
    }
  }

  return {
    busyMs: (to) => pacing.busyMs(keyOf(to), LONGEST_WAIT_MS),
    fingerprint: (card) =>
      createHash('sha256')
        .update(JSON.stringify(bodyOf(card)))
        .digest('hex'),
    post: async (to, card, ready) =>
      deliver(to, async () => client.chat.postMessage({ channel: to, ...messageOf(bodyOf(card)) }), {
        ready,
      }),
    update: async (at, card) =>
      deliver(at.channel, async () => update(client, at, bodyOf(card)), { limited: UPDATE }),
    notify: async (to, notice, ready) => {
      const place = typeof to === 'string' ? { channel: to } : inThread(to);
      const send = async () => client.chat.postMessage({ ...place, ...messageOf(noticeBody(notice)) });
      return deliver(place.channel, send, { ready });
    },
  };
}

const MOST_REMEMBERED = 1_000;

function remember(map: Map<string, string>, key: string, value: string): void {
  if (map.size >= MOST_REMEMBERED) {
    map.clear();
  }
  map.set(key, value);
}

function inThread({ channel, ts, broadcast = false }: Thread) {
  const thread = { channel, thread_ts: ts };
  return broadcast ? { ...thread, reply_broadcast: true as const } : thread;
}

/** An edit pings nobody, also not the people that the card mentions. */
async function update(
  client: WebClient,
  { channel, ts }: { readonly channel: ChannelId; readonly ts: string },
  { text, blocks }: Body,
): Promise<{ channel: string; ts: string }> {
  // Without them `parse` is taken for `client` on an edit, and makes mentions of what looks like them.
  const { ts: kept } = await client.chat.update({
    channel,
    ts,
    text,
    blocks: [...blocks],
    parse: 'none',
    link_names: false,
  });
  return { channel, ts: kept ?? ts };
}

function bodyOf(card: CardView): Body {
  switch (card.kind) {
    case 'request-card':
      return requestCard(card.view);
    case 'grant-card':
      return grantCard(card.view);
    default:
      return card satisfies never;
  }
}
