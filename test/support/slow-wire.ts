import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export type SlowWire = {
  readonly port: number;
  /** From the next message that holds this text on, nothing more reaches the server. */
  holdFrom(text: string): void;
  /** The first message that holds this text ends its connection: before it reaches the server, or once it was answered. */
  cutAt(text: string, when: 'before' | 'answered'): void;
  /** Resolves once a message is held. */
  readonly held: Promise<void>;
  /** Lets what was held reach the server, also if its sender is long gone. */
  letGo(): void;
  close(): void;
};

/** A network between a client and `toPort` that can keep messages for as long as a test wants. */
export async function startSlowWire(toPort: number): Promise<SlowWire> {
  let trigger: string | undefined;
  let cut: { readonly text: string; readonly when: 'before' | 'answered' } | undefined;
  let open = false;
  const kept: { server: Socket; chunk: Buffer }[] = [];
  const sockets: Socket[] = [];
  let nowHeld = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    nowHeld = resolve;
  });

  const wire = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect({ host: '127.0.0.1', port: toPort, allowHalfOpen: true });
    sockets.push(client, server);
    let answerIsLost = false;
    const hangUp = (): void => {
      client.destroy();
      server.destroy();
    };
    server.on('data', (chunk) => {
      if (answerIsLost) {
        hangUp();
      } else {
        client.write(chunk);
      }
    });
    client.on('data', (chunk) => {
      const cuts = cut !== undefined && chunk.includes(cut.text) ? cut : null;
      answerIsLost ||= cuts?.when === 'answered';
      if (cuts?.when === 'before') {
        hangUp();
      } else if (!open && (kept.length > 0 || (trigger !== undefined && chunk.includes(trigger)))) {
        kept.push({ server, chunk });
        nowHeld();
      } else {
        server.write(chunk);
      }
    });
    // Either side may hang up at any time; that is what is being tried.
    client.on('error', () => undefined);
    server.on('error', () => undefined);
  });
  wire.listen(0, '127.0.0.1');
  await once(wire, 'listening');
  const address = wire.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The wire has no port');
  }
  return {
    port: address.port,
    held,
    holdFrom: (text) => {
      trigger = text;
    },
    cutAt: (text, when) => {
      cut = { text, when };
    },
    letGo: () => {
      open = true;
      for (const { server, chunk } of kept.splice(0)) {
        server.write(chunk);
      }
    },
    close: () => {
      wire.close();
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}
