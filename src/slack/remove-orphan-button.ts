import { removedText } from './blocks/answers.js';
import { INPUT, removeOrphanFormView } from './blocks/forms.js';
import { sentenceBody } from './blocks/message.js';
import { EVERY_CONNECTOR } from './button-values.js';
import { aboutReason, refusedForm } from './form-outcome.js';
import type { FormHandler, Interaction, SlackDeps } from './interaction.js';
import { openAndFill, refusalView } from './modals.js';

const TITLE = 'Remove access';

/** Remove…, where access is told that no row explains; the value is its connector, or that of all. */
export async function removeOrphanButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  await openAndFill(deps, at, {
    title: TITLE,
    typed: null,
    async fill() {
      const connector = value === EVERY_CONNECTOR ? null : value;
      const outcome = await deps.actions.orphansForm({ viewer: at.user, connector });
      return outcome.ok ? removeOrphanFormView(outcome.value) : refusalView(TITLE, outcome.refusal, deps, at);
    },
  });
}

export const removeOrphanForm: FormHandler = {
  title: TITLE,
  check: (form) => ({
    ...(form.orphan === null ? { [INPUT.orphan]: 'Choose the access that has to go.' } : {}),
    ...aboutReason(form.reason ?? ''),
  }),
  async submit(deps, at, form) {
    const outcome = await deps.actions.removeOrphan({
      delivery: at.delivery,
      by: at.user,
      strayId: form.orphan ?? '',
      reason: form.reason ?? '',
    });
    return outcome.ok
      ? { kind: 'done', body: sentenceBody(removedText(outcome.value)) }
      : refusedForm(outcome.refusal, deps, at);
  },
};
