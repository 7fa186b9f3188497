import type { Button } from '@slack/web-api';
import { formatDuration } from '../../domain/duration.js';
import type { Grant } from '../../domain/grant.js';
import type { RequestId, UserId } from '../../domain/ids.js';
import type {
  Adopted,
  Claimed,
  Decided,
  EmergencyForm,
  EmergencyTaken,
  Ended,
  Nudged,
  Reviewed,
  Submitted,
} from '../../domain/asking.js';
import type { AccessRequest } from '../../domain/request.js';
import type { Stray } from '../../domain/stray.js';
import type { StepView } from '../../domain/views.js';
import { CLAIM_QUIET_MS } from '../../domain/unanswered.js';
import { ACTION } from '../action-ids.js';
import { encodeAsk, encodeEndAll, encodePrefill } from '../button-values.js';
import type { Prefill, RequestCommand } from '../parse-command.js';
import { pingedText } from '../refusal-text.js';
import { localText } from '../start-time.js';
import { missingVotes, stepsText } from './access-lines.js';
import { draw } from './drawing.js';
import { firstOf, SHOWN } from './limits.js';
import { button, keptSentenceBody, sentenceBody, type Body } from './message.js';
import {
  bold,
  channel,
  code,
  counted,
  fromText,
  listed,
  listedUpTo,
  person,
  roleKeyOf,
  said,
  when,
} from './text.js';

/** What was understood, how many are pinged, and the way back. Only the requester sees it. */
export function submittedBody(submitted: Submitted, viewer: UserId): Body {
  const { request, grant, title, steps, pinged, unreadable = [], isRepeat } = submitted;
  if (isRepeat === true) {
    return repeatedBody(submitted, viewer);
  }
  const more = request.extendsGrant === null ? '' : ' more';
  const whom = request.beneficiary === viewer ? 'you' : person(request.beneficiary);
  const accounts = firstOf(request.entitlements, SHOWN.entitlements).shown.map(
    ({ account, connector }) => `${code(account.name)} in ${code(connector)}`,
  );
  const what = `${bold(roleKeyOf(request), SHOWN.roleKey)} (${said(title, SHOWN.title)}) for ${formatDuration(request.durationMs)}${more}, for ${whom} as ${listed(accounts)}.`;
  const quotes = request.reason === '' ? [] : [{ label: 'Reason', text: request.reason }];
  if (request.state === 'approved') {
    return draw({
      lead: `${what}\nApproved automatically: ${said(request.autoRule ?? '', SHOWN.title)}.${givenText(grant)}`,
      quotes,
      lines: startLines(request),
      small: [`Request ${code(request.id)}`],
      buttons: [],
    });
  }
  return draw({
    lead: `Asked: ${what}`,
    quotes,
    lines: [
      ...startLines(request),
      `${pingedText(pinged)} in ${channel(request.channel)}. ${approvalsText(steps)}`,
      ...unreadRulesLines(unreadable),
    ],
    small: [waitingLine(request)],
    buttons: [nudgeButton(request.id), cancelButton(request.id)],
  });
}

/** A rule could have approved it at once, had Slack or the schedule said who is in its groups. */
function unreadRulesLines(groups: readonly string[]): string[] {
  const names = groups.map((group) => code(group));
  return names.length === 0
    ? []
    : [`Not approved automatically: who is in ${listedUpTo(5, names)} can't be read now. People decide.`];
}

/** The same waits already. Its buttons are for those who asked, or whom it is for. */
function repeatedBody({ request, title }: Submitted, viewer: UserId): Body {
  const { requester, beneficiary, waiting } = request;
  const more = request.extendsGrant === null ? '' : ' more';
  const whom = beneficiary === viewer ? 'you' : person(beneficiary);
  const asker = requester === viewer ? 'you' : person(requester);
  const isTheirs = requester === viewer || beneficiary === viewer;
  const nudge = waiting.nudgedByRequesterAt === null ? [nudgeButton(request.id)] : [];
  return draw({
    lead: `Waiting already: ${bold(roleKeyOf(request), SHOWN.roleKey)} (${said(title, SHOWN.title)}) for ${formatDuration(request.durationMs)}${more}${fromText(request)}, for ${whom}; ${asker} asked ${when(request.createdAt)}.`,
    lines: [
      `Nothing new was made. Under its card in ${channel(request.channel)} stands that it was asked for again.`,
    ],
    small: [waitingLine(request)],
    buttons: isTheirs ? [...nudge, cancelButton(request.id)] : [],
  });
}

