import type {
  AllMiddlewareArgs,
  BlockAction,
  ButtonAction,
  ExternalSelectAction,
  GlobalShortcut,
  MessageShortcut,
  StaticSelectAction,
  SlackActionMiddlewareArgs,
  SlackCommandMiddlewareArgs,
  SlackOptionsMiddlewareArgs,
  SlackShortcutMiddlewareArgs,
} from '@slack/bolt';
import type { ModalView } from '@slack/web-api';
import type { Directory } from '../ports.js';
import { answeringByItself, answeringInModal, answeringThere, type AnswerParts } from './answering.js';
import { fromClick, fromCommand, fromShortcut, senderOf, type Arrived } from './arrived.js';
import { faultBody, keptBody } from './blocks/answers.js';
import { refusedAtTheDoor } from './door.js';
import type { Body } from './blocks/message.js';
import { runCommand } from './command.js';
import type { HomeTeam } from './home-team.js';
import type { ChoiceHandler, ClickHandler, Interaction, SlackDeps, SuggestHandler } from './interaction.js';
import { parseCommand, prefillOf, type ParsedCommand, type Prefill } from './parse-command.js';
import { formAbout } from './submitted-form.js';
import { readTyped } from './typed-text.js';

export type ListenerParts = AnswerParts & {
  readonly deps: SlackDeps;
  readonly home: HomeTeam;
  readonly directory: Directory;
  /** By open form: the last choice in it whose side text is still to come. A form that is sent has none. */
  readonly choices: Map<string, symbol>;
  /** Counts it among what stop() waits for. */
  run(work: () => Promise<void>): Promise<void>;
};

type CommandArgs = SlackCommandMiddlewareArgs & AllMiddlewareArgs;
/** A button, or a choice from a list. */
export type Clicked = ButtonAction | StaticSelectAction | ExternalSelectAction;
type ClickArgs = SlackActionMiddlewareArgs<BlockAction<Clicked>> & AllMiddlewareArgs;
type ShortcutArgs = SlackShortcutMiddlewareArgs<GlobalShortcut | MessageShortcut> & AllMiddlewareArgs;
type SuggestArgs = SlackOptionsMiddlewareArgs<'block_suggestion'> & AllMiddlewareArgs;

/*
 * What Bolt calls. Each acknowledges in the first tick, before anything that takes time; then runs one
 * use case; then answers this person alone.
 */

export function commandListener(parts: ListenerParts): (args: CommandArgs) => Promise<void> {
  return async (args) =>
    parts.run(async () => {
      await acknowledged(parts, args.ack());
      const { command, respond } = args;
      const arrived = fromCommand(command);
      const at = answeringThere(parts, arrived, respond);
      const parsed = parseCommand(command.text ?? '');
      const typed = [command.command, ...readTyped(command.text ?? '').map(({ text }) => text)].join(' ');
      await guarded(parts, arrived, {
        what: parsed.kind,
        tell: async (no) => at.tell(keptBody(no.text, typed, prefillIn(parsed))),
        work: async () => runCommand(parts.deps, at, parsed),
        broken: async (faultId) => at.tell(faultBody(faultId, typed, prefillIn(parsed))),
      });
    });
}

function valueOf(action: Clicked): string {
  if (action.type === 'button') {
    return action.value ?? '';
  }
  return action.selected_option?.value ?? '';
}

export function clickListener(
  parts: ListenerParts,
  handler: ClickHandler,
): (args: ClickArgs) => Promise<void> {
  return async (args) =>
    parts.run(async () => {
      await acknowledged(parts, args.ack());
      const { body, action, respond } = args;
      const arrived = fromClick(body);
      const { view } = body;
      const at =
        view === undefined
          ? answeringThere(parts, arrived, respond)
          : view.type === 'home'
            ? answeringByItself(parts, arrived)
            : answeringInModal(parts, arrived, { id: view.id, hash: undefined, title: view.title.text });
      await guarded(parts, arrived, {
        what: action.action_id,
        tell: at.tell,
        work: async () => handler(parts.deps, at, valueOf(action)),
        broken: async (faultId) => at.tell(faultBody(faultId, null)),
      });
    });
}

