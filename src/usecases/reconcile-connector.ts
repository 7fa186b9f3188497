/**
 * Holds one target against the database: reads back each entitlement that is ours, and lists each managed role for
 * what neither a window nor a row of ours explains. What cannot be read proves nothing.
 */
import type { DriftRule } from '../domain/drift.js';
import type { EntitlementId } from '../domain/ids.js';
import type { ReconciledView } from '../domain/views.js';
import { ConnectorError } from '../ports.js';
import type { Connector } from '../ports.js';
import { connectorOf } from './call-target.js';
import type { Deps } from './deps.js';
import { readDriftRule } from './drift-rule.js';
import { expelStanding } from './expel-standing.js';
import { findStrays } from './find-strays.js';
import { lookAtEntitlement } from './look-at-entitlement.js';
import type { Looked } from './look-at-entitlement.js';
import { tellOfStrays } from './tell-of-strays.js';

export type ReconcileDeps = Pick<
  Deps,
  'store' | 'wakeups' | 'clock' | 'ids' | 'connectors' | 'catalogs' | 'directory' | 'log' | 'callTimeoutMs'
>;

/** Few enough that the target's attention, and the connector's connections, are left to grants and revocations. */
const LOOKS_AT_ONCE = 2;
const PAGE = 200;

type Options = {
  readonly stopping: AbortSignal;
  /** Whether the admins can be reached from here, and are told. */
  readonly tells: boolean;
  /** What is in the log already of a connector that can't be read. */
  readonly logged?: ReadonlyMap<string, string>;
};

/** Every connector of the catalog; what breaks in one does not hide what the others show. */
export async function reconcileAll(deps: ReconcileDeps, options: Options): Promise<ReconciledView[]> {
  const { tells } = options;
  const names = [...deps.catalogs.current().catalog.connectors.keys()];
  return await Promise.all(
    names.map(async (name) => {
      try {
        const found = await reconcileConnector(deps, name, options);
        if (tells) {
          await tellOfStrays(deps, name);
        }
        return found;
      } catch (error) {
        deps.log.error({ connector: name, err: error }, 'A target could not be reconciled with the database');
        return { ...NOTHING_FOUND, connector: name, problems: ['Hallpass itself failed; its log says how'] };
      }
    }),
  );
}

const NOTHING_FOUND = {
  looked: 0,
  drifted: [],
  overdue: [],
  orphans: [],
  standing: [],
  stuck: false,
} as const;

async function reconcileConnector(
  deps: ReconcileDeps,
  name: string,
  { stopping, logged }: Options,
): Promise<ReconciledView> {
  const at = deps.clock.now();
  const spec = deps.catalogs.current().catalog.connectors.get(name);
  const problems = new Set<string>();
  const looks: Looked[] = [];
  const ask = async (act: () => Promise<void>): Promise<boolean> =>
    !stopping.aborted && (await asked(deps, { connector: name, problems, logged: logged?.get(name) }, act));
  await ask(async () => {
    const connector = connectorOf(deps.connectors, name);
    let answers = await lookAtAll(deps, connector, { looks, ask });
    for (const role of spec?.manage ?? []) {
      answers = answers && (await ask(async () => await findStrays(deps, { connector, role }, at)));
    }
    if (spec !== undefined && answers) {
      await expelStanding(deps, spec, connector);
    }
  });
  const open = await deps.store.openStrays(name);
  return {
    connector: name,
    looked: looks.length,
    drifted: looks.filter(({ finding }) => finding === 'drifted').map(toDrifted),
    overdue: looks.filter(({ finding }) => finding === 'overdue').map(toDrifted),
    orphans: open.filter(({ kind }) => kind === 'orphan'),
    standing: open.filter(({ kind }) => kind === 'standing'),
    stuck: (await deps.store.stuckConnectors(1)).includes(name),
    problems: [...problems],
  };
}

function toDrifted({ entitlement: { role, account, owner } }: Looked): ReconciledView['drifted'][number] {
  return { role, account, owner };
}

/** False when the target can't be reached, and need not be asked more. A fault of ours is thrown on. */
async function asked(
  deps: ReconcileDeps,
  of: { readonly connector: string; readonly problems: Set<string>; readonly logged: string | undefined },
  act: () => Promise<void>,
): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (!(error instanceof ConnectorError)) {
      throw error;
    }
    const { connector, problems, logged } = of;
    if (!problems.has(error.message) && error.message !== logged) {
      deps.log.warn({ connector, kind: error.kind, err: error }, 'A target could not be reconciled');
    }
    problems.add(error.message);
    return error.kind !== 'unreachable';
  }
}

/** Each entitlement of ours, a page at a time, and what else windows rely on. */
async function lookAtAll(
  deps: ReconcileDeps,
  connector: Connector,
  { looks, ask }: { looks: Looked[]; ask: (act: () => Promise<void>) => Promise<boolean> },
): Promise<boolean> {
  // What only this process remembers is gone with a restart, and nothing outside has changed.
  if (connector.simulated) {
    return true;
  }
  let rule: Promise<DriftRule> | null = null;
  const ruleOnce = async (): Promise<DriftRule> => await (rule ??= readDriftRule(deps, connector.name));

  /** One that is asked about in vain does not keep the rest from it. */
  async function lookAt(ids: readonly EntitlementId[]): Promise<boolean> {
    const left = [...ids];
    let answers = true;
    const work = async (): Promise<void> => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        const input = { id, connector, rule: ruleOnce };
        const answered = await ask(async () => {
          const looked = await lookAtEntitlement(deps, input);
          looks.push(...(looked === null ? [] : [looked]));
        });
        if (!answered) {
          answers = false;
          left.length = 0;
        }
      }
    };
    await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, work));
    return answers;
  }

  let after: EntitlementId | null = null;
  for (;;) {
    const page: EntitlementId[] = await deps.store.oursIn(connector.name, { after, limit: PAGE });
    const answers = await lookAt(page);
    after = page.at(-1) ?? null;
    if (!answers) {
      return false;
    }
    if (page.length < PAGE) {
      return await lookAt(await deps.store.reliedOnIn(connector.name));
    }
  }
}
