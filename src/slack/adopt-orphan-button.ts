import { parseDuration } from '../domain/duration.js';
import { asUserId } from '../domain/ids.js';
import { adoptedText } from './blocks/answers.js';
import { adoptOrphanFormView, INPUT } from './blocks/forms.js';
import { sentenceBody } from './blocks/message.js';
import { EVERY_CONNECTOR } from './button-values.js';
import { aboutDuration, aboutReason, refusedForm } from './form-outcome.js';
import type { FormHandler, Interaction, SlackDeps } from './interaction.js';
import { openAndFill, refusalView } from './modals.js';

const TITLE = 'Adopt access';

/** Adopt…, where access is told that no row explains; the value is its connector, or that of all. */
export async function adoptOrphanButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  await openAndFill(deps, at, {
    title: TITLE,
    typed: null,
    async fill() {
      const connector = value === EVERY_CONNECTOR ? null : value;
      const outcome = await deps.actions.orphansForm({ viewer: at.user, connector });
      return outcome.ok ? adoptOrphanFormView(outcome.value) : refusalView(TITLE, outcome.refusal, deps, at);
    },
  });
}

export const adoptOrphanForm: FormHandler = {
  title: TITLE,
  check: (form) => ({
    ...(form.orphan === null ? { [INPUT.orphan]: 'Choose the access.' } : {}),
    ...(form.beneficiary === null ? { [INPUT.beneficiary]: 'Choose whose it is.' } : {}),
    ...(form.duration === null ? { [INPUT.duration]: 'Say how long it may stay.' } : {}),
    ...aboutDuration(form.duration),
    ...aboutReason(form.reason ?? ''),
  }),
  async submit(deps, at, form) {
    const outcome = await deps.actions.adoptOrphan({
      delivery: at.delivery,
      workspace: at.workspace,
      by: at.user,
      strayId: form.orphan ?? '',
      beneficiary: asUserId(form.beneficiary ?? ''),
      durationMs: parseDuration(form.duration ?? '') ?? 0,
      reason: form.reason ?? '',
    });
    return outcome.ok
      ? { kind: 'done', body: sentenceBody(adoptedText(outcome.value)) }
      : refusedForm(outcome.refusal, deps, at);
  },
};
