import { readFileSync } from 'node:fs';
import type { AuditEntry, AuditKind } from '../domain/audit.js';
import type { Catalog } from '../domain/catalog.js';
import type { Catalogs, Clock, Log, Store } from '../ports.js';
import type { ConnectorKind } from './connector-kind.js';
import { loadCatalog, problemText } from './load-catalog.js';

/** Neither the file nor the database holds a catalog to run on. */
export class NoCatalog extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`No usable catalog:\n${problems.join('\n')}`);
    this.name = 'NoCatalog';
    this.problems = problems;
  }
}

type Loaded = { readonly catalog: Catalog; readonly source: string; readonly warnings: readonly string[] };

type Sources = { readonly file: string; readonly kinds: readonly ConnectorKind[]; readonly store: Store };

/**
 * The catalog of the file; or, where that is broken, the last good one out of the database, and then what
 * is live ends and nothing new opens. Throws NoCatalog when there is neither.
 */
export async function openCatalog(input: Sources & { clock: Clock; log: Log }): Promise<CatalogInForce> {
  const { store, clock, log } = input;
  const { catalog, lastSha256, fromFile, problems } = await findCatalog(input);
  if (fromFile !== null) {
    fromFile.warnings.forEach((warning) => log.warn({ warning }, 'The catalog has a doubtful place'));
    if (lastSha256 !== catalog.sha256) {
      await store.keepCatalog({ sha256: catalog.sha256, source: fromFile.source }, clock.now());
      await note(store, clock, 'catalog.loaded', { sha256: catalog.sha256 });
    }
    return keepInForce(input, { catalog, endingOnly: false });
  }
  log.error(
    { problems, sha256: lastSha256 },
    'The catalog is broken: running on the last good one. What is live ends; nothing new opens. Mend the file and reload: SIGHUP, or `hallpass reload`',
  );
  await note(store, clock, 'catalog.refused', { inForce: lastSha256, problems });
  return keepInForce(input, { catalog, endingOnly: true });
}

export type Reload = {
  /** The number of the event by which somebody asked for it; null for a signal. */
  readonly asked: number | null;
  /** Called with the catalog that is in force from now on, before anybody asks for it. */
  readonly use: (catalog: Catalog) => void;
};

