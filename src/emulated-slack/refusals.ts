import { blockProblems } from './block-limits.js';
import { textOr, type Fields } from './fields.js';
import type { Ledger } from './ledger.js';
import type { Directory } from './people.js';

type Parts = { directory: Directory; ledger: Ledger };

const POSTS = ['chat.postMessage', 'chat.postEphemeral', 'chat.update'];
const VIEW_CALLS = ['views.open', 'views.push', 'views.update', 'views.publish'];

export const failed = (error: string, messages: string[] = []): Fields => ({
  ok: false,
  error,
  ...(messages.length === 0
    ? {}
    : { response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) } }),
});

/** What real Slack would refuse and emulate lets pass. */
export function refusal(parts: Parts, method: string, body: Fields): Fields | undefined {
  if (POSTS.includes(method)) {
    return payloadRefusal(body) ?? placeRefusal(parts, method, body);
  }
  if (VIEW_CALLS.includes(method)) {
    const problems = blockProblems(body['view']);
    if (problems.length > 0) {
      const isTooLarge = problems.some((problem) => problem.startsWith('view_too_large'));
      return failed(isTooLarge ? 'view_too_large' : 'invalid_arguments', problems);
    }
    const viewId = textOr(body['view_id'], '');
    const isClosed = method === 'views.update' && viewId !== '' && !parts.ledger.isOpen(viewId);
    return isClosed ? failed('not_found') : undefined;
  }
  if (method === 'conversations.open') {
    const gone = textOr(body['users'], '')
      .split(',')
      .some((id) => parts.directory.findPerson(id)?.deleted === true);
    return gone ? failed('user_disabled') : undefined;
  }
  return undefined;
}

const OWN_ERRORS = ['no_text', 'msg_too_long', 'msg_blocks_too_long'];

function payloadRefusal(body: Fields): Fields | undefined {
  const problems = blockProblems(body);
  if (problems.length === 0) {
    return undefined;
  }
  const own = OWN_ERRORS.find((error) => problems.every((problem) => problem.startsWith(error)));
  return failed(own ?? 'invalid_blocks', problems);
}

function placeRefusal({ directory }: Parts, method: string, body: Fields): Fields | undefined {
  const ref = textOr(body['channel'], '');
  if (directory.findPerson(ref)?.deleted === true) {
    return failed('channel_not_found');
  }
  const channel = directory.findChannel(ref);
  if (channel === undefined) {
    return undefined;
  }
  if (channel.botIsMember === false) {
    return failed(channel.isPrivate === true ? 'channel_not_found' : 'not_in_channel');
  }
  if (channel.isArchived === true) {
    return failed('is_archived');
  }
  const reader = textOr(body['user'], '');
  const isOutside = method === 'chat.postEphemeral' && !directory.membersOf(channel).includes(reader);
  return isOutside ? failed('user_not_in_channel') : undefined;
}
