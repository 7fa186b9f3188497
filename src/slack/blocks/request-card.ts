import type { Button } from '@slack/web-api';
import { deciders, votedInPlaceOf, votersOn } from '../../domain/decide.js';
import { formatDuration } from '../../domain/duration.js';
import { isNotEnding } from '../../domain/grant.js';
import type { UserId } from '../../domain/ids.js';
import type { ApprovedRequest } from '../../domain/request.js';
import type { InPlaceOf } from '../../domain/stand-ins.js';
import type { RequestCardView } from '../../domain/views.js';
import { ACTION } from '../action-ids.js';
import { encodeShorter, encodeVote } from '../button-values.js';
import { localText } from '../start-time.js';
import { oneLine } from '../typed-text.js';
import {
  accountsText,
  bundleLines,
  CAN_TAKE_NO_PART,
  endingQuotes,
  failingLines,
  isSimulated,
  lastResortLines,
  partsText,
  sessionLines,
  SIMULATED,
  simulatedLines,
  standingLines,
  stateText,
  stepsText,
} from './access-lines.js';
import { backgroundLines } from './background.js';
import { draw, type Drawing, type Quote } from './drawing.js';
import { emergencyLines, noteQuotes, reviewButtons } from './emergency-lines.js';
import { firstOf, SHOWN, truncate } from './limits.js';
import { button, choice, type Act, type Asking, type Body } from './message.js';
import { untenableText } from './terms-text.js';
import { messageLinkIn } from '../message-link.js';
import { bold, channel, code, linkTo, listed, peopleFor, person, roleKeyOf, said, when } from './text.js';

/** Of a header of 150 characters: what else stands in it has room. */
const LONGEST_TITLE = 70;
const LONGEST_ROLE = 30;

/** The card in the approvers' channel, through the whole life of a request and the access it led to. */
export function requestCard(view: RequestCardView): Body {
  return draw(view.request.state === 'pending' ? pendingCard(view) : decidedCard(view));
}

function pendingCard(view: RequestCardView): Drawing {
  const { request, entitlements, steps } = view;
  const length = formatDuration(request.durationMs);
  const isMore = request.extendsGrant !== null;
  const mark = isSimulated(entitlements) ? `${SIMULATED} · ` : '';
  return {
    header: `${mark}${headlineOf(view)}: ${length}${isMore ? ' more' : ''}`,
    lead: `${person(request.beneficiary)} asks for ${bold(roleKeyOf(request), SHOWN.roleKey)} for ${length}${isMore ? ' more' : ''}${askedBy(view)}`,
    quotes: reasonQuote(view),
    facts: [
      ['Resource', said(view.title, SHOWN.title)],
      ...bundleFacts(view),
      ['Time', timeText(view)],
      ['Account', accountsText(entitlements)],
      ...ticketFacts(view),
      ...messageFacts(view),
      ['Policy', said(request.policy, SHOWN.name)],
      ['Approvals', stepsText(steps)],
      ...denialFacts(view),
    ],
    lines: [
      ...tierLines(view),
      ...simulatedLines(entitlements),
      ...standingLines(entitlements),
      ...escalationLines(view),
      ...claimLines(view),
    ],
    small: [
      ...backgroundLines(request, view.background),
      ...sessionLines(entitlements, 'theirs'),
      ...lastResortLines(entitlements),
      `Unanswered, the request expires ${when(request.expiresAt)}.`,
      ...(request.startsAt === null ? [] : ['Approved after its start, it opens at once and ends no later.']),
      `Request ${code(request.id)}`,
    ],
    pings: pingLines('To decide', view.ping, view.inPlaceOf),
    buttons: [...voteButtons(view), ...claimButtons(view)],
  };
}

/** In words: the key of the role stands in the sentence below. */
function headlineOf({ title, request: { role } }: RequestCardView): string {
  const words = truncate(oneLine(title), LONGEST_TITLE);
  return words.toLowerCase().includes(role.toLowerCase())
    ? words
    : `${words} (${truncate(role, LONGEST_ROLE)})`;
}

function timeText(view: RequestCardView): string {
  const { prolongsUntil, request, agreedMs } = view;
  if (request.startsAt !== null) {
    const local = said(localText(request.startsAt, request.startZone), SHOWN.title);
    return `${agreedText(view)} from ${when(request.startsAt)} to ${when(request.startsAt + agreedMs)}\nAsked for as ${local}`;
  }
  if (request.extendsGrant === null) {
    return `${agreedText(view)} from approval`;
  }
  const until = prolongsUntil === null ? '' : `, until ${when(prolongsUntil)}`;
  return `${agreedText(view)} more${until}`;
}

function agreedText({ request, agreedMs }: RequestCardView): string {
  const asked = formatDuration(request.durationMs);
  return agreedMs === request.durationMs ? asked : `${formatDuration(agreedMs)} instead of ${asked}`;
}

function askedBy({ request }: RequestCardView): string {
  return request.requester === request.beneficiary ? '' : ` (${person(request.requester)} asks for them)`;
}

