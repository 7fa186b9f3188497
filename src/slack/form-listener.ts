/** A form that is sent is answered in its own place; what was filled in is never lost. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AllMiddlewareArgs, SlackViewMiddlewareArgs, ViewOutput, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/web-api';
import { answeringInModal, tellDirectly } from './answering.js';
import { fromForm, type Arrived } from './arrived.js';
import { faultText, keptBody } from './blocks/answers.js';
import { resultView, workingView } from './blocks/forms.js';
import { sentenceBody, type Body } from './blocks/message.js';
import { refusedAtTheDoor } from './door.js';
import type { FormHandler } from './interaction.js';
import { acknowledged, type ListenerParts } from './listener.js';
import { formAgain, readForm, type SubmittedForm } from './submitted-form.js';

type FormArgs = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs;

export type FormWaits = {
  /** Slack waits three seconds for the acknowledgement, which can bring the answer with it. */
  readonly withTheAckMs: number;
  /** So long after an acknowledgement a change of the form comes after it at Slack, too, by whichever way it went. */
  readonly afterTheAckMs: number;
  /** Before the answer is tried once more. */
  readonly againMs: number;
};

const WAITS: FormWaits = { withTheAckMs: 1_000, afterTheAckMs: 1_000, againMs: 1_000 };

/** What stands in the place of the form, and what a direct message says where it can't. */
type Answer = { readonly view: ModalView; readonly told: Body };

/** Answered with the acknowledgement where that is quick; until then "Sending…" stands there. */
export function formListener(
  parts: ListenerParts,
  handler: FormHandler,
  waits: FormWaits = WAITS,
): (args: FormArgs) => Promise<void> {
  return async (args) =>
    parts.run(async () => {
      const { view, body, ack } = args;
      const form = readForm(view);
      const errors = handler.check(form, parts.deps.clock.now());
      if (Object.keys(errors).length > 0) {
        await acknowledged(parts, ack({ response_action: 'errors', errors }));
        return;
      }
      // No side text that comes late takes the place of the answer.
      parts.choices.delete(view.id);
      const arrived = fromForm(body);
      const answer = answerTo(parts, handler, { arrived, view, form });
      const quick = await within(waits.withTheAckMs, answer);
      if (quick !== null) {
        await acknowledged(parts, ack({ response_action: 'update', view: quick.view }));
        return;
      }
      await acknowledged(parts, ack({ response_action: 'update', view: workingView(handler.title) }));
      const [late] = await Promise.all([answer, pause(waits.afterTheAckMs)]);
      await showLate(parts, { arrived, view }, late, waits);
    });
}

/** Null where it takes longer. */
async function within<Value>(ms: number, work: Promise<Value>): Promise<Value | null> {
  const waiting = new AbortController();
  try {
    return await Promise.race([work, pause(ms, null, { signal: waiting.signal })]);
  } finally {
    waiting.abort();
  }
}

type Sent = { readonly arrived: Arrived; readonly view: ViewOutput; readonly form: SubmittedForm };

/** Never throws: a fault is an answer, too. */
async function answerTo(parts: ListenerParts, handler: FormHandler, sent: Sent): Promise<Answer> {
  const { arrived, view, form } = sent;
  const again = (text: string): Answer => ({
    view: formAgain(view, text),
    told: keptBody(text, typedIn(form), handler.prefill?.(form) ?? null),
  });
  const done = (told: Body): Answer => ({ view: resultView(handler.title, told), told });
  try {
    const no = await refusedAtTheDoor(parts, arrived);
    if (no !== null) {
      return again(`*Not sent.* ${no.text}`);
    }
    const modal = { id: view.id, hash: undefined, title: handler.title };
    const outcome = await handler.submit(parts.deps, answeringInModal(parts, arrived, modal), form);
    switch (outcome.kind) {
      case 'done':
        return done(outcome.body);
      case 'again':
        return again(`*Not sent.* ${outcome.problem}`);
      case 'nothing':
        return done(sentenceBody('This was sent and answered already.'));
      default:
        return outcome satisfies never;
    }
  } catch (error) {
    const facts = { interaction: view.callback_id, user: arrived.user };
    return again(faultText(parts.deps.reportFault(error, facts)));
  }
}

/** In the form, tried twice; otherwise, or where it was closed meanwhile, in a direct message. */
async function showLate(
  parts: ListenerParts,
  { arrived, view: { id } }: Pick<Sent, 'arrived' | 'view'>,
  answer: Answer,
  { againMs }: FormWaits,
): Promise<void> {
  const show = async (): Promise<boolean> => await parts.modals.update({ id, hash: undefined }, answer.view);
  const isShown = await show().catch(async (error: unknown) => {
    parts.log.warn({ user: arrived.user, err: error }, 'The answer to a form did not reach Slack');
    await pause(againMs);
    return await show().catch(() => false);
  });
  if (!isShown) {
    await tellDirectly(parts, arrived.user, answer.told);
  }
}

/** In the order of the form. */
function typedIn({ role, duration, reason }: SubmittedForm): string {
  return [role, duration, reason].filter((part) => part !== null).join(' ');
}
