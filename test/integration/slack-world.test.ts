import {
  App,
  HTTPReceiver,
  LogLevel,
  SocketModeReceiver,
  type BlockAction,
  type ButtonAction,
  type Receiver,
} from '@slack/bolt';
import { WebClient, type ModalView } from '@slack/web-api';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { SeenView } from '../../src/emulated-slack/ledger.js';
import { startSlackWorld, type SlackWorld, type SlackWorldOptions } from '../../src/emulated-slack/world.js';

const SIGNING_SECRET = 'a signing secret';
const BOT_TOKEN = 'xoxb-world';
const APP_TOKEN = 'xapp-world';

const cleanUps: (() => Promise<unknown>)[] = [];
const faults: Error[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) {
    await cleanUp();
  }
  if (faults.length > 0) {
    throw new AggregateError(faults.splice(0), 'The app met faults');
  }
});

async function startWorld(options: Partial<SlackWorldOptions> = {}): Promise<SlackWorld> {
  const world = await startSlackWorld({
    people: [
      { id: 'U03DANA', name: 'dana', email: 'dana@example.com', timeZone: 'Europe/Berlin' },
      { id: 'U01MIA', name: 'mia', email: 'mia@example.com' },
      { id: 'U02GUEST', name: 'gus', email: 'gus@example.org', isRestricted: true, emailConfirmed: false },
      { id: 'U0STRANGER', name: 'sam', email: 'sam@example.net', teamId: 'T0OTHER' },
    ],
    channels: [
      { id: 'C0APPROVALS', name: 'approvals', members: ['dana', 'mia'] },
      { id: 'C0SECRET', name: 'secret', isPrivate: true, members: ['mia'], botIsMember: false },
    ],
    userGroups: [{ id: 'S0DBA', handle: 'dba', members: ['mia'] }],
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    ...options,
  });
  cleanUps.push(async () => world.stop());
  return world;
}

function clientOf(world: SlackWorld, options: ConstructorParameters<typeof WebClient>[1] = {}): WebClient {
  return new WebClient(BOT_TOKEN, {
    slackApiUrl: world.apiUrl,
    logLevel: LogLevel.ERROR,
    retryConfig: { retries: 0 },
    ...options,
  });
}

const ASK_BLOCKS = [
  {
    type: 'section',
    text: {
      type: 'mrkdwn',
      text: '<@U03DANA> asks for *prod-db* until <!date^1800000000^{date_num} {time}|later>',
    },
  },
  {
    type: 'actions',
    block_id: 'decide',
    elements: [
      { type: 'button', action_id: 'approve', text: { type: 'plain_text', text: 'Approve' }, value: 'req_1' },
      { type: 'button', action_id: 'deny', text: { type: 'plain_text', text: 'Deny' }, value: 'req_1' },
    ],
  },
];

const dismissButton = (value: string) => ({
  type: 'actions' as const,
  elements: [
    {
      type: 'button' as const,
      action_id: 'dismiss',
      text: { type: 'plain_text' as const, text: 'Dismiss' },
      value,
    },
  ],
});

const DENY_FORM = {
  type: 'modal' as const,
  callback_id: 'deny_form',
  title: { type: 'plain_text' as const, text: 'Deny' },
  submit: { type: 'plain_text' as const, text: 'Deny it' },
  blocks: [
    {
      type: 'input' as const,
      block_id: 'why',
      label: { type: 'plain_text' as const, text: 'Reason' },
      element: { type: 'plain_text_input' as const, action_id: 'text', max_length: 200 },
    },
  ],
};