function reasonQuote({ request }: RequestCardView): Quote[] {
  return request.reason === '' ? [] : [{ label: 'Reason', text: request.reason }];
}

function bundleFacts({ parts }: RequestCardView): [string, string][] {
  return parts.length === 0 ? [] : [['Bundle of', partsText(parts)]];
}

function ticketFacts({ ticket }: RequestCardView): [string, string][] {
  return ticket === null ? [] : [['Ticket', linkTo(ticket.link, ticket.name)]];
}

/** The reason itself is shown as it was typed, and so is no link. */
function messageFacts({ request }: RequestCardView): [string, string][] {
  const link = messageLinkIn(request.reason);
  return link === null ? [] : [['Message', linkTo(link, 'Open the message')]];
}

/** Denials that are not enough yet. */
function denialFacts(view: RequestCardView): [string, string][] {
  const { request, decisions, denialsNeeded } = view;
  const by = votersOn(request, decisions, 'deny');
  return by.length === 0
    ? []
    : [['Denials', `${by.length} of ${denialsNeeded} (${votersText(view, firstOf(by, 10).shown)})`]];
}

function votersText({ request, decisions }: RequestCardView, voters: readonly UserId[]): string {
  return peopleFor(voters, votedInPlaceOf(request, decisions)).join(', ');
}

export function tierLines({ tier }: RequestCardView): string[] {
  return tier === 'critical' ? ['*Critical access.* Look twice at who asks, for what, and why.'] : [];
}

/** One more tap before critical access: a slip of the thumb gives nothing away. */
function confirmOf({ tier, title, request }: RequestCardView): Asking | undefined {
  return tier === 'critical'
    ? {
        title: 'Approve critical access?',
        text: `${truncate(oneLine(title), SHOWN.title)}: ${truncate(roleKeyOf(request), SHOWN.name)}. Look twice at who asks, and why.`,
        yes: 'Approve',
      }
    : undefined;
}

export function voteButtons(view: RequestCardView): Act[] {
  const { request, shorterMs } = view;
  const confirm = confirmOf(view);
  const vote = { requestId: request.id, termsVersion: request.termsVersion };
  const value = encodeVote(vote);
  const options = shorterMs.map((durationMs) => ({
    label: formatDuration(durationMs),
    value: encodeShorter({ vote, durationMs }),
  }));
  return [
    button({ actionId: ACTION.approve, label: 'Approve', value, style: 'primary', confirm }),
    button({ actionId: ACTION.deny, label: 'Deny', value, style: 'danger' }),
    ...(options.length === 0
      ? []
      : [choice({ actionId: ACTION.approveForLess, label: 'Approve for less', options, confirm })]),
  ];
}

function escalationLines({ escalation }: RequestCardView): string[] {
  if (escalation === null) {
    return [];
  }
  const { at, to, channel: elsewhere } = escalation;
  const groups = firstOf(to, 5).shown.map((group) => said(group, SHOWN.name));
  const decide = to.length === 0 ? '' : ` ${listed(groups)} can decide as well.`;
  const seen = elsewhere === null ? '' : ` The card goes to ${channel(elsewhere)} as well.`;
  return [`*Escalated* ${when(at)}.${decide}${seen}`];
}

function claimLines({ request: { waiting } }: RequestCardView): string[] {
  const { claim } = waiting;
  return claim === null ? [] : [`Looked at by ${person(claim.by)} since ${when(claim.at)}.`];
}

/** Everybody sees the same card: whoever looks at it already is told so, and others take over from them. */
export function claimButtons({ request: { id: value, waiting } }: RequestCardView): Act[] {
  return waiting.claim === null
    ? [button({ actionId: ACTION.claim, label: 'Claim', value })]
    : [
        button({ actionId: ACTION.claim, label: 'Take over', value }),
        button({ actionId: ACTION.release, label: 'Release', value }),
      ];
}

/** Mentions in a message ping when it is posted, not when it is edited: redrawing the card is silent. */
function pingLines(label: string, ping: readonly UserId[], inPlaceOf: readonly InPlaceOf[] = []): string[] {
  const { shown, more } = firstOf(ping, SHOWN.pinged);
  const lines: string[] = [];
  const perLine = inPlaceOf.length === 0 ? 100 : 50;
  for (let start = 0; start < shown.length; start += perLine) {
    const mentions = peopleFor(shown.slice(start, start + perLine), inPlaceOf).join(
      inPlaceOf.length === 0 ? ' ' : ', ',
    );
    lines.push(start === 0 ? `${label}: ${mentions}` : mentions);
  }
  return more === 0 ? lines : [...lines, `and ${more} more`];
}

