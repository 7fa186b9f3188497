/** What the use cases need of the world. Adapters implement these; app.ts hands them over. */
import type { AuditEvent } from './domain/audit.js';
import type { Catalog, OutsideGroup, SlackGroup } from './domain/catalog.js';
import type { Change, Guard } from './domain/change.js';
import type {
  CallErrorKind,
  Direction,
  Entitlement,
  EntitlementState,
  Hold,
  Seen,
} from './domain/entitlement.js';
import type { Grant, LiveGrant } from './domain/grant.js';
import type {
  ChannelId,
  EntitlementId,
  GrantId,
  MessageId,
  NoticeId,
  Recipient,
  RequestId,
  StrayId,
  UserId,
} from './domain/ids.js';
import type { Message, Notice, Subject } from './domain/message.js';
import type { GroupMembers, Person } from './domain/person.js';
import type { AccessRequest, Account, Decision, ReviewVerdict } from './domain/request.js';
import type { Delegation } from './domain/stand-ins.js';
import type { Enforcement, Stray } from './domain/stray.js';
import type { Instant } from './domain/time.js';
import type { Secret } from './secret.js';
import type { GrantCardView, NoticeView, RequestCardView, SessionsAtEnd } from './domain/views.js';

export interface Clock {
  /** Never runs back within a process: the greater of the wall clock and start plus monotonic time. */
  now(): Instant;
}

/** The clock, with how far it has left behind the one of the machine. */
export interface KeptClock extends Clock {
  /** How far the wall clock stands behind the time that Hallpass goes by; 0 when it does not. */
  behindMs(): number;
}

export interface Ids {
  requestId(): RequestId;
  grantId(): GrantId;
  entitlementId(): EntitlementId;
  strayId(): StrayId;
  /** Names one hold of a lease. */
  leaseToken(): string;
  /** 0 ≤ x < 1, for jitter. */
  random(): number;
}

/** `stale`: a row had changed since it was read, or a unique row stands already: load and decide again. */
export type CommitOutcome = 'committed' | 'stale' | 'duplicate-delivery';

export type DueKind = 'entitlement' | 'request' | 'grant' | 'message' | 'notice';

/** A row that has something to do at `at`. A hint: whoever is woken loads the row and decides afresh. */
export type Due =
  | {
      readonly kind: 'entitlement';
      readonly id: EntitlementId;
      readonly version: number;
      readonly at: Instant;
      readonly connector: string;
      readonly direction: Direction;
    }
  | { readonly kind: 'request'; readonly id: RequestId; readonly version: number; readonly at: Instant }
  | { readonly kind: 'grant'; readonly id: GrantId; readonly version: number; readonly at: Instant }
  | { readonly kind: 'message'; readonly id: MessageId; readonly version: number; readonly at: Instant }
  | { readonly kind: 'notice'; readonly id: NoticeId; readonly version: number; readonly at: Instant };

/** A place in the order (at, id) of due rows of one kind. */
export type DueCursor = { readonly at: Instant; readonly id: string };

/** `since`: asked for at or after that. */
export type HistoryFilter = GrantFilter & { readonly since: Instant };
export type GrantFilter = {
  readonly beneficiary?: UserId;
  /** Only these roles: those that were named, or that a viewer may see. */
  readonly among?: readonly { readonly resource: string; readonly role: string }[];
};

/** For whoever watches from outside: numbers, and nothing about anybody. */
export type Figures = {
  readonly liveGrants: Readonly<Record<LiveGrant['state'], number>>;
  /** Grants that are over and not read back as gone. */
  readonly overdueGrants: number;
  readonly overdueSince: Instant | null;
  readonly pendingRequests: number;
  /** Entitlements whose removal has failed so often that the admins were told, by connector. */
  readonly stuck: ReadonlyMap<string, number>;
  readonly noticesOwed: number;
  readonly noticesOwedSince: Instant | null;
  /** Due to be posted or drawn anew. */
  readonly cardsOwed: number;
};

/** Whose requests a rule of a policy has approved, after `since`. */
export type RuleUse = {
  /** Keys of the roles that count together. */
  readonly among: readonly string[];
  readonly rule: string;
  readonly requester: UserId;
  readonly beneficiary: UserId;
  readonly since: Instant;
};

export interface Store {
  /** Applies all of the change in one transaction, or nothing. */
  commit(change: Change): Promise<CommitOutcome>;

