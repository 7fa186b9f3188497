import { fieldsOf, listOf, textOr, type Fields } from './fields.js';
import type { Ledger } from './ledger.js';
import type { Directory } from './people.js';

type Done = { method: string; body: Fields; answer: Fields };

/** Corrects where emulate answers otherwise than Slack. */
export function amend(directory: Directory, { method, body, answer }: Done): Fields {
  const { workspace } = directory;
  if (answer['ok'] !== true) {
    return answer;
  }
  if (method === 'auth.test') {
    const enterprise = workspace.enterpriseId === undefined ? {} : { enterprise_id: workspace.enterpriseId };
    return { ...answer, ...enterprise, is_enterprise_install: false };
  }
  if (method === 'conversations.info') {
    const info = fieldsOf(answer['channel']);
    const channel = directory.findChannel(textOr(info['id'], ''));
    const isExtShared = channel?.isExtShared ?? false;
    const flags = { is_ext_shared: isExtShared, is_shared: isExtShared, is_org_shared: false };
    const own =
      channel === undefined
        ? {}
        : { is_archived: channel.isArchived ?? false, is_member: channel.botIsMember ?? true };
    return { ...answer, channel: { ...info, ...flags, ...own } };
  }
  if (method === 'chat.postMessage' || method === 'chat.update') {
    const { edited, ...message } = fieldsOf(answer['message']);
    const isMarked = edited !== undefined && body['blocks'] === undefined;
    const author = { bot_id: workspace.botId, app_id: workspace.appId, team: workspace.teamId };
    return { ...answer, message: { ...message, ...author, ...(isMarked ? { edited } : {}) } };
  }
  return answer;
}

/** Keeps what people see from now on. */
export function absorb(
  { ledger, directory }: { ledger: Ledger; directory: Directory },
  { method, body, answer }: Done,
): void {
  const message = fieldsOf(answer['message']);
  const content = { text: textOr(message['text'], ''), blocks: listOf(message['blocks']) };
  const place = { channel: textOr(answer['channel'], ''), ts: textOr(answer['ts'], '') };
  const target = textOr(body['channel'] ?? body['users'], '');
  const view = fieldsOf(answer['view']);
  const trigger = textOr(body['trigger_id'] ?? body['interactivity_pointer'], '');
  switch (method) {
    case 'chat.postMessage':
      if (directory.findPerson(target) !== undefined) {
        ledger.rememberDm(target, place.channel);
      }
      ledger.addMessage({
        ...place,
        ...content,
        author: textOr(message['user'], ''),
        threadTs: typeof body['thread_ts'] === 'string' ? body['thread_ts'] : undefined,
        onlyFor: undefined,
      });
      break;
    case 'chat.update':
      ledger.changeMessage(place, content);
      break;
    case 'chat.delete':
      ledger.removeMessage(place);
      break;
    case 'chat.postEphemeral':
      ledger.addMessage({
        channel: directory.findChannel(target)?.id ?? target,
        ts: textOr(answer['message_ts'], ''),
        threadTs: typeof body['thread_ts'] === 'string' ? body['thread_ts'] : undefined,
        author: directory.workspace.botUserId,
        text: textOr(body['text'], ''),
        blocks: listOf(body['blocks']),
        onlyFor: textOr(body['user'], ''),
      });
      break;
    case 'conversations.open':
      if (directory.findPerson(target) !== undefined) {
        ledger.rememberDm(target, textOr(fieldsOf(answer['channel'])['id'], ''));
      }
      break;
    case 'views.open':
    case 'views.push':
      ledger.openModal(view, ledger.triggeredBy(trigger) ?? '', { push: method === 'views.push' });
      break;
    case 'views.update':
      ledger.changeView(view);
      break;
    case 'views.publish':
      ledger.publishHome(view, textOr(body['user_id'], ''));
      break;
    default:
  }
}
