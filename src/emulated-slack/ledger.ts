import { fieldsOf, listOf, textOr, type Fields } from './fields.js';

/** A message as it stands on a person's screen. A snapshot: an update makes a new one. */
export type SeenMessage = {
  channel: string;
  ts: string;
  threadTs: string | undefined;
  /** Who wrote it; the app, mostly. */
  author: string;
  text: string;
  blocks: Fields[];
  /** The only person who sees it; undefined when everybody in the channel does. */
  onlyFor: string | undefined;
  /** 1 when posted, one more with every update. */
  version: number;
};

export type SeenView = {
  id: string;
  type: 'modal' | 'home';
  user: string;
  hash: string;
  callbackId: string;
  blocks: Fields[];
  /** As Slack gives it in payloads. */
  raw: Fields;
};

export type Ledger = ReturnType<typeof createLedger>;

/** What people see: kept from what Slack answered "ok" to, in the order in which it happened. */
export function createLedger() {
  const messages = new Map<string, SeenMessage>();
  const modals = new Map<string, SeenView[]>();
  const homes = new Map<string, SeenView>();
  const dms = new Map<string, string>();
  const triggers = new Map<string, string>();

  const keyOf = ({ channel, ts }: { channel: string; ts: string }): string => `${channel}/${ts}`;

  function seeView(raw: Fields, user: string): SeenView {
    return {
      id: textOr(raw['id'], ''),
      type: raw['type'] === 'home' ? 'home' : 'modal',
      user,
      hash: textOr(raw['hash'], ''),
      callbackId: textOr(raw['callback_id'], ''),
      blocks: listOf(raw['blocks']),
      raw,
    };
  }

  function stackOf(user: string): SeenView[] {
    return modals.get(user) ?? [];
  }

  return {
    addMessage(message: Omit<SeenMessage, 'version'>): SeenMessage {
      const added = { ...message, version: 1 };
      messages.set(keyOf(added), added);
      return added;
    },
    changeMessage(place: { channel: string; ts: string }, change: { text: string; blocks: Fields[] }): void {
      const before = messages.get(keyOf(place));
      if (before !== undefined) {
        messages.set(keyOf(place), { ...before, ...change, version: before.version + 1 });
      }
    },
    removeMessage(place: { channel: string; ts: string }): void {
      messages.delete(keyOf(place));
    },
    findMessage: (place: { channel: string; ts: string }): SeenMessage | undefined =>
      messages.get(keyOf(place)),
    allMessages: (): SeenMessage[] => [...messages.values()],

    openModal(raw: Fields, user: string, { push }: { push: boolean }): void {
      const opened = seeView(raw, user);
      modals.set(user, push ? [...stackOf(user), opened] : [opened]);
    },
    publishHome(raw: Fields, user: string): void {
      homes.set(user, seeView(raw, user));
    },
    changeView(raw: Fields): void {
      for (const [user, stack] of modals) {
        modals.set(
          user,
          stack.map((view) => (view.id === raw['id'] ? seeView(raw, user) : view)),
        );
      }
    },
    /** The person leaves one view, and comes back to the one below; or leaves them all. */
    closeModal(user: string, viewId: string): void {
      const rest = viewId === 'all' ? [] : stackOf(user).filter(({ id }) => id !== viewId);
      modals.set(user, rest);
    },
    modalOf: (user: string): SeenView | undefined => stackOf(user).at(-1),
    homeOf: (user: string): SeenView | undefined => homes.get(user),
    isOpen: (viewId: string): boolean =>
      [...modals.values()].some((stack) => stack.some(({ id }) => id === viewId)),

    rememberDm(user: string, channel: string): void {
      dms.set(user, channel);
    },
    dmOf: (user: string): string | undefined => dms.get(user),
    dmOwner: (channel: string): string | undefined => [...dms].find(([, known]) => known === channel)?.[0],

    rememberTrigger(trigger: string, user: string): void {
      triggers.set(trigger, user);
    },
    triggeredBy: (trigger: string): string | undefined => triggers.get(trigger),
  };
}

/** Slack gives an id to every block and element that came without one. */
export function withAssignedIds(blocks: unknown, makeId: () => string): unknown {
  if (!Array.isArray(blocks)) {
    return blocks;
  }
  const named = (element: unknown): unknown => {
    const fields = fieldsOf(element);
    const isInteractive = !['image', 'mrkdwn', 'plain_text'].includes(textOr(fields['type'], ''));
    return isInteractive && fields['action_id'] === undefined ? { ...fields, action_id: makeId() } : fields;
  };
  return listOf(blocks).map((block) => ({
    ...block,
    block_id: block['block_id'] ?? makeId(),
    ...(block['type'] === 'actions' ? { elements: listOf(block['elements']).map(named) } : {}),
    ...(block['type'] === 'section' && block['accessory'] !== undefined
      ? { accessory: named(block['accessory']) }
      : {}),
    ...(block['type'] === 'input' ? { element: named(block['element']) } : {}),
  }));
}
