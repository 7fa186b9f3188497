import type { Miss, MissReason } from '../domain/auto-approval.js';
import { formatDuration, formatRoughly } from '../domain/duration.js';
import type { StrayId, UserId } from '../domain/ids.js';
import type { GrantChoice, NoAccount, NoPart, Refusal } from '../domain/refusal.js';
import type { AccessRequest } from '../domain/request.js';
import { firstOf, SHOWN } from './blocks/limits.js';
import {
  channel,
  code,
  counted,
  fromText,
  listed,
  people,
  person,
  roleKeyOf,
  said,
  when,
} from './blocks/text.js';

/** Who reads it, and what the command is called in this workspace. */
export type Reader = { readonly viewer: UserId; readonly command: string };

/**
 * What a refusal says: what is so, and what to do next. Slack markup, everything from outside escaped.
 * Null where nothing is to be said.
 */
export function refusalText(refusal: Refusal, reader: Reader): string | null {
  const { command } = reader;
  switch (refusal.code) {
    case 'already-handled':
      return null;
    case 'unknown-resource':
      return `There is no ${code(refusal.typed)}. ${didYouMean(refusal.suggestions)}\`${command} list\` shows what you may request.`;
    case 'unknown-role':
      return `${code(refusal.resource)} has no role ${code(refusal.typed)}. It has ${names(refusal.roles)}.`;
    case 'not-eligible':
      return `${subject(refusal.who, reader)} may not request ${code(refusal.roleKey)}. \`${command} list\` shows what you may request; the groups are in the catalog.`;
    case 'groups-unreadable':
      return `Who is in ${names(refusal.groups)} could not be read${whyText(refusal.why)}, so nobody counts as a member now. Try again in a minute; if it stays so, tell your admin.`;
    case 'directory-unavailable':
      return 'Slack did not answer when asked who you are. Nothing was done. Try again in a minute.';
    case 'no-part':
      return noPartText(refusal.who, refusal.why, reader);
    case 'not-for-others':
      return `${code(refusal.roleKey)} can only be requested by whoever will use it. They can ask with \`${command}\` themselves.`;
    case 'duration-too-long':
      return `${code(refusal.roleKey)} is given for at most ${formatDuration(refusal.maxMs)}.`;
    case 'duration-too-short':
      return `The shortest access is ${formatDuration(refusal.minMs)}. Ask for at least that.`;
    case 'start-passed':
      return `${when(refusal.startsAt)} has passed. Ask for a start that is still to come, or leave it out.`;
    case 'start-too-far':
      return `${code(refusal.roleKey)} can be asked for at most ${formatDuration(refusal.withinMs)} ahead. Choose an earlier start, or ask again nearer to it.`;
    case 'reason-missing':
      return 'A reason is needed. Say in a few words what it is for.';
    case 'reason-too-long':
      return `The reason may have ${refusal.maxLength} characters. Shorten it and ask again.`;
    case 'reason-too-short':
      return `The reason needs at least ${refusal.minLength} characters. Say what you are going to do, and why.`;
    case 'ticket-missing':
      return `The reason must name ${said(refusal.say, SHOWN.title)}. Add it and ask again.`;
    case 'no-account':
      return noAccountText(refusal.connector, refusal.who, refusal.detail, reader);
    case 'account-shared':
      return `The account ${code(refusal.account)} in ${code(refusal.connector)} belongs to two people, so nobody gets access through it. Tell your admin to map each person to their own account.`;
    case 'target-unavailable':
      return `${code(refusal.connector)} cannot be reached now. Nothing was done. Try again in a few minutes.`;
    case 'target-refuses':
      return `${code(refusal.connector)} refuses: ${said(refusal.text, SHOWN.targetText)}. Tell your admin.`;
    case 'too-few-approvers':
      return `Too few people can approve ${code(refusal.roleKey)} for you: nobody approves their own request, nor one for an account that they use as well. Tell your admin to add approvers.`;
    case 'no-manager':
      return `Nobody is on record as ${refusal.who === reader.viewer ? 'your manager' : `the manager of ${person(refusal.who)}`}, and a manager must approve this. Tell your admin: the catalog names managers, or takes them from Slack profiles.`;
    case 'not-automatic':
      return `${code(refusal.roleKey)} is given by rules alone, and none of them fits: ${missesText(refusal.misses, reader)}`;
    case 'no-more-time':
      return `No more time is given on ${code(refusal.roleKey)}. Ask for new access when this has ended.`;
    case 'quorum-denied':
      return `As many have denied this as it takes: ${listed(firstOf(refusal.by, 5).shown.map(person))}. So it is not approved any more; it can be cancelled, and asked for anew.`;
    case 'not-as-held':
      return `${code(refusal.roleKey)} gives something else now, or on another account, than what is held. So no more time is given on it; it ends when it was to end. Ask for new access then.`;
    case 'already-pending':
      return `A request for ${code(refusal.roleKey)} is waiting already, for ${formatDuration(refusal.durationMs)}${refusal.isMore ? ' more' : ''}${fromText(refusal)}: ${code(refusal.requestId)}. Wait for its decision, or first \`${command} cancel ${said(refusal.requestId, SHOWN.name)}\` and ask anew.`;
    case 'past-maximum':
      return pastMaximumText(refusal);
    case 'ending-only':
      return 'Hallpass opens nothing new now, because its catalog is broken. What is open ends on time. Tell your admin.';
    case 'clock-behind':
      return `Hallpass opens nothing new now: the clock of its machine stands ${formatRoughly(refusal.behindMs)} before what is on record. What is open ends on time. Tell your admin.`;
    case 'no-emergency':
      return `${code(refusal.roleKey)} is not given in emergencies. Ask for it with ${code(`${command} request ${refusal.roleKey} 30m <reason>`)}: its approvers are called on at once.`;
    case 'emergency-not-yours':
      return `You are not among those who may take ${code(refusal.roleKey)} in an emergency. Ask for it with ${code(`${command} request ${refusal.roleKey} 30m <reason>`)}: its approvers are called on at once.`;
    case 'already-held':
      return `You have ${code(refusal.roleKey)} until ${when(refusal.endsAt)}. \`${command} mine\` shows it; ask for more time there if you need it.`;
    case 'not-a-reviewer':
      return `You are not among the reviewers of emergencies on ${code(refusal.roleKey)}. Nothing changed.`;
    case 'own-emergency':
      return refusal.same === null
        ? 'Nobody reviews their own emergency. The other reviewers have to.'
        : `You use the same account ${code(refusal.same.account)} in ${code(refusal.same.connector)} as the person who took it. The other reviewers have to review it.`;
    case 'already-reviewed':
      return 'You have reviewed this emergency already. Another person has to give the missing verdict.';
    case 'review-closed':
      return `The review is closed: ${refusal.verdict === 'justified' ? 'justified' : 'not justified'}. Nothing changed.`;
    case 'review-note-missing':
      return 'Say why it was not justified. Click *Not justified* again and give a reason.';
    case 'unknown-request':
      return `There is no request ${code(refusal.typed)}. \`${command} mine\` shows yours.`;
    case 'not-pending':
      return notPendingText(refusal.request, refusal.by);
    case 'not-an-approver':
      return `You are not among the approvers of ${code(refusal.roleKey)}. Nothing changed.`;
    case 'self-approval':
      return 'Nobody decides their own access. Somebody else has to approve it.';
    case 'same-account':
      return `You use the same account ${code(refusal.account)} in ${code(refusal.connector)} as the person who asks. Somebody else has to approve it.`;
    case 'terms-changed':
      return 'What this request stands for has changed: the account, the roles, the policy or the time. Your vote was not counted. Look again: the card shows the new terms in a moment, or once the target answers.';
    case 'too-many-pending':
      return `You have ${counted(refusal.most, 'request', 'requests')} waiting, and no more may wait at once. \`${command} mine\` shows them; cancel one, or wait for its decision.`;
    case 'too-many-requests':
      return `At most ${counted(refusal.most, 'request', 'requests')} an hour may be made. Try again later.`;
    case 'too-many-held':
      return `At most ${counted(refusal.most, 'access', 'accesses')} may be held at once. End one first: \`${command} mine\` shows them.`;
    case 'role-full':
      return `${code(refusal.roleKey)} may be held by ${refusal.most} at once, and is. ${refusal.nextEnd === null ? 'Try again later' : `The next of them ends ${when(refusal.nextEnd)}; try again then`}.`;
    case 'roles-conflict':
      return refusal.how === 'held'
        ? `${code(refusal.roleKey)} may not be held together with ${code(refusal.other)}, which is held now. End that first.`
        : `${code(refusal.roleKey)} may not be held together with ${code(refusal.other)}, which is being asked for. Cancel that first.`;
    case 'approver-cannot-hold':
      return `${subject(refusal.who, reader)} may approve ${code(refusal.roleKey)}, and whoever approves it may not hold it.`;
    case 'not-for-less':
      return `You may give less than the ${formatDuration(refusal.askedMs)} that were asked for, and at least ${formatDuration(refusal.minMs)}. Choose again on the card.`;
    case 'already-voted':
      return 'You have decided on this request already. Another person has to give the missing approval.';
    case 'counts-as-one':
      return `${person(refusal.with)} has decided already, and the two of you count as one: one of you stands in for the other. Somebody else has to give the missing approval.`;
    case 'approves-nothing':
      return 'You approve nothing in the catalog, so nobody needs to stand in for you.';
    case 'own-stand-in':
      return 'You can’t stand in for yourself. Name somebody else.';
    case 'not-a-stand-in': {
      const groups = firstOf(refusal.groups, 5).shown.map((group) => code(group));
      return `${person(refusal.who)} can’t stand in for you: whom you name has to be in ${groups.join(' or ')}. Name somebody who is.`;
    }
    case 'delegation-passed':
      return `${when(refusal.untilAt)} has passed. Say a time that is still to come: \`${command} delegate @stand-in until friday\`.`;
    case 'delegation-too-long':
      return `Somebody stands in for at most ${formatDuration(refusal.mostMs)}. Say an earlier end; you can name them again then.`;
    case 'no-delegation':
      return `Nobody stands in for you now. \`${command} delegate @stand-in until friday\` names somebody.`;
    case 'not-your-turn': {
      const groups = firstOf(refusal.from, 5).shown.map((group) => code(group));
      const step = refusal.step === null ? '' : ` (${said(refusal.step, SHOWN.name)})`;
      return `The steps of this request have an order, and it is the turn of ${groups.join(' or ')}${step}. Approve once they have; you may deny it now.`;
    }
    case 'needed-later':
      return 'Nobody but you could give a later approval of this request, and one person gives one. Let somebody else approve this step.';
    case 'nothing-left':
      return `That window would end ${when(refusal.endsAt)}: less is left of it than ${formatDuration(refusal.minMs)}, which is the least. Give all of the time, or deny it and have it asked for anew.`;
    case 'no-longer-offered':
      return `${code(refusal.roleKey)} is no longer in the catalog as it was asked for. Ask again with \`${command}\`.`;
    case 'deny-reason-missing':
      return 'The policy demands a reason for a denial. Click *Deny* again and give one.';
    case 'not-your-request':
      return 'Only whoever asked, or whom it is for, can cancel a request or nudge its approvers. Approvers can deny it on its card.';
    case 'nothing-pending':
      return `You have no request that waits for a decision. ${code(`${command} mine`)} shows what you hold and what is to begin; ${code(`${command} done`)} ends it.`;
    case 'which-request':
      return `Which one? ${listed(refusal.choices.slice(0, 10).map((each) => `\`${command} ${refusal.verb} ${said(each.requestId, SHOWN.name)}\` (${said(each.roleKey, SHOWN.name)})`))}.`;
    case 'already-nudged':
      return `The approvers were nudged about this request ${when(refusal.at)}, and that can be done once. Hallpass goes on reminding them; if it is urgent, ask one of them yourself.`;
    case 'not-shown-yet':
      return `The card is not in ${channel(refusal.channel)} yet, so there is nothing to remind anybody of. It names the approvers when it appears. Try again in a minute.`;
    case 'already-claimed':
      return 'You are looking at this request already. *Release* on its card gives it back.';
    case 'not-your-claim':
      return refusal.by === null
        ? 'Nobody is looking at this request now. *Claim* on its card says that you are.'
        : `${person(refusal.by)} is looking at this request. *Take over* on its card says that you are, instead.`;
    case 'unknown-grant':
      return `There is no access ${code(refusal.typed)}. \`${command} mine\` shows yours, \`${command} who-has\` everybody's.`;
    case 'grant-over':
      return `That access is over already. Where it is still needed, ask for it anew: ${code(`${command} request <what> <time> <reason>`)}.`;
    case 'grant-not-active':
      return 'That access is not open yet. Wait until its message says that it is ready.';
    case 'not-your-grant':
      return `That access belongs to somebody else. Its approvers can take it away with \`${command} revoke\`.`;
    case 'may-not-revoke':
      return `Only the approvers of ${code(refusal.roleKey)} and admins can revoke it.`;
    case 'revoke-reason-missing':
      return `Say why: ${code(`${command} revoke <id or role> <reason>`)}. The holder reads it.`;
    case 'no-secret':
      return `${code(refusal.roleKey)} needs no login of its own: use the account that its message names.`;
    case 'not-an-admin':
      return refusal.sees
        ? 'Auditors see what is stuck; only admins retry it or mark it as removed. Ask one of them.'
        : `Only admins and auditors see what is stuck. \`${command} who-has\` shows what you may see; if access should be gone and is not, tell an admin.`;
    case 'unknown-entitlement':
      return `Nothing is stuck under ${code(refusal.typed)}. \`${command} stuck\` shows what is.`;
    case 'not-stuck':
      return `${code(refusal.account)} with role ${code(refusal.role)} in ${code(refusal.connector)} is no longer stuck. Nothing was done. \`${command} stuck\` shows what is.`;
    case 'removal-reason-missing':
      return 'A reason is needed: say who removed it, and how you know that it is gone. The audit trail keeps it.';
    case 'nothing-held':
      return nothingHeldText(refusal, command);
    case 'which-grant':
      return `Which one? ${listed(refusal.choices.slice(0, 10).map(choiceText))}. Name it by its id.`;
    case 'admins-only':
      return 'Only admins do this; who they are is in the catalog. Ask one of them.';
    case 'no-orphans':
      return 'Nothing is left to decide: every access that bears the mark of Hallpass is explained by now.';
    case 'unknown-orphan':
      return `There is no unexplained access ${code(refusal.typed)}. \`${command} reconcile\` lists what there is.`;
    case 'orphan-closed':
      return orphanClosedText(refusal.strayId, refusal.how);
    case 'orphan-not-offered':
      return `No role of the catalog gives just ${code(refusal.role)} in ${code(refusal.connector)}, so it can't be adopted. Add one, or remove the access.`;
    case 'orphan-of-another':
      return `The account ${code(refusal.account)} in ${code(refusal.connector)} is not that of ${person(refusal.who)} by the catalog. Choose whose it is, or remove the access.`;
    case 'dry-run-outdated':
      return `The catalog has changed since this list of ${code(refusal.connector)} was made. Nothing was done; the next look sends a new list.`;
    default:
      return refusal satisfies never;
  }
}

