import type { Body } from './blocks/message.js';
import { sentenceBody } from './blocks/message.js';
import { bold, roleKeyOf } from './blocks/text.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';

/** Cancel, on the private answer to a request. */
export async function cancelButton(deps: SlackDeps, at: Interaction, requestId: string): Promise<void> {
  const body = await cancel(deps, at, requestId);
  if (body !== null) {
    await at.replace(body);
  }
}

/** `/access cancel` */
export async function cancelCommand(deps: SlackDeps, at: Interaction, which: string | null): Promise<void> {
  const body = await cancel(deps, at, which);
  if (body !== null) {
    await at.tell(body);
  }
}

async function cancel(deps: SlackDeps, at: Interaction, which: string | null): Promise<Body | null> {
  const outcome = await deps.actions.cancelRequest({ delivery: at.delivery, by: at.user, which });
  if (outcome.ok) {
    return sentenceBody(`Cancelled: your request for ${bold(roleKeyOf(outcome.value.request))}.`);
  }
  const text = refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
  return text === null ? null : sentenceBody(text);
}
