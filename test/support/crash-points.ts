import type { AppParts } from '../../src/app.js';
import { createConnectors } from '../../src/connectors/registry.js';
import type { Change } from '../../src/domain/change.js';
import type { Grant } from '../../src/domain/grant.js';
import type { Connector } from '../../src/ports.js';
import { createStore } from '../../src/store/create-store.js';

/** In the order in which a grant comes by them. `answered`: the target has done it, and nobody wrote that down. */
export const crashPoints = [
  'approval about to be committed',
  'approval committed',
  'grant about to be called',
  'grant answered',
  'grant read back',
  'active committed',
  'ending committed',
  'revoke about to be called',
  'revoke answered',
  'revoke read back',
  'ended committed',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** The real parts, and the process gets a SIGKILL when it comes to the point that is named by then. */
export function partsThatDieAt(point: () => CrashPoint | null): AppParts {
  const reach = (reached: CrashPoint): void => {
    if (reached === point()) {
      process.kill(process.pid, 'SIGKILL');
    }
  };
  return {
    createStore(input) {
      const store = createStore(input);
      return {
        ...store,
        async commit(change) {
          if (opensGrant(change)) {
            reach('approval about to be committed');
          }
          const outcome = await store.commit(change);
          if (outcome === 'committed') {
            committed(change).forEach(reach);
          }
          return outcome;
        },
      };
    },
    createConnectors(input) {
      const connectors = createConnectors(input);
      const lastCall: LastCall = new Map();
      return {
        ...connectors,
        get(name) {
          const connector = connectors.get(name);
          return connector === undefined ? undefined : watched(connector, lastCall, reach);
        },
      };
    },
  };
}

function opensGrant(change: Change): boolean {
  return (change.decisions ?? []).length > 0 && (change.grants ?? []).length > 0;
}

function committed(change: Change): CrashPoint[] {
  if (opensGrant(change)) {
    return ['approval committed'];
  }
  return (change.grants ?? []).flatMap(({ state }: Grant): CrashPoint[] => {
    switch (state) {
      case 'active':
        return ['active committed'];
      case 'ending':
        return ['ending committed'];
      case 'ended':
        return ['ended committed'];
      case 'scheduled':
      case 'opening':
      case 'failed':
        return [];
    }
  });
}

/** Which call the next look at a target reads back, by connector. */
type LastCall = Map<string, 'grant' | 'revoke'>;

function watched(connector: Connector, lastCall: LastCall, reach: (point: CrashPoint) => void): Connector {
  const { name } = connector;
  return {
    ...connector,
    async grant(target, call) {
      reach('grant about to be called');
      await connector.grant(target, call);
      lastCall.set(name, 'grant');
      reach('grant answered');
    },
    async revoke(target, call) {
      reach('revoke about to be called');
      const revoked = await connector.revoke(target, call);
      lastCall.set(name, 'revoke');
      reach('revoke answered');
      return revoked;
    },
    async check(target, call) {
      const seen = await connector.check(target, call);
      const after = lastCall.get(name);
      if (after !== undefined) {
        reach(after === 'grant' ? 'grant read back' : 'revoke read back');
      }
      return seen;
    },
  };
}
