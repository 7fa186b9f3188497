import { code } from './text.js';

/** What helps where Slack takes no message in a channel. A whole sentence. */
export function mendText(error: string): string {
  switch (error) {
    case 'is_archived':
    case 'is_inactive':
      return 'Have it unarchived, or have an admin name another channel in the catalog.';
    case 'channel_not_found':
      return `Have an admin look at the channel in the catalog; where it is a private one, have somebody there invite me with ${code('/invite')}.`;
    case 'not_in_channel':
      return `Have somebody there invite me with ${code('/invite')}.`;
    default:
      return error.startsWith('restricted_action')
        ? 'Have a workspace admin let me post there, or have an admin name another channel in the catalog.'
        : 'Tell your admin: the log has more of it.';
  }
}