async function startApp(world: SlackWorld, receiver: Receiver): Promise<App> {
  const app = new App({
    receiver,
    token: BOT_TOKEN,
    deferInitialization: true,
    convoStore: false,
    extendedErrorHandler: true,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: world.apiUrl, retryConfig: { retries: 0 } },
  });
  app.command('/access', async ({ ack, command, respond, client }) => {
    await ack({ text: `Heard: ${command.text}`, response_type: 'ephemeral' });
    if (command.text === 'later') {
      await respond({ text: 'Here it is, later' });
      return;
    }
    await client.chat.postMessage({ channel: 'C0APPROVALS', text: 'dana asks', blocks: ASK_BLOCKS });
  });
  app.action('approve', async ({ ack, body, client, respond }) => {
    await ack();
    if (body.type !== 'block_actions' || body.message === undefined || body.channel === undefined) {
      return;
    }
    await client.chat.update({
      channel: body.channel.id,
      ts: body.message.ts,
      text: `Approved by <@${body.user.id}>`,
    });
    await client.chat.postMessage({ channel: 'U03DANA', text: 'You have access to prod-db' });
    await respond({ text: 'Thank you', replace_original: false, response_type: 'ephemeral' });
  });
  app.action('deny', async ({ ack, body, client }) => {
    await ack();
    if (body.type === 'block_actions') {
      await client.views.open({ trigger_id: body.trigger_id, view: DENY_FORM });
    }
  });
  app.view('deny_form', async ({ ack, view, client, body }) => {
    const reason = view.state.values['why']?.['text']?.value ?? '';
    if (reason.length < 5) {
      await ack({ response_action: 'errors', errors: { why: 'Say a little more' } });
      return;
    }
    await ack();
    await client.chat.postMessage({ channel: body.user.id, text: `Denied: ${reason}` });
  });
  app.event('app_home_opened', async ({ event, client }) => {
    await client.views.publish({
      user_id: event.user,
      view: { type: 'home', blocks: [{ type: 'header', text: { type: 'plain_text', text: 'Your access' } }] },
    });
  });
  app.error(async ({ error }: { error: Error }) => {
    faults.push(error);
  });
  await app.init();
  return app;
}

async function startHttpApp(world: SlackWorld): Promise<App> {
  const receiver = new HTTPReceiver({ signingSecret: SIGNING_SECRET, port: 0, logLevel: LogLevel.ERROR });
  const app = await startApp(world, receiver);
  const server = await receiver.start(0);
  cleanUps.push(async () => app.stop());
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The app listens on no port');
  }
  world.deliverTo(`http://127.0.0.1:${address.port}/slack/events`);
  return app;
}

function socketReceiver(world: SlackWorld): SocketModeReceiver {
  return new SocketModeReceiver({
    appToken: APP_TOKEN,
    logLevel: LogLevel.ERROR,
    // The default of 5 s is also the pause before a reconnect.
    clientPingTimeout: 200,
    installerOptions: { clientOptions: { slackApiUrl: world.apiUrl } },
  });
}

/** stop() returns before the socket is closed. */
async function stopped(receiver: SocketModeReceiver, stop: () => Promise<unknown>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    receiver.client.once('disconnected', () => resolve());
  });
  await stop();
  await closed;
}

async function startSocketApp(world: SlackWorld): Promise<App> {
  const receiver = socketReceiver(world);
  const app = await startApp(world, receiver);
  await app.start();
  cleanUps.push(async () => stopped(receiver, async () => app.stop()));
  world.useSocketMode();
  return app;
}