/** Of a request that waits. */
export function waitingLine({ id, expiresAt }: AccessRequest): string {
  return `Request ${code(id)}. Unanswered, it expires ${when(expiresAt)}.`;
}

export function approvalsText(steps: readonly StepView[]): string {
  return `Approvals so far: ${stepsText(steps).replaceAll('\n', '; ')}.`;
}

export function cancelButton(requestId: RequestId): Button {
  return button({ actionId: ACTION.cancel, label: 'Cancel', value: requestId });
}

function givenText(grant: Grant | null): string {
  if (grant === null || grant.state === 'scheduled') {
    return '';
  }
  const next = grant.state === 'opening' ? ' A message says when it is open.' : '';
  return ` It lasts until ${when(grant.endsAt)}.${next}`;
}

/** For the one nudge of whoever asked. */
export function nudgeButton(requestId: RequestId): Button {
  return button({ actionId: ACTION.nudge, label: 'Nudge', value: requestId });
}

export function nudgedText({ request }: Nudged): string {
  return `Nudged: whoever can still approve ${bold(roleKeyOf(request), SHOWN.roleKey)} is reminded under its card in ${channel(request.channel)}.`;
}

/** To whoever says that they look at a request, or gives it back. */
export function claimedText({ request, from }: Claimed): string {
  const what = `the request of ${person(request.requester)} for ${bold(roleKeyOf(request), SHOWN.roleKey)}`;
  if (request.waiting.claim === null) {
    return `Given back: ${what}. Nobody is looking at it now.`;
  }
  const instead = from === null ? '' : ` instead of ${person(from)}`;
  return `You are looking at ${what}${instead}. For ${formatDuration(CLAIM_QUIET_MS)} I remind nobody of it; others can still decide.`;
}

/** The window for each reader, and once more in the words of whoever asked. */
function startLines({ startsAt, startZone, durationMs }: AccessRequest): string[] {
  if (startsAt === null) {
    return [];
  }
  const unknown = startZone === null ? ' Slack does not say your time zone, so this is UTC.' : '';
  const local = said(localText(startsAt, startZone), SHOWN.title);
  return [`From ${when(startsAt)} to ${when(startsAt + durationMs)}: ${local}.${unknown}`];
}

/** To whoever took a role at once. */
export function takenText({ request, grant }: EmergencyTaken): string {
  return `${bold(roleKeyOf(request), SHOWN.roleKey)} is being opened for you, until ${when(grant.endsAt)}. ${channel(request.channel)} is told, and your reason is reviewed there.`;
}

/** To whoever said whether an emergency was justified. */
export function reviewedText({ request, verdict, missing }: Reviewed): string {
  const word = verdict === 'justified' ? 'justified' : 'not justified';
  const rest =
    missing === 0
      ? 'The review is closed.'
      : `${counted(missing, 'verdict is', 'verdicts are')} still missing until it is closed.`;
  return `Your verdict on ${bold(roleKeyOf(request), SHOWN.roleKey)} for ${person(request.requester)} counts: ${word}. ${rest}`;
}

/** What may be taken at once, and how. */
export function emergencyListBody(takeable: readonly EmergencyForm[], command: string): Body {
  const { shown, more } = firstOf(takeable, 8);
  const lines = shown.map(
    ({ roleKey, title, maxMs }) =>
      `• ${bold(roleKey, SHOWN.roleKey)} · ${said(title, SHOWN.title)}, at most ${formatDuration(maxMs)}`,
  );
  const how = `${code(`${command} emergency <role> <time> <reason>`)} opens a form; nothing happens before you confirm it.`;
  return sentenceBody(
    lines.length === 0
      ? `You may take nothing in an emergency now. ${code(`${command} list`)} shows what you may request.`
      : ['*In an emergency you may take*', ...lines, ...(more === 0 ? [] : [`and ${more} more`]), how].join(
          '\n',
        ),
  );
}

/** To whoever clicked Approve or sent a denial. */
export function decidedText({ request, grant, steps, verdict, denialsMissing }: Decided): string {
  const what = `${bold(roleKeyOf(request), SHOWN.roleKey)} for ${person(request.beneficiary)}`;
  if (request.state === 'denied') {
    return `Denied: ${what}. ${person(request.requester)} is told.`;
  }
  if (request.state === 'pending' && verdict === 'deny') {
    return `Your denial of ${what} counts. ${counted(denialsMissing, 'denial is', 'denials are')} still missing; enough approvals give it all the same.`;
  }
  if (request.state === 'pending') {
    return `Your approval of ${what} counts. ${counted(missingVotes(steps), 'approval is', 'approvals are')} still missing.`;
  }
  if (grant?.state === 'scheduled') {
    return `Approved: ${what}, from ${when(grant.startsAt)} until ${when(grant.endsAt)}. The card says when it is open.`;
  }
  const until = grant === null ? '' : `, until ${when(grant.endsAt)}`;
  return request.extendsGrant === null
    ? `Approved: ${what}${until}. The card says when it is open.`
    : `Approved: more time on ${what}${until}.`;
}

