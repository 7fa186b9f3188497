import type { Secret } from '../secret.js';
import type { Clock, Log, SlackDirectory } from '../ports.js';
import { createBoltLogger } from './bolt-logger.js';
import { createSlackClients } from './clients.js';
import { createDirectory } from './directory.js';
import { createHomeTeam } from './home-team.js';

/** People and groups, for a command that asks Slack a few things and ends. */
export function readSlack(parts: {
  readonly settings: { readonly botToken: Secret; readonly slackApiUrl: string };
  readonly clock: Clock;
  readonly log: Log;
}): { readonly directory: SlackDirectory; stop(): void } {
  const { settings, clock, log } = parts;
  const clients = createSlackClients({
    botToken: settings.botToken.reveal(),
    apiUrl: settings.slackApiUrl,
    logger: createBoltLogger(log),
  });
  const home = createHomeTeam({ client: clients.directory, log });
  home.start();
  return {
    directory: createDirectory({ client: clients.directory, home, clock, log }),
    stop: () => home.stop(),
  };
}