describe.each([
  ['signed HTTP', startHttpApp],
  ['Socket Mode', startSocketApp],
])('over %s', (_name, start) => {
  test('a command is answered to the person alone, and a card appears in the channel', async () => {
    const world = await startWorld();
    await start(world);

    const said = await world.command({
      user: 'dana',
      channel: 'approvals',
      text: 'request prod-db for @mia',
    });

    expect(said).toMatchObject({ status: 200, body: { text: 'Heard: request prod-db for <@U01MIA>' } });
    expect(said.ackMs).toBeLessThan(3000);
    expect(world.ephemeralsTo('dana').map((message) => world.textOf(message))).toEqual([
      'Heard: request prod-db for @mia',
    ]);
    const card = await world.until(() => world.messagesIn('approvals')[0]);
    expect(world.textOf(card, { reader: 'dana' })).toBe(
      '@dana asks for prod-db until 2027-01-15 09:00\n[Approve] [Deny]',
    );
    expect(world.textOf(card)).toContain('2027-01-15 08:00');
    expect(world.ephemeralsTo('mia')).toEqual([]);
  });

  test('a click changes the card, thanks the approver and tells the requester', async () => {
    const world = await startWorld();
    await start(world);
    await world.command({ user: 'dana', text: 'request prod-db' });
    const card = await world.until(() => world.messagesIn('approvals')[0]);

    const clicked = await world.click({ user: 'mia', message: card, actionId: 'approve' });

    expect(clicked.status).toBe(200);
    await world.until(() => world.ephemeralsTo('mia')[0]);
    expect(world.messagesIn('approvals').map((message) => world.textOf(message))).toEqual([
      'Approved by @mia',
    ]);
    expect(world.dmsTo('dana').map((message) => world.textOf(message))).toContain(
      'You have access to prod-db',
    );
    expect(world.ephemeralsTo('mia').map(({ text }) => text)).toEqual(['Thank you']);
    expect(world.current(card)?.version).toBe(2);
  });

  test('a form opens, takes errors, and closes when it is accepted', async () => {
    const world = await startWorld();
    await start(world);
    await world.command({ user: 'dana', text: 'request prod-db' });
    const card = await world.until(() => world.messagesIn('approvals')[0]);
    await world.click({ user: 'mia', message: card, actionId: 'deny' });
    const view = await world.viewOpenedBy('mia');
    expect(world.textOf(view)).toBe('Deny\nReason: []\n[Deny it]');

    const refused = await world.submitView({ user: 'mia', view, values: { why: 'no' } });
    expect(refused.body).toEqual({ response_action: 'errors', errors: { why: 'Say a little more' } });
    expect(world.modalOf('mia')).toBeDefined();

    const accepted = await world.submitView({ user: 'mia', view, values: { text: 'not this week' } });
    expect(accepted).toMatchObject({ status: 200, body: '' });
    expect(world.modalOf('mia')).toBeUndefined();
    await world.until(() => world.dmsTo('mia')[0]);
    expect(world.dmsTo('mia').map(({ text }) => text)).toEqual(['Denied: not this week']);
    await expect(world.submitView({ user: 'mia', view })).rejects.toThrow(/"Reason" is required/);
  });

  test('the response_url brings a late answer, five times', async () => {
    const world = await startWorld();
    await start(world);
    await world.command({ user: 'dana', text: 'later' });
    await world.until(() => world.responses[0]);
    expect(world.ephemeralsTo('dana').map(({ text }) => text)).toEqual(['Heard: later', 'Here it is, later']);

    const url = world.responses[0]?.url ?? '';
    const statuses: number[] = [];
    for (let use = 0; use < 5; use += 1) {
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ text: 'again' }) });
      await answer.text();
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 404]);
  });

  test('opening the Home tab publishes it', async () => {
    const world = await startWorld();
    await start(world);
    await world.homeOpened('dana');
    const home = await world.until(() => world.homeOf('dana'));
    expect(world.textOf(home)).toBe('Your access');
  });

  test('the same delivery can come twice', async () => {
    const world = await startWorld();
    await start(world);
    const first = await world.command({ user: 'dana', text: 'request prod-db' });
    const second = await world.redeliver(first);
    expect(second).toMatchObject({ status: 200, payload: first.payload });
    await world.until(() => world.messagesIn('approvals')[1]);
  });
});