function nothingHeldText(
  { which, own }: Extract<Refusal, { code: 'nothing-held' }>,
  command: string,
): string {
  if (which === null) {
    return `You hold nothing now. ${code(`${command} list`)} shows what you may request.`;
  }
  return own
    ? `You don’t hold ${code(which)} now. ${code(`${command} mine`)} shows what you hold.`
    : `There is nothing under ${code(which)} that you could end: nobody holds it now, or its approvers and the admins end it. ${code(`${command} who-has`)} shows what you may see.`;
}

function orphanClosedText(strayId: StrayId, how: Extract<Refusal, { code: 'orphan-closed' }>['how']): string {
  switch (how) {
    case 'adopted':
      return `${code(strayId)} has been adopted: it has a person and an end now. Nothing more is to be done.`;
    case 'removed':
      return `${code(strayId)} has been removed on somebody's word. Nothing more is to be done.`;
    case 'gone':
      return `${code(strayId)} is gone from its target already. Nothing more is to be done.`;
    case 'held':
      return `${code(strayId)} belongs to a window that is running by now. Revoke that if it has to go.`;
    default:
      return how satisfies never;
  }
}

function names(all: readonly string[]): string {
  return all.length === 0 ? 'none' : listed(all.slice(0, 10).map((name) => code(name)));
}

