import { formatDuration, formatRoughly } from '../../domain/duration.js';
import { isPerson } from '../../domain/ids.js';
import type { UserId } from '../../domain/ids.js';
import type { AccessRequest } from '../../domain/request.js';
import type { GrantCardView, NoticeView, StuckView } from '../../domain/views.js';
import { stuckAdvice } from '../../domain/what-to-do.js';
import {
  byHandLines,
  CAN_TAKE_NO_PART,
  endingQuotes,
  endingText,
  isCalledOff,
  isUnopened,
  sessionLines,
  simulatedLines,
  standingLines,
} from './access-lines.js';
import { approvalsText, cancelButton, nudgeButton, waitingLine } from './answers.js';
import { draw, type Drawing } from './drawing.js';
import { holderButtons, howTo, revealButtons } from './grant-card.js';
import { firstOf, SHOWN } from './limits.js';
import { typedStart } from '../start-time.js';
import { mendText } from './mend-text.js';
import { changesText, untenableText } from './terms-text.js';
import { threadLine } from './thread-lines.js';
import { dryRunDrawing, orphansDrawing, standingDrawing } from './strays.js';
import { ACTION } from '../action-ids.js';
import { encodePrefill } from '../button-values.js';
import { button, type Body } from './message.js';
import {
  bold,
  channel,
  code,
  counted,
  fromText,
  listed,
  peopleFor,
  person,
  roleKeyOf,
  said,
  when,
} from './text.js';

/** Told once: to one person, in their direct messages, or in the channel for alarms. */
export function noticeBody(notice: NoticeView): Body {
  return draw(noticeDrawing(notice));
}

function cardUnseenText({ where, error }: Extract<NoticeView, { kind: 'card-not-shown' }>): string {
  const says = `Slack says ${code(error)}`;
  return isPerson(where)
    ? `${person(where)} can't be written to: ${says}. Their access is given and taken away all the same; tell them yourself how to use it, and when it ends.`
    : `Requests can't be shown in ${channel(where)}: ${says}. ${mendText(error)} Until then nobody sees them there, and they expire unanswered.`;
}

function approvedText({
  request,
  by,
  inPlaceOf,
  startsAt,
  endsAt,
}: Extract<NoticeView, { kind: 'request-approved' }>): string {
  const who = listed(peopleFor(firstOf(by, 5).shown, inPlaceOf));
  const from = request.startsAt === null ? '' : ` from ${when(startsAt)}`;
  const given = endsAt - startsAt;
  const shorter =
    request.extendsGrant === null && given < request.durationMs ? ` for ${formatDuration(given)} only` : '';
  return `Approved${shorter} by ${who}: ${person(request.beneficiary)} is to have it${from} until ${when(endsAt)}, and is told how to use it.`;
}

type DriftedNotice = Extract<NoticeView, { kind: 'access-drifted' }>;

