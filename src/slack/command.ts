import { helpBody, unknownBody } from './blocks/help.js';
import { cancelCommand } from './cancel-button.js';
import { delegateCommand } from './delegate-command.js';
import { sentenceBody } from './blocks/message.js';
import { endOwnGrant } from './done-button.js';
import { emergencyCommand } from './emergency-command.js';
import { explainCommand } from './explain-command.js';
import { extendCommand } from './extend-command.js';
import { historyCommand } from './history-command.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { listCommand } from './list-command.js';
import { mineCommand } from './mine-command.js';
import { nudge } from './nudge-button.js';
import type { ParsedCommand } from './parse-command.js';
import { reconcileCommand } from './reconcile-command.js';
import { requestCommand } from './request-command.js';
import { openRequestForm } from './request-form.js';
import { revokeCommand } from './revoke-command.js';
import { stuckCommand } from './stuck-command.js';
import { whoAmICommand } from './whoami-command.js';
import { whoHasCommand } from './who-has-command.js';

/** One file for each thing that can follow `/access`. */
export async function runCommand(deps: SlackDeps, at: Interaction, command: ParsedCommand): Promise<void> {
  switch (command.kind) {
    case 'request':
      return requestCommand(deps, at, command);
    case 'form':
      return openRequestForm(deps, at, command);
    case 'emergency':
      return emergencyCommand(deps, at, command.prefill);
    case 'who-has':
      return whoHasCommand(deps, at, command.about);
    case 'history':
      return historyCommand(deps, at, command);
    case 'mine':
      return mineCommand(deps, at);
    case 'done':
      return endOwnGrant(deps, at, command.which);
    case 'extend':
      return extendCommand(deps, at, command);
    case 'cancel':
      return cancelCommand(deps, at, command.which);
    case 'nudge':
      return nudge(deps, at, command.which);
    case 'delegate':
      return delegateCommand(deps, at, command);
    case 'revoke':
      return revokeCommand(deps, at, command);
    case 'stuck':
      return stuckCommand(deps, at);
    case 'list':
      return listCommand(deps, at);
    case 'whoami':
      return whoAmICommand(deps, at);
    case 'explain':
      return explainCommand(deps, at, command);
    case 'reconcile':
      return reconcileCommand(deps, at);
    case 'decide':
      return at.tell(
        sentenceBody(
          'Approving and denying are buttons: on the request’s card in its channel, and on the *Home* tab of this app, where all that waits for you stands.',
        ),
      );
    case 'help':
      return at.tell(helpBody(deps.command));
    case 'unknown':
      return at.tell(unknownBody(command, deps.command));
    default:
      return command satisfies never;
  }
}