export type ReloadOutcome =
  | { readonly kind: 'taken' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

export type CatalogInForce = Catalogs & {
  /** Reads the file anew, and takes it as a whole or not at all: then all stays as it was. One at a time. */
  reload(how: Reload): Promise<ReloadOutcome>;
};

type InForce = ReturnType<Catalogs['current']>;

function keepInForce(input: Sources & { clock: Clock; log: Log }, first: InForce): CatalogInForce {
  const { file, kinds, store, clock, log } = input;
  let inForce = first;

  function put(next: InForce, use: Reload['use']): void {
    inForce = next;
    use(next.catalog);
  }

  async function refuse(problems: readonly string[], { asked }: Reload): Promise<ReloadOutcome> {
    const { catalog, endingOnly } = inForce;
    log.error(
      { problems, sha256: catalog.sha256, endingOnly },
      'The catalog was not taken: all stays as it was. Mend the file and reload again',
    );
    await note(store, clock, 'catalog.refused', { inForce: catalog.sha256, problems, asked });
    return { kind: 'refused', problems };
  }

  return {
    current: () => inForce,
    async reload(how) {
      const { asked, use } = how;
      const before = inForce;
      const read = readCatalogFile(file, kinds);
      const problems = read.ok ? await missesWhatIsLive(read.value.catalog, file, store) : read.problems;
      if (!read.ok || problems.length > 0) {
        return await refuse(problems, how);
      }
      const { catalog, source, warnings } = read.value;
      warnings.forEach((warning) => log.warn({ warning }, 'The catalog has a doubtful place'));
      if (catalog.sha256 === before.catalog.sha256 && !before.endingOnly) {
        log.info({ sha256: catalog.sha256 }, 'The catalog is the one that is in force already');
        await note(store, clock, 'catalog.unchanged', { sha256: catalog.sha256, asked });
        return { kind: 'unchanged' };
      }
      put({ catalog, endingOnly: false }, use);
      // A request that was approved by the one before may have come in between.
      const missed = await missesWhatIsLive(catalog, file, store);
      if (missed.length > 0) {
        put(before, use);
        return await refuse(missed, how);
      }
      try {
        await store.keepCatalog({ sha256: catalog.sha256, source }, clock.now());
        const facts = { from: before.catalog.sha256, to: catalog.sha256, asked };
        await note(store, clock, 'catalog.changed', facts);
        log.info(facts, 'The catalog was taken, and is in force');
      } catch (error) {
        put(before, use);
        throw error;
      }
      return { kind: 'taken' };
    },
  };
}

type CatalogFound = {
  readonly catalog: Catalog;
  /** Of the last good one in the database. */
  readonly lastSha256: string | null;
  /** Null where the last good one stands in, because of `problems`. */
  readonly fromFile: Loaded | null;
  readonly problems: readonly string[];
};

/** What a start would run on; writes nothing. Throws NoCatalog. */
export async function findCatalog({ file, kinds, store }: Sources): Promise<CatalogFound> {
  const read = readCatalogFile(file, kinds);
  const problems = read.ok ? await missesWhatIsLive(read.value.catalog, file, store) : read.problems;
  const last = await store.lastCatalog();
  const lastSha256 = last?.sha256 ?? null;
  if (read.ok && problems.length === 0) {
    return { catalog: read.value.catalog, lastSha256, fromFile: read.value, problems };
  }
  if (last === null) {
    throw new NoCatalog(problems);
  }
  const kept = loadCatalog({ source: last.source, file: 'the last good catalog', kinds });
  if (!kept.ok) {
    throw new NoCatalog([...problems, ...kept.problems.map(problemText)]);
  }
  return { catalog: kept.catalog, lastSha256, fromFile: null, problems };
}

/** `advice`: what to do where there is no such file. */
export function readCatalogFile(
  file: string,
  kinds: readonly ConnectorKind[],
  advice = 'set CATALOG to its path, or copy access.example.yaml there',
): { ok: true; value: Loaded } | { ok: false; problems: string[] } {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    return { ok: false, problems: [`${file}: ${whyUnreadable(error)}; ${advice}`] };
  }
  const outcome = loadCatalog({ source, file, kinds });
  return outcome.ok
    ? { ok: true, value: { catalog: outcome.catalog, source, warnings: outcome.warnings } }
    : { ok: false, problems: outcome.problems.map(problemText) };
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EISDIR: 'that is a directory, and no catalog',
    EACCES: "the catalog can't be read: this user has no right to",
  };
  return known[code] ?? `the catalog can't be read (${code})`;
}

/** A catalog that no longer knows what live entitlements need would leave them where they are. */
async function missesWhatIsLive(catalog: Catalog, file: string, store: Store): Promise<string[]> {
  const inUse = await store.connectorsInUse();
  return inUse.flatMap(({ connector, roles }) => {
    const spec = catalog.connectors.get(connector);
    if (spec === undefined) {
      return [
        `${file}: live access needs the connector ${connector}; put it back until that access has ended`,
      ];
    }
    const missing = roles.filter((role) => !spec.manage.includes(role));
    return missing.map(
      (role) =>
        `${file}: live access needs ${role} under manage of ${connector}; put it back until that access has ended`,
    );
  });
}

async function note(
  store: Store,
  clock: Clock,
  kind: Extract<AuditKind, `catalog.${string}`>,
  facts: AuditEntry['facts'],
): Promise<void> {
  await store.commit({ at: clock.now(), audit: [{ kind, actor: { kind: 'hallpass' }, facts }] });
}
