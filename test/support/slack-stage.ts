import { accept, refuse } from '../../src/domain/result.js';
import { MINUTE_MS } from '../../src/domain/time.js';
import type { Clock, Log } from '../../src/ports.js';
import type { SeenMessage } from '../../src/emulated-slack/ledger.js';
import { startSlackWorld, type SlackWorld } from '../../src/emulated-slack/world.js';
import type { Actions } from '../../src/slack/actions.js';
import { createBoltLogger } from '../../src/slack/bolt-logger.js';
import { createSlackClients } from '../../src/slack/clients.js';
import { createDirectory } from '../../src/slack/directory.js';
import { createHomeTeam } from '../../src/slack/home-team.js';
import { createMessenger } from '../../src/slack/messenger.js';
import { createSlackApp, type SlackMode } from '../../src/slack/slack-app.js';
import {
  NOW,
  activeGrant,
  approvedRequest,
  emergencyForm,
  orphan,
  pendingRequest,
  stepView,
  stuckView,
} from '../../src/examples/views.js';

const SIGNING_SECRET = 'a signing secret';
const BOT_TOKEN = 'xoxb-stage';
const APP_TOKEN = 'xapp-stage';

export const HTTP: SlackMode = { kind: 'http', signingSecret: SIGNING_SECRET };
export const SOCKET: SlackMode = { kind: 'socket', appToken: APP_TOKEN };

const REAL_CLOCK: Clock = { now: () => Date.now() };

export type Line = { level: string; facts: Readonly<Record<string, unknown>>; message: string };

