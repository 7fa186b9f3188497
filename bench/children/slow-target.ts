import { setTimeout as pause } from 'node:timers/promises';
import { ConnectorError, type Connector, type Target } from '../../src/ports.js';

export type SlowTarget = Connector & {
  /** How many calls to check, grant and revoke were made. */
  calls(): number;
};

/**
 * A target that takes its time, or never answers. Whoever was seeded has the role until it is revoked;
 * anybody else has it once it was granted.
 */
export function createSlowTarget({ callMs }: { readonly callMs: number | 'hangs' }): SlowTarget {
  const changed = new Map<string, boolean>();
  let calls = 0;

  async function call(signal: AbortSignal): Promise<void> {
    calls += 1;
    if (callMs === 'hangs') {
      await new Promise<void>((_, reject) => {
        signal.addEventListener('abort', () => reject(new ConnectorError('retryable', 'No answer.')));
      });
    } else {
      await pause(callMs);
    }
  }
  function keyOf({ role, account }: Target): string {
    return `${role}/${account.id}`;
  }
  return {
    name: 'target',
    simulated: false,
    capabilities: { nativeExpiry: 'none', issuesSecret: false, marks: false },
    sessionsAtEnd: 'none',
    lateEffectMs: 0,
    calls: () => calls,
    howTo: () => 'Use it.',
    validate: async () => [],
    ping: async () => undefined,
    resolve: async (name) => ({ account: { id: `sim:${name}`, name }, fingerprint: 'simulate:target' }),
    async check(target, { signal }) {
      await call(signal);
      const isThere = changed.get(keyOf(target)) ?? target.account.name.startsWith('seeded');
      return { state: isThere ? 'present' : 'absent', expiresAt: null };
    },
    async grant(target, { signal }) {
      await call(signal);
      changed.set(keyOf(target), true);
    },
    async revoke(target, { signal }) {
      await call(signal);
      changed.set(keyOf(target), false);
      return { sessionsEnded: null };
    },
    close: async () => undefined,
  };
}
