/** Sends one notice that is owed, written from the store at this moment; one that no longer holds is dropped. */
import { driftedIn } from '../domain/drift.js';
import { isNotEnding } from '../domain/grant.js';
import { asChannelId, asGrantId, asRequestId, asUserId } from '../domain/ids.js';
import type { ChannelId, NoticeId, Recipient, UserId } from '../domain/ids.js';
import { lossesOf } from '../domain/lost-eligibility.js';
import { cardOf, owe, personSubject, whoLeft } from '../domain/message.js';
import type { LineKind, Notice, NoticeKind } from '../domain/message.js';
import { renewalOf, whyUntenable } from '../domain/renewal.js';
import { messagePauseMs } from '../domain/retry.js';
import { reviewOf } from '../domain/review.js';
import { DAY_MS, isBehind } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import type { NoticeView } from '../domain/views.js';
import type { Thread } from '../ports.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { dryRunOf, enforcedRoles } from './expel-standing.js';
import { offerOf, titleOf } from './find-offer.js';
import { toStuck } from './list-stuck.js';
import { approvalOf, loadGrantCard } from './load-cards.js';
import { readAdmins } from './read-admins.js';
import { approvalsOf, isLine, loadLine, placeOfLine } from './thread-lines.js';

type NoticeDeps = Pick<
  Deps,
  'store' | 'wakeups' | 'catalogs' | 'connectors' | 'directory' | 'messenger' | 'clock' | 'ids' | 'log'
>;

/** A notice that could not be sent for so long has lost its use. */
const GIVE_UP_AFTER_MS = DAY_MS;
/** These stand in the thread of the message that gave the access to its holder, one thread for each grant. */
const OF_ONE_GRANT: ReadonlySet<NoticeKind> = new Set<NoticeKind>([
  'grant-opened',
  'grant-reminder',
  'grant-prolonged',
  'grant-revoked',
  'grant-not-opened',
  'access-drifted',
]);
/** So many stuck revocations are named in one alarm. */
const NAMED_IN_ALARM = 10;

export async function deliverNotice(deps: NoticeDeps, id: NoticeId): Promise<void> {
  const notice = await deps.store.notice(id);
  const now = deps.clock.now();
  if (notice === null || notice.state !== 'owed' || notice.nextAt === null || notice.nextAt > now) {
    return;
  }
  const place = await placeOf(deps, notice);
  if (place !== null && 'waitsUntil' in place) {
    await record(deps, { ...notice, nextAt: place.waitsUntil });
    return;
  }
  const view = place === null ? null : await toView(deps, notice);
  if (place === null || view === null) {
    await record(deps, { ...notice, state: 'dropped', nextAt: null, error: null });
    return;
  }
  // While it could not be taken down that this was sent, it would be sent again and again.
  const ready = async (): Promise<void> => await deps.store.ping();
  const first = await deps.messenger.notify(place.at, view, ready);
  // Whoever deletes the message that a thread hangs on is told all the same.
  const isThreadGone = first.kind === 'impossible' && typeof place.at !== 'string' && !isLine(notice.kind);
  const delivered = isThreadGone ? await deps.messenger.notify(notice.to, view, ready) : first;
  if (delivered.kind === 'posted') {
    await record(deps, { ...notice, state: 'sent', nextAt: null, error: null });
    return;
  }
  if (delivered.kind === 'retry' && delivered.afterMs !== null) {
    // Told to come back later: that is pacing, not a failure.
    await record(deps, { ...notice, nextAt: deps.clock.now() + delivered.afterMs });
    return;
  }
  const attempts = notice.attempts + 1;
  const { error } = delivered;
  const tooLate = delivered.kind === 'impossible' || now - notice.createdAt > GIVE_UP_AFTER_MS;
  deps.log[tooLate ? 'error' : 'warn']({ noticeId: id, attempts, error }, 'A notice could not be sent');
  const nextAt = deps.clock.now() + messagePauseMs(attempts, deps.ids.random());
  await record(
    deps,
    tooLate
      ? { ...notice, state: 'dropped', nextAt: null, attempts, error }
      : { ...notice, nextAt, attempts, error },
  );
  if (tooLate && notice.kind === 'review-nag') {
    await tellAdminsInstead(deps, notice);
  }
}

