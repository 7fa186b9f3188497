import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createCourier, type Delivered } from './delivery.js';
import { startEmulatedWorkspace } from './emulated-workspace.js';
import { createFailures, type FailureOrder } from './failures.js';
import { createFrontProxy, type RecordedCall } from './front-proxy.js';
import { createLedger, type SeenMessage, type SeenView } from './ledger.js';
import { closeServer, listenLocally } from './local-http.js';
import { createDirectory, type Channel, type Person, type UserGroup, type Workspace } from './people.js';
import { createPersonActions, type PersonActions } from './person-actions.js';
import { asText, type Readable } from './read-as-person.js';
import { createResponseSink, type SinkReply } from './response-sink.js';
import { createSocketServer } from './socket-server.js';

export type SlackWorldOptions = {
  people: readonly Person[];
  channels: readonly Channel[];
  userGroups?: readonly UserGroup[];
  signingSecret: string;
  botToken: string;
  /** For Socket Mode. */
  appToken?: string;
  /** The scopes that were granted; every one without it. Given, a missing one is refused as Slack does. */
  scopes?: readonly string[];
  workspace?: Partial<Workspace>;
  /** Slack waits 3 s. */
  ackTimeoutMs?: number;
};

export type SlackWorld = PersonActions & {
  /** For SLACK_API_URL and web-api's slackApiUrl. */
  apiUrl: string;
  workspace: Workspace;

  /** Where the app takes commands, actions and events by HTTP. */
  deliverTo(url: string): void;
  /** From now on through an open socket. */
  useSocketMode(): void;
  openSockets(): number;
  /** Asks the oldest socket, or all, to reconnect. */
  refreshSockets(which?: { all?: boolean }): void;
  /** Cuts every socket without a goodbye. */
  dropSockets(): void;
  redeliver(delivered: Delivered): Promise<Delivered>;
  deliveries: readonly Delivered[];

  /** A Web API method, 'response_url', or '*' for every method. */
  fail(method: string, order: FailureOrder): void;
  heal(method?: string): void;
  /** Every Web API call so far, oldest first; of one method when named. */
  calls(method?: string): RecordedCall[];
  responses: readonly SinkReply[];

  changePerson(user: string, change: Partial<Omit<Person, 'id'>>): void;
  changeChannel(channel: string, change: Partial<Omit<Channel, 'id'>>): void;
  changeGroup(group: string, change: Partial<Omit<UserGroup, 'id'>>): void;
  /** A message disappears: deleted by an admin, or by retention. */
  loseMessage(message: SeenMessage): Promise<void>;

  /** What everybody in the channel sees, oldest first, without replies in threads. */
  messagesIn(channel: string): SeenMessage[];
  repliesTo(message: SeenMessage): SeenMessage[];
  dmsTo(user: string): SeenMessage[];
  ephemeralsTo(user: string): SeenMessage[];
  /** The message as it is now; undefined once deleted. */
  current(message: SeenMessage): SeenMessage | undefined;
  modalOf(user: string): SeenView | undefined;
  homeOf(user: string): SeenView | undefined;
  /** Waits until the person has a modal in front of them. */
  viewOpenedBy(user: string): Promise<SeenView>;
  /** As plain text, in the reader's time zone (UTC without a reader). */
  textOf(shown: Readable, options?: { reader?: string; now?: Date; tight?: boolean }): string;
  /** Looks again and again until there is something to see. Throws after timeoutMs (3 s), or at stop(). */
  until<Seen>(
    look: () => Seen | undefined | false,
    options?: { what?: string; timeoutMs?: number },
  ): Promise<Seen>;

  stop(): Promise<void>;
};

const LOOK_EVERY_MS = 5;

