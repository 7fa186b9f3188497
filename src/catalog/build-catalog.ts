import type { Catalog, Escalation, Group, Policy, Resource, Role, TicketRule } from '../domain/catalog.js';
import { asUserId } from '../domain/ids.js';
import { ticketFinder } from './ticket-pattern.js';
import type { CatalogFile } from './schema.js';

type GroupFile = CatalogFile['groups'][string];
type PolicyFile = CatalogFile['policies'][string];
type ResourceFile = CatalogFile['resources'][string];
type RoleFile = ResourceFile['roles'][string];

/** From the file, checked as a whole, to what the domain works with. */
export function buildCatalog(file: CatalogFile, sha256: string): Catalog {
  return {
    sha256,
    groups: mapValues(file.groups, toGroup),
    managers: new Map(Object.entries(file.managers).map(([userId, manager]) => [asUserId(userId), manager])),
    managersFrom:
      file.managers_from === undefined ? null : { slackProfileField: file.managers_from.slack_profile_field },
    admins: file.admins,
    auditors: file.auditors,
    standIns: file.stand_ins,
    alarmChannel: file.alarm_channel ?? null,
    connectors: mapValues(file.connectors, (name, connector) => ({ name, ...connector })),
    limits: {
      pending: file.limits.pending ?? null,
      requestsPerHour: file.limits.requests_per_hour ?? null,
      active: file.limits.active ?? null,
    },
    conflicts: file.conflicts,
    policies: mapValues(file.policies, toPolicy),
    resources: mapValues(file.resources, toResource),
  };
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  convert: (name: string, value: From) => To,
): Map<string, To> {
  return new Map(Object.entries(record).map(([name, value]) => [name, convert(name, value)]));
}

function toGroup(name: string, group: GroupFile): Group {
  const from = toSource(name, group);
  return group.except === undefined ? from : { kind: 'except', name, from, without: group.except };
}

function toSource(name: string, group: GroupFile): Group {
  if (group.users !== undefined) {
    return { kind: 'users', name, members: group.users };
  }
  if (group.slack_usergroup !== undefined) {
    return { kind: 'usergroup', name, usergroupId: group.slack_usergroup };
  }
  if (group.channel !== undefined) {
    return { kind: 'channel', name, channelId: group.channel };
  }
  if (group.any_of !== undefined) {
    return { kind: 'any-of', name, groups: group.any_of };
  }
  if (group.all_of !== undefined) {
    return { kind: 'all-of', name, groups: group.all_of };
  }
  if (group.manager_of !== undefined) {
    return { kind: 'manager', name, of: group.manager_of };
  }
  if (group.on_call !== undefined) {
    return toOnCall(name, group.on_call);
  }
  throw new Error(`The group ${name} passed its checks without a source`);
}

function toOnCall(name: string, source: NonNullable<GroupFile['on_call']>): Group {
  return {
    kind: 'on-call',
    name,
    url: source.url,
    headers: Object.fromEntries(
      Object.entries(source.headers).map(([header, value]) => [header.toLowerCase(), value]),
    ),
    people: source.people,
    each: source.each ?? null,
    allowPrivate: source.allow_private !== undefined,
    keepMs: source.cache,
  };
}

function toPolicy(name: string, policy: PolicyFile): Policy {
  return {
    name,
    request: policy.request,
    approve: policy.approve.map((step) => ({ name: step.name ?? null, from: step.from, count: step.count })),
    inOrder: policy.in_order,
    denials: policy.deny === 'any' ? 1 : policy.deny,
    forOthers: policy.for_others,
    minMs: policy.duration.min,
    defaultMs: policy.duration.default,
    maxMs: policy.duration.max,
    startWithinMs: policy.start_within,
    channel: policy.channel,
    notify: policy.notify,
    unansweredAfterMs: policy.unanswered_after,
    nudgeMs: policy.nudge === 'none' ? [] : policy.nudge.toSorted((left, right) => left - right),
    escalate: toEscalation(policy.escalate),
    reasonRequired: policy.reason === 'required',
    reasonMinLength: policy.reason_min_length ?? 0,
    ticket: toTicketRule(policy.ticket),
    approversMayHold: policy.approvers_may_hold,
    denyReasonRequired: policy.deny_reason === 'required',
    remindBeforeMs: policy.remind_before?.toSorted((left, right) => right - left) ?? null,
  };
}

function toEscalation(escalate: PolicyFile['escalate']): Escalation | null {
  return escalate === undefined
    ? null
    : { afterMs: escalate.after, to: escalate.to ?? [], channel: escalate.channel ?? null };
}

function toTicketRule(ticket: PolicyFile['ticket']): TicketRule | null {
  return ticket === undefined
    ? null
    : { find: ticketFinder(ticket.pattern), say: ticket.say, link: ticket.link ?? null };
}

function toResource(name: string, resource: ResourceFile): Resource {
  const roles = mapValues(resource.roles, (role, value) => toRole(name, resource, role, value));
  const [only] = roles.keys();
  const defaultRole = resource.default_role ?? only;
  if (defaultRole === undefined) {
    throw new Error(`The resource ${name} passed its checks without a role`);
  }
  return { name, title: resource.title, defaultRole, roles };
}

function toRole(resource: string, file: ResourceFile, name: string, role: RoleFile): Role {
  const policy = role.policy ?? file.policy;
  if (policy === undefined) {
    throw new Error(`The role ${resource}:${name} passed its checks without a policy`);
  }
  return {
    resource,
    name,
    title: roleTitle(file, name, role),
    policy,
    tier: role.tier,
    request: role.request ?? null,
    maxActive: role.max_active ?? null,
    entitlements: role.entitlements,
  };
}

/** People read this on the card: the resource's title, and which of its roles where there are several. */
function roleTitle(file: ResourceFile, name: string, role: RoleFile): string {
  const several = Object.keys(file.roles).length > 1;
  return several || role.title !== undefined ? `${file.title} (${role.title ?? name})` : file.title;
}
