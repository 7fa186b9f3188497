import { setTimeout as pause } from 'node:timers/promises';
import { SECOND_MS } from '../domain/time.js';

type Awaitable<Value> = Value | Promise<Value>;

export type Expectation<Seen> = {
  /** A sentence that is true once it is met: "The card stands in #approvals". */
  readonly what: string;
  /** Nothing, or `false`, while there is nothing to see yet. A look that throws has seen nothing. */
  readonly look: () => Awaitable<Seen | undefined | null | false>;
  /** What there was instead, for whoever has to find out why. */
  readonly instead: () => Awaitable<string>;
  readonly withinMs?: number;
  /** Shows the evidence, before it is said that it is met. */
  readonly show?: (seen: Seen) => void;
};

/** The story can't go on: what came next would only follow from this. */
export class Unmet extends Error {
  constructor(what: string) {
    super(`Not met: ${what}`);
    this.name = 'Unmet';
  }
}

export type Expectations = {
  /** Looks again and again until there is something to see. Throws Unmet after `withinMs` (10 s). */
  expect<Seen>(expectation: Expectation<Seen>): Promise<Seen>;
  readonly met: number;
  readonly unmet: number;
};

export type Report = {
  met(what: string): void;
  unmet(facts: { what: string; withinMs: number; instead: string }): void;
};

const WITHIN_MS = 10 * SECOND_MS;
const LOOK_EVERY_MS = 10;

export function createExpectations({
  report,
  signal,
}: {
  readonly report: Report;
  /** Aborted when nobody waits for the outcome any more. */
  readonly signal: AbortSignal;
}): Expectations {
  let met = 0;
  let unmet = 0;
  return {
    get met() {
      return met;
    },
    get unmet() {
      return unmet;
    },
    async expect({ what, look, instead, show, withinMs = WITHIN_MS }) {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
      const { seen, error } = await lookUntil(look, deadline);
      signal.throwIfAborted();
      if (seen !== null) {
        met += 1;
        show?.(seen);
        report.met(what);
        return seen;
      }
      unmet += 1;
      report.unmet({ what, withinMs, instead: await inWords(instead, error) });
      throw new Unmet(what);
    },
  };
}

type Looked<Seen> = { readonly seen: Seen | null; readonly error: unknown };

/** Ends at the deadline also while a look hangs. */
async function lookUntil<Seen>(
  look: Expectation<Seen>['look'],
  deadline: AbortSignal,
): Promise<Looked<Seen>> {
  let lastError: unknown;
  const over = new Promise<'over'>((resolve) => {
    deadline.addEventListener('abort', () => resolve('over'), { once: true });
  });
  while (!deadline.aborted) {
    const attempt = lookOnce(look);
    const looked = await Promise.race([attempt, over]);
    if (looked === 'over') {
      break;
    }
    if (looked.seen !== null) {
      return looked;
    }
    lastError = looked.error;
    await Promise.race([pause(LOOK_EVERY_MS), over]);
  }
  return { seen: null, error: lastError };
}

async function lookOnce<Seen>(look: Expectation<Seen>['look']): Promise<Looked<Seen>> {
  try {
    const seen = await look();
    return { seen: seen === undefined || seen === false ? null : seen, error: undefined };
  } catch (error) {
    return { seen: null, error };
  }
}

async function inWords(instead: () => Awaitable<string>, error: unknown): Promise<string> {
  const failed = error instanceof Error ? [`The last look failed: ${error.message}`] : [];
  try {
    return [await instead(), ...failed].join('\n');
  } catch (second) {
    return [`What there is instead can't be seen: ${String(second)}`, ...failed].join('\n');
  }
}

/** 0 only when the story came to its end, nothing in it was unmet, and everything was put away. */
export function exitCodeOf(outcome: {
  readonly cameToItsEnd: boolean;
  readonly met: number;
  readonly unmet: number;
  readonly leftBehind: number;
}): 0 | 1 {
  const { cameToItsEnd, met, unmet, leftBehind } = outcome;
  return cameToItsEnd && met > 0 && unmet === 0 && leftBehind === 0 ? 0 : 1;
}