describe('deliveries that are not right', () => {
  test('a wrong signature or an old one is turned away, a tampered payload arrives', async () => {
    const world = await startWorld();
    await startHttpApp(world);
    const wrong = await world.command({ user: 'dana', text: 'x', signingSecret: 'somebody else' });
    const old = await world.command({
      user: 'dana',
      text: 'x',
      timestamp: Math.floor(Date.now() / 1000) - 400,
    });
    expect([wrong.status, old.status]).toEqual([401, 401]);
    expect(world.ephemeralsTo('dana').map(({ text }) => text)).toEqual([
      '/access failed with the error "http_service_error"',
      '/access failed with the error "http_service_error"',
    ]);
    expect(world.calls('chat.postMessage')).toEqual([]);

    const tampered = await world.command({
      user: 'dana',
      text: 'later',
      tamper: (payload) => ({ ...payload, team_id: 'T0EVIL' }),
    });
    expect(tampered).toMatchObject({ status: 200, payload: { team_id: 'T0EVIL' } });
    await world.until(() => world.responses[0]);
  });

  test('a button that is gone can be clicked on an old screen, and a value can be forged', async () => {
    const world = await startWorld();
    await startHttpApp(world);
    await world.command({ user: 'dana', text: 'request prod-db' });
    const card = await world.until(() => world.messagesIn('approvals')[0]);
    await world.click({ user: 'mia', message: card, actionId: 'approve' });
    await world.until(() => world.dmsTo('dana')[0]);
    const stale = await world.click({ user: 'sam', message: card, actionId: 'approve', value: 'req_9' });
    expect(stale.payload).toMatchObject({
      user: { id: 'U0STRANGER', team_id: 'T0OTHER' },
      team: { id: 'T0EMULATED' },
      actions: [{ action_id: 'approve', block_id: 'decide', value: 'req_9' }],
    });
    await expect(world.click({ user: 'mia', message: card, actionId: 'nothing' })).rejects.toThrow(
      /no nothing/,
    );
    await world.until(() => world.responses.length === 2);
  });

  test('an app that is silent, or not there, leaves the person with an error', async () => {
    const world = await startWorld({ ackTimeoutMs: 100 });
    const app = await startHttpApp(world);
    app.command('/silent', async () => {});
    const silent = await world.command({ user: 'dana', text: '', command: '/silent' });
    expect(silent).toMatchObject({ status: 0, trouble: 'operation_timeout' });

    world.deliverTo('http://127.0.0.1:9/slack/events');
    const nobody = await world.command({ user: 'dana', text: 'x' });
    expect(nobody).toMatchObject({ status: 0, trouble: 'dispatch_failed' });
    world.useSocketMode();
    const noSocket = await world.command({ user: 'dana', text: 'x' });
    expect(noSocket).toMatchObject({ status: 0, trouble: 'dispatch_failed' });
  });
});

describe('sockets', () => {
  test('a refreshed or dropped socket comes back', async () => {
    const world = await startWorld();
    await startSocketApp(world);
    expect(world.openSockets()).toBe(1);

    world.refreshSockets();
    expect(world.openSockets()).toBe(0);
    await world.until(() => world.openSockets() === 1);
    expect(await world.command({ user: 'dana', text: 'later' })).toMatchObject({ status: 200 });

    world.dropSockets();
    await world.until(() => world.openSockets() === 0);
    await world.until(() => world.openSockets() === 1);
    expect(await world.command({ user: 'dana', text: 'later' })).toMatchObject({ status: 200 });
    await world.until(() => world.responses.length === 2);
  });
});