/** Null where there is no place for it any more. */
async function placeOf(
  deps: NoticeDeps,
  notice: Notice,
): Promise<{ at: Recipient | Thread } | { waitsUntil: Instant } | null> {
  const { kind, subject, to } = notice;
  if (isLine(kind)) {
    return await placeOfLine(deps, notice);
  }
  const card = OF_ONE_GRANT.has(kind) ? await deps.store.message(cardOf(asGrantId(subject))) : null;
  const thread = card?.to === to ? card.posted : null;
  return { at: thread === null ? to : { ...thread, broadcast: true } };
}

/** A review must not be asked for where nobody reads it: the channel is archived, say, or we were put out of it. */
async function tellAdminsInstead(deps: NoticeDeps, { subject, occasion }: Notice): Promise<void> {
  const admins = await readAdmins(deps);
  const notices = admins.map((to) => owe({ kind: 'emergency-not-shown', subject, occasion, to }));
  await commitFresh(deps, async () => ({
    change: { at: deps.clock.now(), audit: [], notices },
    outcome: undefined,
  }));
}

async function record(deps: NoticeDeps, notice: Notice): Promise<void> {
  const outcome = await deps.store.recordNotice(notice);
  if (outcome !== 'committed') {
    deps.log.warn({ noticeId: notice.id }, 'A notice was handled twice at once');
  }
}

async function toView(deps: NoticeDeps, notice: Notice): Promise<NoticeView | null> {
  const { kind } = notice;
  if (isLine(kind)) {
    return await loadLine(deps, kind, notice);
  }
  switch (kind) {
    case 'request-received':
    case 'request-for-you':
    case 'request-not-shown':
    case 'request-approved':
    case 'request-denied':
    case 'request-cancelled':
    case 'request-renewed':
    case 'request-expired':
      return await aboutRequest(deps, kind, notice);
    case 'grant-opened':
    case 'grant-reminder':
    case 'grant-prolonged':
    case 'grant-revoked':
    case 'grant-not-opened':
      return await aboutGrant(deps, kind, notice);
    case 'stand-in-named':
    case 'stand-in-over':
      return await aboutStandIn(deps, kind, notice);
    case 'holder-left':
      return await aboutLeaver(deps, notice);
    case 'many-left':
      return { kind: 'many-left' };
    case 'many-ineligible':
      return await aboutIneligible(deps, notice);
    case 'clock-behind':
      return await aboutClock(deps);
    case 'revocation-stuck':
      return await aboutStuck(deps, connectorOf(notice));
    case 'connector-back': {
      const connector = connectorOf(notice);
      // While anything is still stuck there, "it works again" would be half the truth.
      return (await aboutStuck(deps, connector)) === null && (await wasAlarmed(deps, notice))
        ? { kind: 'connector-back', connector }
        : null;
    }
    case 'access-drifted':
      return await aboutDrift(deps, notice);
    case 'orphans-found':
    case 'standing-found':
    case 'enforcement-asked':
      return await aboutStrays(deps, kind, notice);
    case 'emergency-not-shown':
      return await aboutUnseen(deps, notice);
    case 'alarm-not-shown':
      return { kind: 'alarm-not-shown', channel: channelOf(notice), error: notice.occasion };
    case 'card-not-shown':
      return { kind: 'card-not-shown', where: placeNamed(notice), error: notice.occasion };
  }
}

/** Of an emergency that waits for its review, and that nobody can see. */
async function aboutUnseen(deps: NoticeDeps, notice: Notice): Promise<NoticeView | null> {
  const request = await deps.store.request(asRequestId(notice.subject));
  const review = request === null ? null : reviewOf(request);
  if (request === null || review === null || review.closedAt !== null) {
    return null;
  }
  const card = await deps.store.message(cardOf(request.id));
  const title = titleOf(deps.catalogs.current().catalog, request.resource, request.role);
  if (card === null) {
    return null;
  }
  const seen = card.posted !== null;
  const error = seen ? await errorOfNag(deps, notice) : (card.error ?? '');
  return error === null ? null : { kind: 'emergency-not-shown', request, title, seen, error };
}

/** Why the line that asks for the review did not reach its place; null where it did. */
async function errorOfNag(deps: NoticeDeps, { subject, occasion }: Notice): Promise<string | null> {
  const told = await deps.store.noticesOf(subject);
  const nag = told.find((one) => one.kind === 'review-nag' && one.occasion === occasion);
  return nag?.state === 'dropped' ? nag.error : null;
}

type OwedRequestKind = Exclude<Extract<NoticeKind, `request-${string}`>, LineKind>;

