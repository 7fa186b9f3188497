import type { DelegateInput } from '../domain/asking.js';
import { delegatedText, delegationsText } from './blocks/delegates.js';
import type { Reader } from './blocks/delegates.js';
import { sentenceBody } from './blocks/message.js';
import { said } from './blocks/text.js';
import { SHOWN } from './blocks/limits.js';
import type { Interaction, SlackDeps } from './interaction.js';
import type { DelegateCommand } from './parse-command.js';
import { refusalText } from './refusal-text.js';
import { ZONE_UNREAD, zoneOf } from './requested-start.js';
import { untilInstant } from './until-time.js';

/** `/access delegate @stand-in until friday`, `/access delegate off`, and alone what stands. */
export async function delegateCommand(
  deps: SlackDeps,
  at: Interaction,
  command: DelegateCommand,
): Promise<void> {
  const text = await answer(deps, at, command, await zoneOf(deps, at.user));
  if (text !== null) {
    await at.tell(sentenceBody(text));
  }
}

async function answer(
  deps: SlackDeps,
  at: Interaction,
  command: DelegateCommand,
  known: Awaited<ReturnType<typeof zoneOf>>,
): Promise<string | null> {
  const zone = known === 'unreadable' ? null : known.zone;
  const reader = { command: deps.command, zone };
  switch (command.what) {
    case 'show':
      return delegationsText(await deps.actions.delegations({ viewer: at.user }), reader);
    case 'off':
      return await change(deps, at, null, reader);
    case 'name': {
      if (known === 'unreadable') {
        return ZONE_UNREAD;
      }
      const until = untilInstant(command.until, zone, deps.clock.now());
      return 'at' in until
        ? await change(deps, at, { standIn: command.standIn, untilAt: until.at }, reader)
        : said(until.problem, SHOWN.targetText);
    }
    default:
      return command satisfies never;
  }
}

async function change(
  deps: SlackDeps,
  at: Interaction,
  named: DelegateInput['named'],
  reader: Reader,
): Promise<string | null> {
  const outcome = await deps.actions.delegate({ delivery: at.delivery, by: at.user, named });
  return outcome.ok
    ? delegatedText(outcome.value, reader)
    : refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
}
