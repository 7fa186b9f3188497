/** A network between Hallpass and its target that can refuse, hang, be slow, be cut, and deliver late. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export type WireMode = 'pass' | 'refuse' | 'hang' | 'slow';

/** What becomes of a statement that changes a membership, a login or its password. */
export type ChangeFate =
  | { readonly fate: 'cut before' | 'cut after' }
  | { readonly fate: 'late'; readonly ms: number };

export type Wire = {
  readonly port: number;
  setMode(this: void, mode: WireMode): void;
  /** For so many changes from now on. */
  foresee(this: void, fate: ChangeFate, times: number): void;
  /** When it hung or was slow. */
  stalls(this: void): { from: number; to: number }[];
  /** Everything passes, and nothing is foreseen any more. What is on its way late still comes. */
  heal(this: void): void;
  close(this: void): Promise<void>;
};

const SLOW_MS = 300;
const CHANGE = /\b(?:GRANT |REVOKE |SELECT hallpass\.\w+\()[^;]*; COMMIT/;

export async function startWire(toPort: number): Promise<Wire> {
  let mode: WireMode = 'pass';
  let fates: ChangeFate[] = [];
  let release = (): void => undefined;
  let gate = Promise.resolve();
  const sockets = new Set<Socket>();
  const stalls: { from: number; to: number }[] = [];

  async function wayIsFree(): Promise<void> {
    if (mode === 'slow') {
      await pause(SLOW_MS);
    }
    await gate;
  }

  function keep(socket: Socket): void {
    sockets.add(socket);
    // Either side may go at any moment: that is what is tried.
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    keep(client);
    if (mode === 'refuse') {
      client.destroy();
      return;
    }
    const target = connect({ host: '127.0.0.1', port: toPort, allowHalfOpen: true });
    keep(target);
    let cutAtAnswer = false;
    let up = Promise.resolve();
    let down = Promise.resolve();

    async function carryUp(chunk: Buffer): Promise<void> {
      await wayIsFree();
      const fate = CHANGE.test(chunk.toString('latin1')) ? fates.shift() : undefined;
      if (fate?.fate === 'cut before') {
        client.destroy();
        target.destroy();
        return;
      }
      if (fate?.fate === 'late') {
        await pause(fate.ms);
      }
      cutAtAnswer ||= fate?.fate === 'cut after';
      target.write(chunk);
    }
    async function carryDown(chunk: Buffer): Promise<void> {
      await wayIsFree();
      if (cutAtAnswer) {
        client.destroy();
        target.end();
        return;
      }
      client.write(chunk);
    }
    // In order, also after the sender has gone: what was sent is on its way.
    client.on('data', (chunk) => void (up = up.then(async () => carryUp(chunk))));
    client.on('close', () => void (up = up.then(() => void target.end())));
    client.on('end', () => void (up = up.then(() => void target.end())));
    target.on('data', (chunk) => void (down = down.then(async () => carryDown(chunk))));
    target.on('close', () => void (down = down.then(() => void client.destroy())));
    target.on('end', () => void (down = down.then(() => void client.end())));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The wire has no port');
  }

  function setMode(next: WireMode): void {
    const now = Date.now();
    const last = stalls.at(-1);
    if (last !== undefined) {
      last.to = Math.min(last.to, now);
    }
    if (next === 'hang' || next === 'slow') {
      stalls.push({ from: now, to: Infinity });
    }
    mode = next;
    release();
    release = () => undefined;
    if (next === 'hang') {
      gate = new Promise((resolve) => {
        release = resolve;
      });
    }
    if (next === 'refuse') {
      sockets.forEach((socket) => socket.destroy());
    }
  }

  return {
    port: address.port,
    setMode,
    stalls: () => stalls.map((each) => ({ ...each })),
    foresee(fate, times) {
      fates = Array.from({ length: times }, () => fate);
    },
    heal() {
      fates = [];
      setMode('pass');
    },
    async close() {
      setMode('pass');
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}
