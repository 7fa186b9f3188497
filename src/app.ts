/** The composition root: builds everything by hand and wires it. */
import { randomUUID } from 'node:crypto';
import { createActions } from './create-actions.js';
import { createCatalogReloads } from './catalog-reloads.js';
import { openCatalog, type ReloadOutcome } from './catalog/catalog-in-force.js';
import { createConnectorsInForce, isDescribedAs } from './connectors-in-force.js';
import { readSecretRef } from './secret-ref.js';
import { connectorKinds, createConnectors } from './connectors/registry.js';
import type { Catalog } from './domain/catalog.js';
import { LATE_EDIT_MS } from './domain/message.js';
import { MINUTE_MS, SECOND_MS, toUtcText } from './domain/time.js';
import { createHandOver } from './hand-over.js';
import { keepListening } from './keep-listening.js';
import { createHealth } from './ops/health.js';
import type { HealthAnswer } from './ops/health.js';
import { createHeartbeat } from './ops/heartbeat.js';
import { createMetrics } from './ops/metrics.js';
import { createOnCall } from './on-call/create-on-call.js';
import { withOnCall } from './on-call/directory-with-on-call.js';
import type { Log, Store } from './ports.js';
import { watchPeople } from './people-watch.js';
import { createIds } from './random-ids.js';
import { watchRules, type RulesWatch } from './rules-watch.js';
import type { Settings } from './settings.js';
import { createSlack } from './slack/create-slack.js';
import { createStore } from './store/create-store.js';
import { openDatabase } from './store/open-database.js';
import { withTimeLimit } from './time-limit.js';
import type { Deps } from './usecases/deps.js';
import { keepWatch, rearm } from './usecases/keep-watch.js';
import { reconcileAll } from './usecases/reconcile-connector.js';
import { renewTerms } from './usecases/renew-terms.js';
import { tellClockBehind } from './usecases/tell-clock-behind.js';
import { validateConnectors } from './usecases/validate-connectors.js';
import type { Environment } from './variables.js';
import { createLanes } from './wakeups/lanes.js';
import type { SystemClock } from './wakeups/system-clock.js';
import { startRounds, type Round } from './wakeups/rounds.js';
import { createWakeups } from './wakeups/create-wakeups.js';
import { startReconciler } from './wakeups/reconciler.js';
import { startWatchman, type Watchman } from './wakeups/watchman.js';

export type AppOptions = {
  readonly settings: Settings;
  /** Where the catalog's `env:NAME` references are looked up. */
  readonly env: Environment;
  readonly clock: SystemClock;
  readonly log: Log;
  /** Of every key in Redis; where one Redis serves several, each has its own. */
  readonly redisKeyPrefix?: string;
  /** How often the targets are held against the database; ten minutes without it. */
  readonly reconcileEveryMs?: number;
};

export type App = {
  /** The port that Slack's requests and the health probes come to; null while nothing can be listened to. */
  port(): number | null;
  /** Takes the catalog's file as it is now, as a whole or not at all. */
  reload(): Promise<ReloadOutcome>;
  /** Takes nothing new, waits for what is under way, bounded, and closes the database. */
  stop(): Promise<void>;
};

/** What stands between the use cases and the world outside; tests hand in parts that fail at a named point. */
export type AppParts = {
  readonly createStore: typeof createStore;
  readonly createConnectors: typeof createConnectors;
};
const REAL_PARTS: AppParts = { createStore, createConnectors };

/** How long one call to a target may take. */
const CALL_TIMEOUT_MS = 10 * SECOND_MS;
/** Wake-ups are armed at their commit, and anew for what comes within this time. */
const REARM_AHEAD_MS = 15 * MINUTE_MS;
const STOP_MS = 20 * SECOND_MS;
/** So many calls to one target at once, by direction. */
const CALLS_AT_ONCE = { revocations: 20, grants: 10 } as const;

