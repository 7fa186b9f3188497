import type { ChannelId, UserId } from './ids.js';
import type { PersonRef } from './person-ref.js';
import type { Instant } from './time.js';

/** A group whose members the file lists, or Slack knows. */
export type SlackGroup =
  | { readonly kind: 'users'; readonly name: string; readonly members: readonly PersonRef[] }
  | { readonly kind: 'usergroup'; readonly name: string; readonly usergroupId: string }
  | { readonly kind: 'channel'; readonly name: string; readonly channelId: ChannelId };

/** A group whose members an HTTP answer names: whoever is on call now. */
export type OnCallGroup = {
  readonly kind: 'on-call';
  readonly name: string;
  readonly url: string;
  /** By name in lower case. What `env:` or `file:` refers to is read at each call. */
  readonly headers: Readonly<Record<string, string>>;
  /** Path of RFC 9535 to the people, or to the ids that `each` is asked about. */
  readonly people: string;
  /** Asked once for each id, `{person}` in its url; null where the first answer names people itself. */
  readonly each: { readonly url: string; readonly people: string } | null;
  /** Whether it may be at an address of this machine or of a private network. */
  readonly allowPrivate: boolean;
  readonly keepMs: number;
};

/** A group that has to be asked for outside. */
export type OutsideGroup = SlackGroup | OnCallGroup;

export type Group =
  | OutsideGroup
  /** Whoever is in one of these groups, or in each of them. */
  | { readonly kind: 'any-of' | 'all-of'; readonly name: string; readonly groups: readonly string[] }
  /** The manager of whoever asks, or of whoever gets the access: another group for each request. */
  | { readonly kind: 'manager'; readonly name: string; readonly of: 'requester' | 'beneficiary' }
  /** Whoever is in the first group and in none of the others. */
  | {
      readonly kind: 'except';
      readonly name: string;
      readonly from: Group;
      readonly without: readonly string[];
    };

/** Who manages whom. */
export type Managers = ReadonlyMap<UserId, UserId>;

/** `count` different people out of the groups named in `from`. All steps are needed; one person fills one step. */
export type ApprovalStep = {
  readonly name: string | null;
  readonly from: readonly string[];
  readonly count: number;
};

/** What a ticket looks like, and where it is read. */
export type TicketRule = {
  /** The first ticket in a text; null where there is none. Takes linear time, whatever is typed. */
  readonly find: (text: string) => string | null;
  /** What people are told who named none: `a ticket such as OPS-123`. */
  readonly say: string;
  /** With `{ticket}` in it; null where there is no page. */
  readonly link: string | null;
};

/** Who is called in when nobody has answered for so long: groups that decide as well, a channel that sees the card too. */
export type Escalation = {
  readonly afterMs: number;
  readonly to: readonly string[];
  readonly channel: ChannelId | null;
};

/** Times of day on days of the week. */
export type Hours = {
  readonly isOpen: (at: Instant) => boolean;
  /** `Mon–Fri 09:00–18:00 Europe/Berlin` */
  readonly text: string;
};

/** Approves a request at once, by nobody's vote, where all of it holds. */
export type AutoRule = {
  readonly name: string;
  /** Groups; requester and beneficiary both have to be in one of them. */
  readonly for: readonly string[];
  readonly tiers: readonly Tier[];
  readonly upToMs: number;
  /** When the window may begin; null for any time. */
  readonly hours: Hours | null;
  /** So often for each person within 24 hours; null for any number. */
  readonly perDay: number | null;
};

/** How more time is had on what is held: by an approval, not at all, or the first of at most so long at once. */
export type Extend =
  | { readonly kind: 'approval' | 'none' }
  | { readonly kind: 'automatic'; readonly upToMs: number };

/** How somebody takes a role at once, and who looks at it afterwards. */
export type EmergencyRule = {
  /** Groups whose members may. */
  readonly for: readonly string[];
  readonly maxMs: number;
  /** Where everybody sees it. */
  readonly channel: ChannelId;
  readonly review: { readonly by: readonly string[]; readonly count: number; readonly nagMs: number };
};