async function aboutRequest(
  deps: NoticeDeps,
  kind: OwedRequestKind,
  notice: Notice,
): Promise<NoticeView | null> {
  const request = await deps.store.request(asRequestId(notice.subject));
  if (request === null) {
    return null;
  }
  const title = titleOf(deps.catalogs.current().catalog, request.resource, request.role);
  switch (kind) {
    case 'request-received': {
      const approvals = request.state === 'pending' ? await approvalsOf(deps, request) : null;
      return approvals === null ? null : { kind, request, title, steps: approvals.steps };
    }
    case 'request-for-you':
      return request.state === 'pending' ? { kind, request, title } : null;
    case 'request-expired':
      return { kind, request, title };
    case 'request-renewed': {
      const { termsVersion, changed } = renewalOf(notice.occasion);
      const holds = request.state === 'pending' && request.termsVersion === termsVersion;
      return holds ? { kind, request, title, changed } : null;
    }
    case 'request-not-shown': {
      const card = await deps.store.message(cardOf(request.id));
      const hidden = request.state === 'pending' && card !== null && card.posted === null;
      return hidden ? { kind, request, title, error: card.error ?? '' } : null;
    }
    case 'request-approved': {
      const grant = request.state === 'approved' ? await deps.store.grant(request.grantId) : null;
      if (request.state !== 'approved' || grant === null) {
        return null;
      }
      const { approvedBy: by, inPlaceOf } = await approvalOf(deps, request);
      const { startsAt, endsAt } = grant;
      return { kind, request, title, by, inPlaceOf, startsAt, endsAt };
    }
    case 'request-denied': {
      // The last one: of a quorum that is the denial that made it one.
      const denial = (await deps.store.decisions(request.id)).findLast(
        ({ verdict, termsVersion }) => verdict === 'deny' && termsVersion === request.termsVersion,
      );
      return { kind, request, title, by: denial?.approver ?? null, reason: denial?.reason ?? null };
    }
    case 'request-cancelled': {
      const left = whoLeft(notice);
      if (left !== null) {
        // Whoever is gone reads nothing here any more.
        return notice.to === left ? null : { kind: 'request-voided', request, title, left };
      }
      const why = whyUntenable(notice.occasion);
      if (why !== null) {
        return { kind: 'request-untenable', request, title, why };
      }
      // One of the two has cancelled it, and the other one is told.
      const by = notice.to === request.requester ? request.beneficiary : request.requester;
      return { kind, request, title, by, reason: null };
    }
  }
}

type GrantKind = Exclude<Extract<NoticeView, { card: unknown }>['kind'], 'access-drifted'>;

async function aboutGrant(deps: NoticeDeps, kind: GrantKind, notice: Notice): Promise<NoticeView | null> {
  const card = await loadGrantCard(deps, asGrantId(notice.subject));
  if (card === null) {
    return null;
  }
  const { grant } = card;
  const isOpen = grant.state === 'active' && grant.endsAt > deps.clock.now();
  // Whoever has it taken away meanwhile is told of that, and never that it is there.
  const isThere = isOpen && card.entitlements.every(({ seen }) => seen !== 'absent');
  const reminds = notice.occasion.startsWith(`${grant.endsAt}-`);
  const holds = kind === 'grant-reminder' ? isOpen && reminds : kind !== 'grant-opened' || isThere;
  return holds ? { kind, card } : null;
}

async function aboutStuck(deps: NoticeDeps, connector: string): Promise<NoticeView | null> {
  const failing = await deps.store.failingRevocationsIn(connector, NAMED_IN_ALARM);
  const stuck = failing.flatMap(toStuck);
  return stuck.length === 0 ? null : { kind: 'revocation-stuck', connector, stuck };
}

async function aboutDrift(deps: NoticeDeps, notice: Notice): Promise<NoticeView | null> {
  const card = await loadGrantCard(deps, asGrantId(notice.subject));
  const row = await deps.store.entitlement(driftedIn(notice.occasion));
  if (card === null || row === null) {
    return null;
  }
  const { connector, role, account, id } = row;
  const hold = (await deps.store.holds(card.grant.id)).find(({ entitlementId }) => entitlementId === id);
  const now = hold?.state === 'waiting' ? 'restoring' : row.seen === 'absent' ? 'gone' : 'back';
  const own = card.grant.beneficiary === notice.to;
  return { kind: 'access-drifted', card, connector, role, account, now, own };
}

type StrayKind = 'orphans-found' | 'standing-found' | 'enforcement-asked';

