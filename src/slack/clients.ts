import { WebClient, type Logger, type WebClientOptions } from '@slack/web-api';

/**
 * One client for each kind of work. A client that meets a rate limit pauses its whole queue, and one call
 * that hangs keeps its place in it: a burst of cards must never delay a form that has three seconds to open.
 */
export type SlackClients = {
  /** For whoever waits in front of the screen. */
  readonly listeners: WebClient;
  /** Cards and notices; the outbox waits and retries by itself. */
  readonly outbox: WebClient;
  /** People and groups. */
  readonly directory: WebClient;
};

export function createSlackClients(options: {
  readonly botToken: string;
  readonly apiUrl: string;
  readonly logger: Logger;
}): SlackClients {
  const client = (own: WebClientOptions): WebClient =>
    new WebClient(options.botToken, {
      slackApiUrl: options.apiUrl,
      logger: options.logger,
      allowAbsoluteUrls: false,
      rejectRateLimitedCalls: true,
      ...own,
    });
  return {
    listeners: client({ timeout: 2_000, retryConfig: { retries: 1, minTimeout: 100 } }),
    outbox: client({ timeout: 10_000, retryConfig: { retries: 0 } }),
    directory: client({ timeout: 2_000, retryConfig: { retries: 1, minTimeout: 100 } }),
  };
}
