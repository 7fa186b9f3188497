import { setTimeout as pause } from 'node:timers/promises';

const pollEveryMs = 20;

type Awaitable<T> = T | Promise<T>;

/**
 * Polls until `condition` gives something truthy and returns that. A condition that throws is not met yet.
 * After `withinMs` it fails with `what` and the last error seen, even while a condition hangs.
 */
export async function waitFor<T>(
  what: string,
  condition: () => Awaitable<T | undefined | null | false>,
  { withinMs = 30_000 }: { withinMs?: number } = {},
): Promise<T> {
  const deadline = new AbortController();
  const expired = pause(withinMs, 'expired' as const, { signal: deadline.signal }).catch(
    () => 'met' as const,
  );
  let lastError: unknown;
  try {
    for (;;) {
      const attempt = Promise.resolve()
        .then(condition)
        .then(
          (value) => ({ value }),
          (error: unknown) => {
            lastError = error;
            return { value: undefined };
          },
        );
      const outcome = await Promise.race([attempt, expired]);
      if (typeof outcome !== 'string' && outcome.value) {
        return outcome.value;
      }
      if (outcome === 'expired' || (await Promise.race([pause(pollEveryMs), expired])) === 'expired') {
        throw new Error(timeoutMessage(what, withinMs, lastError), { cause: lastError });
      }
    }
  } finally {
    deadline.abort();
  }
}

function timeoutMessage(what: string, withinMs: number, lastError: unknown): string {
  const reason = lastError instanceof Error ? lastError.message : undefined;
  return `Waited ${withinMs} ms for ${what}${reason === undefined ? '' : `; last error: ${reason}`}`;
}