function createTestLog(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (facts: Readonly<Record<string, unknown>>, message: string): void => {
      lines.push({ level, facts, message });
    };
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

/** What was asked of Hallpass; answers as on a day when all goes well, unless a test says otherwise. */
export function createActions(change: Partial<Actions> = {}): {
  actions: Actions;
  asked: { name: string; input: unknown }[];
} {
  const asked: { name: string; input: unknown }[] = [];
  const wellDone: Actions = {
    submitRequest: async (input) =>
      accept({
        request: pendingRequest({ resource: input.resource, reason: input.reason }),
        grant: null,
        title: 'Orders database, production',
        steps: [stepView()],
        pinged: 2,
      }),
    prolongGrant: async () =>
      accept({
        request: pendingRequest(),
        grant: null,
        title: 'Orders database',
        steps: [stepView()],
        pinged: 1,
      }),
    extendGrant: async () =>
      accept({
        request: pendingRequest(),
        grant: null,
        title: 'Orders database',
        steps: [stepView()],
        pinged: 1,
      }),
    takeEmergency: async () =>
      accept({ request: approvedRequest(), grant: activeGrant(), title: 'Orders database' }),
    emergencyForm: async () => accept(emergencyForm()),
    emergencies: async () => [emergencyForm()],
    reviewEmergency: async ({ verdict }) => accept({ request: approvedRequest(), verdict, missing: 1 }),
    reviewForm: async () => accept({ request: approvedRequest(), title: 'Orders database' }),
    decideRequest: async (input) =>
      input.verdict === 'approve'
        ? accept({
            request: approvedRequest(),
            title: 'Orders database',
            grant: activeGrant(),
            steps: [stepView()],
            verdict: 'approve',
            denialsMissing: 1,
          })
        : accept({
            request: { ...pendingRequest(), state: 'denied', decidedAt: 0 },
            title: 'Orders database',
            grant: null,
            steps: [stepView()],
            verdict: 'deny',
            denialsMissing: 0,
          }),
    cancelRequest: async () => accept({ request: pendingRequest(), title: 'Orders database' }),
    endOwnGrant: async () => accept({ grant: activeGrant(), title: 'Orders database', stillHeldBy: [] }),
    revokeGrant: async () => accept({ grant: activeGrant(), title: 'Orders database', stillHeldBy: [] }),
    personChanged: async () => undefined,
    whoHas: async ({ about, offset }) =>
      accept({
        about,
        holders: [],
        total: 0,
        offset,
        pageSize: 10,
        marked: [],
        standing: [],
        unlisted: [],
        mayExport: false,
      }),
    exportHolders: async ({ about }) =>
      accept({ about, at: NOW, holders: [], total: 0, marked: [], standing: [], unlisted: [] }),
    mine: async () => ({ grants: [], pending: [] }),
    offers: async () => ({
      offers: [
        {
          roleKey: 'prod-db:readonly',
          resource: 'prod-db',
          role: 'readonly',
          isDefault: true,
          title: 'Orders database',
          minMs: MINUTE_MS,
          defaultMs: 30 * MINUTE_MS,
          maxMs: 240 * MINUTE_MS,
          approvals: [stepView()],
          parts: [],
          forOthers: false,
        },
      ],
      unreadable: [],
    }),
    explainRole: async () => refuse({ code: 'unknown-resource', typed: 'x', suggestions: [] }),
    history: async ({ about, backMs }) =>
      accept({ about, backMs, items: [], total: 0, offset: 0, pageSize: 8, mayExport: false }),
    exportHistory: async ({ about, backMs }) => accept({ about, backMs, items: [], total: 0, at: NOW }),
    home: async ({ place }) =>
      accept({
        place,
        own: { grants: [], pending: [] },
        deciding: [],
        decidingIsMore: false,
        reviews: [],
        admin: null,
      }),
    whoAmI: async ({ viewer }) => accept({ userId: viewer, email: null, groups: [], accounts: [] }),
    prolongForm: async () =>
      accept({ grant: activeGrant(), title: 'Orders database', leftMs: 60 * MINUTE_MS }),
    extendForm: async () =>
      accept({ grant: activeGrant(), title: 'Orders database', leftMs: 60 * MINUTE_MS }),
    revealSecret: async () => accept({ grant: activeGrant(), title: 'Orders database', secrets: [] }),
    denyForm: async () =>
      accept({ request: pendingRequest(), title: 'Orders database, production', reasonRequired: false }),
    listStuck: async ({ offset }) =>
      accept({ stuck: [], total: 0, offset, pageSize: 5, at: 0, mayAct: true }),
    retryStuck: async () => accept({ stuck: { ...stuckView(), error: null }, outcome: 'gone' }),
    removalForm: async () => accept({ stuck: stuckView() }),
    markRemoved: async () => accept({ stuck: { ...stuckView(), error: null }, outcome: 'taken' }),
    revokeForm: async () => accept({ grant: activeGrant(), title: 'Orders database, production' }),
    reconcile: async () => accept([]),
    orphansForm: async () => accept({ orphans: [orphan()] }),
    removeOrphan: async () => accept(orphan()),
    adoptOrphan: async () => accept({ stray: orphan(), grant: activeGrant(), title: 'Orders database' }),
    nudgeRequest: async () => accept({ request: pendingRequest() }),
    delegate: async ({ by, named }) =>
      accept({
        made: named === null ? null : { delegator: by, version: 0, madeAt: NOW, ...named },
        ended: null,
      }),
    delegations: async () => ({ own: null, forOthers: [] }),
    claimRequest: async () => accept({ request: pendingRequest(), from: null }),
    confirmEnforcement: async () => accept({ connector: 'orders-db', roles: ['app_readonly'] }),
    ...change,
  };
  const heard = <Input, Output>(name: string, act: (input: Input) => Promise<Output>) => {
    return async (input: Input): Promise<Output> => {
      asked.push({ name, input });
      return act(input);
    };
  };
  return {
    asked,
    actions: {
      submitRequest: heard('submitRequest', async (input: Parameters<Actions['submitRequest']>[0]) =>
        wellDone.submitRequest(input),
      ),
      prolongGrant: heard('prolongGrant', async (input: Parameters<Actions['prolongGrant']>[0]) =>
        wellDone.prolongGrant(input),
      ),
      extendGrant: heard('extendGrant', async (input: Parameters<Actions['extendGrant']>[0]) =>
        wellDone.extendGrant(input),
      ),
      extendForm: heard('extendForm', async (input: Parameters<Actions['extendForm']>[0]) =>
        wellDone.extendForm(input),
      ),
      takeEmergency: heard('takeEmergency', async (input: Parameters<Actions['takeEmergency']>[0]) =>
        wellDone.takeEmergency(input),
      ),
      emergencyForm: heard('emergencyForm', async (input: Parameters<Actions['emergencyForm']>[0]) =>
        wellDone.emergencyForm(input),
      ),
      emergencies: heard('emergencies', async (input: Parameters<Actions['emergencies']>[0]) =>
        wellDone.emergencies(input),
      ),
      reviewEmergency: heard('reviewEmergency', async (input: Parameters<Actions['reviewEmergency']>[0]) =>
        wellDone.reviewEmergency(input),
      ),
      reviewForm: heard('reviewForm', async (input: Parameters<Actions['reviewForm']>[0]) =>
        wellDone.reviewForm(input),
      ),
      decideRequest: heard('decideRequest', async (input: Parameters<Actions['decideRequest']>[0]) =>
        wellDone.decideRequest(input),
      ),
      cancelRequest: heard('cancelRequest', async (input: Parameters<Actions['cancelRequest']>[0]) =>
        wellDone.cancelRequest(input),
      ),
      nudgeRequest: heard('nudgeRequest', async (input: Parameters<Actions['nudgeRequest']>[0]) =>
        wellDone.nudgeRequest(input),
      ),
      delegate: heard('delegate', async (input: Parameters<Actions['delegate']>[0]) =>
        wellDone.delegate(input),
      ),
      delegations: heard('delegations', async (input: Parameters<Actions['delegations']>[0]) =>
        wellDone.delegations(input),
      ),
      claimRequest: heard('claimRequest', async (input: Parameters<Actions['claimRequest']>[0]) =>
        wellDone.claimRequest(input),
      ),
      endOwnGrant: heard('endOwnGrant', async (input: Parameters<Actions['endOwnGrant']>[0]) =>
        wellDone.endOwnGrant(input),
      ),
      revokeGrant: heard('revokeGrant', async (input: Parameters<Actions['revokeGrant']>[0]) =>
        wellDone.revokeGrant(input),
      ),
      personChanged: heard('personChanged', async (input: Parameters<Actions['personChanged']>[0]) =>
        wellDone.personChanged(input),
      ),
      whoHas: heard('whoHas', async (input: Parameters<Actions['whoHas']>[0]) => wellDone.whoHas(input)),
      mine: heard('mine', async (input: Parameters<Actions['mine']>[0]) => wellDone.mine(input)),
      exportHolders: heard('exportHolders', async (input: Parameters<Actions['exportHolders']>[0]) =>
        wellDone.exportHolders(input),
      ),
      history: heard('history', async (input: Parameters<Actions['history']>[0]) => wellDone.history(input)),
      exportHistory: heard('exportHistory', async (input: Parameters<Actions['exportHistory']>[0]) =>
        wellDone.exportHistory(input),
      ),
      home: heard('home', async (input: Parameters<Actions['home']>[0]) => wellDone.home(input)),
      offers: heard('offers', async (input: Parameters<Actions['offers']>[0]) => wellDone.offers(input)),
      explainRole: heard('explainRole', async (input: Parameters<Actions['explainRole']>[0]) =>
        wellDone.explainRole(input),
      ),
      whoAmI: heard('whoAmI', async (input: Parameters<Actions['whoAmI']>[0]) => wellDone.whoAmI(input)),
      prolongForm: heard('prolongForm', async (input: Parameters<Actions['prolongForm']>[0]) =>
        wellDone.prolongForm(input),
      ),
      revealSecret: heard('revealSecret', async (input: Parameters<Actions['revealSecret']>[0]) =>
        wellDone.revealSecret(input),
      ),
      denyForm: heard('denyForm', async (input: Parameters<Actions['denyForm']>[0]) =>
        wellDone.denyForm(input),
      ),
      listStuck: heard('listStuck', async (input: Parameters<Actions['listStuck']>[0]) =>
        wellDone.listStuck(input),
      ),
      retryStuck: heard('retryStuck', async (input: Parameters<Actions['retryStuck']>[0]) =>
        wellDone.retryStuck(input),
      ),
      removalForm: heard('removalForm', async (input: Parameters<Actions['removalForm']>[0]) =>
        wellDone.removalForm(input),
      ),
      markRemoved: heard('markRemoved', async (input: Parameters<Actions['markRemoved']>[0]) =>
        wellDone.markRemoved(input),
      ),
      revokeForm: heard('revokeForm', async (input: Parameters<Actions['revokeForm']>[0]) =>
        wellDone.revokeForm(input),
      ),
      reconcile: heard('reconcile', async (input: Parameters<Actions['reconcile']>[0]) =>
        wellDone.reconcile(input),
      ),
      orphansForm: heard('orphansForm', async (input: Parameters<Actions['orphansForm']>[0]) =>
        wellDone.orphansForm(input),
      ),
      removeOrphan: heard('removeOrphan', async (input: Parameters<Actions['removeOrphan']>[0]) =>
        wellDone.removeOrphan(input),
      ),
      adoptOrphan: heard('adoptOrphan', async (input: Parameters<Actions['adoptOrphan']>[0]) =>
        wellDone.adoptOrphan(input),
      ),
      confirmEnforcement: heard(
        'confirmEnforcement',
        async (input: Parameters<Actions['confirmEnforcement']>[0]) => wellDone.confirmEnforcement(input),
      ),
    },
  };
}

export async function startStageWorld(): Promise<SlackWorld> {
  return startSlackWorld({
    people: [
      { id: 'U03DANA', name: 'dana', email: 'dana@example.com', timeZone: 'Europe/Berlin' },
      { id: 'U01MIA', name: 'mia', email: 'mia@example.com' },
      { id: 'U02SAM', name: 'sam', email: 'sam@example.com' },
      { id: 'U04GUS', name: 'gus', email: 'gus@example.com', isRestricted: true },
      { id: 'U05OUT', name: 'olga', email: 'olga@other.example', teamId: 'T0OTHER' },
    ],
    channels: [
      { id: 'C0APPROVALS', name: 'approvals', members: ['dana', 'mia', 'sam', 'olga'] },
      { id: 'C0TEAM', name: 'team', members: ['dana', 'mia', 'gus'] },
      { id: 'C0SECRET', name: 'secret', isPrivate: true, members: ['mia'], botIsMember: false },
    ],
    userGroups: [{ id: 'S0DBA', handle: 'dba', members: ['mia', 'sam'] }],
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    workspace: { teamId: 'T0HOME' },
  });
}

/** Hallpass's Slack side against the emulated world, with stand-ins for what lies behind it. */
export function createStage(
  world: SlackWorld,
  options: { mode?: SlackMode; actions?: Actions; patienceMs?: number } = {},
) {
  const { mode = HTTP, actions = createActions().actions, patienceMs } = options;
  const { log, lines } = createTestLog();
  const clients = createSlackClients({
    botToken: BOT_TOKEN,
    apiUrl: world.apiUrl,
    logger: createBoltLogger(log),
  });
  const home = createHomeTeam({ client: clients.directory, log });
  const patience = patienceMs === undefined ? {} : { patienceMs };
  const directory = createDirectory({
    client: clients.directory,
    home,
    clock: REAL_CLOCK,
    log,
    ...patience,
  });
  const messenger = createMessenger({ client: clients.outbox, clock: REAL_CLOCK, log });
  let faults = 0;
  const app = createSlackApp({
    settings: {
      botToken: BOT_TOKEN,
      mode,
      apiUrl: world.apiUrl,
      command: '/access',
      port: 0,
      host: '127.0.0.1',
    },
    actions,
    clients,
    home,
    directory,
    clock: REAL_CLOCK,
    log,
    newFaultId: () => `evt_${(faults += 1)}`,
    probes: {
      '/healthz': async () => ({ ok: true, facts: {} }),
      '/readyz': async () => ({ ok: app.isConnected(), facts: {} }),
    },
  });
  return {
    app,
    home,
    directory,
    messenger,
    lines,
    async start(): Promise<string> {
      const { port } = await app.start();
      const origin = `http://127.0.0.1:${port ?? 0}`;
      if (mode.kind === 'http') {
        world.deliverTo(`${origin}/slack/events`);
      } else {
        world.useSocketMode();
      }
      await world.until(() => app.isConnected(), { what: 'the app connected' });
      return origin;
    },
  };
}

export function lastOf(messages: readonly SeenMessage[]): SeenMessage | undefined {
  return messages[messages.length - 1];
}
