import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { selfSigned } from './self-signed.js';

export type Delivery = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `grant`, `check`, … */
  readonly action: string;
};

export type Reply = {
  readonly status: number;
  readonly body: string | Buffer;
  readonly headers?: Record<string, string>;
};

/** What becomes of one delivery. `pass` hands it to the receiver behind, now or whenever it is called. */
export type Treatment = (
  delivery: Delivery,
  pass: () => Promise<Reply>,
) => Promise<Reply | 'hang' | 'hang-up'> | Reply | 'hang' | 'hang-up';

export type WebhookFront = {
  readonly port: number;
  readonly ca: string | null;
  readonly deliveries: readonly Delivery[];
  /** Null: every delivery is passed on. */
  treat(treatment: Treatment | null): void;
  goDown(): Promise<void>;
  comeUp(): Promise<void>;
};

/** The HTTP server before a receiver, as a test wants it: it can hang, cut, lie and go away. */
export async function startWebhookFront(receiverPort: number, secure: boolean): Promise<WebhookFront> {
  const deliveries: Delivery[] = [];
  const sockets = new Set<Socket>();
  const pair = secure ? selfSigned('127.0.0.1') : null;
  let treatment: Treatment | null = null;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const delivery = await deliveryOf(request);
    deliveries.push(delivery);
    const pass = (): Promise<Reply> => passOn(receiverPort, delivery);
    const reply = await (treatment === null ? pass() : treatment(delivery, pass));
    if (reply === 'hang-up') {
      request.socket.destroy();
    } else if (reply !== 'hang') {
      response.writeHead(reply.status, reply.headers).end(reply.body);
    }
  }
  const listen = (request: IncomingMessage, response: ServerResponse): void => {
    // The client may be gone by the time there is something to say.
    take(request, response).catch(() => request.socket.destroy());
  };
  const server = pair === null ? createServer(listen) : createSecureServer(pair, listen);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  async function open(port: number): Promise<number> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') {
      throw new Error('The front has no port');
    }
    return address.port;
  }
  const port = await open(0);
  return {
    port,
    ca: pair?.cert ?? null,
    deliveries,
    treat: (next) => {
      treatment = next;
    },
    goDown: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
    comeUp: async () => {
      await open(port);
    },
  };
}

async function deliveryOf(request: IncomingMessage): Promise<Delivery> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(Buffer.from(chunk));
  }
  const body = Buffer.concat(chunks).toString('utf8');
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  const action = /^\{"type":"hallpass\.([a-z]+)"/.exec(body)?.[1] ?? '';
  return { headers: Object.fromEntries(headers), body, action };
}

async function passOn(port: number, { headers, body }: Delivery): Promise<Reply> {
  const signed = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const answer = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: Object.fromEntries(signed.map((name) => [name, headers[name] ?? ''])),
    body,
  });
  return { status: answer.status, body: await answer.text() };
}