/** Store, lanes and watchman first, then Slack: whatever else is broken, what is live ends. */
export async function startApp(options: AppOptions, parts: AppParts = REAL_PARTS): Promise<App> {
  const { settings, env, clock, log } = options;
  const database = await openDatabase({ path: settings.databaseFile, role: 'start' });
  const store = parts.createStore({ database });
  await store.voidLeases();
  await goOnFromLastEvent(store, clock, log);
  await store.expectLateEdits(clock.now() + LATE_EDIT_MS);
  const newestEvent = await store.auditHead();
  const catalogs = await openCatalog({
    file: settings.catalogFile,
    kinds: connectorKinds,
    store,
    clock,
    log,
  });
  const readSecret = (ref: string) => readSecretRef(ref, env).reveal();
  const connectors = createConnectorsInForce({
    catalog: catalogs.current().catalog,
    create: (catalog) => parts.createConnectors({ catalog, readSecret, log }),
    log,
  });
  const lanes = createLanes({
    concurrency: (lane) => concurrencyOf(lane, () => lanes.hasWaiting(':revocations')),
    log,
  });
  const slack = createSlack({
    settings: toSlackSettings(settings),
    clock,
    log,
    newFaultId: () => `evt_${randomUUID()}`,
  });

  const wakeups = createWakeups({
    redisUrl: settings.redisUrl,
    ...(options.redisKeyPrefix === undefined ? {} : { redisKeyPrefix: options.redisKeyPrefix }),
    clock,
    log,
    nextDueAt: async (after) => await store.nextDueAt(after),
    onDue: async () => await watchman.passNow(),
    onDueNow: (due) => handOver.dispatch(due),
    onWake: async (hint) => await handOver.wake(hint),
    onReady: () => void watchman.rearmNow(),
  });
  const deps: Deps = {
    store,
    wakeups: {
      arm(due) {
        wakeups.arm(due);
        slack.somethingChanged();
      },
    },
    clock,
    ids: createIds(),
    directory: withOnCall(slack.directory, createOnCall({ clock, log, readSecret })),
    connectors,
    catalogs,
    log,
    messenger: slack.messenger,
    callTimeoutMs: CALL_TIMEOUT_MS,
    brokenLeases: new Map(),
  };
  const handOver = createHandOver(deps, lanes);
  const watchman = startWatchman({
    clock,
    log,
    punctual: () => wakeups.isReachable(),
    pass: async ({ lagMs }) => {
      await keepWatch(deps, { lagMs, dispatch: (due) => handOver.dispatch(due) });
      await handOver.probe(async () => await watchman.passNow());
      await handOver.alarm();
    },
    rearm: async () => {
      await rearm(deps, { until: clock.now() + REARM_AHEAD_MS, arm: (page) => wakeups.arm(page) });
      await store.forget(clock.now());
    },
  });
  wakeups.start();
  const health = createHealth({
    clock,
    log,
    watchman,
    ping: async () => await store.ping(),
    slackConnected: () => slack.isConnected(),
    endingOnly: () => catalogs.current().endingOnly,
    ...(settings.redisUrl === null ? {} : { wakeupsReachable: () => wakeups.isReachable() }),
  });
  const metrics = createMetrics({
    clock,
    watchman,
    figures: async (now) => await store.figures(now),
    slackConnected: () => slack.isConnected(),
    wakeupsReachable: () => wakeups.isReachable(),
    endingOnly: () => catalogs.current().endingOnly,
    connectors: () => catalogs.current().catalog.connectors.keys(),
  });
  const probes = {
    '/healthz': async () => toProbe(health.live()),
    '/readyz': async () => toProbe(await health.ready()),
    '/metrics': async () => ({ metrics: await metrics() }),
  };
  let validated = validateConnectors(deps).catch((error: unknown): ReadonlyMap<string, string> => {
    log.error({ err: error }, 'The targets could not be looked at');
    return new Map();
  });
  const reconciler = startReconciler({
    look: async (stopping) => {
      // The first look finds what was found just now: a target that can't be reached is logged once.
      const logged = await validated;
      validated = Promise.resolve(new Map());
      return await reconcileAll(deps, { stopping, tells: true, logged });
    },
    log,
    ...(options.reconcileEveryMs === undefined ? {} : { everyMs: options.reconcileEveryMs }),
  });
  const people = watchPeople(deps);
  const rules = watchRules(deps);
  const reloads = createCatalogReloads({
    catalogs,
    store,
    after: newestEvent,
    use: (catalog) => connectors.use(catalog),
    onCatalogChanged: async (before) => await onCatalogChanged(deps, rules, before),
  });
  const rounds = startRounds(
    [
      people.round,
      rules.round,
      clockRound(deps),
      reloads.round,
      ...heartbeatRounds(settings, deps, watchman),
    ],
    { log },
  );
  const actions = createActions(deps, {
    personChanged: people.personChanged,
    reconcile: async () => await reconciler.runNow(),
    lookAnew: rules.lookAnew,
    renew: (id) => void lanes.offer('terms', id, () => renewTerms(deps, id)),
  });
  const listening = await keepListening(async () => await slack.start({ actions, probes }), {
    where: { host: settings.host, port: settings.port },
    log,
  });
  log.info(
    { port: listening.port(), mode: settings.slackMode.kind, wakeups: wakeups.kind },
    listening.port() === null
      ? 'Hallpass is running, and cannot be reached yet: the line before says why'
      : 'Hallpass is running',
  );

  return {
    port: () => listening.port(),
    reload: async () => await reloads.reload(),
    async stop() {
      listening.stop();
      await slack.stop();
      await people.stop();
      await rules.stop();
      await rounds.stop();
      await watchman.stop();
      await wakeups.stop({ withinMs: STOP_MS / 2 });
      lanes.close();
      // What takes longer loses nothing by the end of the process, and must not keep the rest from closing.
      await withTimeLimit(Promise.all([lanes.idle(), reconciler.stop()]), {
        ms: STOP_MS / 2,
        what: 'Work under way',
        onLate: () => undefined,
      }).catch((error: unknown) =>
        log.warn({ err: error }, 'Work is still under way; the next start takes it up from its rows'),
      );
      await connectors.close();
      await store.close();
      log.info({}, 'Hallpass has stopped; what is live is in the database');
    },
  };
}