export type Policy = {
  readonly name: string;
  /** Groups whose members may ask. */
  readonly request: readonly string[];
  /** Empty where only rules approve. */
  readonly approve: readonly ApprovalStep[];
  readonly autoApprove: readonly AutoRule[];
  readonly extend: Extend;
  /** Whether each step waits for those before it. */
  readonly inOrder: boolean;
  /** How many of those who may approve have to deny it; 1 where each of them can alone. */
  readonly denials: number;
  /** Whether a requester may ask for somebody else. */
  readonly forOthers: boolean;
  /** The shortest window; 1 minute unless the catalog says otherwise. */
  readonly minMs: number;
  readonly defaultMs: number;
  readonly maxMs: number;
  /** How far ahead a window may begin. */
  readonly startWithinMs: number;
  /** Where the card is posted. */
  readonly channel: ChannelId;
  /** Where the card is posted of what a rule approves; null for the same channel. */
  readonly announce: ChannelId | null;
  /** Who is pinged when a card appears: each approver, or nobody. */
  readonly notify: 'mention' | 'none';
  readonly unansweredAfterMs: number;
  /** How long after the request its approvers are nudged, in order; empty for never. After the last the gaps double. */
  readonly nudgeMs: readonly number[];
  readonly escalate: Escalation | null;
  readonly reasonRequired: boolean;
  /** Characters, without spaces around; 0 where any reason will do. */
  readonly reasonMinLength: number;
  /** Set where each reason must name a ticket. */
  readonly ticket: TicketRule | null;
  /** Whether those who approve may hold the role as well, by somebody else's approval. */
  readonly approversMayHold: boolean;
  readonly denyReasonRequired: boolean;
  /** What becomes of access whose holder could no longer ask for it. */
  readonly onLostEligibility: 'end' | 'keep';
  /** Milliseconds before the end at which the holder is reminded; null for the rule in reminder.ts. */
  readonly remindBeforeMs: readonly number[] | null;
  /** Null where nobody takes it without an approval. */
  readonly emergency: EmergencyRule | null;
};

export type RoleEntitlement = { readonly connector: string; readonly role: string };

/** How much harm a role can do. `critical` needs two approvers, and its card warns. */
export type Tier = 'low' | 'standard' | 'critical';

/** A role of a bundle, with the rules about people that hold for the bundle as well. */
export type RolePart = {
  readonly key: string;
  /** Groups whose members may ask for it. */
  readonly request: readonly string[];
  /** Groups whose members may not hold it, for they approve it; empty where they may. */
  readonly barred: readonly string[];
  readonly maxActive: number | null;
};

/** How long a window lasts: at least, when nobody says, and at most. */
export type WindowLimits = Pick<Policy, 'minMs' | 'defaultMs' | 'maxMs'>;

export type Role = {
  readonly resource: string;
  readonly name: string;
  /** The resource's title as people know it, with the role: `Orders database, production`. */
  readonly title: string;
  readonly policy: string;
  readonly tier: Tier;
  /** Groups whose members may ask for this role, instead of those of its policy; null for the policy's. */
  readonly request: readonly string[] | null;
  /** How long a window on this role lasts, instead of what its policy says; null for the policy's. */
  readonly window: WindowLimits | null;
  /** So many windows may be open on it at once, of everybody together; null for any number. */
  readonly maxActive: number | null;
  /** What it bundles; empty for a role that is no bundle. */
  readonly parts: readonly RolePart[];
  /** Of a bundle: those of its parts together. */
  readonly entitlements: readonly RoleEntitlement[];
};

export type Resource = {
  readonly name: string;
  readonly title: string;
  readonly defaultRole: string;
  readonly roles: ReadonlyMap<string, Role>;
};