  request(id: RequestId): Promise<AccessRequest | null>;
  decisions(requestId: RequestId): Promise<Decision[]>;
  /** Of an emergency, oldest first. */
  reviewVerdicts(requestId: RequestId): Promise<ReviewVerdict[]>;
  /** Pending requests that this person made or would benefit from, oldest first. */
  pendingOf(userId: UserId): Promise<AccessRequest[]>;
  /** How many requests this person made from then on. */
  requestedSince(requester: UserId, since: Instant): Promise<number>;
  /** How many requests the rule approved after that, of those by the requester or of those for the beneficiary: whichever is more. */
  approvedAutomatically(by: RuleUse): Promise<number>;
  /** As it stands; version 0 while nothing was counted under it. */
  guard(id: string): Promise<Guard>;
  /** The newest of this person, whether it still holds or not. */
  delegation(delegator: UserId): Promise<Delegation | null>;
  /** Those that hold then, by the delegator. */
  liveDelegations(now: Instant): Promise<Delegation[]>;
  pendingFor(role: { beneficiary: UserId; resource: string; role: string }): Promise<AccessRequest | null>;

  /** Decided requests of this person for the role, for a window of its own, newest first; and how many there are. */
  decidedFor(
    role: { beneficiary: UserId; resource: string; role: string },
    limit: number,
  ): Promise<{ newest: AccessRequest[]; total: number }>;

  /** Everybody who holds a scheduled, opening or active grant, or has part in a pending request; by id. */
  peopleInvolved(page: { after: UserId | null; limit: number }): Promise<UserId[]>;

  grant(id: GrantId): Promise<Grant | null>;
  holds(grantId: GrantId): Promise<Hold[]>;
  /** Requests whose approval opened or prolonged the grant, oldest first. */
  requestsOf(grantId: GrantId): Promise<AccessRequest[]>;
  /** Scheduled, opening, active and ending grants, by end and id. */
  liveGrants(filter: GrantFilter, page: { offset: number; limit: number }): Promise<Grant[]>;
  countLiveGrants(filter: GrantFilter): Promise<number>;
  /** What was asked for, newest first. */
  history(filter: HistoryFilter, page: { offset: number; limit: number }): Promise<AccessRequest[]>;
  countHistory(filter: HistoryFilter): Promise<number>;

  entitlement(id: EntitlementId): Promise<Entitlement | null>;
  /** Those whose id begins so; at most two, which is enough to tell one from several. */
  entitlementIds(beginning: string): Promise<EntitlementId[]>;
  entitlementOf(key: { connector: string; role: string; accountId: string }): Promise<Entitlement | null>;
  /** With every live grant (scheduled, opening, active, ending) that holds it. */
  entitlementState(id: EntitlementId): Promise<EntitlementState | null>;
  /** Other people that live entitlements or pending requests tie to this account. */
  ownersOf(account: { connector: string; accountId: string }): Promise<UserId[]>;
  /** The revocations of one connector whose last call failed, oldest failure first; none marked. */
  failingRevocationsIn(connector: string, limit: number): Promise<Entitlement[]>;
  /** A page of one connector's entitlements that are ours, by id. */
  oursIn(connector: string, page: { after: EntitlementId | null; limit: number }): Promise<EntitlementId[]>;
  /** One connector's entitlements that are not ours, and that a live grant found standing, by id. */
  reliedOnIn(connector: string): Promise<EntitlementId[]>;
  /** Every revocation whose last call failed, marked or not, by connector and the oldest failure first. */
  failingRevocations(page: { offset: number; limit: number }): Promise<Entitlement[]>;
  countFailingRevocations(): Promise<number>;
  /** What an admin says is removed by hand, and no look could confirm. */
  markedOf(of: { connector: string; role: string }, limit: number): Promise<Entitlement[]>;
  /** The connectors in which a revocation that is not marked has failed so often in a row, or more. */
  stuckConnectors(attempts: number): Promise<string[]>;
  /** The connectors whose return some row waits for, whatever else is failing in them. */
  unreachableConnectors(): Promise<string[]>;
  /** Every connector that a row with something still to do names. */
  connectorsInUse(): Promise<{ connector: string; roles: string[] }[]>;

  stray(id: StrayId): Promise<Stray | null>;
  /** Of one connector, or of all; oldest first. */
  openStrays(connector: string | null): Promise<Stray[]>;
  enforcement(connector: string): Promise<Enforcement | null>;

  message(id: MessageId): Promise<Message | null>;
  messagesOf(subject: RequestId | GrantId): Promise<Message[]>;
  notice(id: NoticeId): Promise<Notice | null>;
  noticesOf(subject: Subject): Promise<Notice[]>;
  /** Records what became of a delivery; a card that was marked again meanwhile stays due. */
  recordMessage(message: Message, sawWanted: number): Promise<CommitOutcome>;
  recordNotice(notice: Notice): Promise<CommitOutcome>;

