import type { SeenMessage, SeenView } from '../../src/emulated-slack/ledger.js';
import type { SlackWorld } from '../../src/emulated-slack/world.js';

/** The channel of the cards. */
export const APPROVALS = 'C0APPROVALS';

/** A safety net for a busy machine, not an assertion. */
export const PATIENCE_MS = 30_000;

export type PersonShortcuts = ReturnType<typeof personShortcuts>;

/** What people do most, each with the wait for what they see next. */
export function personShortcuts(world: SlackWorld) {
  async function see<Seen>(what: string, look: () => Seen | undefined | false): Promise<Seen> {
    return await world.until(look, { what, timeoutMs: PATIENCE_MS });
  }

  /** As this person reads it; of a message or a form, what it says now. */
  function read(shown: SeenMessage | SeenView, reader = 'lee'): string {
    const now = 'ts' in shown ? (world.current(shown) ?? shown) : shown;
    return world.textOf(now, { reader });
  }

  /** All cards in the approvers' channel, oldest first. */
  function cards(): SeenMessage[] {
    return world.messagesIn(APPROVALS);
  }

  /** The labels of the buttons that a message has now. */
  function buttonsOf(message: SeenMessage): string[] {
    const { blocks } = world.current(message) ?? message;
    const buttons = world.textOf({ blocks: blocks.filter((block) => block['type'] === 'actions') });
    return [...buttons.matchAll(/\[([^\]]+)\]/g)].map(([, label = '']) => label);
  }

  async function answerTo(user: string, act: () => Promise<unknown>): Promise<SeenMessage> {
    const before = world.ephemeralsTo(user).length;
    await act();
    return await see(`an answer to ${user}`, () => world.ephemeralsTo(user)[before]);
  }

  /** Types `/access <text>` and gives the answer that only this person sees. */
  async function type(user: string, text: string, where: { channel?: string } = {}): Promise<SeenMessage> {
    return await answerTo(user, () => world.command({ user, text, ...where }));
  }

  /** The same, as what the person then reads. */
  async function hear(user: string, text: string): Promise<string> {
    return read(await type(user, text), user);
  }

  async function newCard(
    act: () => Promise<SeenMessage>,
  ): Promise<{ answer: SeenMessage; card: SeenMessage }> {
    const before = cards().length;
    const answer = await act();
    const card = await see(`a card; the answer was: ${read(answer)}`, () => cards().at(before));
    return { answer, card };
  }

  /** Types a request and gives the answer and the card that it leads to. */
  async function ask(user: string, text: string): Promise<{ answer: SeenMessage; card: SeenMessage }> {
    return await newCard(() => type(user, text));
  }

  /** A form that was not there before; one that is still loading is none yet. */
  async function newForm(user: string, act: () => Promise<unknown>): Promise<SeenView> {
    const before = world.modalOf(user)?.id;
    await act();
    return await see(`a form in front of ${user}`, () => {
      const modal = world.modalOf(user);
      return modal !== undefined && modal.id !== before && modal.callbackId !== '' && modal;
    });
  }

  /** Types what opens a form, and gives the form once it is filled. */
  async function openForm(user: string, text: string): Promise<SeenView> {
    return await newForm(user, () => world.command({ user, text }));
  }

  /** Clicks, and gives the answer that only this person sees. */
  async function click(user: string, message: SeenMessage, actionId: string): Promise<SeenMessage> {
    return await answerTo(user, () => world.click({ user, message, actionId }));
  }

  /** Chooses from a list by what it says, and gives the answer that only this person sees. */
  async function choose(
    user: string,
    message: SeenMessage,
    actionId: string,
    option: string,
  ): Promise<SeenMessage> {
    return await answerTo(user, () => world.click({ user, message, actionId, value: option }));
  }

  /** Clicks what puts something else in the place of the message. */
  async function clickAway(user: string, message: SeenMessage, actionId: string): Promise<SeenMessage> {
    const { version } = world.current(message) ?? message;
    await world.click({ user, message, actionId });
    return await see('something else in the place of the message', () => {
      const now = world.current(message);
      return now !== undefined && now.version > version && now;
    });
  }

  /** Clicks what opens a form, and gives the form once it is filled. */
  async function clickToForm(user: string, message: SeenMessage, actionId: string): Promise<SeenView> {
    return await newForm(user, () => world.click({ user, message, actionId }));
  }

  /** Clicks what opens a modal, and gives what it reads once it is loaded: a form, or why there is none. */
  async function clickToModal(user: string, message: SeenMessage, actionId: string): Promise<string> {
    const before = world.modalOf(user)?.id;
    await world.click({ user, message, actionId });
    return await see(`a modal in front of ${user}`, () => {
      const modal = world.modalOf(user);
      const text = modal === undefined || modal.id === before ? '' : read(modal, user);
      return text !== '' && !text.includes('Loading…') && text;
    });
  }

  /** Sends a form off and gives what stands in its place when the app is through with it. */
  async function submit(
    user: string,
    view: SeenView,
    values: Record<string, string | null>,
  ): Promise<string> {
    const delivered = await world.submitView({ user, view, values });
    if (delivered.trouble !== undefined) {
      throw new Error(`Slack would tell ${user}: ${delivered.trouble}`);
    }
    return await see('the outcome of the form', () => {
      const modal = world.modalOf(user);
      const text = modal === undefined ? '' : read(modal, user);
      return text !== '' && !text.includes('Sending…') && text;
    });
  }

  /** Sends a form off that the app does not take, and gives what then stands beside which field. */
  async function errorsBeside(
    user: string,
    view: SeenView,
    values: Record<string, string | null>,
  ): Promise<unknown> {
    const { body } = await world.submitView({ user, view, values });
    return typeof body === 'object' && body !== null && 'errors' in body ? body.errors : undefined;
  }

  /** Waits until the message reads so, and gives what it reads. */
  async function seeText(message: SeenMessage, wanted: RegExp, reader = 'lee'): Promise<string> {
    try {
      return await see(String(wanted), () => {
        const text = read(message, reader);
        return wanted.test(text) && text;
      });
    } catch (error) {
      throw new Error(`The message never read ${wanted}, but:\n${read(message, reader)}`, { cause: error });
    }
  }

  /** Waits for a direct message that reads so. */
  async function seeDm(user: string, wanted: RegExp): Promise<SeenMessage> {
    try {
      return await see(String(wanted), () =>
        world.dmsTo(user).find((message) => wanted.test(read(message, user))),
      );
    } catch (error) {
      throw new Error(`${user} was never told ${wanted}, but:\n${dms(user).join('\n––\n')}`, {
        cause: error,
      });
    }
  }

  /** What stands in the person's conversation with the app now. */
  function dms(user: string): string[] {
    return world.dmsTo(user).map((message) => read(message, user));
  }

  return {
    see,
    read,
    cards,
    buttonsOf,
    type,
    hear,
    newCard,
    ask,
    openForm,
    choose,
    click,
    clickAway,
    clickToForm,
    clickToModal,
    submit,
    errorsBeside,
    seeText,
    seeDm,
    dms,
  };
}
