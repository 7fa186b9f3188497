import type { ProlongForm } from '../domain/asking.js';
import { parseDuration } from '../domain/duration.js';
import { asGrantId } from '../domain/ids.js';
import type { Refusal } from '../domain/refusal.js';
import type { Result } from '../domain/result.js';
import { submittedBody } from './blocks/answers.js';
import { INPUT, prolongFormView, type ProlongPrefill } from './blocks/forms.js';
import { aboutDuration, aboutReason, refusedForm } from './form-outcome.js';
import type { FormHandler, Interaction, SlackDeps } from './interaction.js';
import { openAndFill, refusalView } from './modals.js';

const TITLE = 'Extend access';
const NOTHING_TYPED: ProlongPrefill = { duration: null, reason: null };

/** Extend, on the message of a running grant and on its reminder. */
export async function prolongButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const find = async () => await deps.actions.prolongForm({ viewer: at.user, grantId: asGrantId(value) });
  await openProlongForm(deps, at, find, NOTHING_TYPED);
}

/** `find` says of which grant, or why there is nothing to fill in. */
export async function openProlongForm(
  deps: SlackDeps,
  at: Interaction,
  find: () => Promise<Result<ProlongForm, Refusal>>,
  prefill: ProlongPrefill,
): Promise<void> {
  const typed = [prefill.duration, prefill.reason].filter((part) => part !== null).join(' ');
  await openAndFill(deps, at, {
    title: TITLE,
    typed,
    async fill() {
      const outcome = await find();
      return outcome.ok
        ? prolongFormView(outcome.value, prefill)
        : refusalView(TITLE, outcome.refusal, deps, at, typed);
    },
  });
}

export const prolongForm: FormHandler = {
  title: TITLE,
  check: (form) => ({
    ...(form.duration === null ? { [INPUT.duration]: 'Say how much more time is needed.' } : {}),
    ...aboutDuration(form.duration),
    ...aboutReason(form.reason ?? ''),
  }),
  async submit(deps, at, form) {
    const outcome = await deps.actions.prolongGrant({
      delivery: at.delivery,
      workspace: at.workspace,
      requester: at.user,
      grantId: asGrantId(form.metadata),
      durationMs: parseDuration(form.duration ?? '') ?? 0,
      reason: form.reason ?? '',
    });
    return outcome.ok
      ? { kind: 'done', body: submittedBody(outcome.value, at.user) }
      : refusedForm(outcome.refusal, deps, at);
  },
};
