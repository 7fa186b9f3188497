import { SocketModeReceiver, type App, type Logger } from '@slack/bolt';
import type { Log } from '../ports.js';
import { abortablePause } from './pause.js';
import { troubleFacts } from './slack-error.js';

/** One line to Slack in Socket Mode, made anew whenever it ends. */
export type SocketLine = {
  start(): void;
  stop(): Promise<void>;
  isConnected(): boolean;
};

const CONNECT_TIMEOUT_MS = 20_000;
const LONGEST_PAUSE_MS = 30_000;
/** A line that ends sooner than that after it was made counts as one that failed. */
const SHORTEST_LIFE_MS = 5_000;
const GOODBYE_MS = 1_000;

type Connection = {
  readonly receiver: SocketModeReceiver;
  /** Slack asked for a new connection, or this one is gone. */
  readonly leaving: Promise<'asked' | 'gone'>;
};

/**
 * The SDK's own reconnecting is off: it waits five seconds before it tries, and when Slack then refuses
 * (a revoked token, say) its rejection is caught by nobody and ends the process. Here each connection is a
 * fresh receiver; the next one is made as soon as the last one is asked to leave, and a refusal is tried
 * again, ever more slowly.
 */
export function createSocketLine(parts: {
  readonly app: App;
  readonly appToken: string;
  readonly apiUrl: string;
  readonly logger: Logger;
  readonly log: Log;
  readonly now: () => number;
  /** Whether a try that fails is worth a line: where two lines fail alike, one of them tells. */
  readonly tells: () => boolean;
}): SocketLine {
  const { app, log, now } = parts;
  const { host } = new URL(parts.apiUrl);
  const stopping = new AbortController();
  const open = new Set<SocketModeReceiver>();
  let connected: SocketModeReceiver | null = null;
  let done: Promise<void> = Promise.resolve();

  function tell(facts: Readonly<Record<string, unknown>>, message: string): void {
    log[parts.tells() ? 'warn' : 'debug'](facts, message);
  }

  function connection(): Connection {
    const receiver = new SocketModeReceiver({
      appToken: parts.appToken,
      logger: parts.logger,
      autoReconnectEnabled: false,
      installerOptions: {
        clientOptions: {
          slackApiUrl: parts.apiUrl,
          timeout: CONNECT_TIMEOUT_MS,
          rejectRateLimitedCalls: true,
          retryConfig: { retries: 0 },
        },
      },
      processEventErrorHandler: async ({ error }) => {
        log.error({ err: error }, 'Bolt could not handle a payload');
        return false;
      },
    });
    receiver.init(app);
    const leaving = new Promise<'asked' | 'gone'>((resolve) => {
      receiver.client.on('ws_message', (data: unknown) => {
        if (asksToLeave(data)) {
          resolve('asked');
        }
      });
      receiver.client.on('disconnected', () => {
        open.delete(receiver);
        resolve('gone');
      });
    });
    return { receiver, leaving };
  }

  async function live(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const { receiver, leaving } = connection();
      open.add(receiver);
      const since = now();
      const starting = receiver.client.start();
      try {
        await withinTime(starting, CONNECT_TIMEOUT_MS, stopping.signal);
        connected = receiver;
        log.info({}, 'Connected to Slack');
        const end = await Promise.race([leaving, aborted(stopping.signal)]);
        if (end === 'gone' && !stopping.signal.aborted) {
          tell({ host }, 'The connection to Slack broke; making a new one');
        }
        failures = now() - since < SHORTEST_LIFE_MS ? failures + 1 : 0;
      } catch (error) {
        failures += 1;
        void abandon(receiver, starting);
        const facts = troubleFacts(error, parts.apiUrl) ?? { host, error: String(error) };
        if (!stopping.signal.aborted) {
          tell(
            { ...facts, failures },
            facts.error === 'invalid_auth'
              ? "Slack refuses SLACK_APP_TOKEN: make one with connections:write on your Slack app's page, and restart"
              : 'No connection to Slack; trying again',
          );
        }
      }
      connected = connected === receiver ? null : connected;
      // The first new try is made at once, so that a refresh costs nothing; only then it goes slower.
      if (failures > 1) {
        const wait = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** Math.min(failures - 2, 10));
        await abortablePause(wait, stopping.signal);
      }
    }
  }

  return {
    start() {
      done = live();
    },
    async stop() {
      stopping.abort();
      await Promise.all([...open].map(async (receiver) => farewell(receiver)));
      await done;
    },
    isConnected: () => connected !== null,
  };
}

/** Slack says so ten seconds before it closes a connection, or as it closes it. */
function asksToLeave(data: unknown): boolean {
  return typeof data === 'string' && data.length < 2_000 && /"type"\s*:\s*"disconnect"/.test(data);
}

/** A second disconnect() ends a connection whose peer does not answer the goodbye; the SDK's own patience is 30 s. */
async function farewell({ client }: SocketModeReceiver): Promise<void> {
  const gone = client.disconnect();
  const patience = new AbortController();
  await Promise.race([gone, abortablePause(GOODBYE_MS, patience.signal)]);
  patience.abort();
  await client.disconnect();
}

/** One that was still on its way when it was given up must not come up later, unwatched. */
async function abandon(receiver: SocketModeReceiver, starting: Promise<unknown>): Promise<void> {
  await farewell(receiver);
  const [outcome] = await Promise.allSettled([starting]);
  if (outcome.status === 'fulfilled') {
    await farewell(receiver);
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

async function withinTime(work: Promise<unknown>, ms: number, signal: AbortSignal): Promise<void> {
  const patience = new AbortController();
  const late = abortablePause(ms, AbortSignal.any([patience.signal, signal])).then(() => {
    if (!patience.signal.aborted) {
      throw new Error(signal.aborted ? 'stopped' : 'no hello in time');
    }
  });
  try {
    await Promise.race([work, late]);
  } finally {
    patience.abort();
  }
}