  /** Rows due at or before `before` and not leased, in order, after the cursor. */
  due(
    kind: DueKind,
    query: { before: Instant; now: Instant; after: DueCursor | null; limit: number },
  ): Promise<Due[]>;
  /** The earliest moment at which any row is due, of those after `after` if it is given; null when there is none. */
  nextDueAt(after?: Instant): Promise<Instant | null>;
  /** Puts forward every row of a connector that waits for its return. Answers how many. */
  retryNow(connector: string, at: Instant): Promise<number>;
  /** Ends every lease: for the start of the only process on this database. */
  voidLeases(): Promise<void>;
  /** Edits that the process before had under way may take effect until then: for the start, before any card is drawn. */
  expectLateEdits(until: Instant): Promise<void>;

  lastCatalog(): Promise<{ sha256: string; source: string } | null>;
  /** Keeps the catalog's text, so that a broken file never stops what is live from ending. */
  keepCatalog(catalog: { sha256: string; source: string }, at: Instant): Promise<void>;

  auditEvents(page: { after: number; limit: number }): Promise<AuditEvent[]>;
  /** The number of the newest event; 0 when there is none. */
  auditHead(): Promise<number>;
  /** Of what became of catalogs, and of who asked for a reload, after that number; without texts. */
  catalogEvents(after: number): Promise<AuditEvent[]>;
  /** The moment of the newest event; null when there is none. */
  lastEventAt(): Promise<Instant | null>;
  /** Walks the whole chain; names the first event that does not fit. */
  verifyAudit(): Promise<{ events: number; head: string; firstBad: number | null }>;
  figures(now: Instant): Promise<Figures>;
  /** Removes what has outlived its retention. */
  forget(now: Instant): Promise<void>;
  /** Answers, or throws when the database cannot be read and written. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface Wakeups {
  /** Arms an alarm for each row. Best effort: never throws, never awaited; the watchman stands behind it. */
  arm(rows: readonly Due[]): void;
}

export type ProfileField =
  | { readonly readable: true; readonly value: string | null }
  | { readonly readable: false; readonly why: string };

export interface Directory {
  /** Read now, or at most 60 s ago; `afresh`: now. */
  person(userId: UserId, how?: { readonly afresh: boolean }): Promise<Person | 'unknown' | 'unreadable'>;
  members(group: OutsideGroup): Promise<GroupMembers>;
  /** What a field of this person's Slack profile holds; null where it is empty. */
  profileField(userId: UserId, fieldId: string): Promise<ProfileField>;
}

/** As far as Slack alone knows. */
export type SlackDirectory = Omit<Directory, 'members'> & {
  members(group: SlackGroup): Promise<GroupMembers>;
};

/** Thrown by connectors, always in their own words: no driver text, no secrets. */
export class ConnectorError extends Error {
  readonly kind: CallErrorKind;
  /** Whether the call may still take effect in the target after it failed here. */
  readonly uncertain: boolean;
  constructor(
    kind: CallErrorKind,
    text: string,
    options: { readonly uncertain?: boolean; readonly cause?: unknown } = {},
  ) {
    super(text, { cause: options.cause });
    this.name = 'ConnectorError';
    this.kind = kind;
    this.uncertain = options.uncertain ?? false;
  }
}

/** What a call is about. Accounts are named by their immutable id. */
export type Target = { readonly role: string; readonly account: Account; readonly fingerprint: string };

/** `signal` fires at the call's deadline; a connector stops there, also inside the target where it can. */
export type Call = { readonly signal: AbortSignal; readonly timeoutMs: number };

/** `expiresAt`: when the target shall end the access by itself, where it can: the end, and some grace. */
export type GrantCall = Call & { readonly expiresAt: Instant };

/** What a target can do, and what it knows. Fixed for each connector. */
export type Capabilities = {
  /**
   * Whether the target ends what it was told to end by itself. `exact`: at `expiresAt`; `coarse`: some time
   * after it; `none`: the end relies on Hallpass alone.
   */
  readonly nativeExpiry: 'exact' | 'coarse' | 'none';
  /** Each holder gets a secret of their own, by `reveal`. */
  readonly issuesSecret: boolean;
  /** The target tells what Hallpass gave from what others gave, so that an orphan can be told. */
  readonly marks: boolean;
};

