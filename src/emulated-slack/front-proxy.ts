import type { IncomingMessage, ServerResponse } from 'node:http';
import { addedMethod } from './added-methods.js';
import { absorb, amend } from './afterwards.js';
import type { EmulatedWorkspace } from './emulated-workspace.js';
import type { Failures, Trouble } from './failures.js';
import { fieldsOf, isFields, parseJson, type Fields } from './fields.js';
import { withAssignedIds, type Ledger } from './ledger.js';
import { failed, refusal } from './refusals.js';
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

const JSON_ARGUMENTS = ['blocks', 'attachments', 'message', 'metadata', 'view'];
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
    case 'answer':
      response.writeHead(trouble.status, { 'content-type': 'application/json' }).end(trouble.body);
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
  const complete = withIds(body, parts.makeId);
  const answer = await parts.emulated.call(method, complete);
  if (answer['ok'] === undefined) {
    return failed('unknown_method');
  }
  const amended = amend(parts.directory, { method, body, answer });
  if (amended['ok'] === true) {
    absorb(parts, { method, body: complete, answer: amended });
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
