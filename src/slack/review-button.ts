import { asRequestId } from '../domain/ids.js';
import { reviewedText } from './blocks/answers.js';
import { reviewFormView } from './blocks/forms.js';
import { sentenceBody } from './blocks/message.js';
import { aboutReason, refusedForm } from './form-outcome.js';
import type { FormHandler, Interaction, SlackDeps } from './interaction.js';
import { openAndFill, refusalView } from './modals.js';
import { tellOutcome } from './tell-outcome.js';

const TITLE = 'Not justified';

/** Justified, on the card of an emergency. */
export async function justifiedButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const outcome = await deps.actions.reviewEmergency({
    delivery: at.delivery,
    by: at.user,
    requestId: asRequestId(value),
    verdict: 'justified',
    note: null,
  });
  await tellOutcome(deps, at, outcome, reviewedText);
}

/** Not justified, on the card: asks whoever may say so for a reason. */
export async function notJustifiedButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  await openAndFill(deps, at, {
    title: TITLE,
    typed: null,
    async fill() {
      const outcome = await deps.actions.reviewForm({ viewer: at.user, requestId: asRequestId(value) });
      return outcome.ok ? reviewFormView(outcome.value) : refusalView(TITLE, outcome.refusal, deps, at);
    },
  });
}

export const reviewForm: FormHandler = {
  title: TITLE,
  check: (form) => aboutReason(form.reason ?? ''),
  async submit(deps, at, form) {
    const outcome = await deps.actions.reviewEmergency({
      delivery: at.delivery,
      by: at.user,
      requestId: asRequestId(form.metadata),
      verdict: 'not-justified',
      note: form.reason,
    });
    return outcome.ok
      ? { kind: 'done', body: sentenceBody(reviewedText(outcome.value)) }
      : refusedForm(outcome.refusal, deps, at);
  },
};
