/** Looks at every target once, at the start and after a change of the catalog, and says in the log what is wrong with its set-up. */
import { ConnectorError } from '../ports.js';
import { callTarget, connectorOf } from './call-target.js';
import type { Deps } from './deps.js';

type ValidateDeps = Pick<Deps, 'catalogs' | 'connectors' | 'log' | 'callTimeoutMs'>;

/** All of the catalog, or those that are named. Answers why some could not be looked at, by connector. */
export async function validateConnectors(
  deps: ValidateDeps,
  names: readonly string[] = [...deps.catalogs.current().catalog.connectors.keys()],
): Promise<ReadonlyMap<string, string>> {
  const troubles = await Promise.all(names.map(async (name) => [name, await validate(deps, name)] as const));
  return new Map(troubles.flatMap(([name, why]) => (why === null ? [] : [[name, why] as const])));
}

async function validate(deps: ValidateDeps, name: string): Promise<string | null> {
  try {
    const connector = connectorOf(deps.connectors, name);
    const findings = await callTarget(deps.callTimeoutMs, (call) => connector.validate(call));
    if (findings.length === 0) {
      deps.log.info({ connector: name }, 'A target was looked at, and nothing is amiss');
    }
    for (const { level, text } of findings) {
      deps.log[level === 'error' ? 'error' : 'warn'](
        { connector: name, finding: text },
        'A target needs attention',
      );
    }
    return null;
  } catch (error) {
    if (!(error instanceof ConnectorError)) {
      throw error;
    }
    deps.log.error({ connector: name, kind: error.kind, err: error }, 'A target could not be looked at');
    return error.message;
  }
}