function decidedCard(view: RequestCardView): Drawing {
  const { request, entitlements, review } = view;
  const more = request.extendsGrant === null ? '' : ' more';
  const mark = isSimulated(entitlements) ? ` · *${SIMULATED}*` : '';
  const length = request.state === 'approved' ? agreedText(view) : formatDuration(request.durationMs);
  const what = `${person(request.beneficiary)} · ${bold(roleKeyOf(request), SHOWN.roleKey)} · ${length}${more}${mark}`;
  const outcome = outcomeOf(view);
  return {
    ...emergencyHeader(view),
    lead: `${what}\n${outcome.sentence}`,
    quotes: [...reasonQuote(view), ...outcome.quotes, ...noteQuotes(view)],
    lines: [...outcome.lines, ...emergencyLines(view)],
    small: [
      `${said(view.title, SHOWN.title)} · ${accountsText(entitlements).replaceAll('\n', ' · ')}`,
      ...bundleLines(view.parts),
      `Request ${code(request.id)}, policy ${said(request.policy, SHOWN.name)}${askedBy(view)}`,
      ...ticketFacts(view).map(([label, ticket]) => `${label} ${ticket}`),
    ],
    pings: review === null || review.closedAt !== null ? [] : pingLines('To review', review.ping),
    buttons: [...reviewButtons(view), ...revokeButtons(view)],
  };
}

/** Nobody scrolls past it. */
function emergencyHeader({ request, review }: RequestCardView): Pick<Drawing, 'header'> {
  const key = truncate(roleKeyOf(request), SHOWN.roleKey);
  return review === null ? {} : { header: `EMERGENCY: ${key}, ${formatDuration(request.durationMs)}` };
}

type Outcome = Required<Pick<Drawing, 'quotes' | 'lines'>> & { readonly sentence: string };

function outcomeOf(view: RequestCardView): Outcome {
  const { request, decisions } = view;
  switch (request.state) {
    case 'pending':
      return { sentence: 'Waiting for a decision.', quotes: [], lines: [] };
    case 'approved':
      return approvedOutcome(view, approvedText(view, request, deciders(request, decisions)));
    case 'denied': {
      const denials = decisions
        .filter(({ verdict, termsVersion }) => verdict === 'deny' && termsVersion === request.termsVersion)
        .slice(-SHOWN.denials);
      const by =
        denials.length === 0
          ? ''
          : ` by ${votersText(
              view,
              denials.map(({ approver }) => approver),
            )}`;
      return {
        sentence: `Denied${by} ${when(request.decidedAt)}.`,
        quotes: denials.flatMap(({ reason }): Quote[] =>
          reason === null || reason === '' ? [] : [{ label: 'Denied because', text: reason }],
        ),
        lines: [],
      };
    }
    case 'cancelled': {
      const sentence = `Cancelled ${when(request.decidedAt)}${cancelledBecause(view)}.`;
      return { sentence, quotes: [], lines: [] };
    }
    case 'expired':
      return {
        sentence: `Expired ${when(request.decidedAt)}: nobody decided in time.`,
        quotes: [],
        lines: [],
      };
    default:
      return request satisfies never;
  }
}

function cancelledBecause({ left, untenable }: RequestCardView): string {
  if (left !== null) {
    return `: ${person(left)} ${CAN_TAKE_NO_PART}`;
  }
  return untenable === null ? '' : `: ${untenableText(untenable)}`;
}

function approvedText(
  view: RequestCardView,
  { autoRule, review }: ApprovedRequest,
  by: readonly UserId[],
): string {
  if (review !== null) {
    return 'Taken at once, without an approval.';
  }
  if (autoRule !== null) {
    return `Approved automatically: ${said(autoRule, SHOWN.title)}.`;
  }
  return by.length === 0 ? 'Approved.' : `Approved by ${votersText(view, by)}.`;
}

function approvedOutcome({ grant, entitlements }: RequestCardView, approved: string): Outcome {
  if (grant === null) {
    return { sentence: approved, quotes: [], lines: [] };
  }
  const sentence = `${approved} ${stateText(grant, entitlements)}`;
  const standing = standingLines(entitlements);
  switch (grant.state) {
    case 'scheduled':
      return { sentence, quotes: [], lines: sessionLines(entitlements, 'theirs') };
    case 'opening': {
      const failing = failingLines(entitlements, 'grants');
      const deadline =
        failing.lines.length === 0
          ? []
          : [`If it is not open by ${when(grant.openBefore)}, it is given up and nothing is left.`];
      return { sentence, quotes: failing.quotes, lines: [...failing.lines, ...deadline] };
    }
    case 'active':
      return {
        sentence,
        quotes: [],
        lines: [...standing, ...sessionLines(entitlements, 'theirs'), ...lastResortLines(entitlements)],
      };
    case 'ending': {
      const failing = failingLines(entitlements, 'revocations');
      return {
        sentence,
        quotes: [...endingQuotes(grant.ending), ...failing.quotes],
        lines: [...failing.lines, ...standing],
      };
    }
    case 'ended':
    case 'failed':
      return { sentence, quotes: endingQuotes(grant.ending), lines: standing };
    default:
      return grant satisfies never;
  }
}

function revokeButtons({ request, grant }: RequestCardView): Button[] {
  if (request.state !== 'approved' || grant === null) {
    return [];
  }
  return isNotEnding(grant)
    ? [button({ actionId: ACTION.revoke, label: 'Revoke', value: grant.id, style: 'danger' })]
    : [];
}
