import { formatDuration } from '../../domain/duration.js';
import type { OfferView } from '../../domain/views.js';
import { ACTION } from '../action-ids.js';
import { partsInList } from './access-lines.js';
import { actions, section, toBody, type Body } from './message.js';
import { pageButtons, pageOf, rangeText } from './pages.js';
import { bold, code, counted, listed, said } from './text.js';
import { firstOf, SHOWN } from './limits.js';

/** Characters of one section; Slack takes 3,000. */
const SECTION_FULL = 2_600;
/** Roles of one page, so that the whole stays below Slack's limit of a message. */
const ROWS = 15;

/** What a person may request. */
export function offerListBody(
  { offers, unreadable }: { offers: readonly OfferView[]; unreadable: readonly string[] },
  { command, offset }: { command: string; offset: number },
): Body {
  const unread =
    unreadable.length === 0
      ? []
      : [
          `It could not be read who is in ${listed(firstOf(unreadable, 5).shown.map((name) => code(name)))}; there may be more. Try again in a minute.`,
        ];
  if (offers.length === 0) {
    const nothing = 'You may request nothing now. Who may is said in the catalog; ask your admin.';
    const lines = unreadable.length === 0 ? [nothing] : unread;
    return toBody({ text: lines.join(' '), blocks: lines.map(section) });
  }
  const page = pageOf(offers, offset, ROWS);
  const buttons = pageButtons({
    ...page,
    actions: { earlier: ACTION.earlierOffers, later: ACTION.laterOffers },
    valueAt: String,
  });
  const all = [
    `*You may request*${rangeText(page, offers.length)}`,
    ...fill(page.shown.map(offerText)),
    ...(buttons.length === 0
      ? []
      : [`One that is not on this page: ${code(`${command} request <name> <time> <reason>`)}.`]),
    ...unread,
  ];
  return toBody({
    text: all.join('\n'),
    blocks: [...all.map(section), ...(buttons.length === 0 ? [] : [actions(buttons)])],
  });
}

function offerText(offer: OfferView): string {
  const isDefault = offer.isDefault ? ', the default role' : '';
  const bundle = offer.parts.length === 0 ? '' : ` · bundle of ${partsInList(offer.parts)}`;
  return `${bold(offer.roleKey, SHOWN.roleKey)} · ${said(offer.title, SHOWN.title)}${isDefault}${bundle}\n${formatDuration(offer.defaultMs)}, at most ${formatDuration(offer.maxMs)} · ${neededText(offer)}`;
}

const STEPS_SHOWN = 3;

function neededText({ approvals }: OfferView): string {
  const { shown, more } = firstOf(approvals, STEPS_SHOWN);
  const steps = shown.map(({ count, from }) => {
    const groups = firstOf(from, 5).shown.map((group) => said(group, SHOWN.name));
    return `${count} from ${groups.join(' or ')}`;
  });
  return approvals.length === 0
    ? 'approved by rules alone'
    : `needs ${listed([...steps, ...(more === 0 ? [] : [counted(more, 'more step')])])}`;
}

/** Lines put together to as few sections as take them. */
function fill(lines: readonly string[]): string[] {
  const sections: string[] = [];
  let current: string[] = [];
  let length = 0;
  for (const line of lines) {
    if (length + line.length > SECTION_FULL && current.length > 0) {
      sections.push(current.join('\n'));
      current = [];
      length = 0;
    }
    current.push(line);
    length += line.length + 1;
  }
  return [...sections, current.join('\n')];
}
