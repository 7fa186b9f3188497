import type { ModalView } from '@slack/web-api';
import { asGrantId } from '../domain/ids.js';
import { faultBody } from './blocks/answers.js';
import { loadingView, resultView } from './blocks/forms.js';
import { sentenceBody } from './blocks/message.js';
import { secretView } from './blocks/secrets.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { refusalView, TOO_LATE } from './modals.js';

const TITLE = 'Your login';
const UNSHOWN =
  'A new password was made and could not be shown; the one before no longer works. Reveal the login again.';

/**
 * Reveal login, on the message of a running access: shown in a window that Slack keeps no copy of. A new password takes
 * the place of the one before, so none is made before that window is open.
 */
export async function revealButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const opened = await deps.modals.open(at.trigger, loadingView(TITLE));
  if (opened === 'used') {
    return;
  }
  if (opened === 'late') {
    await at.tell(sentenceBody(TOO_LATE));
    return;
  }
  const { view, isMade } = await reveal(deps, at, value);
  const isShown = await deps.modals.update(opened, view).catch((error: unknown) => {
    deps.reportFault(error, { user: at.user, form: TITLE });
    return false;
  });
  if (isMade && !isShown) {
    await at.tell(sentenceBody(UNSHOWN));
  }
}

async function reveal(
  deps: SlackDeps,
  at: Interaction,
  value: string,
): Promise<{ readonly view: ModalView; readonly isMade: boolean }> {
  const { delivery, user: by } = at;
  try {
    const outcome = await deps.actions.revealSecret({ delivery, by, grantId: asGrantId(value) });
    return outcome.ok
      ? { view: secretView(TITLE, outcome.value), isMade: true }
      : { view: refusalView(TITLE, outcome.refusal, deps, at), isMade: false };
  } catch (error) {
    const fault = deps.reportFault(error, { user: by, form: TITLE });
    return { view: resultView(TITLE, faultBody(fault, null)), isMade: false };
  }
}
