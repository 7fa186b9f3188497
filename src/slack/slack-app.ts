import type { App, BlockAction, GlobalShortcut, MessageShortcut } from '@slack/bolt';
import type { Clock, Directory, Log } from '../ports.js';
import { ACTION, FORM } from './action-ids.js';
import type { Actions } from './actions.js';
import { adoptOrphanButton, adoptOrphanForm } from './adopt-orphan-button.js';
import { approveButton, approveForLess } from './approve-button.js';
import { createBoltApp, createHttpReceiver, NO_RECEIVER } from './bolt-app.js';
import { createBoltLogger } from './bolt-logger.js';
import { cancelButton } from './cancel-button.js';
import { claimButton, releaseButton } from './claim-button.js';
import type { SlackClients } from './clients.js';
import { denyButton, denyForm } from './deny-button.js';
import { doneButton } from './done-button.js';
import { emergencyForm } from './emergency-command.js';
import { enforceButton } from './enforce-button.js';
import { endAllButton } from './end-all-button.js';
import { createFiles } from './files.js';
import type { HomeTeam } from './home-team.js';
import { listPageButton } from './list-command.js';
import { minePageButton } from './mine-command.js';
import { formListener } from './form-listener.js';
import { historyFileButton, historyPageButton } from './history-command.js';
import { homeOpenedListener, homePageButton } from './home-tab.js';
import { createHomes, type Homes } from './homes.js';
import { createHttpServer, type HealthCheck } from './http-server.js';
import { createInFlight } from './in-flight.js';
import type { ChoiceHandler, ClickHandler, FormHandler } from './interaction.js';
import {
  choiceListener,
  clickListener,
  commandListener,
  shortcutListener,
  suggestListener,
  type Clicked,
  type ListenerParts,
} from './listener.js';
import { longestAllowedButton } from './longest-allowed-button.js';
import { createModals } from './modals.js';
import { nudge } from './nudge-button.js';
import { prolongButton, prolongForm } from './prolong-button.js';
import { askAgainButton, requestForm, roleChosen, suggestRoles } from './request-form.js';
import { requestShortcut, SHORTCUT } from './request-shortcuts.js';
import { revealButton } from './reveal-button.js';
import { removeOrphanButton, removeOrphanForm } from './remove-orphan-button.js';
import { justifiedButton, notJustifiedButton, reviewForm } from './review-button.js';
import { revokeButton, revokeForm } from './revoke-button.js';
import { createSocketLine, type SocketLine } from './socket-line.js';
import { markRemovedButton, removalForm, retryButton, stuckPageButton } from './stuck-command.js';
import { answerUnknown } from './unknown-interaction.js';
import { userChangeListener } from './user-change.js';
import { holdersFileButton, whoHasPageButton } from './who-has-command.js';

/** How payloads come: through sockets that we open, or to a port that Slack reaches. */
export type SlackMode =
  | { readonly kind: 'socket'; readonly appToken: string }
  | { readonly kind: 'http'; readonly signingSecret: string };

export type SlackAppOptions = {
  readonly settings: {
    readonly botToken: string;
    readonly mode: SlackMode;
    readonly apiUrl: string;
    /** `/access`, unless another app of the workspace has that name. */
    readonly command: string;
    /** For the health probes, and in HTTP mode for Slack; null for none of them (Socket Mode only). */
    readonly port: number | null;
    /** The address to listen on; null for every interface. */
    readonly host: string | null;
  };
  readonly actions: Actions;
  readonly clients: SlackClients;
  readonly home: HomeTeam;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Log;
  /** `evt_…`: names one fault in the log and to the person. */
  newFaultId(): string;
  /** By path: `/healthz`, `/readyz`. */
  readonly probes: Readonly<Record<string, HealthCheck>>;
};

export type SlackApp = {
  /** Rejects when the port cannot be had. Slack being away is no reason to: it is tried again and again. */
  start(): Promise<{ readonly port: number | null }>;
  /** Takes nothing new, then waits for what is under way. */
  stop(): Promise<void>;
  /** Slack knows this app, and can reach it as far as can be seen from here. */
  isConnected(): boolean;
  /** When something last came from Slack: a socket can be dead without a sign. */
  lastInboundAt(): number | null;
  /** Rows were written: Home tabs that people may be looking at are drawn anew. */
  somethingChanged(): void;
};

const DRAIN_MS = 10_000;
const CLICKS: Readonly<Record<string, ClickHandler>> = {
  [ACTION.approve]: approveButton,
  [ACTION.approveForLess]: approveForLess,
  [ACTION.deny]: denyButton,
  [ACTION.cancel]: cancelButton,
  [ACTION.nudge]: nudge,
  [ACTION.claim]: claimButton,
  [ACTION.release]: releaseButton,
  [ACTION.longestAllowed]: longestAllowedButton,
  [ACTION.askAgain]: askAgainButton,
  [ACTION.justified]: justifiedButton,
  [ACTION.notJustified]: notJustifiedButton,
  [ACTION.revoke]: revokeButton,
  [ACTION.done]: doneButton,
  [ACTION.prolong]: prolongButton,
  [ACTION.reveal]: revealButton,
  [ACTION.removeOrphan]: removeOrphanButton,
  [ACTION.adoptOrphan]: adoptOrphanButton,
  [ACTION.enforce]: enforceButton,
  [ACTION.endAll]: endAllButton,
  [ACTION.retryStuck]: retryButton,
  [ACTION.markRemoved]: markRemovedButton,
  [ACTION.earlierStuck]: stuckPageButton,
  [ACTION.laterStuck]: stuckPageButton,
  [ACTION.earlierHolders]: whoHasPageButton,
  [ACTION.laterHolders]: whoHasPageButton,
  [ACTION.holdersFile]: holdersFileButton,
  [ACTION.earlierMine]: minePageButton,
  [ACTION.laterMine]: minePageButton,
  [ACTION.earlierOffers]: listPageButton,
  [ACTION.laterOffers]: listPageButton,
  [ACTION.newerHistory]: historyPageButton,
  [ACTION.olderHistory]: historyPageButton,
  [ACTION.historyFile]: historyFileButton,
};