/** What stands beside the choice follows it; whatever else is filled in stays. */
export function choiceListener(
  parts: ListenerParts,
  handler: ChoiceHandler,
): (args: ClickArgs) => Promise<void> {
  // Of two choices one after the other, the later one is spoken of, whichever is worked out first.
  const { choices } = parts;
  return async (args) =>
    parts.run(async () => {
      const { body, action } = args;
      const { view } = body;
      if (view === undefined) {
        await acknowledged(parts, args.ack());
        return;
      }
      const mine = Symbol('this choice');
      choices.set(view.id, mine);
      await acknowledged(parts, args.ack());
      const arrived = fromClick(body);
      // Without its hash: Slack keeps what is typed in fields that stay the same.
      const modal = { id: view.id, hash: undefined, title: view.title.text };
      const at = answeringInModal(parts, arrived, modal);
      const redraw = async (changed: ModalView): Promise<void> => {
        if (choices.get(view.id) === mine) {
          await parts.modals.update(modal, changed);
        }
      };
      await guarded(parts, arrived, {
        what: action.action_id,
        // The form stays: what is typed in it is not lost for that.
        tell: async (word) => await redraw(formAbout(view, word.text)),
        async work() {
          const changed = await handler(parts.deps, at, view, valueOf(action));
          if (changed !== null) {
            await redraw(changed);
          }
        },
        broken: async (faultId) => await redraw(formAbout(view, faultBody(faultId, null).text)),
      });
      if (choices.get(view.id) === mine) {
        choices.delete(view.id);
      }
    });
}

/** Of the app's menu, or of a message's. */
export function shortcutListener(
  parts: ListenerParts,
  handler: (deps: SlackDeps, at: Interaction, shortcut: GlobalShortcut | MessageShortcut) => Promise<void>,
): (args: ShortcutArgs) => Promise<void> {
  return async (args) =>
    parts.run(async () => {
      await acknowledged(parts, args.ack());
      const { shortcut } = args;
      const arrived = fromShortcut(shortcut);
      const at = answeringByItself(parts, arrived);
      await guarded(parts, arrived, {
        what: shortcut.callback_id,
        tell: at.tell,
        work: async () => handler(parts.deps, at, shortcut),
        broken: async (faultId) => at.tell(faultBody(faultId, null)),
      });
    });
}

/** A list that is searched: Slack waits for the answer itself. Whoever may not ask finds nothing in it. */
export function suggestListener(
  parts: ListenerParts,
  handler: SuggestHandler,
): (args: SuggestArgs) => Promise<void> {
  return async ({ options, ack }) =>
    parts.run(async () => {
      const sender = senderOf(options);
      try {
        const no = await refusedAtTheDoor(parts, { sender });
        const answer = no === null ? await handler(parts.deps, sender.user, options.value) : NOTHING;
        await acknowledged(parts, ack(answer));
      } catch (error) {
        parts.deps.reportFault(error, { interaction: options.action_id, user: sender.user });
        await acknowledged(parts, ack(NOTHING));
      }
    });
}

const NOTHING = { options: [] };

/** In Socket Mode the socket may be gone: what was asked for is done all the same, and once only. */
export async function acknowledged({ log }: Pick<ListenerParts, 'log'>, ack: Promise<void>): Promise<void> {
  try {
    await ack;
  } catch (error) {
    log.warn({ err: error }, 'An acknowledgement did not reach Slack');
  }
}

type Guarded = {
  readonly what: string;
  readonly tell: (body: Body) => Promise<void>;
  work(): Promise<void>;
  broken(faultId: string): Promise<void>;
};

async function guarded(parts: ListenerParts, arrived: Arrived, steps: Guarded): Promise<void> {
  const report = (error: unknown): string =>
    parts.deps.reportFault(error, { interaction: steps.what, user: arrived.user });
  try {
    const no = await refusedAtTheDoor(parts, arrived);
    await (no === null ? steps.work() : steps.tell(no));
  } catch (error) {
    const faultId = report(error);
    try {
      await steps.broken(faultId);
    } catch (untold) {
      parts.log.warn({ fault: faultId, err: untold }, 'A fault could not be told');
    }
  }
}

/** What a form can offer again when the command broke. */
function prefillIn(parsed: ParsedCommand): Prefill | null {
  return parsed.kind === 'request'
    ? prefillOf(parsed)
    : parsed.kind === 'form' || parsed.kind === 'emergency'
      ? parsed.prefill
      : null;
}
