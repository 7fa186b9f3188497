import { endedText } from './blocks/answers.js';
import { sentenceBody } from './blocks/message.js';
import { decodeEndAll } from './button-values.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

/** End them all, where a revocation left the same access to other grants: each is a revocation of its own. */
export async function endAllButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const wanted = decodeEndAll(value);
  if (wanted === null) {
    await at.tell(OUT_OF_DATE);
    return;
  }
  const lines: string[] = [];
  for (const which of wanted.grants) {
    const outcome = await deps.actions.revokeGrant({
      delivery: `${at.delivery}:${which}`,
      by: at.user,
      which,
      reason: wanted.reason,
    });
    const text = outcome.ok
      ? endedText({ ...outcome.value, stillHeldBy: [] })
      : refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
    lines.push(...(text === null ? [] : [outcome.ok ? text : `${which}: ${text}`]));
  }
  if (lines.length > 0) {
    await at.tell(sentenceBody(lines.join('\n')));
  }
}
