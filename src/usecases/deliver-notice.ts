/** Sends one notice that is owed, written from the store at this moment; one that no longer holds is dropped. */
import { driftedIn } from '../domain/drift.js';
import { asGrantId, asRequestId } from '../domain/ids.js';
import type { NoticeId } from '../domain/ids.js';
import type { Notice } from '../domain/message.js';
import { pauseMs } from '../domain/retry.js';
import { DAY_MS } from '../domain/time.js';
import type { AccessRequest } from '../domain/request.js';
import type { NoticeView, StuckView } from '../domain/views.js';
import type { Deps } from './deps.js';
import { dryRunOf, enforcedRoles } from './expel-standing.js';
import { titleOf } from './find-offer.js';
import { cardOf } from '../domain/message.js';
import { loadGrantCard, toFailing } from './load-cards.js';

type NoticeDeps = Pick<
  Deps,
  'store' | 'catalogs' | 'connectors' | 'directory' | 'messenger' | 'clock' | 'ids' | 'log'
>;

/** A notice that could not be sent for so long has lost its use. */
const GIVE_UP_AFTER_MS = DAY_MS;
/** So many stuck revocations are named in one alarm. */
const NAMED_IN_ALARM = 10;

export async function deliverNotice(deps: NoticeDeps, id: NoticeId): Promise<void> {
  const notice = await deps.store.notice(id);
  const now = deps.clock.now();
  if (notice === null || notice.state !== 'owed' || notice.nextAt === null || notice.nextAt > now) {
    return;
  }
  const view = await toView(deps, notice);
  if (view === null) {
    await record(deps, { ...notice, state: 'dropped', nextAt: null });
    return;
  }
  const delivered = await deps.messenger.notify(notice.to, view);
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
  const nextAt = deps.clock.now() + pauseMs(attempts, deps.ids.random());
  await record(
    deps,
    tooLate
      ? { ...notice, state: 'dropped', nextAt: null, attempts, error }
      : { ...notice, nextAt, attempts, error },
  );
}

async function record(deps: NoticeDeps, notice: Notice): Promise<void> {
  const outcome = await deps.store.recordNotice(notice);
  if (outcome !== 'committed') {
    deps.log.warn({ noticeId: notice.id }, 'A notice was handled twice at once');
  }
}

async function toView(deps: NoticeDeps, notice: Notice): Promise<NoticeView | null> {
  switch (notice.kind) {
    case 'request-for-you':
    case 'request-not-shown':
    case 'request-denied':
    case 'request-cancelled':
    case 'request-expired':
      return await aboutRequest(deps, notice.kind, notice);
    case 'grant-reminder':
    case 'grant-prolonged':
    case 'grant-revoked':
    case 'grant-not-opened':
      return await aboutGrant(deps, notice.kind, notice);
    case 'revocation-stuck':
      return await aboutStuck(deps, connectorOf(notice));
    case 'connector-back': {
      const connector = connectorOf(notice);
      // While anything is still stuck there, "it works again" would be half the truth.
      return (await aboutStuck(deps, connector)) === null ? { kind: 'connector-back', connector } : null;
    }
    case 'access-drifted':
      return await aboutDrift(deps, notice);
    case 'orphans-found':
    case 'standing-found':
    case 'enforcement-asked':
      return await aboutStrays(deps, notice.kind, notice);
  }
}

type RequestKind = Extract<NoticeView, { request: AccessRequest }>['kind'];

async function aboutRequest(deps: NoticeDeps, kind: RequestKind, notice: Notice): Promise<NoticeView | null> {
  const request = await deps.store.request(asRequestId(notice.subject));
  if (request === null) {
    return null;
  }
  const title = titleOf(deps.catalogs.current().catalog, request.resource, request.role);
  switch (kind) {
    case 'request-for-you':
      return request.state === 'pending' ? { kind, request, title } : null;
    case 'request-expired':
      return { kind, request, title };
    case 'request-not-shown': {
      const card = await deps.store.message(cardOf(request.id));
      const hidden = request.state === 'pending' && card !== null && card.posted === null;
      return hidden ? { kind, request, title, error: card.error ?? '' } : null;
    }
    case 'request-denied': {
      const denial = (await deps.store.decisions(request.id)).find(({ verdict }) => verdict === 'deny');
      return { kind, request, title, by: denial?.approver ?? null, reason: denial?.reason ?? null };
    }
    case 'request-cancelled': {
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
  const reminds = `${grant.endsAt}-`;
  const holds =
    kind !== 'grant-reminder' ||
    (grant.state === 'active' && grant.endsAt > deps.clock.now() && notice.occasion.startsWith(reminds));
  return holds ? { kind, card } : null;
}

async function aboutStuck(deps: NoticeDeps, connector: string): Promise<NoticeView | null> {
  const failing = await deps.store.failing(connector, 'revocations', NAMED_IN_ALARM);
  const stuck = failing.flatMap((row): StuckView[] => {
    const view = toFailing(row);
    const { account, role, owner: holder } = row;
    return view === null ? [] : [{ account, role, holder, failing: view }];
  });
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

function connectorOf(notice: Notice): string {
  return notice.subject.slice('connector/'.length);
}
