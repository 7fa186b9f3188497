/** Brings one card in Slack up to what the database says. */
import { asChannelId, asGrantId, asRequestId, isPerson } from '../domain/ids.js';
import type { MessageId } from '../domain/ids.js';
import { channelSubject, isPostedAnew, LATE_EDIT_MS, owe, personSubject } from '../domain/message.js';
import type { Message, OwedNotice } from '../domain/message.js';
import type { AccessRequest } from '../domain/request.js';
import { messagePauseMs, pauseMs } from '../domain/retry.js';
import { reviewOf } from '../domain/review.js';
import { SECOND_MS } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import type { CardView, Delivered } from '../ports.js';
import { adminsOf } from './admins.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { loadGrantCard, loadRequestCard } from './load-cards.js';

type DeliverDeps = Pick<
  Deps,
  | 'store'
  | 'wakeups'
  | 'catalogs'
  | 'connectors'
  | 'directory'
  | 'messenger'
  | 'clock'
  | 'ids'
  | 'log'
  | 'callTimeoutMs'
>;

/** The first word to the holder waits this long for the access to be there, so that it can say "ready". */
const OPENING_PATIENCE_MS = 5 * SECOND_MS;

export async function deliverMessage(deps: DeliverDeps, id: MessageId): Promise<void> {
  const message = await deps.store.message(id);
  const now = deps.clock.now();
  if (message === null || message.nextAt === null || message.nextAt > now) {
    return;
  }
  const busyMs = deps.messenger.busyMs(message.posted?.channel ?? message.to);
  if (busyMs > 0) {
    await record(deps, message, { ...message, nextAt: now + busyMs });
    return;
  }
  const card = calledOnce(message, await loadCard(deps, message));
  if (card === null) {
    await record(deps, message, { ...message, nextAt: null });
    return;
  }
  const waitsUntil = message.posted === null ? opensUntil(card) : null;
  if (waitsUntil !== null && waitsUntil > now) {
    await record(deps, message, { ...message, nextAt: waitsUntil });
    return;
  }
  const shown = deps.messenger.fingerprint(card);
  const lateUntil = message.lateUntil !== null && message.lateUntil > now ? message.lateUntil : null;
  const mayHaveLanded = message.lateUntil !== null && lateUntil === null;
  if (message.posted !== null && message.shown === shown && !mayHaveLanded) {
    await record(deps, message, { ...message, nextAt: lateUntil, attempts: 0, error: null });
    return;
  }
  const delivered =
    message.posted === null
      ? // While it could not be taken down where it stands, it would be posted again and again.
        await deps.messenger.post(message.to, card, async () => await deps.store.ping())
      : await deps.messenger.update(message.posted, card);
  await recordDelivery(deps, message, { card, shown, delivered, lateUntil });
}

/** Posted anew, a card calls on nobody once more, as the edit that it stands for would not. */
function calledOnce(message: Message, card: CardView | null): CardView | null {
  if (card?.kind !== 'request-card' || !isPostedAnew(message)) {
    return card;
  }
  const review = card.view.review === null ? null : { ...card.view.review, ping: [] };
  return { ...card, view: { ...card.view, ping: [], review } };
}

async function loadCard(deps: DeliverDeps, message: Message): Promise<CardView | null> {
  if (message.kind === 'request-card') {
    const view = await loadRequestCard(deps, asRequestId(message.subject), asChannelId(message.to));
    return view === null ? null : { kind: 'request-card', view };
  }
  const view = await loadGrantCard(deps, asGrantId(message.subject));
  return view === null ? null : { kind: 'grant-card', view };
}

function opensUntil(card: CardView): Instant | null {
  if (card.kind !== 'grant-card' || card.view.grant.state !== 'opening') {
    return null;
  }
  const { grant, request } = card.view;
  return Math.max(grant.startsAt, request.decidedAt) + OPENING_PATIENCE_MS;
}