describe('calls that fail by order', () => {
  test('an error, a 500 and a rate limit', async () => {
    const world = await startWorld();
    const client = clientOf(world, { rejectRateLimitedCalls: true });
    world.fail('chat.postMessage', { error: 'channel_not_found', times: 1 });
    world.fail('chat.postMessage', { with: 'http_500', times: 1 });
    world.fail('chat.postMessage', { with: 'rate_limited', retryAfter: 7, times: 1 });
    const post = async (): Promise<unknown> =>
      client.chat.postMessage({ channel: 'C0APPROVALS', text: 'hello' });

    await expect(post()).rejects.toMatchObject({ data: { error: 'channel_not_found' } });
    await expect(post()).rejects.toMatchObject({ statusCode: 500 });
    await expect(post()).rejects.toMatchObject({ retryAfter: 7 });
    await post();
    expect(world.calls('chat.postMessage').map(({ answer }) => answer?.['ok'])).toEqual([
      false,
      undefined,
      undefined,
      true,
    ]);
    expect(world.messagesIn('approvals')).toHaveLength(1);
  });

  test('a client that waits out a 429 posts once', async () => {
    const world = await startWorld();
    const client = clientOf(world, { retryConfig: { retries: 1, minTimeout: 1 } });
    world.fail('chat.postMessage', { with: 'rate_limited', retryAfter: 1, times: 1 });
    await client.chat.postMessage({ channel: 'C0APPROVALS', text: 'hello' });
    const [first, second] = world.calls('chat.postMessage');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
    expect(world.messagesIn('approvals')).toHaveLength(1);
  });

  test('a lost answer leaves the message there; a lost request and a hanging one do not', async () => {
    const world = await startWorld();
    const client = clientOf(world, { timeout: 200 });
    world.fail('chat.postMessage', { with: 'drop_after', times: 1 });
    world.fail('chat.postMessage', { with: 'drop_before', times: 1 });
    world.fail('chat.postMessage', { with: 'hang', when: (body) => body['text'] === 'third' });
    const post = async (text: string): Promise<unknown> =>
      client.chat.postMessage({ channel: 'C0APPROVALS', text });
    await expect(post('first')).rejects.toThrow(/A request error occurred/);
    await expect(post('second')).rejects.toThrow(/A request error occurred/);
    await expect(post('third')).rejects.toThrow(/timeout/);
    await post('fourth');
    expect(world.messagesIn('approvals').map(({ text }) => text)).toEqual(['first', 'fourth']);
    world.heal();
    await post('third');
    expect(world.messagesIn('approvals')).toHaveLength(3);
  });

  test('a slow answer comes late, and stop() waits for nothing that hangs', async () => {
    const world = await startWorld();
    const client = clientOf(world);
    world.fail('auth.test', { with: 'slow', ms: 60, times: 1 });
    const before = performance.now();
    await client.auth.test();
    expect(performance.now() - before).toBeGreaterThanOrEqual(55);
    world.fail('*', { with: 'hang' });
    const hanging = client.auth.test();
    await Promise.all([
      expect(hanging).rejects.toThrow(/A request error occurred/),
      world.until(() => world.calls()[1]).then(async () => world.stop()),
    ]);
  });

  test('stop() waits for no caller that has left before its answer', async () => {
    const world = await startWorld();
    world.fail('auth.test', { with: 'slow', ms: 60 });
    const leaving = new AbortController();
    const call = fetch(`${world.apiUrl}auth.test`, { method: 'POST', signal: leaving.signal });

    await world.until(() => world.calls()[0]);
    leaving.abort();

    await expect(call).rejects.toThrow(/aborted/);
    // Not before the answer would have gone out: it is then that nobody is there to take it.
    const later = fetch(`${world.apiUrl}auth.test`, { method: 'POST' });
    expect((await later).status).toBe(200);
    await world.stop();
  });
});

