/** Links to messages, as Slack writes them. */
import type { MessageShortcut } from '@slack/bolt';

/** A reply's leads into its thread. Null where the payload says too little. */
export function linkToMessage({ team, channel, message_ts: ts, message }: MessageShortcut): string | null {
  const domain = team?.domain ?? '';
  const digits = ts.replace('.', '');
  if (!/^[a-z0-9-]+$/.test(domain) || !/^[A-Z0-9]+$/.test(channel.id) || !/^\d+$/.test(digits)) {
    return null;
  }
  const thread: unknown = message['thread_ts'];
  const inThread =
    typeof thread === 'string' && thread !== ts && /^\d+\.\d+$/.test(thread)
      ? `?thread_ts=${thread}&cid=${channel.id}`
      : '';
  return `https://${domain}.slack.com/archives/${channel.id}/p${digits}${inThread}`;
}

const LINK =
  /https:\/\/[a-z0-9-]+(?:\.enterprise)?\.slack\.com\/archives\/[A-Z0-9]+\/p\d+(?:\?thread_ts=\d+\.\d+&cid=[A-Z0-9]+)?(?=[\s.,;)]|$)/;

/** The first in a text of somebody's; of nothing but Slack's own address and ids, so it can be shown as a link. */
export function messageLinkIn(text: string): string | null {
  return LINK.exec(text)?.[0] ?? null;
}
