import { decidedText } from './blocks/answers.js';
import { denyFormView } from './blocks/forms.js';
import { sentenceBody } from './blocks/message.js';
import { decodeVote } from './button-values.js';
import { aboutReason, refusedForm } from './form-outcome.js';
import type { FormHandler, Interaction, SlackDeps } from './interaction.js';
import { openModal } from './modals.js';
import { refusalText } from './refusal-text.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/** Deny, on the card: asks for a reason. What it shows is read from the database alone. */
export async function denyButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const vote = decodeVote(value);
  const view = vote === null ? null : await deps.actions.requestCard(vote.requestId);
  if (vote === null || view === null) {
    await at.tell(OUT_OF_DATE);
    return;
  }
  if (view.request.state !== 'pending') {
    const text = refusalText(
      { code: 'not-pending', request: view.request },
      { viewer: at.user, command: deps.command },
    );
    await at.tell(sentenceBody(text ?? ''));
    return;
  }
  const reasonRequired = await deps.actions.denyReasonRequired(vote.requestId);
  // The vote is on the terms that stood above the button, even if the card has changed since.
  const shown = { ...view, request: { ...view.request, termsVersion: vote.termsVersion } };
  await openModal(deps, at, denyFormView(shown, reasonRequired));
}

export const denyForm: FormHandler = {
  title: 'Deny the request',
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
      reason: form.reason,
    });
    return outcome.ok
      ? { kind: 'done', body: sentenceBody(decidedText(outcome.value)) }
      : refusedForm(outcome.refusal, deps, at);
  },
};