describe('what Slack refuses', () => {
  test('blocks and texts past the limits', async () => {
    const world = await startWorld();
    const client = clientOf(world);
    const divider = { type: 'divider' as const };
    const tooMany = client.chat.postMessage({
      channel: 'C0APPROVALS',
      text: 'x',
      blocks: Array.from({ length: 51 }, () => divider),
    });
    await expect(tooMany).rejects.toMatchObject({ data: { error: 'invalid_blocks' } });
    const posted = await client.chat.postMessage({ channel: 'C0APPROVALS', text: 'x' });
    const update = client.chat.update({
      channel: 'C0APPROVALS',
      ts: posted.ts ?? '',
      text: 'x'.repeat(4001),
    });
    await expect(update).rejects.toMatchObject({ data: { error: 'msg_too_long' } });
    const view = client.views.publish({
      user_id: 'U03DANA',
      view: { type: 'home', blocks: Array.from({ length: 101 }, () => divider) },
    });
    await expect(view).rejects.toMatchObject({ data: { error: 'invalid_arguments' } });
  });

  test('channels the app is not in, people who left, unknown methods and tokens, messages that are gone', async () => {
    const world = await startWorld();
    const client = clientOf(world);
    const post = async (channel: string): Promise<unknown> => client.chat.postMessage({ channel, text: 'x' });
    await expect(post('C0SECRET')).rejects.toMatchObject({ data: { error: 'channel_not_found' } });
    const outside = client.chat.postEphemeral({ channel: 'C0APPROVALS', user: 'U02GUEST', text: 'x' });
    await expect(outside).rejects.toMatchObject({ data: { error: 'user_not_in_channel' } });
    world.changePerson('dana', { deleted: true });
    const dm = client.conversations.open({ users: 'U03DANA' });
    await expect(dm).rejects.toMatchObject({ data: { error: 'user_disabled' } });
    const unheardOf = client.apiCall('chat.postSomething');
    await expect(unheardOf).rejects.toMatchObject({ data: { error: 'unknown_method' } });
    const stranger = new WebClient('xoxb-other', { slackApiUrl: world.apiUrl, logLevel: LogLevel.ERROR });
    await expect(stranger.auth.test()).rejects.toMatchObject({ data: { error: 'invalid_auth' } });
    await post('C0APPROVALS');
    const [message] = world.messagesIn('approvals');
    if (message === undefined) {
      throw new Error('Nothing was posted');
    }
    await world.loseMessage(message);
    const update = client.chat.update({ channel: message.channel, ts: message.ts, text: 'y' });
    await expect(update).rejects.toMatchObject({ data: { error: 'message_not_found' } });
    expect(world.messagesIn('approvals')).toEqual([]);
  });

  test('scopes that were not granted', async () => {
    const world = await startWorld({ scopes: ['commands', 'chat:write', 'users:read'] });
    const client = clientOf(world);
    const lookup = client.users.lookupByEmail({ email: 'dana@example.com' });
    await expect(lookup).rejects.toMatchObject({
      data: { error: 'missing_scope', needed: 'users:read.email' },
    });
    const { user } = await client.users.info({ user: 'U03DANA' });
    expect(user?.profile?.email).toBeUndefined();
    await client.chat.postMessage({ channel: 'U03DANA', text: 'x' });
    expect(world.dmsTo('dana')).toHaveLength(1);
  });
});

describe('who people are', () => {
  test('users.info and lookupByEmail carry the flags that decide about access', async () => {
    const world = await startWorld();
    const client = clientOf(world);
    const dana = await client.users.lookupByEmail({ email: 'Dana@example.com' });
    expect(dana.user).toMatchObject({
      id: 'U03DANA',
      is_email_confirmed: true,
      tz: 'Europe/Berlin',
      deleted: false,
    });
    const guest = await client.users.info({ user: 'U02GUEST' });
    expect(guest.user).toMatchObject({ is_restricted: true, is_email_confirmed: false, is_bot: false });
    const stranger = await client.users.info({ user: 'U0STRANGER' });
    expect(stranger.user).toMatchObject({ is_stranger: true, team_id: 'T0OTHER' });
    expect(stranger.user?.profile?.email).toBeUndefined();

    world.changePerson('dana', { deleted: true });
    expect((await client.users.info({ user: 'U03DANA' })).user).toMatchObject({ deleted: true });
    const gone = client.users.lookupByEmail({ email: 'dana@example.com' });
    await expect(gone).rejects.toMatchObject({ data: { error: 'users_not_found' } });
  });

  test('channels and user groups know their members', async () => {
    const world = await startWorld();
    const client = clientOf(world);
    const members = await client.conversations.members({ channel: 'C0APPROVALS' });
    expect(members.members).toEqual(['U03DANA', 'U01MIA', 'U0EMULATEDAPP']);
    const firstPage = await client.conversations.members({ channel: 'C0APPROVALS', limit: 2 });
    expect(firstPage.response_metadata?.next_cursor).toBe('2');
    expect((await client.usergroups.users.list({ usergroup: 'S0DBA' })).users).toEqual(['U01MIA']);
    world.changeGroup('dba', { members: ['dana'] });
    expect((await client.usergroups.users.list({ usergroup: 'S0DBA' })).users).toEqual(['U03DANA']);
    world.changeChannel('approvals', { isExtShared: true });
    const info = await client.conversations.info({ channel: 'C0APPROVALS' });
    expect(info.channel).toMatchObject({ id: 'C0APPROVALS', name: 'approvals', is_ext_shared: true });
    expect(await client.auth.test()).toMatchObject({ user_id: 'U0EMULATEDAPP', team_id: 'T0EMULATED' });
  });
});