function whyText(why: readonly string[]): string {
  return why.length === 0
    ? ''
    : ` (${why
        .slice(0, 3)
        .map((one) => said(one, SHOWN.title))
        .join('; ')})`;
}

function didYouMean(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? '' : `Did you mean ${names(suggestions.slice(0, 3))}? `;
}

function missesText(misses: readonly Miss[], reader: Reader): string {
  const { shown, more } = firstOf(misses, 5);
  const texts = shown.map(({ rule, why }) => `${said(rule, SHOWN.title)}: ${missText(why, reader)}`);
  return `${[...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')}.`;
}

/** Why one rule does not approve. Not a whole sentence. */
export function missText(why: MissReason, reader: Reader): string {
  switch (why.kind) {
    case 'groups-unreadable':
      return `who is in ${names(why.groups)} could not be read${whyText(why.why)}, so try again in a minute`;
    case 'not-in-groups':
      return `only for ${names(why.groups)}, and ${why.who === reader.viewer ? 'you are' : `${person(why.who)} is`} in none of them`;
    case 'tier':
      return `not for roles of tier ${why.tier}`;
    case 'too-long':
      return `for at most ${formatDuration(why.upToMs)}`;
    case 'outside-hours':
      return `only for a window that begins ${said(why.hours, SHOWN.title)}`;
    case 'used-up':
      return `at most ${counted(why.perDay, 'time', 'times')} within 24 hours, and that is used up`;
    case 'held':
      return `never as more time on what is held, or is to begin, until ${when(why.until)}`;
    default:
      return why satisfies never;
  }
}