function noticeDrawing(notice: NoticeView): Drawing {
  switch (notice.kind) {
    case 'request-for-you':
      return aboutRequest(
        notice,
        `${person(notice.request.requester)} asked for it for you. You are told when it is decided.`,
      );
    case 'request-received':
      return received(notice);
    case 'request-not-shown':
      return aboutRequest(
        notice,
        `The approvers can't see it yet: Slack does not let me post in <#${notice.request.channel}> (${code(notice.error)}). ${mendText(notice.error)} I keep trying, and the request stays open.`,
      );
    case 'emergency-not-shown':
      return aboutRequest(
        notice,
        `${person(notice.request.requester)} took it in an *emergency*, and ${notice.seen ? 'nobody is asked for its review' : 'nobody is told'}: Slack does not let me post in <#${notice.request.channel}> (${code(notice.error)}). ${mendText(notice.error)} I keep trying. Its review stays open until then.`,
      );
    case 'request-expired':
      return withAgain(
        notice.request,
        aboutRequest(
          notice,
          'Nobody decided in time, so the request expired. Ask again if you still need it.',
        ),
      );
    case 'request-approved':
      return aboutRequest(notice, approvedText(notice));
    case 'request-denied':
      return withAgain(
        notice.request,
        aboutRequest(
          notice,
          `Denied${byWhom(notice.by)}. Speak to them, or change it and ask again.`,
          notice.reason,
        ),
      );
    case 'request-cancelled':
      return withAgain(notice.request, aboutRequest(notice, `Cancelled${byWhom(notice.by)}.`, notice.reason));
    case 'request-nudge':
    case 'request-escalated':
    case 'request-taken-over':
    case 'request-next-step':
    case 'request-copy-unseen':
    case 'request-terms-changed':
    case 'review-nag':
    case 'request-access-lost':
      return { lead: threadLine(notice) };
    case 'request-asked-again':
      return {
        lead: threadLine(notice),
        quotes: notice.reason === '' ? [] : [{ label: 'Reason', text: notice.reason }],
      };
    case 'grant-opened':
      return opened(notice.card);
    case 'grant-reminder':
      return reminder(notice.card);
    case 'grant-prolonged':
      return aboutGrant(notice.card, `You have more time: until ${when(notice.card.grant.endsAt)}.`);
    case 'grant-revoked':
      return revoked(notice.card);
    case 'grant-not-opened':
      return notOpened(notice.card);
    case 'revocation-stuck':
      return stuck(notice.connector, notice.stuck);
    case 'connector-back':
      return {
        lead: `Removing access works again in ${code(notice.connector)}: what was stuck is read back as gone.`,
      };
    case 'access-drifted':
      return drifted(notice);
    case 'orphans-found':
      return orphansDrawing(notice.connector, notice.orphans);
    case 'standing-found':
      return standingDrawing(notice.connector, notice.standing);
    case 'enforcement-asked':
      return dryRunDrawing(notice);
    case 'alarm-not-shown':
      return {
        lead: `The alarm about stuck revocations can't be posted in ${channel(notice.channel)}: Slack says ${code(notice.error)}. ${mendText(notice.error)} The channel is ${code('alarm_channel')} in the catalog. Until then the admins are told by direct message alone.`,
      };
    case 'card-not-shown':
      return { lead: cardUnseenText(notice) };
    case 'request-voided':
      return aboutRequest(notice, `Cancelled: ${person(notice.left)} ${CAN_TAKE_NO_PART}.`);
    case 'request-renewed':
      return aboutRequest(
        notice,
        `The terms of it have changed: ${changesText(notice)}. It waits for approval on these; votes on those before do not count. Cancel it if it is of no use to you so.`,
      );
    case 'request-untenable':
      return aboutRequest(notice, `Cancelled: ${untenableText(notice.why)}.`);
    case 'stand-in-named':
      return {
        lead: `You stand in for ${person(notice.delegator)} until ${when(notice.untilAt)}: requests that they may approve call on you, and you decide in their place. Card and audit trail name both of you.`,
      };
    case 'stand-in-over':
      return {
        lead: `You no longer stand in for ${person(notice.delegator)}. Requests call on them again; what you approved in their place where other approvals are still missing no longer counts.`,
      };
    case 'holder-left':
      return holderLeft(notice);
    case 'many-left':
      return manyLeft();
    case 'many-ineligible':
      return manyIneligible(notice);
    case 'clock-behind':
      return clockBehind(notice);
    default:
      return notice satisfies never;
  }
}

function drifted({ card, connector, role, account, now, own }: DriftedNotice): Drawing {
  const whose = own ? 'Your access' : `The access of ${person(card.grant.beneficiary)}`;
  const until = when(card.grant.endsAt);
  const next = {
    gone: own
      ? 'Hallpass does not give it again by itself. If you still need it, tell your admin, or ask for it anew.'
      : 'Hallpass does not give it again by itself. If that was not meant, give it back there, or have it asked for anew.',
    restoring: 'Hallpass is giving it again, as the catalog says (`on_drift`).',
    back: 'It is there again.',
  }[now];
  return aboutGrant(
    card,
    `*${whose} was taken away* in ${code(connector)} by somebody else than Hallpass: account ${code(account.name)}, role ${code(role)}, within a window that runs until ${until}. ${next}`,
  );
}