/** How a person becomes an account in a target: the map first, then the e-mail rule, else no. */
export type IdentityRules = {
  readonly map: ReadonlyMap<UserId, string>;
  readonly fromEmail: { readonly part: 'local' | 'whole'; readonly domains: readonly string[] } | null;
};

export type ConnectorSpec = {
  readonly name: string;
  /** Which kind of connector: `postgres`, `simulate`, … */
  readonly use: string;
  /** Roles of the target that Hallpass may touch; nothing else ever is. */
  readonly manage: readonly string[];
  readonly identity: IdentityRules;
  /**
   * What follows when somebody else changes a managed role. `restore`: access of a window that was taken away is
   * given again. `enforce`: that, and standing access is removed once an admin has seen a dry run. Without it,
   * it is reported, and nothing more.
   */
  readonly onDrift?: 'report' | 'restore' | 'enforce';
  /** Whether ending access also cuts the person's open sessions; null where the target has none. */
  readonly endSessions: boolean | null;
  /** The connector's own settings, checked by its schema. Secrets in it are references, never text. */
  readonly settings: Readonly<Record<string, unknown>>;
};

/** For each person; null for no limit. */
export type Limits = {
  /** Requests of theirs that wait at once. */
  readonly pending: number | null;
  readonly requestsPerHour: number | null;
  /** Windows that are open at once. */
  readonly active: number | null;
};

export type Catalog = {
  /** SHA-256 of the file's bytes, hex; stands in every decision. */
  readonly sha256: string;
  readonly groups: ReadonlyMap<string, Group>;
  readonly managers: Managers;
  /** Who manages those that `managers` does not name; null where nothing else says it. */
  readonly managersFrom: { readonly slackProfileField: string } | null;
  readonly admins: readonly string[];
  readonly auditors: readonly string[];
  /** Groups whose members approvers may name in their place; empty where it has to be somebody of their own groups. */
  readonly standIns: readonly string[];
  /** Where admins are also told of revocations that fail; null for direct messages alone. */
  readonly alarmChannel: ChannelId | null;
  readonly connectors: ReadonlyMap<string, ConnectorSpec>;
  readonly limits: Limits;
  /** Keys of roles of which nobody holds two at once. */
  readonly conflicts: readonly (readonly string[])[];
  readonly policies: ReadonlyMap<string, Policy>;
  readonly resources: ReadonlyMap<string, Resource>;
};

/** `prod-db:admin` */
export function roleKey(role: { readonly resource: string; readonly name: string }): string {
  return `${role.resource}:${role.name}`;
}

export function findRole(catalog: Catalog, resource: string, role: string | null): Role | undefined {
  const found = catalog.resources.get(resource);
  return found?.roles.get(role ?? found.defaultRole);
}

export function allRoles(catalog: Catalog): Role[] {
  return [...catalog.resources.values()].flatMap((resource) => [...resource.roles.values()]);
}

/** The names of all groups that may decide a request under this policy. */
export function approverGroups(policy: Policy): string[] {
  return groupsOf(policy.approve);
}

export function groupsOf(steps: readonly ApprovalStep[]): string[] {
  return [...new Set(steps.flatMap((step) => step.from))];
}

/** The same, with those that an escalation adds, whether it has come or not. */
export function everyApproverGroup(policy: Policy): string[] {
  return [...new Set([...approverGroups(policy), ...(policy.escalate?.to ?? [])])];
}

/** The names of all groups whose members a rule approves for. */
export function automaticGroups(policy: Policy): string[] {
  return [...new Set(policy.autoApprove.flatMap((rule) => rule.for))];
}

/** Every group of the catalog whose members an HTTP answer names. */
export function onCallGroups({ groups }: Pick<Catalog, 'groups'>): OnCallGroup[] {
  return [...groups.values()].map(sourceOf).filter((group) => group.kind === 'on-call');
}

/** Where the members of a group come from, whoever of them is left out. */
export function sourceOf(group: Group): Group {
  return group.kind === 'except' ? sourceOf(group.from) : group;
}
