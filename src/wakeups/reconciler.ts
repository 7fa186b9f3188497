import { MINUTE_MS } from '../domain/time.js';
import type { Log } from '../ports.js';
import { oneAtATime } from './one-at-a-time.js';

export type Reconciler<Found> = {
  /** A look that begins after this call. Rejects when it fails. */
  runNow(): Promise<Found>;
  /** Resolves once what is under way has ended. */
  stop(): Promise<void>;
};

/** Holds the targets against the database at once, and then again and again. Never two looks at a time. */
export function startReconciler<Found>({
  look,
  log,
  everyMs = 10 * MINUTE_MS,
}: {
  /** Begins nothing more once the signal is aborted. */
  readonly look: (stopping: AbortSignal) => Promise<Found>;
  readonly log: Log;
  readonly everyMs?: number;
}): Reconciler<Found> {
  const stopping = new AbortController();
  let last: { readonly ok: true; readonly found: Found } | { readonly ok: false; readonly error: unknown };
  const looks = oneAtATime(async () => {
    try {
      last = { ok: true, found: await look(stopping.signal) };
    } catch (error) {
      last = { ok: false, error };
    }
  });
  async function lookAndLog(): Promise<void> {
    await looks.run();
    if (!last.ok) {
      log.error({ err: last.error }, 'The targets could not be reconciled with the database');
    }
  }

  // One that is still under way is not joined by another: it may take long, and the next will come.
  const timer = setInterval(() => {
    if (!looks.isRunning()) {
      void lookAndLog();
    }
  }, everyMs);
  void lookAndLog();

  return {
    async runNow() {
      await looks.run();
      if (!last.ok) {
        throw new Error('The targets could not be reconciled.', { cause: last.error });
      }
      return last.found;
    },
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await looks.settled();
    },
  };
}
