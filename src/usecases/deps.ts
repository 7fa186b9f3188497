import type { EntitlementId } from '../domain/ids.js';
import type {
  Catalogs,
  Connectors,
  Directory,
  Ids,
  KeptClock,
  Log,
  Messenger,
  Store,
  Wakeups,
} from '../ports.js';

/** What app.ts builds once; each use case takes the part that it needs. */
export type Deps = {
  readonly store: Store;
  readonly wakeups: Wakeups;
  readonly clock: KeptClock;
  readonly ids: Ids;
  readonly directory: Directory;
  readonly connectors: Connectors;
  readonly catalogs: Catalogs;
  readonly messenger: Messenger;
  readonly log: Log;
  /** How long one call to a target may take. Milliseconds. */
  readonly callTimeoutMs: number;
  /**
   * Leases of this process whose work is over although the database could not take that down, by their
   * entitlement: they must not keep an end waiting until they run out.
   */
  readonly brokenLeases: Map<EntitlementId, string>;
};
