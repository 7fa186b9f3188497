import { SECOND_MS } from './domain/time.js';
import type { Log } from './ports.js';

const AGAIN_AFTER_MS = 5 * SECOND_MS;

export type Listening = {
  /** Null while the port cannot be had. */
  port(): number | null;
  stop(): void;
};

/** Listens; where another program has the port, again and again: what is live must end meanwhile. */
export async function keepListening(
  listen: () => Promise<{ readonly port: number | null }>,
  log: Log,
): Promise<Listening> {
  let port: number | null = null;
  let again: NodeJS.Timeout | undefined;

  async function attempt(): Promise<void> {
    try {
      ({ port } = await listen());
    } catch (error) {
      log.error(
        { err: error },
        'The port cannot be had: nothing comes from Slack until it can, and what is live ends all the same. Set PORT to a free one, or stop whoever has it; trying again',
      );
      again = setTimeout(() => void attemptAgain(), AGAIN_AFTER_MS);
    }
  }

  async function attemptAgain(): Promise<void> {
    await attempt();
    if (port !== null) {
      log.info({ port }, 'The port can be had now');
    }
  }

  await attempt();
  return { port: () => port, stop: () => clearTimeout(again) };
}
