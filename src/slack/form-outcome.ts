import { REASON_MAX_LENGTH } from '../domain/eligibility.js';
import { parseDuration } from '../domain/duration.js';
import type { Refusal } from '../domain/refusal.js';
import { INPUT } from './blocks/forms.js';
import type { FormOutcome, Interaction, SlackDeps } from './interaction.js';
import { refusalText } from './refusal-text.js';

/** A refusal brings the form back with everything in it. */
export function refusedForm(refusal: Refusal, deps: SlackDeps, at: Interaction): FormOutcome {
  const problem = refusalText(refusal, { viewer: at.user, command: deps.command });
  return problem === null ? { kind: 'nothing' } : { kind: 'again', problem };
}

/** What is said beside the reason; nothing when it is well. */
export function aboutReason(reason: string): Readonly<Record<string, string>> {
  return reason.length <= REASON_MAX_LENGTH
    ? {}
    : {
        [INPUT.reason]: `At most ${REASON_MAX_LENGTH} characters; these are ${reason.length}.`,
      };
}

/** What is said beside the duration. */
export function aboutDuration(duration: string | null): Readonly<Record<string, string>> {
  return duration === null || parseDuration(duration) !== null
    ? {}
    : { [INPUT.duration]: 'Write it like 30m, 2h, 1h30m or 1d.' };
}