function subject(who: UserId, { viewer }: Reader): string {
  return who === viewer ? 'You' : person(who);
}

function choiceText({ grantId, beneficiary, roleKey, upcomingAt, endsAt }: GrantChoice): string {
  return `${code(grantId)} (${said(roleKey, SHOWN.name)}, ${person(beneficiary)},${fromText({ startsAt: upcomingAt })} until ${when(endsAt)})`;
}

function noPartText(who: UserId, why: NoPart, reader: Reader): string {
  const are = who === reader.viewer ? 'You are' : `${person(who)} is`;
  switch (why) {
    case 'deactivated':
      return `${are} deactivated in Slack. Access is for active members only.`;
    case 'guest':
      return `${are} a guest in this workspace. Access is for full members only; tell your admin if that is wrong.`;
    case 'bot':
      return `${are} a bot. Access is for people only.`;
    case 'stranger':
      return `${are} not a member of this workspace. Access is for its own members only.`;
    case 'unknown':
      return `${are} not known to this workspace. Pick the person from the list that Slack offers.`;
    default:
      return why satisfies never;
  }
}

/** Also says what an admin has to add, word for word. */
export function noAccountText(connector: string, who: UserId, detail: NoAccount, reader: Reader): string {
  const isViewer = who === reader.viewer;
  const have = isViewer ? 'You have' : `${person(who)} has`;
  const map = `add ${code(`${who}: <account>`)} under ${code(`connectors.${connector}.identity.map`)} in the catalog`;
  const none = `${have} no account in ${code(connector)}`;
  switch (detail.why) {
    case 'no-rule':
      return `${none} that Hallpass knows of. Your admin can ${map}.`;
    case 'no-email':
      return `${none}: Slack shows no e-mail address. Your admin can ${map}, or give the app the scope \`users:read.email\`.`;
    case 'email-unconfirmed':
      return `${none}: the e-mail address in Slack is not confirmed. Confirm it there, or your admin can ${map}.`;
    case 'email-domain':
      return `${none}: ${detail.domains.length === 0 ? 'addresses at the domain of the one in Slack do not count' : `only addresses at ${names(detail.domains)} count`}. Your admin can ${map}.`;
    case 'not-in-target':
      return `There is no account ${code(detail.account)} in ${code(connector)}. Have it made there, or your admin can ${map}.`;
    default:
      return detail satisfies never;
  }
}

