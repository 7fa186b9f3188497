import { findCatalog, NoCatalog } from '../catalog/catalog-in-force.js';
import { connectorKinds, createConnectors } from '../connectors/registry.js';
import type { OpenConnectors } from '../connectors/registry.js';
import type { Catalog } from '../domain/catalog.js';
import { SECOND_MS } from '../domain/time.js';
import type { Log, Store } from '../ports.js';
import { createIds } from '../random-ids.js';
import { readSecretRef } from '../secret-ref.js';
import type { ReconcileDeps } from '../usecases/reconcile-connector.js';
import { createSystemClock } from '../wakeups/system-clock.js';
import { catalogFile } from './catalog-file.js';
import type { Command } from './command.js';
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
    const catalog = await catalogFor(command, file, store);
    if (catalog === null) {
      return 2;
    }
    const connectors = createConnectors({ catalog, readSecret, log });
    try {
      return await work(toDeps({ store, catalog, connectors, log }));
    } finally {
      await connectors.close();
    }
  });
}

/** What Hallpass runs on, or would at a restart; says where that is not plainly the file. Null: there is none. */
async function catalogFor(command: Command, file: string, store: Store): Promise<Catalog | null> {
  try {
    const { catalog, fromFile, lastSha256, problems } = await findCatalog({
      file,
      kinds: connectorKinds,
      store,
    });
    if (fromFile === null) {
      tell(command, 'the catalog is broken, so this goes by the last good one, as the bot does', problems);
    } else if (lastSha256 !== null && lastSha256 !== catalog.sha256) {
      tell(
        command,
        `this goes by ${file}, which was changed since Hallpass last took it: \`hallpass reload\` has it taken`,
      );
    }
    return catalog;
  } catch (error) {
    if (error instanceof NoCatalog) {
      tell(command, 'the catalog is broken, and there is no good one from before. Mend it', error.problems);
      return null;
    }
    throw error;
  }
}

function tell(command: Command, text: string, problems: readonly string[] = []): void {
  command.err([`hallpass: ${text}${problems.length > 0 ? ':' : ''}`, ...problems].join('\n  '));
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

/** What a target says is printed with what was found; only what breaks in Hallpass itself is told at once. */
function quietLog(command: Command): Log {
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (_facts, message) => command.err(`hallpass: ${message}`),
  };
}
