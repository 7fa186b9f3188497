import { createConnectors } from '../connectors/registry.js';
import type { OpenConnectors } from '../connectors/registry.js';
import type { Catalog } from '../domain/catalog.js';
import { SECOND_MS } from '../domain/time.js';
import type { Log, Store } from '../ports.js';
import { createIds } from '../random-ids.js';
import { readSecretRef } from '../secret-ref.js';
import type { ReconcileDeps } from '../usecases/reconcile-connector.js';
import { createSystemClock } from '../wakeups/system-clock.js';
import { catalogFile } from './catalog-file.js';
import { catalogFor } from './catalog-for.js';
import type { Command } from './command.js';
import { quietLog } from './quiet-log.js';
import { withStore } from './with-store.js';

/** The catalog's targets, and the database beside a bot that may be running; answers the exit code. */
export async function withTargets(
  command: Command,
  work: (deps: ReconcileDeps) => Promise<number>,
): Promise<number> {
  const found = catalogFile(command.env);
  if (!found.ok) {
    command.err(found.problem);
    return 2;
  }
  const { file } = found;
  const log = quietLog(command);
  const readSecret = (ref: string) => readSecretRef(ref, command.env).reveal();
  return await withStore(command, async (store) => {
    const inForce = await catalogFor(command, file, store);
    if (inForce === null) {
      return 2;
    }
    const { catalog } = inForce;
    const connectors = createConnectors({ catalog, readSecret, log });
    try {
      return await work(toDeps({ store, catalog, connectors, log }));
    } finally {
      await connectors.close();
    }
  });
}

/** Slack is not asked: whom to tell is up to the Hallpass that runs, which finds in the rows what there is to tell. */
function toDeps(of: { store: Store; catalog: Catalog; connectors: OpenConnectors; log: Log }): ReconcileDeps {
  const { catalog, ...rest } = of;
  return {
    ...rest,
    wakeups: { arm: () => undefined },
    clock: createSystemClock(),
    ids: createIds(),
    catalogs: { current: () => ({ catalog, endingOnly: false }) },
    directory: {
      person: async () => 'unreadable',
      members: async () => ({ readable: false, why: 'the command line does not ask Slack' }),
      profileField: async () => ({ readable: false, why: 'the command line does not ask Slack' }),
    },
    callTimeoutMs: 10 * SECOND_MS,
  };
}