/** To whoever ended access, early or against its holder's will. */
export function endedText({ grant, stillHeldBy }: Ended): string {
  const what = `${bold(roleKeyOf(grant), SHOWN.roleKey)} of ${person(grant.beneficiary)}`;
  const others = firstOf(stillHeldBy, 5).shown.map(
    ({ grantId, roleKey, upcomingAt, endsAt }) =>
      `${code(grantId)} (${said(roleKey, SHOWN.name)},${fromText({ startsAt: upcomingAt })} until ${when(endsAt)})`,
  );
  const more = stillHeldBy.length - others.length;
  const still =
    others.length === 0
      ? ''
      : ` The same access ${stillHeldBy.some(({ upcomingAt }) => upcomingAt === null) ? 'stays' : 'comes back'} through ${listed([...others, ...(more > 0 ? [`${more} more`] : [])])}; revoke that too if it has to go.`;
  return grant.state === 'ended'
    ? `${what} is called off: it will not start.${still}`
    : `${what} is being taken away. The card says when it is gone.${still}`;
}

/** To an admin who decided about access that no row explained. */
export function removedText({ connector, role, account }: Stray): string {
  return `${code(role)} of account ${code(account.name)} in ${code(connector)} is being taken away. If it can't be, you are told.`;
}

export function adoptedText({ stray: { connector, account }, grant }: Adopted): string {
  return `Adopted: account ${code(account.name)} in ${code(connector)} is now ${bold(roleKeyOf(grant), SHOWN.roleKey)} of ${person(grant.beneficiary)}, until ${when(grant.endsAt)}. They are told.`;
}

export function enforcedText({ connector, roles }: { connector: string; roles: readonly string[] }): string {
  return `From now on standing access to ${listed(firstOf(roles, 10).shown.map((role) => code(role)))} in ${code(connector)} is removed when it is found: the next look is within 10 minutes.`;
}

/** After a revocation: what other grants keep is one click from going too. */
export function revokedBody(ended: Ended, reason: string): Body {
  const grants = firstOf(ended.stillHeldBy, 20).shown.map(({ grantId }) => grantId);
  const value = grants.length === 0 ? null : encodeEndAll({ grants, reason });
  return keptSentenceBody(
    endedText(ended),
    null,
    value === null
      ? []
      : [button({ actionId: ACTION.endAll, label: 'End them all', value, style: 'danger' })],
  );
}

/** A refusal keeps what was typed and offers it again. */
export function refusedBody(
  markup: string,
  kept: { readonly typed: string; readonly prefill: Prefill; readonly longest: RequestCommand | null },
): Body {
  const again = encodePrefill(kept.prefill);
  const longest = kept.longest === null ? null : encodeAsk(kept.longest);
  const buttons = [
    ...(kept.longest === null || longest === null
      ? []
      : [
          button({
            actionId: ACTION.longestAllowed,
            label: `Ask for ${formatDuration(kept.longest.durationMs ?? 0)}`,
            value: longest,
            style: 'primary',
          }),
        ]),
    ...(again === null
      ? []
      : [button({ actionId: ACTION.askAgain, label: 'Change and ask again', value: again })]),
  ];
  return keptSentenceBody(markup, kept.typed, buttons);
}

/** Something broke: the id to quote, and what was typed. */
export function faultBody(faultId: string, typed: string | null, prefill: Prefill | null = null): Body {
  return keptBody(faultText(faultId), typed, prefill);
}

/** It broke before it was written, or after. */
export function faultText(faultId: string): string {
  return `Something broke on our side, and it is not known whether it was done: look before you try again. Quote ${code(faultId)} to your admin.`;
}

/** What is so, and what was typed, with a button that opens a form with it. */
export function keptBody(markup: string, typed: string | null, prefill: Prefill | null = null): Body {
  const again = prefill === null ? null : encodePrefill(prefill);
  return keptSentenceBody(
    markup,
    typed,
    again === null ? [] : [button({ actionId: ACTION.askAgain, label: 'Ask again', value: again })],
  );
}