const FORMS: Readonly<Record<string, FormHandler>> = {
  [FORM.request]: requestForm,
  [FORM.deny]: denyForm,
  [FORM.emergency]: emergencyForm,
  [FORM.review]: reviewForm,
  [FORM.revoke]: revokeForm,
  [FORM.prolong]: prolongForm,
  [FORM.removeOrphan]: removeOrphanForm,
  [FORM.adoptOrphan]: adoptOrphanForm,
  [FORM.removal]: removalForm,
};

/** Lists in forms. */
const CHOICES: Readonly<Record<string, ChoiceHandler>> = { [ACTION.chooseRole]: roleChosen };

export function createSlackApp(options: SlackAppOptions): SlackApp {
  const { settings, home, clock, log } = options;
  const { mode } = settings;
  const logger = createBoltLogger(log);
  const inFlight = createInFlight();
  let lastInboundAt: number | null = null;
  let isRunning = false;

  async function run(work: () => Promise<void>): Promise<void> {
    lastInboundAt = clock.now();
    await inFlight.track(work());
  }

  const http = mode.kind === 'http' ? createHttpReceiver(mode.signingSecret, logger) : null;
  const app = createBoltApp({ ...settings, home, logger, log, receiver: http ?? NO_RECEIVER });
  const homes = createHomes({ ...options, client: options.clients.outbox, command: settings.command });
  addListeners(app, options, homes, run);

  const server = createHttpServer({
    slack: http?.requestListener ?? null,
    probes: options.probes,
    clock,
    log,
  });
  // Two, so that there is always one while the other is being made anew.
  const lines: SocketLine[] =
    mode.kind === 'http'
      ? []
      : [0, 1].map((place) =>
          createSocketLine({
            app,
            appToken: mode.appToken,
            apiUrl: settings.apiUrl,
            logger,
            log,
            now: () => clock.now(),
            tells: () => place === 0 || lines[0]?.isConnected() === true,
          }),
        );

  return {
    async start() {
      const port = settings.port === null ? null : await server.start(settings.port, settings.host);
      isRunning = true;
      home.start();
      for (const line of lines) {
        line.start();
      }
      return { port };
    },
    async stop() {
      isRunning = false;
      homes.stop();
      home.stop();
      await Promise.all([server.stop(), ...lines.map(async (line) => line.stop())]);
      // Bolt does not wait for its listeners. All of them have acknowledged by now.
      const left = await inFlight.settled(DRAIN_MS);
      if (left > 0) {
        log.warn({ left }, 'Some Slack interactions were still under way at the end');
      }
    },
    isConnected: () =>
      isRunning && home.known() !== null && (lines.length === 0 || lines.some((line) => line.isConnected())),
    lastInboundAt: () => lastInboundAt,
    somethingChanged: () => homes.changed(),
  };
}

function addListeners(
  app: App,
  options: SlackAppOptions,
  homes: Homes,
  run: (work: () => Promise<void>) => Promise<void>,
): void {
  const { settings, clients, home, directory, clock, log, actions } = options;
  const modals = createModals(clients.listeners);
  const parts: ListenerParts = {
    client: clients.listeners,
    modals,
    home,
    directory,
    log,
    choices: new Map(),
    run,
    deps: {
      actions,
      modals,
      files: createFiles(clients.listeners),
      directory,
      clock,
      command: settings.command,
      reportFault(error, facts) {
        const fault = options.newFaultId();
        log.error({ ...facts, fault, err: error }, 'A Slack interaction broke');
        return fault;
      },
    },
  };
  const pages = {
    [ACTION.earlierAtHome]: homePageButton(homes),
    [ACTION.laterAtHome]: homePageButton(homes),
  };
  const known = {
    command: settings.command,
    actions: new Set([...Object.keys(CLICKS), ...Object.keys(pages), ...Object.keys(CHOICES)]),
    forms: new Set(Object.keys(FORMS)),
    shortcuts: new Set<string>(Object.values(SHORTCUT)),
    suggestions: new Set<string>([ACTION.chooseRole]),
  };
  app.use(answerUnknown(known, run));
  app.command(settings.command, commandListener(parts));
  app.event('user_change', userChangeListener(parts));
  app.event('app_home_opened', homeOpenedListener(parts, homes));
  for (const [actionId, handler] of Object.entries({ ...CLICKS, ...pages })) {
    app.action<BlockAction<Clicked>>(actionId, clickListener(parts, handler));
  }
  for (const [actionId, handler] of Object.entries(CHOICES)) {
    app.action<BlockAction<Clicked>>(actionId, choiceListener(parts, handler));
  }
  app.options(ACTION.chooseRole, suggestListener(parts, suggestRoles));
  for (const callbackId of Object.values(SHORTCUT)) {
    app.shortcut<GlobalShortcut | MessageShortcut>(callbackId, shortcutListener(parts, requestShortcut));
  }
  for (const [callbackId, handler] of Object.entries(FORMS)) {
    app.view(callbackId, formListener(parts, handler));
  }
}
