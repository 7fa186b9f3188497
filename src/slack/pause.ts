import { setTimeout as pause } from 'node:timers/promises';

/** Ends early, and quietly, when it is aborted. */
export async function abortablePause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}