/** What a look at the target showed. */
export type Observed = {
  readonly state: Exclude<Seen, 'unknown'>;
  /** When the target will end by itself what is ours there; null where it won't. */
  readonly expiresAt: Instant | null;
};

/** Somebody who holds a role, as the target knows it. */
export type Member = {
  readonly account: Account;
  /** What a target of this account and role is to be called with. */
  readonly fingerprint: string;
  /** Given by others than Hallpass; where the target does not tell, false. */
  readonly standing: boolean;
};

/** A secret that is shown once and kept nowhere. */
export type Credential = {
  readonly fields: readonly { readonly label: string; readonly value: Secret }[];
  /** How to use it. Plain text, without the secret. */
  readonly howTo: string;
};

export type Finding = { readonly level: 'error' | 'warning'; readonly text: string };

/** All methods throw ConnectorError and nothing else. Each is safe to repeat. */
export interface Connector {
  readonly name: string;
  readonly simulated: boolean;
  readonly capabilities: Capabilities;
  readonly sessionsAtEnd: SessionsAtEnd;
  /** How long after its deadline a cut-off grant call could still take effect. Milliseconds. */
  readonly lateEffectMs: number;
  /** What to tell the holder: which role, how to use it. Plain text. */
  howTo(entitlement: { role: string; account: Account }): string;
  /** Reaches the target and says what is wrong with its set-up: too few rights, too many. */
  validate(call: Call): Promise<Finding[]>;
  /** Answers when the target can be reached again. */
  ping(call: Call): Promise<void>;
  /**
   * The account of that name, and what tells this target and this role in it from any other that bears the
   * same name. Throws `unknown-account` when there is not exactly one account.
   */
  resolve(accountName: string, role: string, call: Call): Promise<{ account: Account; fingerprint: string }>;
  check(target: Target, call: Call): Promise<Observed>;
  /** On access that it gave before it moves the target's own expiry, forth and back, where there is one. */
  grant(target: Target, call: GrantCall): Promise<void>;
  /** Takes away what Hallpass gave, never standing access; absent already is success. */
  revoke(target: Target, call: Call): Promise<{ sessionsEnded: number | null }>;
  /** Members of the role in the target, as the target knows them; absent where it cannot list. */
  list?(role: string, call: Call): Promise<Member[]>;
  /** Takes the role from a member whom others put there; throws where others' word is needed for that. */
  expel?(target: Target, call: Call): Promise<void>;
  /** Makes a new secret for access that is there; the one before stops working. */
  reveal?(target: Target, call: Call): Promise<Credential>;
  close(): Promise<void>;
}

export interface Connectors {
  get(name: string): Connector | undefined;
}

/** The catalog in force. `endingOnly`: the file is broken; what is live ends, nothing new opens. */
export interface Catalogs {
  current(): { readonly catalog: Catalog; readonly endingOnly: boolean };
}

/** Where a card can no longer be edited, and has to be posted anew. */
export type Delivered =
  | { readonly kind: 'posted'; readonly channel: ChannelId; readonly ts: string }
  | { readonly kind: 'retry'; readonly afterMs: number | null; readonly error: string }
  /** It can't be done there, however often it is tried: gone channel, deleted message, closed edit window. */
  | { readonly kind: 'impossible'; readonly error: string };

export type CardView =
  | { readonly kind: 'request-card'; readonly view: RequestCardView }
  | { readonly kind: 'grant-card'; readonly view: GrantCardView };

/** Of the message that stands there. `broadcast`: also seen by whoever does not look into threads. */
export type Thread = { readonly channel: ChannelId; readonly ts: string; readonly broadcast?: boolean };

/**
 * Slack, as far as cards and notices need it. Never throws for what Slack answers. `ready` is awaited right
 * before something new is sent, not while it waits for its turn; what it throws keeps it from being sent.
 */
export interface Messenger {
  /** How long nothing more can be sent there; 0 when something can. Saves putting together what would only wait. */
  busyMs(to: Recipient): number;
  /** Hash of what the card would show. */
  fingerprint(card: CardView): string;
  post(to: Recipient, card: CardView, ready?: () => Promise<void>): Promise<Delivered>;
  update(at: { readonly channel: ChannelId; readonly ts: string }, card: CardView): Promise<Delivered>;
  notify(to: Recipient | Thread, notice: NoticeView, ready?: () => Promise<void>): Promise<Delivered>;
}

export interface Log {
  debug(facts: Readonly<Record<string, unknown>>, message: string): void;
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
  warn(facts: Readonly<Record<string, unknown>>, message: string): void;
  error(facts: Readonly<Record<string, unknown>>, message: string): void;
}