/** A clock that was set back while Hallpass was down would prolong every window by as much. */
async function goOnFromLastEvent(store: Store, clock: SystemClock, log: Log): Promise<void> {
  const last = await store.lastEventAt();
  if (last !== null && clock.now() < last) {
    log.error(
      { clock: toUtcText(clock.now()), lastEvent: toUtcText(last) },
      'The clock of this machine stands before the last event on record. Time goes on from that event, so that no window grows, and nothing new opens until the clock is right. Set it right; if it is right, and stood ahead before, wait until nothing is open, stop Hallpass, and run `hallpass clock accept`',
    );
    clock.startNotBefore(last);
  }
}

/** What follows, once another catalog is in force. Nobody waits for a target that was changed in it. */
async function onCatalogChanged(deps: Deps, rules: RulesWatch, before: Catalog): Promise<void> {
  rules.lookAnew();
  const { connectors } = deps.catalogs.current().catalog;
  const changed = [...connectors.values()].filter(
    (spec) => !isDescribedAs(before.connectors.get(spec.name), spec),
  );
  const names = changed.map(({ name }) => name);
  validateConnectors(deps, names).catch((error: unknown) =>
    deps.log.error({ err: error }, 'The targets that were changed could not be looked at'),
  );
}

function clockRound(deps: Deps): Round {
  return { everyMs: MINUTE_MS, atStart: true, work: async () => await tellClockBehind(deps) };
}

/** A minute after the start for the first time: by then the watchman has made his rounds, or never will. */
function heartbeatRounds(settings: Settings, { store, clock, log }: Deps, watchman: Watchman): Round[] {
  const { heartbeatUrl: url } = settings;
  if (url === null) {
    return [];
  }
  const work = createHeartbeat({
    url,
    clock,
    log,
    watchman,
    ping: async () => await store.ping(),
    overdueSince: async () => (await store.figures(clock.now())).overdueSince,
  });
  return [{ everyMs: MINUTE_MS, atStart: false, work }];
}

/**
 * Notices to one person or channel go one after another, so that they arrive in order. While more ends wait than can be
 * under way, cards go one by one: drawing and sending them takes the time that the ends need.
 */
function concurrencyOf(lane: string, endsWait: () => boolean): number {
  if (lane.startsWith('notices:')) {
    return 1;
  }
  if (lane === 'cards') {
    return endsWait() ? 1 : 8;
  }
  if (lane === 'timers' || lane === 'terms') {
    return 8;
  }
  return lane.endsWith(':grants') ? CALLS_AT_ONCE.grants : CALLS_AT_ONCE.revocations;
}

function toProbe({ status, body }: HealthAnswer): { ok: boolean; facts: HealthAnswer['body'] } {
  return { ok: status === 200, facts: body };
}

function toSlackSettings(settings: Settings) {
  const { slackMode: mode, port, host } = settings;
  return {
    botToken: settings.botToken.reveal(),
    apiUrl: settings.slackApiUrl,
    command: settings.slackCommand,
    port,
    host,
    mode:
      mode.kind === 'socket'
        ? { kind: mode.kind, appToken: mode.appToken.reveal() }
        : { kind: mode.kind, signingSecret: mode.signingSecret.reveal() },
  };
}
