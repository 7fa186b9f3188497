import { asGrantId } from '../domain/ids.js';
import { revokedBody } from './blocks/answers.js';
import { revokeFormView } from './blocks/forms.js';
import { aboutReason, refusedForm } from './form-outcome.js';
import type { FormHandler, Interaction, SlackDeps } from './interaction.js';
import { openAndFill, refusalView } from './modals.js';

const TITLE = 'Revoke access';

/** Revoke, on an approved card: asks whoever may revoke it for the reason, which the holder reads. */
export async function revokeButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  await openAndFill(deps, at, {
    title: TITLE,
    typed: null,
    async fill() {
      const outcome = await deps.actions.revokeForm({ viewer: at.user, grantId: asGrantId(value) });
      return outcome.ok ? revokeFormView(outcome.value) : refusalView(TITLE, outcome.refusal, deps, at);
    },
  });
}

export const revokeForm: FormHandler = {
  title: TITLE,
  check: (form) => aboutReason(form.reason ?? ''),
  async submit(deps, at, form) {
    const outcome = await deps.actions.revokeGrant({
      delivery: at.delivery,
      by: at.user,
      which: form.metadata,
      reason: form.reason ?? '',
    });
    return outcome.ok
      ? { kind: 'done', body: revokedBody(outcome.value, form.reason ?? '') }
      : refusedForm(outcome.refusal, deps, at);
  },
};
