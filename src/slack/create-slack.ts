import type { Clock, Log, Messenger, SlackDirectory } from '../ports.js';
import type { Actions } from './actions.js';
import { createBoltLogger } from './bolt-logger.js';
import { createSlackClients } from './clients.js';
import { createDirectory } from './directory.js';
import { createHomeTeam } from './home-team.js';
import type { HealthCheck } from './http-server.js';
import { createMessenger } from './messenger.js';
import { createSlackApp } from './slack-app.js';
import type { SlackApp, SlackAppOptions } from './slack-app.js';

export type Slack = {
  readonly directory: SlackDirectory;
  readonly messenger: Messenger;
  /** Listens. Rejects when the port cannot be had; Slack being away is tried again and again. */
  start(parts: {
    readonly actions: Actions;
    readonly probes: Readonly<Record<string, HealthCheck>>;
  }): Promise<{ readonly port: number | null }>;
  stop(): Promise<void>;
  isConnected(): boolean;
  /** Rows were written: what people have open is drawn anew. */
  somethingChanged(): void;
};

/** Everything that talks to Slack. What only reads and posts works before anything is listened to. */
export function createSlack(parts: {
  readonly settings: SlackAppOptions['settings'];
  readonly clock: Clock;
  readonly log: Log;
  readonly newFaultId: () => string;
}): Slack {
  const { settings, clock, log, newFaultId } = parts;
  const { botToken, apiUrl } = settings;
  const clients = createSlackClients({ botToken, apiUrl, logger: createBoltLogger(log) });
  const home = createHomeTeam({ client: clients.directory, log });
  const directory = createDirectory({ client: clients.directory, home, clock, log });
  let app: SlackApp | null = null;
  return {
    directory,
    messenger: createMessenger({ client: clients.outbox, clock, log }),
    async start({ actions, probes }) {
      app = createSlackApp({ settings, actions, clients, home, directory, clock, log, newFaultId, probes });
      return await app.start();
    },
    async stop() {
      await app?.stop();
    },
    isConnected: () => app?.isConnected() ?? false,
    somethingChanged: () => app?.somethingChanged(),
  };
}
