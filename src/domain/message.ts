import { asMessageId, asNoticeId, asUserId } from './ids.js';
import type { ChannelId, GrantId, MessageId, NoticeId, Recipient, RequestId, UserId } from './ids.js';
import { SECOND_MS } from './time.js';
import type { Instant } from './time.js';

/** What a message or a notice is about. */
export type Subject =
  | RequestId
  | GrantId
  | ConnectorSubject
  | ChannelSubject
  | PersonSubject
  | typeof HALLPASS_SUBJECT;
/** `connector/orders-db` */
export type ConnectorSubject = `connector/${string}`;
/** `channel/C0OPS` */
export type ChannelSubject = `channel/${string}`;

export function connectorSubject(connector: string): ConnectorSubject {
  return `connector/${connector}`;
}

export function channelSubject(channel: ChannelId): ChannelSubject {
  return `channel/${channel}`;
}

/** `person/U03DANA` */
export type PersonSubject = `person/${string}`;

export function personSubject(userId: UserId): PersonSubject {
  return `person/${userId}`;
}

/** Of what concerns Hallpass as a whole. */
export const HALLPASS_SUBJECT = 'hallpass';

/**
 * A card: drawn from the store, and drawn again whenever what it shows has changed.
 * `request-card` stands in the approvers' channel; `grant-card` in the beneficiary's direct messages.
 */
export type MessageKind = 'request-card' | 'grant-card';

export type Message = {
  readonly id: MessageId;
  /** The version this row was read at; 0 while it is not stored yet. */
  readonly version: number;
  readonly kind: MessageKind;
  readonly subject: RequestId | GrantId;
  /** Where to post: a channel, or a person, whose direct messages with the app Slack opens. */
  readonly to: Recipient;
  /** Where Slack put it; null until Slack has answered. */
  readonly posted: { readonly channel: ChannelId; readonly ts: string } | null;
  /** Hash of what Slack shows; null until then. */
  readonly shown: string | null;
  /** Counts the changes that may alter it. */
  readonly wanted: number;
  readonly nextAt: Instant | null;
  readonly attempts: number;
  readonly error: string | null;
  /** Until then an edit whose answer never came may take effect, over newer ones; null while there is none. */
  readonly lateUntil: Instant | null;
};

/** Answers of Slack's to an edit, where the card stood before. */
const NO_LONGER_EDITED: ReadonlySet<string> = new Set([
  'message_not_found',
  'edit_window_closed',
  'cant_update_message',
]);

/** Whether it stood in Slack already, where it can't be edited any more. */
export function isPostedAnew({ posted, error }: Pick<Message, 'posted' | 'error'>): boolean {
  return posted === null && error !== null && NO_LONGER_EDITED.has(error);
}

/** Slack may carry out an edit for so long after the wait for its answer was over, or the process dead. */
export const LATE_EDIT_MS = 15 * SECOND_MS;

/**
 * A notice is owed once to one recipient, unique by subject, kind, occasion and recipient.
 * The text is made from the store when it is sent; a notice that no longer holds is dropped, and may be owed anew.
 */
/** A line in the thread of the request's card, in the channel that the notice goes to. */
export type LineKind =
  | 'request-nudge'
  | 'request-escalated'
  | 'request-copy-unseen'
  | 'request-taken-over'
  | 'request-terms-changed'
  | 'request-asked-again'
  | 'request-next-step'
  | 'review-nag'
  | 'request-access-lost';

export type NoticeKind =
  | 'request-received'
  | 'request-for-you'
  | 'request-not-shown'
  | 'request-approved'
  | 'request-denied'
  | 'request-expired'
  | 'request-cancelled'
  | 'request-renewed'
  | LineKind
  | 'grant-opened'
  | 'emergency-not-shown'
  | 'grant-reminder'
  | 'grant-prolonged'
  | 'grant-revoked'
  | 'grant-not-opened'
  | 'revocation-stuck'
  | 'connector-back'
  | 'access-drifted'
  | 'orphans-found'
  | 'standing-found'
  | 'enforcement-asked'
  | 'alarm-not-shown'
  | 'card-not-shown'
  | 'stand-in-named'
  | 'stand-in-over'
  | 'holder-left'
  | 'many-left'
  | 'many-ineligible'
  | 'clock-behind';

export type Notice = {
  readonly id: NoticeId;
  readonly version: number;
  readonly kind: NoticeKind;
  readonly subject: Subject;
  /** Told apart where one kind is owed more than once: the end it reminds of, the hour of an alarm, Slack's error. */
  readonly occasion: string;
  readonly to: Recipient;
  readonly state: 'owed' | 'sent' | 'dropped';
  readonly createdAt: Instant;
  readonly nextAt: Instant | null;
  readonly attempts: number;
  readonly error: string | null;
};

/** A notice as a use case owes it; the store gives it its place. */
export type OwedNotice = {
  readonly id: NoticeId;
  readonly kind: NoticeKind;
  readonly subject: Subject;
  readonly occasion: string;
  readonly to: Recipient;
  /** Not owed before; left out for at once. */
  readonly from?: Instant;
};

/** Each request and each grant has one card of its own, so its id follows from the subject. */
export function cardOf(subject: RequestId | GrantId): MessageId {
  return asMessageId(`${subject}.card`);
}

/** The second card of a request, in the channel that an escalation names. A request is escalated once. */
export function copyOf(subject: RequestId): MessageId {
  return asMessageId(`${subject}.copy`);
}

export function newCopy(input: { subject: RequestId; to: ChannelId; at: Instant }): Message {
  return { ...newCard({ kind: 'request-card', ...input }), id: copyOf(input.subject) };
}

export function newCard(input: {
  kind: MessageKind;
  subject: RequestId | GrantId;
  to: Recipient;
  at: Instant;
}): Message {
  return {
    id: cardOf(input.subject),
    version: 0,
    kind: input.kind,
    subject: input.subject,
    to: input.to,
    posted: null,
    shown: null,
    wanted: 1,
    nextAt: input.at,
    attempts: 0,
    error: null,
    lateUntil: null,
  };
}

/** Of the word that a request is void because this person can no longer take part. */
export function leftOccasion(who: UserId): string {
  return `${LEFT}${who}`;
}

/** Who left, so that the request is void; null when it was taken back by a person. */
export function whoLeft({ kind, occasion }: Pick<Notice, 'kind' | 'occasion'>): UserId | null {
  return kind === 'request-cancelled' && occasion.startsWith(LEFT)
    ? asUserId(occasion.slice(LEFT.length))
    : null;
}

const LEFT = 'left-';

/** A notice is unique by these four, so its id is made of them. */
export function owe(notice: Omit<OwedNotice, 'id'>): OwedNotice {
  const { kind, subject, occasion, to } = notice;
  return { id: asNoticeId(`${kind}.${subject}.${occasion}.${to}`), ...notice };
}

/** Dropped unsent because it did not hold when it was its turn: whoever owes it again is not too late. */
export function isDroppedUnsaid(notice: Notice): boolean {
  return notice.state === 'dropped' && notice.error === null;
}
