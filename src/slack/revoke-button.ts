import { asGrantId } from '../domain/ids.js';
import { endedText } from './blocks/answers.js';
import { revokeFormView } from './blocks/forms.js';
import { sentenceBody } from './blocks/message.js';
import { person, roleKeyOf } from './blocks/text.js';
import { aboutReason, refusedForm } from './form-outcome.js';
import type { FormHandler, Interaction, SlackDeps } from './interaction.js';
import { openModal } from './modals.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/** Revoke, on an approved card: asks for the reason, which the holder reads. */
export async function revokeButton(deps: SlackDeps, at: Interaction, grantId: string): Promise<void> {
  const view = await deps.actions.grantCard(asGrantId(grantId));
  if (view === null) {
    await at.tell(OUT_OF_DATE);
    return;
  }
  const { grant } = view;
  await openModal(
    deps,
    at,
    revokeFormView({ id: grant.id, roleKey: roleKeyOf(grant), holder: person(grant.beneficiary) }),
  );
}

export const revokeForm: FormHandler = {
  title: 'Revoke access',
  check: (form) => aboutReason(form.reason ?? ''),
  async submit(deps, at, form) {
    const outcome = await deps.actions.revokeGrant({
      delivery: at.delivery,
      by: at.user,
      which: form.metadata,
      reason: form.reason ?? '',
    });
    return outcome.ok
      ? { kind: 'done', body: sentenceBody(endedText(outcome.value)) }
      : refusedForm(outcome.refusal, deps, at);
  },
};
