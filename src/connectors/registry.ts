import type { Catalog } from '../domain/catalog.js';
import type { Connector, Connectors, Log } from '../ports.js';
import type { ConnectorKind, ReadSecret } from './define.js';
import { postgres } from './postgres/index.js';
import { simulate } from './simulate/index.js';
import { webhook } from './webhook/index.js';

export const connectorKinds: readonly ConnectorKind[] = [postgres, simulate, webhook];

export type OpenConnectors = Connectors & { close(): Promise<void> };

/**
 * One connector for each that the catalog names. None of them touches its target or its secret yet. One that
 * can't be built, after a change of its settings' shape say, is left out and logged: the others go on.
 */
export function createConnectors({
  catalog,
  readSecret,
  log,
  kinds = connectorKinds,
}: {
  catalog: Pick<Catalog, 'connectors'>;
  readSecret: ReadSecret;
  log: Log;
  kinds?: readonly ConnectorKind[];
}): OpenConnectors {
  const built = new Map<string, Connector>();
  for (const spec of catalog.connectors.values()) {
    try {
      const kind = kinds.find(({ use }) => use === spec.use);
      if (kind === undefined) {
        throw new Error(`There is no kind of connector named ${spec.use}`);
      }
      built.set(spec.name, kind.create({ spec, readSecret, log }));
    } catch (error) {
      log.error({ connector: spec.name, error }, 'A connector could not be built');
    }
  }
  return {
    get: (name) => built.get(name),
    close: async () => {
      await Promise.all([...built.values()].map((connector) => connector.close()));
    },
  };
}
