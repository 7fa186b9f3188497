import { createHmac, randomUUID } from 'node:crypto';
import { isFields, parseJson, type Fields } from './fields.js';
import { NoAnswer, post } from './local-http.js';
import type { SocketEnvelope, SocketServer } from './socket-server.js';

export type Kind = SocketEnvelope['type'];

/** How a delivery departs from an honest one. */
export type Forgery = {
  /** Changes the payload before it is signed and sent. */
  tamper?: (payload: Fields) => Fields;
  /** Signs with this instead of the signing secret. */
  signingSecret?: string;
  /** Replaces the signature itself. */
  signature?: string;
  /** Seconds since 1970, instead of now. */
  timestamp?: number;
};

type Sent =
  | { via: 'http'; headers: Record<string, string>; body: string }
  | { via: 'socket'; envelope: SocketEnvelope };

export type Delivered = {
  kind: Kind;
  /** The HTTP status; 200 for an acknowledged envelope; 0 when no answer came. */
  status: number;
  /** The answer: parsed when it is JSON, text otherwise, '' when empty. */
  body: unknown;
  ackMs: number;
  /** The error Slack would show the person instead of an answer. */
  trouble: 'operation_timeout' | 'dispatch_failed' | 'http_service_error' | undefined;
  payload: Fields;
  /** The very bytes, for redeliver(). */
  sent: Sent;
};

export type Courier = ReturnType<typeof createCourier>;

/** Brings what people do to the app, by signed HTTP or through an open socket. */
export function createCourier({
  signingSecret,
  sockets,
  ackTimeoutMs,
}: {
  signingSecret: string;
  sockets: SocketServer;
  ackTimeoutMs: number;
}) {
  let eventsUrl: string | undefined;
  let isSocketMode = false;
  const deliveries: Delivered[] = [];

  function envelopeOf(kind: Kind, payload: Fields): SocketEnvelope {
    const retry = kind === 'events_api' ? { retry_attempt: 0, retry_reason: '' } : {};
    const accepts = kind !== 'events_api';
    return { envelope_id: randomUUID(), type: kind, payload, accepts_response_payload: accepts, ...retry };
  }

  function sign(kind: Kind, payload: Fields, forgery: Forgery): Sent {
    const isForm = kind !== 'events_api';
    const form = (): string =>
      new URLSearchParams(
        kind === 'interactive' ? { payload: JSON.stringify(payload) } : formFields(payload),
      ).toString();
    const body = isForm ? form() : JSON.stringify(payload);
    const timestamp = String(forgery.timestamp ?? Math.floor(Date.now() / 1000));
    const digest = createHmac('sha256', forgery.signingSecret ?? signingSecret)
      .update(`v0:${timestamp}:${body}`)
      .digest('hex');
    const headers = {
      'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': forgery.signature ?? `v0=${digest}`,
    };
    return { via: 'http', headers, body };
  }

  async function carry(kind: Kind, payload: Fields, sent: Sent): Promise<Delivered> {
    const before = performance.now();
    const answer = sent.via === 'http' ? await overHttp(sent) : await overSocket(sent.envelope);
    const delivered = { kind, payload, sent, ackMs: performance.now() - before, ...answer };
    deliveries.push(delivered);
    return delivered;
  }

  async function overHttp(
    sent: Sent & { via: 'http' },
  ): Promise<Pick<Delivered, 'status' | 'body' | 'trouble'>> {
    if (eventsUrl === undefined) {
      throw new Error('Nowhere to deliver to: call deliverTo(url) or useSocketMode() first');
    }
    try {
      const { status, text } = await post({ url: eventsUrl, ...sent, timeoutMs: ackTimeoutMs });
      const trouble = status >= 200 && status < 300 ? undefined : 'http_service_error';
      return { status, body: text === '' ? '' : (parseJson(text) ?? text), trouble };
    } catch (error) {
      const trouble = error instanceof NoAnswer ? 'operation_timeout' : 'dispatch_failed';
      return { status: 0, body: '', trouble };
    }
  }

  async function overSocket(
    envelope: SocketEnvelope,
  ): Promise<Pick<Delivered, 'status' | 'body' | 'trouble'>> {
    const ack = await sockets.deliver(envelope, ackTimeoutMs);
    switch (ack.outcome) {
      case 'acked':
        return {
          status: 200,
          body: Object.keys(ack.payload).length === 0 ? '' : ack.payload,
          trouble: undefined,
        };
      case 'silent':
        return { status: 0, body: '', trouble: 'operation_timeout' };
      case 'no-socket':
        return { status: 0, body: '', trouble: 'dispatch_failed' };
      default:
        return ack satisfies never;
    }
  }

  return {
    deliveries,
    deliverTo(url: string): void {
      eventsUrl = url;
      isSocketMode = false;
    },
    useSocketMode(): void {
      isSocketMode = true;
    },
    async deliver(kind: Kind, honest: Fields, forgery: Forgery = {}): Promise<Delivered> {
      const payload = forgery.tamper?.(honest) ?? honest;
      const sent: Sent = isSocketMode
        ? { via: 'socket', envelope: envelopeOf(kind, payload) }
        : sign(kind, payload, forgery);
      return carry(kind, payload, sent);
    },
    /** The same bytes once more: Slack's retry of an event, a doubled envelope, an attacker's replay. */
    async redeliver({ kind, payload, sent }: Delivered): Promise<Delivered> {
      if (sent.via === 'socket' || kind !== 'events_api') {
        return carry(kind, payload, sent);
      }
      const retry = { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' };
      return carry(kind, payload, { ...sent, headers: { ...sent.headers, ...retry } });
    },
  };
}

function formFields(payload: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(payload)
      .filter(([, value]) => value !== undefined && !isFields(value))
      .map(([key, value]) => [key, String(value)]),
  );
}
