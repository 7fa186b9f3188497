import { randomUUID } from 'node:crypto';
import type { Delivered, Forgery } from './delivery.js';
import { isFields, textOr, type Fields } from './fields.js';
import { createFormActions } from './form-actions.js';
import { filledIn, formState, interactiveElements, type Given } from './form-input.js';
import { createInteraction, type ActionParts } from './interaction.js';
import type { Ledger, SeenMessage, SeenView } from './ledger.js';
import { slackUser, type Channel, type Directory, type Person } from './people.js';
import type { ResponsePlace } from './response-sink.js';

export type Command = {
  /** An id or a name, as everywhere. */
  user: string;
  text: string;
  /** The person's conversation with the app without it. */
  channel?: string;
  command?: string;
} & Forgery;

export type Click = {
  user: string;
  actionId: string;
  blockId?: string;
  /** What is chosen, or a forged button value. */
  value?: Given;
  /** What else is filled in, in a form: by action_id or block_id. */
  values?: Record<string, Given>;
} & ({ message: SeenMessage; view?: never } | { view: SeenView; message?: never }) &
  Forgery;

export type PersonActions = ReturnType<typeof createPersonActions>;

/** What people can do in Slack; each resolves when the app has acknowledged, or failed to. */
export function createPersonActions(parts: ActionParts) {
  const { directory, ledger, sink, courier } = parts;
  const { workspace } = directory;
  const interaction = createInteraction(parts);
  const { trigger, dmChannel, sender, currentView } = interaction;

  /** Slack tells the person when the app did not answer. */
  function tellTrouble(place: ResponsePlace, subject: string, { trouble }: Delivered): void {
    if (trouble !== undefined) {
      sink.show(place, { text: `${subject} failed with the error "${trouble}"` });
    }
  }

  async function command({
    user,
    text,
    channel,
    command: name = '/access',
    ...forgery
  }: Command): Promise<Delivered> {
    const person = directory.person(user);
    const place =
      channel === undefined
        ? { id: await dmChannel(person), name: 'directmessage' }
        : placeOf(directory, ledger, channel);
    const response = { user: person.id, channel: place.id, original: undefined };
    const enterprise =
      workspace.enterpriseId === undefined
        ? {}
        : { enterprise_id: workspace.enterpriseId, enterprise_name: workspace.teamName };
    const delivered = await courier.deliver(
      'slash_commands',
      {
        token: 'unused',
        team_id: person.teamId ?? workspace.teamId,
        team_domain: workspace.teamDomain,
        ...enterprise,
        channel_id: place.id,
        channel_name: place.name,
        user_id: person.id,
        user_name: person.name,
        command: name,
        text: escaped(text, directory),
        api_app_id: workspace.appId,
        is_enterprise_install: 'false',
        response_url: sink.openUrl(response),
        trigger_id: await trigger(person),
      },
      forgery,
    );
    tellTrouble(response, name, delivered);
    showAck(response, delivered);
    return delivered;
  }

  function showAck(response: ResponsePlace, { body, trouble }: Delivered): void {
    if (trouble !== undefined || body === '') {
      return;
    }
    sink.show(response, isFields(body) ? body : { text: String(body) });
  }

  async function click(order: Click): Promise<Delivered> {
    const person = directory.person(order.user);
    const { user: _user, message, view, actionId, blockId, value, values = {}, ...forgery } = order;
    const current =
      message === undefined ? view && currentView(view) : (ledger.findMessage(message) ?? message);
    const action = actionOn(current?.blocks ?? [], message?.blocks ?? view?.blocks ?? [], {
      actionId,
      blockId,
      value,
    });
    const common = {
      type: 'block_actions',
      ...sender(person),
      trigger_id: await trigger(person, view?.id),
      actions: [{ ...action, action_ts: parts.makeTs() }],
    };
    if (message === undefined) {
      const container = { type: 'view', view_id: view?.id };
      const raw = {
        ...(view && currentView(view).raw),
        state: formState(current?.blocks ?? [], { ...values, ...chosen(action, value) }, UNCHECKED),
      };
      return courier.deliver('interactive', { ...common, container, view: raw }, forgery);
    }
    return clickOnMessage({ person, message, common, forgery });
  }

  async function clickOnMessage({
    person,
    message,
    common,
    forgery,
  }: {
    person: Person;
    message: SeenMessage;
    common: Fields;
    forgery: Forgery;
  }): Promise<Delivered> {
    const now = ledger.findMessage(message) ?? message;
    const { channel, ts, threadTs } = message;
    const isEphemeral = message.onlyFor !== undefined;
    const response = { user: person.id, channel, original: now };
    const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
    const shown = { type: 'message', user: now.author, ts, text: now.text, blocks: now.blocks, ...thread };
    const author = { app_id: workspace.appId, bot_id: workspace.botId, team: workspace.teamId };
    return courier.deliver(
      'interactive',
      {
        ...common,
        container: {
          type: 'message',
          message_ts: ts,
          channel_id: channel,
          is_ephemeral: isEphemeral,
          ...thread,
        },
        channel: placeOf(directory, ledger, channel),
        ...(isEphemeral ? {} : { message: { ...shown, ...author } }),
        state: formState(now.blocks, {}, UNCHECKED),
        response_url: sink.openUrl(response),
      },
      forgery,
    );
  }

  async function shortcut({
    user,
    callbackId,
    ...forgery
  }: { user: string; callbackId: string } & Forgery): Promise<Delivered> {
    const person = directory.person(user);
    const payload = {
      type: 'shortcut',
      ...sender(person),
      callback_id: callbackId,
      trigger_id: await trigger(person),
      action_ts: parts.makeTs(),
    };
    return courier.deliver('interactive', payload, forgery);
  }

  /** A shortcut in the menu of a message. */
  async function messageShortcut({
    user,
    callbackId,
    message,
    ...forgery
  }: { user: string; callbackId: string; message: SeenMessage } & Forgery): Promise<Delivered> {
    const person = directory.person(user);
    const { channel, ts, threadTs, text, author } = message;
    const payload = {
      type: 'message_action',
      ...sender(person),
      callback_id: callbackId,
      trigger_id: await trigger(person),
      action_ts: parts.makeTs(),
      message_ts: ts,
      channel: placeOf(directory, ledger, channel),
      message: {
        type: 'message',
        user: author,
        ts,
        text,
        ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
      },
      response_url: sink.openUrl({ user: person.id, channel, original: undefined }),
    };
    return courier.deliver('interactive', payload, forgery);
  }

  async function event(inner: Fields, forgery: Forgery = {}): Promise<Delivered> {
    const enterpriseId = workspace.enterpriseId ?? null;
    const seconds = Math.floor(Date.now() / 1000);
    return courier.deliver(
      'events_api',
      {
        token: 'unused',
        type: 'event_callback',
        team_id: workspace.teamId,
        api_app_id: workspace.appId,
        event_id: `Ev${randomUUID().replaceAll('-', '').slice(0, 11).toUpperCase()}`,
        event_time: seconds,
        authorizations: [
          {
            enterprise_id: enterpriseId,
            team_id: workspace.teamId,
            user_id: workspace.botUserId,
            is_bot: true,
            is_enterprise_install: false,
          },
        ],
        is_ext_shared_channel: false,
        event: { event_ts: parts.makeTs(), ...inner },
      },
      forgery,
    );
  }

  async function homeOpened(user: string, forgery: Forgery = {}): Promise<Delivered> {
    const person = directory.person(user);
    const home = ledger.homeOf(person.id);
    const inner = { type: 'app_home_opened', user: person.id, channel: await dmChannel(person), tab: 'home' };
    return event({ ...inner, ...(home === undefined ? {} : { view: home.raw }) }, forgery);
  }

  /** The event user_change, with the person as they are now. */
  async function userChanged(user: string, forgery: Forgery = {}): Promise<Delivered> {
    const seen = slackUser(directory.person(user), workspace, { withEmail: true });
    return event({ type: 'user_change', user: seen, cache_ts: Math.floor(Date.now() / 1000) }, forgery);
  }

  const forms = createFormActions(parts, interaction);
  return { command, click, ...forms, shortcut, messageShortcut, event, homeOpened, userChanged };
}

