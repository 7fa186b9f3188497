import { isDeepStrictEqual } from 'node:util';
import type { OpenConnectors } from './connectors/registry.js';
import type { Catalog, ConnectorSpec } from './domain/catalog.js';
import { MINUTE_MS } from './domain/time.js';
import type { Connector, Log } from './ports.js';

type Specs = Pick<Catalog, 'connectors'>;
type Held = { readonly spec: ConnectorSpec; readonly opened: OpenConnectors };

export type ConnectorsInForce = OpenConnectors & {
  /** Those of this catalog from now on. One that is described as before stays as it is, with its connections. */
  use(catalog: Specs): void;
};

/** Whether a connector can go on as it is under this description. */
export function isDescribedAs(before: ConnectorSpec | undefined, now: ConnectorSpec): boolean {
  return isDeepStrictEqual(before, now);
}

/** Work that has begun with a connector goes on with it: several calls, each bounded, well within this time. */
const CLOSE_AFTER_MS = MINUTE_MS;

/** The connectors of the catalog in force, which may be another one tomorrow. */
export function createConnectorsInForce(parts: {
  readonly catalog: Specs;
  readonly create: (catalog: Specs) => OpenConnectors;
  readonly log: Log;
  readonly closeAfterMs?: number;
}): ConnectorsInForce {
  const { create, log, closeAfterMs = CLOSE_AFTER_MS } = parts;
  let held = new Map<string, Held>();
  const retired = new Map<OpenConnectors, NodeJS.Timeout>();

  function open(spec: ConnectorSpec): Held {
    return { spec, opened: create({ connectors: new Map([[spec.name, spec]]) }) };
  }

  function retire({ spec, opened }: Held): void {
    const timer = setTimeout(() => {
      retired.delete(opened);
      opened
        .close()
        .catch((error: unknown) =>
          log.error(
            { connector: spec.name, err: error },
            'A connector that is not used any more did not close',
          ),
        );
    }, closeAfterMs);
    timer.unref();
    retired.set(opened, timer);
  }

  function use({ connectors }: Specs): void {
    const before = held;
    held = new Map(
      [...connectors].map(([name, spec]) => {
        const known = before.get(name);
        return [name, known !== undefined && isDescribedAs(known.spec, spec) ? known : open(spec)];
      }),
    );
    for (const [name, one] of before) {
      if (held.get(name) !== one) {
        retire(one);
      }
    }
  }

  use(parts.catalog);
  return {
    use,
    get: (name): Connector | undefined => held.get(name)?.opened.get(name),
    async close() {
      retired.forEach((timer) => clearTimeout(timer));
      const all = [...[...held.values()].map(({ opened }) => opened), ...retired.keys()];
      await Promise.all(all.map(async (opened) => await opened.close()));
    },
  };
}
