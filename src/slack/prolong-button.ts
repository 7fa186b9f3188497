import { parseDuration } from '../domain/duration.js';
import { asGrantId } from '../domain/ids.js';
import { submittedBody } from './blocks/answers.js';
import { INPUT, prolongFormView } from './blocks/forms.js';
import { aboutDuration, aboutReason, refusedForm } from './form-outcome.js';
import type { FormHandler, Interaction, SlackDeps } from './interaction.js';
import { openAndFill, refusalView } from './modals.js';

const TITLE = 'Ask for more time';

/** Ask for more, on the message of a running grant and on its reminder. */
export async function prolongButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const grantId = asGrantId(value);
  await openAndFill(deps, at, {
    title: TITLE,
    typed: null,
    async fill() {
      const outcome = await deps.actions.prolongForm({ viewer: at.user, grantId });
      return outcome.ok ? prolongFormView(outcome.value) : refusalView(TITLE, outcome.refusal, deps, at);
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