/** A form with what was asked for; more time is asked for on the access itself. */
function withAgain(request: AccessRequest, drawing: Drawing): Drawing {
  const { resource, role, durationMs, reason, requester, beneficiary, extendsGrant } = request;
  const again = encodePrefill({
    resource,
    role,
    duration: formatDuration(durationMs),
    start: request.startsAt === null ? null : typedStart(request.startsAt, request.startZone),
    reason: reason === '' ? null : reason,
    beneficiary: requester === beneficiary ? null : beneficiary,
  });
  return again === null || extendsGrant !== null
    ? drawing
    : {
        ...drawing,
        buttons: [button({ actionId: ACTION.askAgain, label: 'Change and ask again', value: again })],
      };
}

function byWhom(by: UserId | null): string {
  return by === null ? '' : ` by ${person(by)}`;
}

function aboutRequest(
  { request, title }: { request: AccessRequest; title: string },
  sentence: string,
  reason: string | null = null,
): Drawing {
  const more = request.extendsGrant === null ? '' : ' more';
  const what = `${bold(roleKeyOf(request), SHOWN.roleKey)} (${said(title, SHOWN.title)}) for ${formatDuration(request.durationMs)}${more}${fromText(request)}`;
  return {
    lead: `${what}\n${sentence}`,
    quotes: [
      ...(reason === null || reason === '' ? [] : [{ label: 'Because', text: reason }]),
      // Given back, so that asking again needs no second typing.
      ...(request.reason === '' ? [] : [{ label: 'The request said', text: request.reason }]),
    ],
    small: [`Request ${code(request.id)}`],
  };
}

function received({ request, title, steps }: Extract<NoticeView, { kind: 'request-received' }>): Drawing {
  const asked = aboutRequest(
    { request, title },
    `You asked for it in ${channel(request.channel)}. ${approvalsText(steps)} You are told when it is decided.`,
  );
  const buttons = [nudgeButton(request.id), cancelButton(request.id)];
  return { ...asked, small: [waitingLine(request)], buttons };
}

function aboutGrant({ grant, title }: GrantCardView, sentence: string): Drawing {
  return {
    lead: `${bold(roleKeyOf(grant), SHOWN.roleKey)} (${said(title, SHOWN.title)})\n${sentence}`,
    small: [`Access ${code(grant.id)}`],
  };
}

/** The card was posted when it was approved, and is edited when it opens, which pings nobody. */
function opened(card: GrantCardView): Drawing {
  const { grant, entitlements } = card;
  return {
    ...aboutGrant(card, `It has begun: your access is there now, until ${when(grant.endsAt)}.`),
    quotes: howTo(entitlements),
    lines: [...simulatedLines(entitlements), ...sessionLines(entitlements, 'yours')],
    buttons: [...revealButtons(grant.id, entitlements), ...holderButtons(grant.id, card)],
  };
}

function reminder(card: GrantCardView): Drawing {
  return {
    ...aboutGrant(card, `This access ends ${when(card.grant.endsAt)}.`),
    lines: [...simulatedLines(card.entitlements), ...sessionLines(card.entitlements, 'yours')],
    buttons: holderButtons(card.grant.id, card),
  };
}

function revoked(card: GrantCardView): Drawing {
  const { grant } = card;
  const ending = 'ending' in grant ? grant.ending : null;
  const how = ending === null ? '' : `: ${endingText(ending)}`;
  const what = isCalledOff(grant)
    ? 'called off before it started'
    : isUnopened(grant)
      ? 'called off before it was open'
      : 'taken away';
  return {
    ...aboutGrant(card, `Your access is ${what}${how}.`),
    quotes: ending === null ? [] : endingQuotes(ending),
    lines:
      ending?.by.kind === 'hallpass'
        ? ['If that is a mistake, have an admin look at the groups, and ask again.']
        : [],
  };
}

/** Whoever asked, whoever gets it and whoever approved it read the same: what went wrong, and the next step. */
function notOpened(card: GrantCardView): Drawing {
  const { grant, title } = card;
  const ending = 'ending' in grant ? grant.ending : null;
  const left = byHandLines(card.entitlements).join(' ');
  const outcome = left === '' ? 'Nothing of it is left.' : left;
  return {
    lead: `${bold(roleKeyOf(grant), SHOWN.roleKey)} (${said(title, SHOWN.title)}) for ${person(grant.beneficiary)}\nIt was approved, but could not be opened. ${outcome}`,
    quotes: ending === null ? [] : endingQuotes(ending),
    lines: standingLines(card.entitlements),
    small: [`Access ${code(grant.id)}`],
  };
}

