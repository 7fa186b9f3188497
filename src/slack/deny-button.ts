import { decidedText } from './blocks/answers.js';
import { denyFormView } from './blocks/forms.js';
import { sentenceBody } from './blocks/message.js';
import { decodeVote } from './button-values.js';
import { aboutReason, refusedForm } from './form-outcome.js';
import type { FormHandler, Interaction, SlackDeps } from './interaction.js';
import { openAndFill, refusalView } from './modals.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

const TITLE = 'Deny the request';

/** Deny, on the card: asks whoever may deny it for a reason. */
export async function denyButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const vote = decodeVote(value);
  if (vote === null) {
    await at.tell(OUT_OF_DATE);
    return;
  }
  await openAndFill(deps, at, {
    title: TITLE,
    typed: null,
    async fill() {
      const outcome = await deps.actions.denyForm({ viewer: at.user, ...vote });
      return outcome.ok ? denyFormView(outcome.value) : refusalView(TITLE, outcome.refusal, deps, at);
    },
  });
}

export const denyForm: FormHandler = {
  title: TITLE,
  check: (form) => aboutReason(form.reason ?? ''),
  async submit(deps, at, form) {
    const vote = decodeVote(form.metadata);
    if (vote === null) {
      return { kind: 'done', body: OUT_OF_DATE };
    }
    const outcome = await deps.actions.decideRequest({
      delivery: at.delivery,
      requestId: vote.requestId,
      termsVersion: vote.termsVersion,
      approver: at.user,
      verdict: 'deny',
      durationMs: null,
      reason: form.reason,
    });
    return outcome.ok
      ? { kind: 'done', body: sentenceBody(decidedText(outcome.value)) }
      : refusedForm(outcome.refusal, deps, at);
  },
};