async function aboutStrays(deps: NoticeDeps, kind: StrayKind, notice: Notice): Promise<NoticeView | null> {
  const connector = connectorOf(notice);
  const open = await deps.store.openStrays(connector);
  const orphans = open.filter((stray) => stray.kind === 'orphan');
  const standing = open.filter((stray) => stray.kind === 'standing');
  switch (kind) {
    case 'orphans-found':
      return orphans.length === 0 ? null : { kind, connector, orphans };
    case 'standing-found': {
      const found = standing.filter(({ foundAt }) => String(foundAt) === notice.occasion);
      return found.length === 0 ? null : { kind, connector, standing: found };
    }
    case 'enforcement-asked': {
      const { catalog } = deps.catalogs.current();
      const spec = catalog.connectors.get(connector);
      const asked = spec === undefined ? [] : dryRunOf(spec, standing, await enforcedRoles(deps, spec));
      return asked.length === 0 ? null : { kind, connector, standing: asked, catalogSha256: catalog.sha256 };
    }
  }
}

/** Whether an alarm has reached this recipient since the last all-clear. */
async function wasAlarmed(deps: NoticeDeps, notice: Notice): Promise<boolean> {
  const sent = (await deps.store.noticesOf(notice.subject)).filter(
    ({ to, state }) => to === notice.to && state === 'sent',
  );
  const lastOf = (kind: NoticeKind): number => sent.findLast((one) => one.kind === kind)?.createdAt ?? -1;
  return lastOf('revocation-stuck') > lastOf('connector-back');
}

function placeNamed({ subject }: Notice): ChannelId | UserId {
  const [kind, id = ''] = subject.split('/');
  return kind === 'person' ? asUserId(id) : asChannelId(id);
}

function channelOf(notice: Notice): ChannelId {
  return asChannelId(notice.subject.slice('channel/'.length));
}

async function aboutClock({ clock, store }: NoticeDeps): Promise<NoticeView | null> {
  const behindMs = clock.behindMs();
  return isBehind(behindMs)
    ? { kind: 'clock-behind', behindMs, open: await store.countLiveGrants({}) }
    : null;
}

/** Whoever never heard that they stand in hears nothing of its end. */
async function aboutStandIn(
  deps: NoticeDeps,
  kind: 'stand-in-named' | 'stand-in-over',
  { subject, to }: Notice,
): Promise<NoticeView | null> {
  const delegator = personIn(subject);
  const current = await deps.store.delegation(delegator);
  const stands = current !== null && current.standIn === to && current.untilAt > deps.clock.now();
  if (kind === 'stand-in-named') {
    return stands ? { kind, delegator, untilAt: current.untilAt } : null;
  }
  const told = await deps.store.noticesOf(subject);
  const heard = told.some((one) => one.kind === 'stand-in-named' && one.to === to && one.state === 'sent');
  return stands || !heard ? null : { kind, delegator };
}

/** The occasion names what ended, and what is void. */
async function aboutLeaver(deps: NoticeDeps, notice: Notice): Promise<NoticeView> {
  const ids = notice.occasion.split('+');
  const grants = await Promise.all(ids.map(async (id) => await deps.store.grant(asGrantId(id))));
  const requests = await Promise.all(ids.map(async (id) => await deps.store.request(asRequestId(id))));
  return {
    kind: 'holder-left',
    who: personIn(notice.subject),
    grants: grants.filter((grant) => grant !== null),
    requests: requests.filter((request) => request !== null),
  };
}

/** Whoever is in the groups again by then is not spoken of. */
async function aboutIneligible(deps: NoticeDeps, { occasion }: Notice): Promise<NoticeView | null> {
  const { ended, total, grantIds } = lossesOf(occasion);
  const { catalog } = deps.catalogs.current();
  const found = await Promise.all(grantIds.map(async (id) => await deps.store.grant(id)));
  const grants = found.filter((grant) => grant !== null).filter((grant) => isNotEnding(grant) !== ended);
  const asking = grants.flatMap(
    ({ resource, role }) => offerOf(catalog, resource, role)?.policy.request ?? [],
  );
  return grants.length === 0
    ? null
    : { kind: 'many-ineligible', ended, total, grants, groups: [...new Set(asking)] };
}

function personIn(subject: Notice['subject']): UserId {
  return asUserId(subject.slice(personSubject(asUserId('')).length));
}

function connectorOf(notice: Notice): string {
  return notice.subject.slice('connector/'.length);
}