function stuck(connector: string, all: readonly StuckView[]): Drawing {
  const { shown, more } = firstOf(all, 10);
  const lines = shown.map(
    ({ account, role, holder, failing }) =>
      `${holder === null ? 'Somebody' : person(holder)}: account ${code(account.name)}, role ${code(role)}, since ${when(failing.since)} (${counted(failing.attempts, 'try', 'tries')})`,
  );
  const [first] = shown;
  return {
    lead: `*Access is not known to be gone* in ${code(connector)}: ${counted(all.length, 'account')} past the end of the window.`,
    lines: [[...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')].filter((text) => text !== ''),
    quotes:
      first === undefined
        ? []
        : [{ label: `${connector.slice(0, SHOWN.name)} says`, text: first.failing.text }],
    small: [
      ...(first === undefined ? [] : [`To do: ${stuckAdvice(first.kind)}`]),
      'Hallpass keeps trying, for ever, and says so every hour. `stuck` after the command lists each of them, with buttons to retry it and to mark what was removed by hand.',
    ],
  };
}

type HolderLeft = Extract<NoticeView, { kind: 'holder-left' }>;

function holderLeft({ who, grants, requests }: HolderLeft): Drawing {
  const lines = [
    ...grants.map((grant) => `${bold(roleKeyOf(grant), SHOWN.roleKey)}: access ${code(grant.id)} ends now`),
    ...requests.map(
      (request) => `${bold(roleKeyOf(request), SHOWN.roleKey)}: request ${code(request.id)} is cancelled`,
    ),
  ];
  const { shown, more } = firstOf(lines, 10);
  return {
    lead: `${person(who)} ${CAN_TAKE_NO_PART}. Hallpass takes away what they hold and cancels what waits for them.`,
    lines: [[...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')],
    small: ['Nothing is left for you to do. Should it be a mistake, they can ask again once they are back.'],
  };
}

function manyLeft(): Drawing {
  return {
    lead: '*Slack says that more than half of those who hold access are gone.* Hallpass does not believe it yet, and has ended nothing for it.',
    lines: [
      'If it is so, do nothing: a second look in some ten minutes ends their access. If it is not, stop Hallpass and have its Slack token looked at: it may be of another workspace.',
    ],
  };
}

type ManyIneligible = Extract<NoticeView, { kind: 'many-ineligible' }>;

function manyIneligible({ ended, total, grants, groups }: ManyIneligible): Drawing {
  const named = firstOf(grants, 10).shown.map(
    (grant) => `${bold(roleKeyOf(grant), SHOWN.roleKey)} of ${person(grant.beneficiary)}: ${code(grant.id)}`,
  );
  const more = total - named.length;
  const asking = firstOf(groups, 5).shown.map((group) => code(group));
  const accesses = counted(total, 'access', 'accesses');
  return {
    lead: ended
      ? `*Hallpass ends ${accesses} early*: their holders could no longer ask for them, as two looks agree.`
      : `*Hallpass ends ${accesses} in some ten minutes*, if a second look agrees that their holders could no longer ask for them.`,
    lines: [
      [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
      ...(asking.length === 0 ? [] : [`Groups that may ask for them: ${listed(asking)}.`]),
      ended
        ? 'If a group was changed by mistake, put it right; whoever still needs the access asks again.'
        : 'If a group was changed by mistake, put it right now: whoever the second look finds in it keeps the access. Otherwise there is nothing for you to do.',
    ],
    small: [`With ${code('on_lost_eligibility: keep')} in its policy, access runs to its end all the same.`],
  };
}

function clockBehind({ behindMs, open }: Extract<NoticeView, { kind: 'clock-behind' }>): Drawing {
  return {
    lead: `*The clock of the machine that runs Hallpass stands ${formatRoughly(behindMs)} before what is on record.* Nothing new can be asked for or approved. What is open ends on time.`,
    lines: [
      'If that clock is wrong, set it right: Hallpass notices by itself.',
      `If it is right, it stood ahead before. Wait until nothing is open (now: ${counted(open, 'access', 'accesses')}), stop Hallpass, run ${code('hallpass clock accept')}, and start it again.`,
    ],
    small: ['Hallpass says so every hour while it lasts.'],
  };
}
