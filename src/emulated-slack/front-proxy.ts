import type { IncomingMessage, ServerResponse } from 'node:http';
import { addedMethod } from './added-methods.js';
import { blockProblems } from './block-limits.js';
import type { EmulatedWorkspace } from './emulated-workspace.js';
import type { Failures, Trouble } from './failures.js';
import { fieldsOf, isFields, listOf, parseJson, textOr, type Fields } from './fields.js';
import { withAssignedIds, type Ledger } from './ledger.js';
import { answerJson, readBody } from './local-http.js';
import type { Directory } from './people.js';

export type RecordedCall = {
  method: string;
  /** With blocks, attachments, metadata and view as objects, whatever the encoding was. */
  body: Fields;
  token: string | undefined;
  /** Milliseconds since 1970. */
  at: number;
  /** What Slack decided, also when the caller never got it; undefined when the call was not carried out. */
  answer: Fields | undefined;
  /** The trouble that was ordered for this call. */
  trouble: Trouble | undefined;
};

export type FrontProxyParts = {
  directory: Directory;
  emulated: EmulatedWorkspace;
  ledger: Ledger;
  failures: Failures;
  tokens: { bot: string; app: string };
  scopes: readonly string[] | undefined;
  socketUrl: () => string;
  makeId: () => string;
  /** Aborted when the world stops. */
  signal: AbortSignal;
};

const JSON_ARGUMENTS = ['blocks', 'attachments', 'metadata', 'view'];
const POSTS = ['chat.postMessage', 'chat.postEphemeral', 'chat.update'];
const VIEW_CALLS = ['views.open', 'views.push', 'views.update', 'views.publish'];

/** Stands before emulate: records, refuses what Slack refuses, adds what emulate lacks, fails on order. */
export function createFrontProxy(parts: FrontProxyParts) {
  const calls: RecordedCall[] = [];

  async function handle(method: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { body, token } = await readCall(request);
    const trouble = parts.failures.next(method, body);
    const call: RecordedCall = { method, body, token, at: Date.now(), answer: undefined, trouble };
    calls.push(call);
    if (trouble !== undefined && (await refuseAsOrdered(trouble, response, parts.signal))) {
      if ('error' in trouble) {
        call.answer = { ok: false, error: trouble.error };
      }
      return;
    }
    call.answer = await answerCall(parts, method, body, token);
    if (trouble !== undefined && 'with' in trouble && trouble.with === 'drop_after') {
      response.destroy();
      return;
    }
    const headers: Record<string, string> =
      parts.scopes === undefined ? {} : { 'x-oauth-scopes': parts.scopes.join(',') };
    await answerJson(response, { body: call.answer, headers });
  }

  return { calls, handle };
}

/** True when the call has had all the answer it will get. */
async function refuseAsOrdered(
  trouble: Trouble,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<boolean> {
  if ('error' in trouble) {
    await answerJson(response, { body: { ok: false, error: trouble.error } });
    return true;
  }
  switch (trouble.with) {
    case 'rate_limited':
      await answerJson(response, {
        status: 429,
        body: { ok: false, error: 'ratelimited' },
        headers: { 'retry-after': String(trouble.retryAfter) },
      });
      return true;
    case 'http_500':
      await answerJson(response, { status: 500, body: 'Internal Server Error' });
      return true;
    case 'drop_before':
      response.destroy();
      return true;
    case 'hang':
      return true;
    case 'slow':
      return !(await elapsed(trouble.ms, signal));
    case 'drop_after':
      return false;
    default:
      return trouble satisfies never;
  }
}

/** False when the world stopped first. */
async function elapsed(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

async function readCall(request: IncomingMessage): Promise<{ body: Fields; token: string | undefined }> {
  const raw = await readBody(request);
  const isJson = request.headers['content-type']?.includes('application/json') ?? false;
  const body = isJson ? fieldsOf(parseJson(raw)) : Object.fromEntries(new URLSearchParams(raw));
  const query = Object.fromEntries(new URL(request.url ?? '/', 'http://localhost').searchParams);
  const all: Fields = { ...query, ...body };
  for (const key of JSON_ARGUMENTS) {
    const value = all[key];
    if (typeof value === 'string') {
      all[key] = parseJson(value) ?? value;
    }
  }
  const bearer = request.headers.authorization?.replace(/^Bearer\s+/i, '');
  const { token: inBody, ...rest } = all;
  return { body: rest, token: bearer ?? (typeof inBody === 'string' ? inBody : undefined) };
}

const failed = (error: string, messages: string[] = []): Fields => ({
  ok: false,
  error,
  ...(messages.length === 0
    ? {}
    : { response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) } }),
});

async function answerCall(
  parts: FrontProxyParts,
  method: string,
  body: Fields,
  token: string | undefined,
): Promise<Fields> {
  const wanted = method === 'apps.connections.open' ? parts.tokens.app : parts.tokens.bot;
  if (token === undefined || token === '') {
    return failed('not_authed');
  }
  if (token !== wanted) {
    const isKnown = token === parts.tokens.app || token === parts.tokens.bot;
    return failed(isKnown ? 'not_allowed_token_type' : 'invalid_auth');
  }
  const added = addedMethod(parts, method, body);
  if (added !== undefined) {
    return added;
  }
  const refused = refusal(parts, method, body);
  if (refused !== undefined) {
    return refused;
  }
  const answer = await parts.emulated.call(method, withIds(body, parts.makeId));
  const amended = amend(parts, method, body, answer);
  if (amended['ok'] === true) {
    absorb(parts.ledger, parts.directory, { method, body, answer: amended });
  }
  return amended;
}

function withIds(body: Fields, makeId: () => string): Fields {
  const { blocks, view } = body;
  return {
    ...body,
    ...(blocks === undefined ? {} : { blocks: withAssignedIds(blocks, makeId) }),
    ...(isFields(view) ? { view: { ...view, blocks: withAssignedIds(view['blocks'], makeId) } } : {}),
  };
}

/** What real Slack would refuse and emulate lets pass. */
function refusal(parts: FrontProxyParts, method: string, body: Fields): Fields | undefined {
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

function placeRefusal({ directory }: FrontProxyParts, method: string, body: Fields): Fields | undefined {
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

/** Corrects where emulate answers otherwise than Slack. */
function amend({ directory }: FrontProxyParts, method: string, body: Fields, answer: Fields): Fields {
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

type Done = { method: string; body: Fields; answer: Fields };

function absorb(ledger: Ledger, directory: Directory, { method, body, answer }: Done): void {
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
