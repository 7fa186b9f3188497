import { SECOND_MS } from './domain/time.js';
import type { Log } from './ports.js';

const AGAIN_AFTER_MS = 5 * SECOND_MS;

export type Listening = {
  /** Null while it can't listen. */
  port(): number | null;
  stop(): void;
};

type Where = { readonly host: string | null; readonly port: number };

/** Listens; where that can't be, again and again: what is live must end meanwhile. */
export async function keepListening(
  listen: () => Promise<{ readonly port: number | null }>,
  { where, log, againAfterMs = AGAIN_AFTER_MS }: { where: Where; log: Log; againAfterMs?: number },
): Promise<Listening> {
  let port: number | null = null;
  let again: NodeJS.Timeout | undefined;

  async function attempt(): Promise<void> {
    try {
      ({ port } = await listen());
    } catch (error) {
      const code = codeOf(error);
      log.error(
        { ...where, ...(code === null ? { err: error } : { error: code }) },
        `${problemText(code)}. Until then nothing comes from Slack, what is live ends all the same, and it is tried again`,
      );
      again = setTimeout(() => void attemptAgain(), againAfterMs);
    }
  }

  async function attemptAgain(): Promise<void> {
    await attempt();
    if (port !== null) {
      log.info({ ...where, port }, 'Hallpass listens now');
    }
  }

  await attempt();
  return { port: () => port, stop: () => clearTimeout(again) };
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** HOST and PORT are both in what the system is asked for; its answer tells which of them is wrong. */
function problemText(code: string | null): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'PORT is taken by another program: set PORT to a free one, or stop whoever has it';
    case 'EACCES':
      return 'This user may not listen on PORT: set PORT to one above 1023';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return 'HOST is not an address of this machine: set HOST to one that is, such as 127.0.0.1, or unset it for every interface, and restart';
    case null:
    default:
      return 'Hallpass cannot listen on HOST and PORT: look at both, and restart';
  }
}
