import { revokedBody } from './blocks/answers.js';
import { keptSentenceBody } from './blocks/message.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';
import { REASON_MAX_LENGTH } from '../domain/eligibility.js';

/** `/access revoke <id or role> <reason>` */
export async function revokeCommand(
  deps: SlackDeps,
  at: Interaction,
  { which, reason }: { readonly which: string; readonly reason: string },
): Promise<void> {
  const reader = { viewer: at.user, command: deps.command };
  const typed = `${deps.command} revoke ${which} ${reason}`.trimEnd();
  if (reason.length > REASON_MAX_LENGTH) {
    const text = refusalText({ code: 'reason-too-long', maxLength: REASON_MAX_LENGTH }, reader);
    await at.tell(keptSentenceBody(text ?? '', typed));
    return;
  }
  const outcome = await deps.actions.revokeGrant({ delivery: at.delivery, by: at.user, which, reason });
  if (outcome.ok) {
    await at.tell(revokedBody(outcome.value, reason));
    return;
  }
  const text = refusalText(outcome.refusal, reader);
  if (text !== null) {
    await at.tell(keptSentenceBody(text, typed));
  }
}