function pastMaximumText(refusal: { roleKey: string; maxMs: number; leftMs: number }): string {
  const limit = `${code(refusal.roleKey)} lasts at most ${formatDuration(refusal.maxMs)} in one go`;
  return refusal.leftMs < 60_000
    ? `${limit}, and this access has reached that. Ask for new access when it has ended.`
    : `${limit}. At most ${formatDuration(refusal.leftMs)} more can be asked for.`;
}

function notPendingText(request: AccessRequest, by: readonly UserId[]): string {
  const what = code(roleKeyOf(request));
  const leave = by.length === 0 ? '' : ` by ${people(firstOf(by, 5).shown)}`;
  switch (request.state) {
    case 'pending':
      return `The request for ${what} changed just now. Look at its card and try again.`;
    case 'approved':
      return `The request for ${what} was approved${leave} ${when(request.decidedAt)}. Nothing changed.`;
    case 'denied':
      return `The request for ${what} was denied${leave} ${when(request.decidedAt)}. Nothing changed.`;
    case 'cancelled':
      return `The request for ${what} was cancelled ${when(request.decidedAt)}. Nothing is left to decide.`;
    case 'expired':
      return `The request for ${what} expired unanswered ${when(request.decidedAt)}. It has to be asked for again.`;
    default:
      return request satisfies never;
  }
}

/** `3 people are pinged` */
export function pingedText(pinged: number): string {
  return pinged === 0 ? 'Nobody is pinged' : `${counted(pinged, 'person is', 'people are')} pinged`;
}
