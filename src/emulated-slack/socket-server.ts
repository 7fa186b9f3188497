import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { fieldsOf, parseJson, textOr, type Fields } from './fields.js';

export type SocketEnvelope = {
  envelope_id: string;
  type: 'slash_commands' | 'interactive' | 'events_api';
  payload: Fields;
  accepts_response_payload: boolean;
  retry_attempt?: number;
  retry_reason?: string;
};

export type SocketAck =
  | { outcome: 'acked'; payload: Fields }
  | { outcome: 'silent' }
  | { outcome: 'no-socket' };

export type SocketServer = ReturnType<typeof createSocketServer>;

/** Slack's end of Socket Mode: says hello, hands each payload to one open socket, hears the acknowledgement. */
export function createSocketServer({ appId }: { appId: string }) {
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  // In the order in which they opened; a socket that was asked to leave gets no more payloads.
  const ready = new Set<WebSocket>();
  const waiting = new Map<string, (payload: Fields) => void>();

  function welcome(socket: WebSocket): void {
    ready.add(socket);
    socket.on('close', () => ready.delete(socket));
    socket.on('error', () => ready.delete(socket));
    socket.on('message', (data) => hear(data));
    const hello = {
      type: 'hello',
      num_connections: ready.size,
      connection_info: { app_id: appId },
      debug_info: { host: 'emulated', approximate_connection_time: 3600 },
    };
    socket.send(JSON.stringify(hello));
  }

  function hear(data: RawData): void {
    const whole = Array.isArray(data) ? Buffer.concat(data) : data;
    const raw = whole instanceof ArrayBuffer ? Buffer.from(whole) : whole;
    const message = fieldsOf(parseJson(raw.toString('utf8')));
    const id = textOr(message['envelope_id'], '');
    waiting.get(id)?.(fieldsOf(message['payload']));
    waiting.delete(id);
  }

  return {
    /** A url for one connection, as apps.connections.open gives it. */
    newUrl(origin: string): string {
      const ticket = randomUUID();
      tickets.add(ticket);
      return `${origin.replace(/^http/, 'ws')}/link/?ticket=${ticket}&app_id=${appId}`;
    },
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      const ticket = new URL(request.url ?? '/', 'http://localhost').searchParams.get('ticket') ?? '';
      if (!tickets.delete(ticket)) {
        socket.destroy();
        return;
      }
      server.handleUpgrade(request, socket, head, welcome);
    },
    openSockets: (): number => ready.size,
    async deliver(envelope: SocketEnvelope, timeoutMs: number): Promise<SocketAck> {
      const [socket] = ready;
      if (socket === undefined) {
        return { outcome: 'no-socket' };
      }
      ready.delete(socket);
      ready.add(socket);
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          waiting.delete(envelope.envelope_id);
          resolve({ outcome: 'silent' });
        }, timeoutMs);
        waiting.set(envelope.envelope_id, (payload) => {
          clearTimeout(timer);
          resolve({ outcome: 'acked', payload });
        });
        socket.send(JSON.stringify(envelope));
      });
    },
    /** Asks sockets to reconnect, as Slack does every few hours: the oldest one, or all. */
    refresh({ all = false }: { all?: boolean } = {}): void {
      for (const socket of all ? [...ready] : [...ready].slice(0, 1)) {
        ready.delete(socket);
        socket.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: {} }));
      }
    },
    /** The network goes: no close frame, no goodbye. */
    drop(): void {
      for (const socket of server.clients) {
        socket.terminate();
      }
    },
    async stop(): Promise<void> {
      for (const socket of server.clients) {
        socket.terminate();
      }
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
