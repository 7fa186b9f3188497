export class TimeLimitError extends Error {
  constructor(what: string, ms: number) {
    super(`${what} took longer than ${ms} ms`);
    this.name = 'TimeLimitError';
  }
}

/**
 * What the promise gives, or a TimeLimitError after `ms`. The work itself goes on; when it fails after
 * that, `onLate` hears of it, so that no rejection is left unhandled or unseen.
 */
export async function withTimeLimit<Value>(
  work: Promise<Value>,
  {
    ms,
    what,
    onLate,
  }: { readonly ms: number; readonly what: string; readonly onLate: (error: unknown) => void },
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      late = true;
      reject(new TimeLimitError(what, ms));
    }, ms);
  });
  work.catch((error: unknown) => {
    if (late) {
      onLate(error);
    }
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