/** A Slack workspace in this process, on free ports of 127.0.0.1, with people who can be told what to do. */
export async function startSlackWorld(options: SlackWorldOptions): Promise<SlackWorld> {
  const workspace: Workspace = {
    teamId: 'T0EMULATED',
    teamName: 'Emulated',
    teamDomain: 'emulated',
    enterpriseId: undefined,
    appId: 'A0EMULATED',
    botId: 'B0EMULATED',
    botUserId: 'U0EMULATEDAPP',
    botName: 'access',
    ...options.workspace,
  };
  const directory = createDirectory(workspace, { ...options, userGroups: options.userGroups ?? [] });
  const ledger = createLedger();
  const failures = createFailures();
  const stopping = new AbortController();
  const counter = createCounter();
  const sockets = createSocketServer({ appId: workspace.appId });
  const emulated = await startEmulatedWorkspace({
    directory,
    botToken: options.botToken,
    scopes: options.scopes,
  });

  let origin = '';
  const sink = createResponseSink({
    ledger,
    failures,
    botUserId: workspace.botUserId,
    origin: () => origin,
    ...counter,
  });
  const proxy = createFrontProxy({
    directory,
    emulated,
    ledger,
    failures,
    tokens: { bot: options.botToken, app: options.appToken ?? '' },
    scopes: options.scopes,
    socketUrl: () => sockets.newUrl(origin),
    makeId: counter.makeId,
    signal: stopping.signal,
  });
  const underWay = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const answering = route(request, response)
      .catch(() => void response.destroy())
      .finally(() => underWay.delete(answering));
    underWay.add(answering);
  });
  server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  origin = await listenLocally(server);

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', origin);
    if (pathname.startsWith('/api/')) {
      return proxy.handle(pathname.slice('/api/'.length), request, response);
    }
    return sink.handle(pathname, request, response);
  }

  const courier = createCourier({
    signingSecret: options.signingSecret,
    sockets,
    ackTimeoutMs: options.ackTimeoutMs ?? 3000,
  });
  const actions = createPersonActions({ directory, emulated, ledger, sink, courier, ...counter });
  const idOf = (user: string): string => directory.person(user).id;
  const shownIn = (channel: string): SeenMessage[] =>
    ledger.allMessages().filter((message) => message.channel === channel && message.onlyFor === undefined);

  async function until<Seen>(
    look: () => Seen | undefined | false,
    { what = 'what was waited for', timeoutMs = 3000 }: { what?: string; timeoutMs?: number } = {},
  ): Promise<Seen> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const seen = look();
      if (seen !== undefined && seen !== false) {
        return seen;
      }
      if (performance.now() > deadline) {
        throw new Error(`Nobody saw ${what} within ${timeoutMs} ms`);
      }
      await pause(LOOK_EVERY_MS, undefined, { signal: stopping.signal });
    }
  }

  return {
    apiUrl: `${origin}/api/`,
    workspace,
    ...actions,

    deliverTo: (url) => courier.deliverTo(url),
    useSocketMode: () => courier.useSocketMode(),
    openSockets: () => sockets.openSockets(),
    refreshSockets: (which) => sockets.refresh(which),
    dropSockets: () => sockets.drop(),
    redeliver: async (delivered) => courier.redeliver(delivered),
    deliveries: courier.deliveries,

    fail: (method, order) => failures.fail(method, order),
    heal: (method) => failures.heal(method),
    calls: (method) => proxy.calls.filter((call) => method === undefined || call.method === method),
    responses: sink.replies,

    changePerson: (user, change) => directory.changePerson(user, change),
    changeChannel: (channel, change) => directory.changeChannel(channel, change),
    changeGroup: (group, change) => directory.changeGroup(group, change),
    async loseMessage({ channel, ts }) {
      await emulated.call('chat.delete', { channel, ts }, { everyScope: true });
      ledger.removeMessage({ channel, ts });
    },

    messagesIn: (channel) =>
      shownIn(directory.findChannel(channel)?.id ?? channel).filter(({ threadTs }) => threadTs === undefined),
    repliesTo: ({ channel, ts }) => shownIn(channel).filter(({ threadTs }) => threadTs === ts),
    dmsTo: (user) => shownIn(ledger.dmOf(idOf(user)) ?? ''),
    ephemeralsTo: (user) => ledger.allMessages().filter(({ onlyFor }) => onlyFor === idOf(user)),
    current: (message) => ledger.findMessage(message),
    modalOf: (user) => ledger.modalOf(idOf(user)),
    homeOf: (user) => ledger.homeOf(idOf(user)),
    viewOpenedBy: async (user) =>
      until(() => ledger.modalOf(idOf(user)), { what: `a modal in front of ${user}` }),
    textOf: (shown, { reader, now = new Date(), tight = false } = {}) =>
      asText(shown, {
        nameOf: (id) =>
          id === workspace.botUserId
            ? workspace.botName
            : (directory.findPerson(id)?.name ?? directory.findChannel(id)?.name),
        groupHandle: (id) => directory.findGroup(id)?.handle,
        timeZone: reader === undefined ? 'UTC' : (directory.person(reader).timeZone ?? 'UTC'),
        now,
        tight,
      }),
    until,

    async stop() {
      stopping.abort();
      // Calls that were ordered to hang are not among them.
      await Promise.all(underWay);
      await sockets.stop();
      await closeServer(server);
      await emulated.stop();
    },
  };
}

function createCounter(): { makeId: () => string; makeTs: () => string } {
  let count = 0;
  return {
    makeId: () => `w${String((count += 1)).padStart(5, '0')}`,
    // emulate counts its own up from 000001 within a second.
    makeTs: () => `${Math.floor(Date.now() / 1000)}.9${String((count += 1)).padStart(5, '0')}`,
  };
}
