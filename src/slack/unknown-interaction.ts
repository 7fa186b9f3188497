import type { AllMiddlewareArgs, AnyMiddlewareArgs, Middleware } from '@slack/bolt';
import { resultView } from './blocks/forms.js';
import { sentenceBody } from './blocks/message.js';

/** For buttons and forms of an older version, and for values that nobody wrote. */
export const OUT_OF_DATE = sentenceBody(
  'This message is out of date. Nothing was done. Look for a newer one, or use the command.',
);

export type KnownInteractions = {
  readonly command: string;
  readonly actions: ReadonlySet<string>;
  readonly forms: ReadonlySet<string>;
  readonly shortcuts: ReadonlySet<string>;
  /** Lists that are searched. */
  readonly suggestions: ReadonlySet<string>;
};

/**
 * Answers whatever no listener is there for. Without it Bolt lets the person wait for three seconds and
 * then shows an error.
 */
export function answerUnknown(
  known: KnownInteractions,
  run: (work: () => Promise<void>) => Promise<void>,
): Middleware<AnyMiddlewareArgs> {
  return async (args) => {
    const answer = answerOf(args, known);
    await (answer === null ? args.next() : run(answer));
  };
}

function answerOf(
  args: AnyMiddlewareArgs & AllMiddlewareArgs,
  known: KnownInteractions,
): (() => Promise<void>) | null {
  if ('command' in args) {
    const { command, ack } = args;
    return command.command === known.command
      ? null
      : async () => ack({ response_type: 'ephemeral', text: `Use \`${known.command}\`.` });
  }
  if ('action' in args) {
    const { action, ack, respond } = args;
    if ('action_id' in action && known.actions.has(action.action_id)) {
      return null;
    }
    return async () => {
      await ack();
      if (typeof respond === 'function') {
        await respond(ephemeral());
      }
    };
  }
  if ('view' in args) {
    const { view, body, ack } = args;
    if (body.type === 'view_submission' && known.forms.has(view.callback_id)) {
      return null;
    }
    return body.type === 'view_submission'
      ? async () => ack({ response_action: 'update', view: resultView('Out of date', OUT_OF_DATE) })
      : async () => ack();
  }
  if ('options' in args) {
    const { options, ack } = args;
    const isKnown = 'action_id' in options && known.suggestions.has(options.action_id);
    return isKnown ? null : async () => ack({ options: [] });
  }
  if ('shortcut' in args) {
    const { shortcut, ack } = args;
    return known.shortcuts.has(shortcut.callback_id) ? null : async () => ack();
  }
  return null;
}

function ephemeral() {
  return {
    response_type: 'ephemeral' as const,
    replace_original: false,
    text: OUT_OF_DATE.text,
    blocks: [...OUT_OF_DATE.blocks],
  };
}
