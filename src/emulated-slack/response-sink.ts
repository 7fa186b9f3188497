import type { IncomingMessage, ServerResponse } from 'node:http';
import { blockProblems } from './block-limits.js';
import type { Failures } from './failures.js';
import { fieldsOf, listOf, parseJson, textOr, type Fields } from './fields.js';
import { withAssignedIds, type Ledger, type SeenMessage } from './ledger.js';
import { answerJson, readBody } from './local-http.js';

const USES = 5;
const LIFETIME_MS = 30 * 60_000;

export type SinkReply = {
  url: string;
  user: string;
  body: Fields;
  at: number;
  /** The HTTP status it got: 200, 404 when used up, 500 when it was ordered to fail. */
  status: number;
};

export type ResponsePlace = {
  user: string;
  channel: string;
  /** The message whose button was clicked; what replace_original and delete_original are about. */
  original: SeenMessage | undefined;
};

type OpenUrl = ResponsePlace & { usesLeft: number; openedAt: number };

export type ResponseSink = ReturnType<typeof createResponseSink>;

/** The host of response_urls: each may be used 5 times in 30 minutes. */
export function createResponseSink(parts: {
  ledger: Ledger;
  failures: Failures;
  botUserId: string;
  makeId: () => string;
  makeTs: () => string;
  origin: () => string;
}) {
  const replies: SinkReply[] = [];
  const open = new Map<string, OpenUrl>();

  function openUrl(place: ResponsePlace): string {
    const path = `/response/${parts.makeId()}`;
    open.set(path, { ...place, usesLeft: USES, openedAt: Date.now() });
    return `${parts.origin()}${path}`;
  }

  async function handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = fieldsOf(parseJson(await readBody(request)));
    const place = open.get(path);
    const { status, answer } = use(place, body);
    await answerJson(response, { status, body: answer });
    const url = `${parts.origin()}${path}`;
    replies.push({ url, user: place?.user ?? '', body, at: Date.now(), status });
  }

  function use(place: OpenUrl | undefined, body: Fields): { status: number; answer: unknown } {
    if (parts.failures.next('response_url', body) !== undefined) {
      return { status: 500, answer: 'no_service' };
    }
    if (place === undefined || place.usesLeft === 0 || Date.now() - place.openedAt > LIFETIME_MS) {
      return {
        status: 404,
        answer: { ok: false, error: place?.usesLeft === 0 ? 'used_url' : 'expired_url' },
      };
    }
    place.usesLeft -= 1;
    if (body['delete_original'] !== true) {
      const problems = blockProblems(body);
      if (problems.length > 0) {
        return { status: 400, answer: { ok: false, error: 'invalid_blocks', messages: problems } };
      }
    }
    show(place, body);
    return { status: 200, answer: 'ok' };
  }

  /** What the person sees of an answer, whether it came to the response_url or as the acknowledgement. */
  function show(place: ResponsePlace, body: Fields): void {
    const { ledger } = parts;
    const { original, channel, user } = place;
    if (body['delete_original'] === true) {
      if (original !== undefined) {
        ledger.removeMessage(original);
      }
      return;
    }
    const content = {
      text: textOr(body['text'], ''),
      blocks: listOf(withAssignedIds(body['blocks'] ?? [], parts.makeId)),
    };
    if (body['replace_original'] === true && original !== undefined) {
      ledger.changeMessage(original, content);
      return;
    }
    ledger.addMessage({
      ...content,
      channel,
      ts: parts.makeTs(),
      threadTs: typeof body['thread_ts'] === 'string' ? body['thread_ts'] : undefined,
      author: parts.botUserId,
      onlyFor: body['response_type'] === 'in_channel' ? undefined : user,
    });
  }

  return { replies, openUrl, handle, show };
}
