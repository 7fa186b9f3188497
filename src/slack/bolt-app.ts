import { App, HTTPReceiver, type Logger, type Receiver } from '@slack/bolt';
import type { Log } from '../ports.js';
import type { HomeTeam } from './home-team.js';
import { EVENTS_PATH } from './http-server.js';

const BODY_LIMIT_BYTES = 256 * 1024;
/** For answers to a response_url, which Bolt sends without a time-out of its own. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Sockets and the HTTP server are started and stopped by ourselves; Bolt only insists on having one. */
export const NO_RECEIVER: Receiver = {
  init() {},
  async start() {},
  async stop() {},
};

export function createHttpReceiver(signingSecret: string, logger: Logger): HTTPReceiver {
  return new HTTPReceiver({
    signingSecret,
    logger,
    endpoints: [EVENTS_PATH],
    bodyLimit: BODY_LIMIT_BYTES,
  });
}

export function createBoltApp(parts: {
  readonly botToken: string;
  readonly apiUrl: string;
  readonly home: HomeTeam;
  readonly logger: Logger;
  readonly log: Log;
  readonly receiver: Receiver;
}): App {
  const { botToken, apiUrl, home, logger, log, receiver } = parts;
  const app = new App({
    receiver,
    logger,
    convoStore: false,
    extendedErrorHandler: true,
    // Answers at once, without Slack: Bolt's own way asks Slack in the constructor, where a refusal ends
    // the process and silence holds up every payload.
    authorize: async () => {
      const known = home.known();
      return {
        botToken,
        ...(known === null || known.botId === null ? {} : { botId: known.botId }),
        ...(known === null || known.botUserId === null ? {} : { botUserId: known.botUserId }),
      };
    },
    clientOptions: {
      slackApiUrl: apiUrl,
      fetch: async (url, init) =>
        fetch(url, { ...init, signal: init?.signal ?? AbortSignal.timeout(ANSWER_TIMEOUT_MS) }),
    },
  });
  // Listeners catch their own faults, tell the person and log them; here comes what goes wrong in Bolt.
  const report = async ({ error }: { error: Error }): Promise<void> => {
    log.error({ err: error }, 'Bolt met an error');
  };
  app.error(report);
  return app;
}
