import { userInfo } from 'node:os';
import { readCatalogFile } from '../catalog/catalog-in-force.js';
import { connectorKinds, createConnectors } from '../connectors/registry.js';
import type { OpenConnectors } from '../connectors/registry.js';
import type { Catalog } from '../domain/catalog.js';
import type { Actor } from '../domain/grant.js';
import { SECOND_MS } from '../domain/time.js';
import type { Log, Store } from '../ports.js';
import { createIds } from '../random-ids.js';
import { readSecretRef } from '../secret-ref.js';
import { readDatabaseFile } from '../settings.js';
import { createStore } from '../store/create-store.js';
import { DatabaseRefused } from '../store/database-refused.js';
import { openDatabase } from '../store/open-database.js';
import type { ReconcileDeps } from '../usecases/reconcile-connector.js';
import { readVariable } from '../variables.js';
import { createSystemClock } from '../wakeups/system-clock.js';
import type { Command } from './command.js';

/** Of the machine's user, for the audit trail. */
export function operator(): Extract<Actor, { kind: 'operator' }> {
  return { kind: 'operator', name: userInfo().username };
}

/** Beside a running Hallpass, or without one: commits like anybody, and says in words what is missing. */
export async function withStore(command: Command, work: (store: Store) => Promise<number>): Promise<number> {
  const path = readDatabaseFile(command.env);
  if (!path.ok) {
    command.err(path.problem);
    return 2;
  }
  try {
    const store = createStore({ database: await openDatabase({ path: path.file, role: 'beside' }) });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof DatabaseRefused) {
      command.err(`hallpass: ${error.message}`);
      return 2;
    }
    throw error;
  }
}

/** The same, with the catalog's targets. */
export async function withTargets(
  command: Command,
  work: (deps: ReconcileDeps) => Promise<number>,
): Promise<number> {
  const variable = readVariable('CATALOG', command.env);
  const file = variable.kind === 'value' ? variable.text : './access.yaml';
  const read = readCatalogFile(file, connectorKinds);
  if (!read.ok) {
    command.err(['hallpass: the catalog needs a look:', ...read.problems].join('\n  '));
    return 2;
  }
  const { catalog } = read.value;
  const log = quietLog(command);
  const readSecret = (ref: string) => readSecretRef(ref, command.env).reveal();
  return await withStore(command, async (store) => {
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
