export type OneAtATime = {
  /** Resolves once a run has ended that began after this call. */
  run(): Promise<void>;
  isRunning(): boolean;
  /** Resolves once nothing is under way. */
  settled(): Promise<void>;
};

/**
 * Work that never runs twice at once. However often it is asked for while it runs, it runs once more
 * afterwards, because what it has looked at already may have changed. The work must not throw.
 */
export function oneAtATime(work: () => Promise<void>): OneAtATime {
  let current: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  function begin(): Promise<void> {
    return Promise.resolve()
      .then(work)
      .finally(() => {
        current = next;
        next = null;
      });
  }

  async function settled(): Promise<void> {
    if (current !== null) {
      await current;
      await settled();
    }
  }

  return {
    settled,
    run() {
      if (current === null) {
        current = begin();
        return current;
      }
      next ??= current.then(begin);
      return next;
    },
    isRunning() {
      return current !== null;
    },
  };
}
