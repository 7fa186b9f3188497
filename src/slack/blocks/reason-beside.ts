/** A line of a list, and the reason of what it is about. Markup; the reason is as it was typed, or null. */
import type { SectionBlock } from '@slack/web-api';
import { oneLine } from '../typed-text.js';
import { LIMITS, SHOWN, truncate } from './limits.js';
import { section } from './message.js';
import { plain, said } from './text.js';

export function besideReason(markup: string, reason: string | null): SectionBlock {
  const line = oneLine(reason ?? '');
  return line === ''
    ? section(markup)
    : {
        ...section(markup),
        fields: [plain(`Reason: ${truncate(line, SHOWN.reasonInList)}`, LIMITS.fieldText)],
      };
}

/** The same on one line, for whoever hears the text alone. */
export function spokenWithReason(markup: string, reason: string | null): string {
  const line = oneLine(reason ?? '');
  const spoken = markup.replaceAll('\n', ', ');
  return line === '' ? spoken : `${spoken}. Reason: ${said(line, SHOWN.reasonInList)}`;
}
