import { formatDuration } from '../domain/duration.js';
import { REASON_MAX_LENGTH } from '../domain/eligibility.js';
import type { Refusal } from '../domain/refusal.js';
import { submittedBody } from './blocks/answers.js';
import { keptSentenceBody } from './blocks/message.js';
import type { Interaction, SlackDeps } from './interaction.js';
import type { ExtendCommand } from './parse-command.js';
import { openProlongForm } from './prolong-button.js';
import { refusalText } from './refusal-text.js';

/** `/access extend prod-db 30m why`; with parts missing the form of the button *Extend*. */
export async function extendCommand(deps: SlackDeps, at: Interaction, command: ExtendCommand): Promise<void> {
  const { which, durationMs, reason } = command;
  if (durationMs === null || reason === '') {
    const duration = durationMs === null ? null : formatDuration(durationMs);
    const prefill = { duration, reason: reason === '' ? null : reason };
    const find = async () => await deps.actions.extendForm({ viewer: at.user, which });
    return await openProlongForm(deps, at, find, prefill);
  }
  if (reason.length > REASON_MAX_LENGTH) {
    return await refuseKept(deps, at, command, { code: 'reason-too-long', maxLength: REASON_MAX_LENGTH });
  }
  const { delivery, workspace, user: requester } = at;
  const asked = { delivery, workspace, requester, which, durationMs, reason };
  const outcome = await deps.actions.extendGrant(asked);
  return outcome.ok
    ? await at.tell(submittedBody(outcome.value, at.user))
    : await refuseKept(deps, at, command, outcome.refusal);
}

/** Nothing that was typed is lost. */
async function refuseKept(
  deps: SlackDeps,
  at: Interaction,
  { which, durationMs, reason }: ExtendCommand,
  refusal: Refusal,
): Promise<void> {
  const text = refusalText(refusal, { viewer: at.user, command: deps.command });
  if (text !== null) {
    const time = durationMs === null ? null : formatDuration(durationMs);
    const typed = [deps.command, 'extend', which, time, reason].filter((part) => part !== null);
    await at.tell(keptSentenceBody(text, typed.join(' ')));
  }
}
