import { parseDuration } from '../domain/duration.js';
import { EMERGENCY_REASON_MIN_LENGTH } from '../domain/emergency.js';
import { emergencyListBody, keptBody, takenText } from './blocks/answers.js';
import { emergencyFormView, INPUT } from './blocks/forms.js';
import { sentenceBody } from './blocks/message.js';
import { aboutDuration, aboutReason, refusedForm } from './form-outcome.js';
import type { FormHandler, Interaction, SlackDeps } from './interaction.js';
import { openAndFill, refusalView } from './modals.js';
import type { Prefill } from './parse-command.js';
import { readRole } from './request-form.js';
import type { SubmittedForm } from './submitted-form.js';

const TITLE = 'Emergency access';

/** `/access emergency prod-db:admin 30m why`; without a role, which there are. */
export async function emergencyCommand(deps: SlackDeps, at: Interaction, prefill: Prefill): Promise<void> {
  const { resource, role, duration, reason } = prefill;
  const typed = [duration, reason].filter((part) => part !== null).join(' ');
  if (resource === null) {
    const takeable = await deps.actions.emergencies({ viewer: at.user });
    const list = emergencyListBody(takeable, deps.command);
    await at.tell(typed === '' ? list : keptBody(list.text, typed));
    return;
  }
  await openAndFill(deps, at, {
    title: TITLE,
    typed,
    async fill() {
      const form = await deps.actions.emergencyForm({ viewer: at.user, resource, role });
      return form.ok
        ? emergencyFormView(form.value, { duration, reason })
        : refusalView(TITLE, form.refusal, deps, at, typed);
    },
  });
}

export const emergencyForm: FormHandler = {
  title: TITLE,
  check: (form) => ({
    ...aboutDuration(form.duration),
    ...aboutEmergency(form.reason ?? ''),
    ...aboutConfirmation(form),
  }),
  async submit(deps, at, form) {
    const outcome = await deps.actions.takeEmergency({
      delivery: at.delivery,
      workspace: at.workspace,
      requester: at.user,
      ...(readRole(form.metadata) ?? { resource: '', role: null }),
      durationMs: form.duration === null ? null : parseDuration(form.duration),
      reason: form.reason ?? '',
    });
    return outcome.ok
      ? { kind: 'done', body: sentenceBody(takenText(outcome.value)) }
      : refusedForm(outcome.refusal, deps, at);
  },
};

function aboutEmergency(reason: string): Readonly<Record<string, string>> {
  return reason.length < EMERGENCY_REASON_MIN_LENGTH
    ? { [INPUT.reason]: `At least ${EMERGENCY_REASON_MIN_LENGTH} characters; these are ${reason.length}.` }
    : aboutReason(reason);
}

function aboutConfirmation({ confirm, metadata }: SubmittedForm): Readonly<Record<string, string>> {
  return confirm === metadata ? {} : { [INPUT.confirm]: `This is not ${metadata}. Type it to confirm.` };
}
