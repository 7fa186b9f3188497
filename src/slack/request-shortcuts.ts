/** Ways to the form without typing: the shortcut of the app, and that on a message. */
import type { GlobalShortcut, MessageShortcut } from '@slack/bolt';
import { linkToMessage } from './message-link.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { NOTHING_TYPED } from './parse-command.js';
import { openRequestForm } from './request-form.js';

export const SHORTCUT = { request: 'request_access', forThread: 'request_access_for_thread' } as const;

export async function requestShortcut(
  deps: SlackDeps,
  at: Interaction,
  shortcut: GlobalShortcut | MessageShortcut,
): Promise<void> {
  const reason = shortcut.type === 'message_action' ? linkToMessage(shortcut) : null;
  await openRequestForm(deps, at, { prefill: { ...NOTHING_TYPED, reason } });
}
