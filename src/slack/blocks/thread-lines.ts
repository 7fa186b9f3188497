import { formatRoughly } from '../../domain/duration.js';
import type { UserId } from '../../domain/ids.js';
import type { LineKind } from '../../domain/message.js';
import type { InPlaceOf } from '../../domain/stand-ins.js';
import { MINUTE_MS } from '../../domain/time.js';
import type { NoticeView } from '../../domain/views.js';
import { lossText, missingVotes } from './access-lines.js';
import { firstOf, SHOWN } from './limits.js';
import { mendText } from './mend-text.js';
import { changesText } from './terms-text.js';
import { bold, channel, code, counted, listed, peopleFor, person, said, when } from './text.js';

type Line = Extract<NoticeView, { readonly kind: LineKind }>;
type Nudge = Extract<Line, { readonly kind: 'request-nudge' }>;
type NextStep = Extract<Line, { readonly kind: 'request-next-step' }>;
type ReviewNag = Extract<Line, { readonly kind: 'review-nag' }>;
type Escalated = Extract<Line, { readonly kind: 'request-escalated' }>;

/** One line under the card of a request, which says the rest. */
export function threadLine(line: Line): string {
  switch (line.kind) {
    case 'request-nudge':
      return nudge(line);
    case 'request-escalated':
      return escalated(line);
    case 'request-taken-over':
      return `${person(line.by)} looks at it now, instead of ${person(line.from)}.`;
    case 'request-copy-unseen':
      return `The card can't be posted in ${channel(line.channel)}: Slack says ${code(line.error)}. ${mendText(line.error)} I keep trying.`;
    case 'request-terms-changed':
      return `*The terms have changed*: ${changesText(line)}. Earlier votes no longer count${mentions(line.voters)}. Look again, and decide on the card as it is now.`;
    case 'request-next-step':
      return nextStep(line);
    case 'request-asked-again':
      return `${person(line.by)} asked for the same again.`;
    case 'review-nag':
      return reviewNag(line);
    case 'request-access-lost':
      return `*${line.opened ? 'Ends early' : 'Called off'}*: ${person(line.holder)} ${lossText(line.lost)}.`;
    default:
      return line satisfies never;
  }
}

function nudge({ request, steps, mention, inPlaceOf, waitedMs, by }: Nudge): string {
  const needed = steps.reduce((sum, { count }) => sum + count, 0);
  const missing = needed === 1 ? 'an approval' : `${missingVotes(steps)} of ${counted(needed, 'approval')}`;
  const whose = by === null ? '' : `${person(by)} reminds you. `;
  return `${whose}Still waiting for ${missing}${mentions(mention, inPlaceOf)}. Asked ${waited(waitedMs)} ago, expires ${when(request.expiresAt)}.`;
}

function nextStep({ step, mention, inPlaceOf }: NextStep): string {
  const { name, from, count, filledBy } = step;
  const which = name === null ? 'the next step' : bold(name, SHOWN.name);
  const groups = firstOf(from, 5).shown.map((group) => said(group, SHOWN.name));
  const missing = counted(count - filledBy.length, 'approval');
  return `It is the turn of ${which}: ${missing} from ${groups.join(' or ')}${mentions(mention, inPlaceOf)}.`;
}

function reviewNag({ request, missing, mention, unreadable, waitedMs }: ReviewNag): string {
  const groups = firstOf(unreadable, 5).shown.map((group) => said(group, SHOWN.name));
  const unread =
    groups.length === 0
      ? ''
      : ` Who is in ${listed(groups)} could not be read, so not everybody is called on here.`;
  return `*Emergency not reviewed*: ${counted(missing, 'verdict is', 'verdicts are')} missing${mentions(mention)}. ${person(request.requester)} took it ${waited(waitedMs)} ago.${unread} It stays open until it is reviewed on the card above.`;
}

function escalated({ request, escalation, mention, inPlaceOf, waitedMs }: Escalated): string {
  const { to, channel: elsewhere } = escalation;
  const groups = firstOf(to, 5).shown.map((group) => said(group, SHOWN.name));
  const decide =
    to.length === 0 ? '' : ` ${listed(groups)} can decide as well${mentions(mention, inPlaceOf)}.`;
  const seen = elsewhere === null ? '' : ` The card goes to ${channel(elsewhere)} as well.`;
  return `*Escalated*: nobody has decided within ${waited(waitedMs)}.${decide}${seen} Unanswered, the request expires ${when(request.expiresAt)}.`;
}

/** Nobody counts the seconds of a wait of minutes. */
function waited(ms: number): string {
  return formatRoughly(ms < MINUTE_MS ? ms : Math.floor(ms / MINUTE_MS) * MINUTE_MS);
}

/** `: @mia @sam`; nothing where nobody is to be pinged. */
function mentions(userIds: readonly UserId[], inPlaceOf: readonly InPlaceOf[] = []): string {
  const { shown, more } = firstOf(userIds, SHOWN.nudged);
  const rest = more === 0 ? '' : ` and ${more} more`;
  return shown.length === 0
    ? ''
    : `: ${peopleFor(shown, inPlaceOf).join(inPlaceOf.length === 0 ? ' ' : ', ')}${rest}`;
}