/** What is chosen in a form is in its state as well. */
function chosen(action: Fields, value: Given | undefined): Record<string, Given> {
  return action['type'] === 'button' || value === undefined
    ? {}
    : { [textOr(action['action_id'], '')]: value };
}

const UNCHECKED = { checked: false } as const;

function placeOf(directory: Directory, ledger: Ledger, ref: string): { id: string; name: string } {
  const channel: Channel | undefined = directory.findChannel(ref);
  if (channel !== undefined) {
    return { id: channel.id, name: channel.isPrivate === true ? 'privategroup' : channel.name };
  }
  if (ledger.dmOwner(ref) !== undefined) {
    return { id: ref, name: 'directmessage' };
  }
  throw new Error(`No channel is called ${ref} in this workspace`);
}

/** With should_escape, Slack turns the @names and #names that a person typed into ids. */
function escaped(text: string, directory: Directory): string {
  return text
    .replace(/(?<![\w<])@([\w-]+(?:\.[\w-]+)*)/g, (typed, name: string) => {
      const person = directory.findPerson(name);
      return person === undefined ? typed : `<@${person.id}>`;
    })
    .replace(/(?<![\w<])#([\w-]+)/g, (typed, name: string) => {
      const channel = directory.findChannel(name);
      const label = channel?.isPrivate === true ? '' : (channel?.name ?? '');
      return channel === undefined ? typed : `<#${channel.id}|${label}>`;
    });
}

/**
 * The element as it is now; else as it was on a screen that is out of date; else, when a value is given, a
 * forged one that was never shown to anybody.
 */
function actionOn(
  now: readonly Fields[],
  before: readonly Fields[],
  wanted: { actionId: string; blockId: string | undefined; value: Given | undefined },
): Fields {
  const { actionId, blockId, value } = wanted;
  const found = [...interactiveElements(now), ...interactiveElements(before)].find(
    (placed) =>
      placed.element['action_id'] === actionId && (blockId === undefined || placed.blockId === blockId),
  );
  if (found?.block['type'] === 'input' && found.block['dispatch_action'] !== true) {
    throw new Error(`Slack would not tell the app of ${actionId} before the form is sent`);
  }
  if (found === undefined && value === undefined) {
    throw new Error(`There is no ${actionId} to click`);
  }
  const element: Fields = found?.element ?? { type: 'button', text: { type: 'plain_text', text: 'Forged' } };
  const place = { action_id: actionId, block_id: found?.blockId ?? blockId ?? 'forged' };
  if (element['type'] === 'button') {
    const given = value === undefined ? element['value'] : value;
    return {
      type: 'button',
      ...place,
      text: element['text'],
      ...(given === undefined ? {} : { value: given }),
    };
  }
  return { ...place, ...filledIn(element, value ?? null) };
}