describe('forms on top of forms', () => {
  const form = (title: string, change: Partial<ModalView> = {}): ModalView => ({
    ...DENY_FORM,
    title: { type: 'plain_text', text: title },
    callback_id: title,
    ...change,
  });

  test('an answer may replace the form, put one on top, or close them all; leaving one is told on wish', async () => {
    const world = await startWorld();
    const app = await startHttpApp(world);
    const left: string[] = [];
    app.shortcut('request_access', async ({ ack, body, client }) => {
      await ack();
      await client.views.open({ trigger_id: body.trigger_id, view: form('first') });
    });
    app.view('first', async ({ ack }) => ack({ response_action: 'update', view: form('second') }));
    app.view('second', async ({ ack }) =>
      ack({ response_action: 'push', view: form('third', { notify_on_close: true }) }),
    );
    app.view('third', async ({ ack }) => ack({ response_action: 'clear' }));
    app.view({ callback_id: 'third', type: 'view_closed' }, async ({ ack, view }) => {
      await ack();
      left.push(view.callback_id);
    });
    const onTop = async (title: string): Promise<SeenView> =>
      world.until(() => [world.modalOf('dana')].find((view) => view?.callbackId === title));
    const submit = async (title: string): Promise<unknown> =>
      world.submitView({ user: 'dana', view: await onTop(title), values: { why: 'because' } });

    await world.shortcut({ user: 'dana', callbackId: 'request_access' });
    const first = await onTop('first');
    await submit('first');
    expect((await onTop('second')).id).toBe(first.id);
    await submit('second');
    await world.closeView({ user: 'dana', view: await onTop('third') });
    expect(left).toEqual(['third']);
    const second = await onTop('second');
    await submit('second');
    await submit('third');
    expect(world.modalOf('dana')).toBeUndefined();

    const late = clientOf(world).views.update({ view_id: second.id, view: form('late') });
    await expect(late).rejects.toMatchObject({ data: { error: 'not_found' } });
  });

  test('a form takes what each kind of field holds, and keeps what was there before', async () => {
    const world = await startWorld();
    const app = await startHttpApp(world);
    const option = (value: string) => ({
      text: { type: 'plain_text' as const, text: value.toUpperCase() },
      value,
    });
    const label = { type: 'plain_text' as const, text: 'Field' };
    const submitted: unknown[] = [];
    app.shortcut('request_access', async ({ ack, body, client }) => {
      await ack();
      const blocks: ModalView['blocks'] = [
        {
          type: 'input',
          block_id: 'role',
          label,
          element: { type: 'static_select', action_id: 'a', options: [option('ro'), option('rw')] },
        },
        {
          type: 'input',
          block_id: 'time',
          label,
          element: {
            type: 'radio_buttons',
            action_id: 'a',
            options: [option('1h'), option('2h')],
            initial_option: option('1h'),
          },
        },
        {
          type: 'input',
          block_id: 'who',
          label,
          optional: true,
          element: { type: 'users_select', action_id: 'a' },
        },
        {
          type: 'input',
          block_id: 'flags',
          label,
          optional: true,
          element: { type: 'checkboxes', action_id: 'a', options: [option('x'), option('y')] },
        },
        {
          type: 'input',
          block_id: 'note',
          label,
          element: { type: 'plain_text_input', action_id: 'note_text', initial_value: 'as before' },
        },
      ];
      await client.views.open({ trigger_id: body.trigger_id, view: form('fields', { blocks }) });
    });
    app.view('fields', async ({ ack, view }) => {
      await ack();
      submitted.push(view.state.values);
    });
    await world.shortcut({ user: 'dana', callbackId: 'request_access' });
    const view = await world.viewOpenedBy('dana');
    const misnamed = world.submitView({ user: 'dana', view, values: { role: 'ro', rule: 'x' } });
    await expect(misnamed).rejects.toThrow(/no field rule/);
    await world.submitView({ user: 'dana', view, values: { role: 'RW', who: 'U01MIA', flags: ['x', 'y'] } });
    expect(submitted).toMatchObject([
      {
        role: { a: { selected_option: { value: 'rw' } } },
        time: { a: { selected_option: { value: '1h' } } },
        who: { a: { selected_user: 'U01MIA' } },
        flags: { a: { selected_options: [{ value: 'x' }, { value: 'y' }] } },
        note: { note_text: { type: 'plain_text_input', value: 'as before' } },
      },
    ]);
  });
});

