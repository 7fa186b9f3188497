import { request, type Agent, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Listens on a free port of 127.0.0.1 and returns the origin, without a slash at the end. */
export async function listenLocally(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The server listens on no port');
  }
  return `http://127.0.0.1:${address.port}`;
}

/** Closes the server and every connection to it, also those that were left hanging on purpose. */
export async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

export async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Resolves when the answer has left, or the caller has. */
export async function answerJson(
  response: ServerResponse,
  { status = 200, body, headers = {} }: { status?: number; body: unknown; headers?: Record<string, string> },
): Promise<void> {
  // A caller that was killed meanwhile: its 'close' has come, and comes only once.
  if (response.destroyed) {
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  await new Promise<void>((resolve) => {
    response.once('close', resolve);
    response.end(JSON.stringify(body), resolve);
  });
}

export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

export type Post = {
  url: string;
  headers: Record<string, string>;
  body: string;
  timeoutMs?: number;
  /** Without one, each request has a connection of its own, so that no pool outlives a restarted app. */
  agent?: Agent;
};

/**
 * fetch() adds a charset to some content types and keeps connections in a global pool; Slack does neither.
 * Throws NoAnswer after timeoutMs, and node's own error when the connection fails.
 */
export async function post({
  url,
  headers,
  body,
  timeoutMs,
  agent,
}: Post): Promise<{ status: number; text: string }> {
  const response = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers, agent: agent ?? false }, (incoming) => {
      readBody(incoming).then((text) => resolve({ status: incoming.statusCode ?? 0, text }), reject);
    });
    if (timeoutMs !== undefined) {
      const timer = setTimeout(
        () => outgoing.destroy(new NoAnswer(`No answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      outgoing.once('close', () => clearTimeout(timer));
    }
    outgoing.once('error', reject);
    outgoing.end(body);
  });
  return response;
}
