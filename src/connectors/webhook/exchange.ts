import { readFileSync } from 'node:fs';
import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ConnectorError, type Call } from '../../ports.js';
import { guardedLookup, refusalOf, withoutBrackets, type AddressRules, type Resolve } from './addresses.js';
import type { Progress } from './errors.js';

const maxAnswerBytes = 1_048_576;

export type Answered = { readonly status: number; readonly body: string };

export type Message = { readonly body: string; readonly headers: Readonly<Record<string, string>> };

export type Wire = {
  /** One POST on a connection of its own, to an address that was looked at. Follows nothing, keeps nothing. */
  post(message: Message, call: Call, progress: Progress): Promise<Answered>;
  close(): void;
};

export function openWire({
  url: text,
  ca: caFile,
  rules,
  resolve,
}: {
  url: string;
  ca: string | undefined;
  rules: AddressRules;
  resolve: Resolve;
}): Wire {
  const url = new URL(text);
  const host = withoutBrackets(url.hostname);
  const secure = url.protocol === 'https:';
  const closing = new AbortController();

  function optionsFor({ body, headers }: Message, signal: AbortSignal): RequestOptions {
    return {
      method: 'POST',
      host,
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      headers: {
        ...headers,
        host: url.host,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'hallpass',
        accept: 'application/json',
      },
      // Neither the agent of the process, which the environment may send through a proxy, nor an old connection.
      agent: false,
      lookup: guardedLookup(rules, resolve),
      signal,
      ...(secure ? tlsOptions(caFile) : {}),
    };
  }
  return {
    post: async (message, call, progress) => {
      if (closing.signal.aborted) {
        throw new ConnectorError('unreachable', 'This connector is closed');
      }
      if (call.signal.aborted) {
        throw new ConnectorError('retryable', 'The deadline had passed before anything was sent');
      }
      const refused = isIP(host) === 0 ? null : refusalOf(host, rules);
      if (refused !== null) {
        throw refused;
      }
      const options = optionsFor(message, AbortSignal.any([call.signal, closing.signal]));
      const request = secure ? httpsRequest(options) : httpRequest(options);
      return read(await answerTo(request, message.body, progress));
    },
    close: () => {
      closing.abort();
    },
  };
}

function tlsOptions(caFile: string | undefined) {
  const strict = { rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const;
  if (caFile === undefined) {
    return strict;
  }
  try {
    return { ...strict, ca: readFileSync(caFile, 'utf8') };
  } catch (error) {
    throw new ConnectorError('unreachable', `The certificate authority in ${caFile} could not be read`, {
      cause: error,
    });
  }
}

/** Nothing is written before the connection stands, with TLS verified; from then on it may have arrived. */
function answerTo(request: ClientRequest, body: string, progress: Progress): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', resolve);
    request.on('socket', (socket) => {
      socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
        progress.sent = true;
      });
    });
    request.end(body);
  });
}

/** Stops at the limit: a receiver could otherwise fill the memory. */
async function read(response: IncomingMessage): Promise<Answered> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxAnswerBytes) {
      throw new AnswerTooLong();
    }
    chunks.push(bytes);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') };
}

export class AnswerTooLong extends Error {}
