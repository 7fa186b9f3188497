import type { Delegated, DelegationsNow } from '../../domain/asking.js';
import type { Delegation } from '../../domain/stand-ins.js';
import type { Instant } from '../../domain/time.js';
import { localText } from '../start-time.js';
import { firstOf, SHOWN } from './limits.js';
import { person, said, when } from './text.js';

/** Who reads it: what the command is called, and their time zone. */
export type Reader = { readonly command: string; readonly zone: string | null };

export function delegatedText({ made, ended }: Delegated, reader: Reader): string {
  if (made === null) {
    const whom = ended === null ? '' : `${person(ended.standIn)} no longer stands in for you. `;
    return `${whom}Requests call on you again.`;
  }
  const instead =
    ended === null || ended.standIn === made.standIn ? '' : `, instead of ${person(ended.standIn)}`;
  return `${person(made.standIn)} stands in for you${instead} until ${untilText(made.untilAt, reader)}. Requests call on them and not on you; you can still decide, and the two of you count as one. They are told. \`${reader.command} delegate off\` ends it.`;
}

export function delegationsText({ own, forOthers }: DelegationsNow, reader: Reader): string {
  const { shown, more } = firstOf(forOthers, SHOWN.steps);
  const lines = [
    own === null
      ? 'Nobody stands in for you.'
      : `${person(own.standIn)} stands in for you until ${untilText(own.untilAt, reader)}. \`${reader.command} delegate off\` ends it.`,
    ...shown.map((one) => forOther(one, reader)),
    ...(more === 0 ? [] : [`and for ${more} more`]),
    `\`${reader.command} delegate @stand-in until friday\` names somebody who approves in your place; also \`until tomorrow 18:00\`, \`until 2026-12-01\` and \`for 3d\`.`,
  ];
  return lines.join('\n');
}

function forOther({ delegator, untilAt }: Delegation, reader: Reader): string {
  return `You stand in for ${person(delegator)} until ${untilText(untilAt, reader)}.`;
}

/** For each reader, and once more in the words of whoever typed it. */
function untilText(untilAt: Instant, { zone }: Reader): string {
  return `${when(untilAt)}, ${said(localText(untilAt, zone), SHOWN.title)}`;
}
