/** Branded ids. Parsed at the edges, cast in this file alone. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type RequestId = Branded<'RequestId'>;
export type GrantId = Branded<'GrantId'>;
export type EntitlementId = Branded<'EntitlementId'>;
export type MessageId = Branded<'MessageId'>;
export type NoticeId = Branded<'NoticeId'>;
/** Of access in a target that no row explains. */
export type StrayId = Branded<'StrayId'>;
/** A Slack user id, `U…` or `W…`; the prefix means nothing. */
export type UserId = Branded<'UserId'>;
/** A Slack conversation: a channel `C…`/`G…`, or a direct message `D…`. */
export type ChannelId = Branded<'ChannelId'>;
/** Who or what reads a message: a person, in direct messages with the app, or a channel. */
export type Recipient = UserId | ChannelId;

export function asRequestId(text: string): RequestId {
  return text as RequestId;
}
export function asGrantId(text: string): GrantId {
  return text as GrantId;
}
export function asEntitlementId(text: string): EntitlementId {
  return text as EntitlementId;
}
export function asMessageId(text: string): MessageId {
  return text as MessageId;
}
export function asNoticeId(text: string): NoticeId {
  return text as NoticeId;
}
export function asStrayId(text: string): StrayId {
  return text as StrayId;
}
export function asUserId(text: string): UserId {
  return text as UserId;
}
export function asChannelId(text: string): ChannelId {
  return text as ChannelId;
}
export function asRecipient(text: string): Recipient {
  return isPerson(asUserId(text)) ? asUserId(text) : asChannelId(text);
}
/** Of the two, Slack's ids of people alone begin so. */
export function isPerson(recipient: Recipient): recipient is UserId {
  return /^[UW]/.test(recipient);
}

/** The Slack workspace (or Enterprise Grid organisation) that a row was born in. */
export type Workspace = { readonly teamId: string | null; readonly enterpriseId: string | null };
