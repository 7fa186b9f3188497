/** HTTP as Hallpass calls out: to an address that was looked at, over a connection of its own. Follows nothing. */
import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import { guardedLookup, refusalOf, withoutBrackets, type AddressRules, type Resolve } from './addresses.js';

const MOST_BYTES = 1_048_576;

export type Answered = { readonly status: number; readonly body: string };

/** The answer is longer than anybody means to read: its rest could fill the memory. */
export class AnswerTooLong extends Error {}

export type OneCall = {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly rules: AddressRules;
  readonly resolve: Resolve;
  readonly signal: AbortSignal;
  /** In PEM; the authorities of the system without it. */
  readonly ca?: string;
  /** Nothing was written before: from now on it may have arrived. */
  readonly onConnected?: () => void;
};

/** Throws AddressRefused, AnswerTooLong, and what Node throws; whatever status there is is an answer. */
export async function callOnce(call: OneCall): Promise<Answered> {
  const { url, rules } = call;
  const host = withoutBrackets(url.hostname);
  const refused = isIP(host) === 0 ? null : refusalOf(host, rules);
  if (refused !== null) {
    throw refused;
  }
  const options = optionsFor(call, host);
  return read(await answerTo(isSecure(url) ? httpsRequest(options) : httpRequest(options), call));
}

function isSecure({ protocol }: URL): boolean {
  return protocol === 'https:';
}

function optionsFor({ url, method, headers, body, rules, resolve, signal, ca }: OneCall, host: string) {
  const options: RequestOptions = {
    method,
    host,
    port: url.port === '' ? (isSecure(url) ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: {
      accept: 'application/json',
      'user-agent': 'hallpass',
      ...headers,
      host: url.host,
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
    // Neither the agent of the process, which the environment may send through a proxy, nor an old connection.
    agent: false,
    lookup: guardedLookup(rules, resolve),
    signal,
  };
  const strict = { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) };
  return isSecure(url) ? { ...options, ...strict } : options;
}

/** Nothing is written before the connection stands, with TLS verified. */
function answerTo(request: ClientRequest, { body, onConnected }: OneCall): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', resolve);
    request.on('socket', (socket) => {
      socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => onConnected?.());
    });
    request.end(body);
  });
}

async function read(response: IncomingMessage): Promise<Answered> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MOST_BYTES) {
      throw new AnswerTooLong();
    }
    chunks.push(bytes);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') };
}
