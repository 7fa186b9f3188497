/** Ways to the form without typing: the shortcut of the app, and that on a message. */
import type { GlobalShortcut, MessageShortcut } from '@slack/bolt';
import type { Interaction, SlackDeps } from './interaction.js';
import { NOTHING_TYPED } from './parse-command.js';
import { openRequestForm } from './request-form.js';

export const SHORTCUT = { request: 'request_access', forThread: 'request_access_for_thread' } as const;

export async function requestShortcut(
  deps: SlackDeps,
  at: Interaction,
  shortcut: GlobalShortcut | MessageShortcut,
): Promise<void> {
  const reason = shortcut.type === 'message_action' ? linkTo(shortcut) : null;
  await openRequestForm(deps, at, { ...NOTHING_TYPED, reason });
}

/** As Slack writes links to messages; a reply's leads into its thread. Null where the payload says too little. */
export function linkTo({ team, channel, message_ts: ts, message }: MessageShortcut): string | null {
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