async function recordDelivery(
  deps: DeliverDeps,
  message: Message,
  outcome: { card: CardView; shown: string; delivered: Delivered; lateUntil: Instant | null },
): Promise<void> {
  const { card, shown, delivered, lateUntil } = outcome;
  if (delivered.kind === 'posted') {
    const { channel, ts } = delivered;
    const posted = { channel, ts };
    // While an older edit may still land over this one, the card is drawn once more when that time has passed.
    const drawn = { posted, shown, nextAt: lateUntil, lateUntil, attempts: 0, error: null };
    await record(deps, message, { ...message, ...drawn });
    return;
  }
  const now = deps.clock.now();
  const { error } = delivered;
  if (delivered.kind === 'retry' && delivered.afterMs !== null) {
    // Told to come back later: that is pacing, not a failure.
    await record(deps, message, { ...message, nextAt: now + delivered.afterMs });
    return;
  }
  const attempts = message.attempts + 1;
  deps.log.warn({ messageId: message.id, attempts, error }, 'A card could not be delivered');
  const pause = delivered.kind === 'impossible' ? pauseMs : messagePauseMs;
  const nextAt = now + pause(attempts, deps.ids.random());
  // A message that can no longer be edited is posted anew, so that the newest state is seen somewhere.
  const posted = delivered.kind === 'impossible' ? null : message.posted;
  // That it is posted anew stays known through failures that pass.
  const kept = delivered.kind === 'retry' && isPostedAnew(message) ? message.error : error;
  const failed = { posted, shown: null, nextAt, attempts, error: kept };
  await record(deps, message, {
    ...message,
    ...failed,
    lateUntil: posted === null ? null : now + LATE_EDIT_MS,
  });
  if (delivered.kind === 'impossible' && message.posted === null) {
    await tellUnseen(deps, { ...message, error }, card);
  }
}

/** A request that the approvers can't see must not look as if it waited for them, nor an emergency as announced. */
async function tellUnseen(deps: DeliverDeps, message: Message, card: CardView): Promise<void> {
  const notices = [
    ...(card.kind === 'request-card' ? await owedUnseen(deps, message, card.view.request) : []),
    // Of an emergency they are told by itself, and again with each nag.
    ...(card.kind === 'request-card' && reviewOf(card.view.request) !== null
      ? []
      : await toAdmins(deps, message)),
  ];
  if (notices.length === 0) {
    return;
  }
  await commitFresh(deps, async () => ({
    change: {
      at: deps.clock.now(),
      audit: [],
      notices,
    },
    outcome: undefined,
  }));
}

/** Once for each place and answer of Slack's. */
async function toAdmins(deps: DeliverDeps, { to, error }: Message): Promise<OwedNotice[]> {
  const subject = isPerson(to) ? personSubject(to) : channelSubject(to);
  const about = { kind: 'card-not-shown', subject, occasion: error ?? '' } as const;
  return (await adminsOf(deps)).map((admin) => owe({ ...about, to: admin }));
}

async function owedUnseen(deps: DeliverDeps, { to }: Message, request: AccessRequest): Promise<OwedNotice[]> {
  const { id: subject, requester, channel } = request;
  const review = reviewOf(request);
  if (review !== null) {
    // Once, and again with each nag that finds no card to stand under.
    const about = { kind: 'emergency-not-shown', subject, occasion: String(review.nags) } as const;
    const admins = review.closedAt === null ? await adminsOf(deps) : [];
    return admins.map((admin) => owe({ ...about, to: admin }));
  }
  if (request.state !== 'pending') {
    return [];
  }
  const about = { subject, occasion: '' };
  return to === channel
    ? [owe({ ...about, kind: 'request-not-shown', to: requester })]
    : [owe({ ...about, kind: 'request-copy-unseen', to: channel })];
}

async function record(deps: DeliverDeps, read: Message, written: Message): Promise<void> {
  const outcome = await deps.store.recordMessage(written, read.wanted);
  if (outcome !== 'committed') {
    deps.log.warn({ messageId: read.id }, 'A card was delivered twice at once; it is looked at again');
  }
}
