import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export type Asked = { readonly path: string; readonly headers: IncomingHttpHeaders };

export type AnsweringServer = {
  readonly port: number;
  readonly origin: string;
  readonly asked: readonly Asked[];
  /** What is answered from now on; a server that does not answer at all lets the caller wait. */
  answer(how: (response: ServerResponse, asked: Asked) => void): void;
};

/** An HTTP server on this machine that says what the test wants, and ends with it. */
export async function startAnsweringServer(): Promise<AnsweringServer> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  let answer: (response: ServerResponse, asked: Asked) => void = (response) => void response.end();
  const server = createServer((request, response) => {
    const one = { path: request.url ?? '', headers: request.headers };
    asked.push(one);
    answer(response, one);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    sockets.forEach((socket) => socket.destroy());
    await closed;
  });
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    asked,
    answer(how) {
      answer = how;
    },
  };
}

export function json(body: unknown, status = 200): (response: ServerResponse) => void {
  return (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
