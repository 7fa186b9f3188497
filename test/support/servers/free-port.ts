import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const handedOut = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody listens on. It lies below the range systems take outgoing ports from: while a
 * killed server is away, no connection can happen to take its port, nor can a reconnecting client meet itself.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(15_000, 32_000);
    if (!handedOut.has(port) && (await canListen(port))) {
      handedOut.add(port);
      return port;
    }
  }
  throw new Error('Found no free port on 127.0.0.1 between 15000 and 32000');
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host: '127.0.0.1', port, exclusive: true });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