describe('what only some people see', () => {
  test('an ephemeral message has buttons too, and can replace or remove itself', async () => {
    const world = await startWorld();
    const app = await startHttpApp(world);
    app.action<BlockAction<ButtonAction>>('dismiss', async ({ ack, action, respond }) => {
      await ack();
      await respond(
        action.value === 'ask'
          ? { text: 'Sure?', blocks: [dismissButton('sure')], replace_original: true }
          : { delete_original: true },
      );
    });
    await clientOf(world).chat.postEphemeral({
      channel: 'C0APPROVALS',
      user: 'U01MIA',
      text: 'x',
      blocks: [dismissButton('ask')],
    });
    const [note] = world.ephemeralsTo('mia');
    if (note === undefined) {
      throw new Error('mia sees nothing');
    }
    const clicked = await world.click({ user: 'mia', message: note, actionId: 'dismiss' });
    expect(clicked.payload).toMatchObject({ container: { is_ephemeral: true, channel_id: 'C0APPROVALS' } });
    expect(clicked.payload['message']).toBeUndefined();
    await world.until(() => world.current(note)?.version === 2);
    expect(world.ephemeralsTo('mia').map((message) => world.textOf(message))).toEqual(['[Dismiss]']);
    expect(world.messagesIn('approvals')).toEqual([]);
    await world.click({ user: 'mia', message: note, actionId: 'dismiss' });
    await world.until(() => world.ephemeralsTo('mia').length === 0);
    await world.until(() => world.responses.length === 2);
  });

  test('replies stay in their thread', async () => {
    const world = await startWorld();
    const client = clientOf(world);
    const { ts = '' } = await client.chat.postMessage({ channel: 'C0APPROVALS', text: 'card' });
    await client.chat.postMessage({ channel: 'C0APPROVALS', text: 'details', thread_ts: ts });
    const [card, ...others] = world.messagesIn('approvals');
    expect(others).toEqual([]);
    expect(card && world.repliesTo(card).map(({ text }) => text)).toEqual(['details']);
  });
});

test('an event that comes again says so, and a profile that changed arrives as it is now', async () => {
  const world = await startWorld();
  const app = await startHttpApp(world);
  const seen: unknown[] = [];
  app.event('user_change', async ({ event, body, context }) => {
    seen.push([event.user.deleted, body.event_id, context.retryNum]);
  });
  world.changePerson('dana', { deleted: true });
  const first = await world.userChanged('dana');
  await world.redeliver(first);
  const id = first.payload['event_id'];
  expect(seen).toEqual([
    [true, id, undefined],
    [true, id, 1],
  ]);
});

test('with two receivers on one app a refresh leaves nobody without an answer', async () => {
  const world = await startWorld();
  const app = await startSocketApp(world);
  const second = socketReceiver(world);
  second.init(app);
  await second.start();
  cleanUps.push(async () => stopped(second, async () => second.stop()));
  expect(world.openSockets()).toBe(2);
  world.refreshSockets();
  expect(world.openSockets()).toBe(1);
  expect(await world.command({ user: 'dana', text: 'later' })).toMatchObject({ status: 200 });
  await world.until(() => world.openSockets() === 2);
  await world.until(() => world.responses[0]);
});

test('nothing is left open after stop()', async () => {
  const open = (): string[] => process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout/.test(kind));
  const before = open();
  const world = await startWorld();
  const client = clientOf(world);
  world.fail('auth.test', { with: 'hang', times: 1 });
  const hanging = client.auth.test();
  await world.until(() => world.calls()[0]);
  await Promise.all([expect(hanging).rejects.toThrow(/A request error occurred/), world.stop()]);
  await vi.waitFor(() => {
    expect(open().length).toBeLessThanOrEqual(before.length);
  });
});
