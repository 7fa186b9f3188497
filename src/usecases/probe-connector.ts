/** Asks a target that could not be reached whether it is back; then all that waits for it is due now. */
import { ConnectorError } from '../ports.js';
import { callTarget, connectorOf } from './call-target.js';
import type { Deps } from './deps.js';

type ProbeDeps = Pick<Deps, 'store' | 'clock' | 'connectors' | 'catalogs' | 'log' | 'callTimeoutMs'>;

/** Answers whether anything became due. */
export async function probeConnector(deps: ProbeDeps, name: string): Promise<boolean> {
  try {
    const connector = connectorOf(deps.connectors, name);
    await callTarget(deps.callTimeoutMs, (call) => connector.ping(call));
  } catch (error) {
    if (!(error instanceof ConnectorError)) {
      throw error;
    }
    deps.log.debug({ connector: name, kind: error.kind }, 'The target still does not answer');
    return false;
  }
  const due = await deps.store.retryNow(name, deps.clock.now());
  deps.log.info({ connector: name, due }, 'The target answers again; what waited for it is due now');
  return due > 0;
}
