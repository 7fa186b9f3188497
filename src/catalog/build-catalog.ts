import { everyApproverGroup } from '../domain/catalog.js';
import type {
  AutoRule,
  Catalog,
  EmergencyRule,
  Escalation,
  Extend,
  Group,
  Policy,
  Resource,
  Role,
  RoleEntitlement,
  RolePart,
  TicketRule,
  WindowLimits,
} from '../domain/catalog.js';
import { asUserId } from '../domain/ids.js';
import { toHours } from './hours.js';
import { ticketFinder } from './ticket-pattern.js';
import type { CatalogFile } from './schema.js';

type GroupFile = CatalogFile['groups'][string];
type PolicyFile = CatalogFile['policies'][string];
type ResourceFile = CatalogFile['resources'][string];
type RoleFile = ResourceFile['roles'][string];

/** From the file, checked as a whole, to what the domain works with. */
export function buildCatalog(file: CatalogFile, sha256: string): Catalog {
  const policies = mapValues(file.policies, toPolicy);
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
    policies,
    resources: mapValues(file.resources, (name, resource) => toResource({ file, policies }, name, resource)),
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
    approve: (policy.approve ?? []).map(({ name: step = null, from, count }) => ({
      name: step,
      from,
      count,
    })),
    autoApprove: (policy.auto_approve ?? []).map(toAutoRule),
    extend: toExtend(policy.extend),
    inOrder: policy.in_order,
    denials: policy.deny === 'any' ? 1 : policy.deny,
    forOthers: policy.for_others,
    minMs: policy.duration.min,
    defaultMs: policy.duration.default,
    maxMs: policy.duration.max,
    startWithinMs: policy.start_within,
    channel: policy.channel,
    announce: policy.announce ?? null,
    notify: policy.notify,
    unansweredAfterMs: policy.unanswered_after,
    nudgeMs: policy.nudge === 'none' ? [] : policy.nudge.toSorted((left, right) => left - right),
    escalate: toEscalation(policy.escalate),
    reasonRequired: policy.reason === 'required',
    reasonMinLength: policy.reason_min_length ?? 0,
    ticket: toTicketRule(policy.ticket),
    approversMayHold: policy.approvers_may_hold,
    denyReasonRequired: policy.deny_reason === 'required',
    onLostEligibility: policy.on_lost_eligibility,
    remindBeforeMs: policy.remind_before?.toSorted((left, right) => right - left) ?? null,
    emergency: toEmergency(policy.emergency),
  };
}

function toAutoRule(rule: NonNullable<PolicyFile['auto_approve']>[number]): AutoRule {
  return {
    name: rule.name,
    for: rule.for,
    tiers: rule.tiers,
    upToMs: rule.up_to,
    hours: rule.hours === undefined ? null : toHours(rule.hours),
    perDay: rule.per_day ?? null,
  };
}

function toExtend(extend: PolicyFile['extend']): Extend {
  return typeof extend === 'object'
    ? { kind: 'automatic', upToMs: extend.automatically }
    : { kind: extend ?? 'approval' };
}

function toEscalation(escalate: PolicyFile['escalate']): Escalation | null {
  return escalate === undefined
    ? null
    : { afterMs: escalate.after, to: escalate.to ?? [], channel: escalate.channel ?? null };
}

function toEmergency(emergency: PolicyFile['emergency']): EmergencyRule | null {
  return emergency === undefined
    ? null
    : {
        for: emergency.for,
        maxMs: emergency.up_to,
        channel: emergency.channel,
        review: { by: emergency.review.by, count: emergency.review.count, nagMs: emergency.review.nag },
      };
}

function toTicketRule(ticket: PolicyFile['ticket']): TicketRule | null {
  return ticket === undefined
    ? null
    : { find: ticketFinder(ticket.pattern), say: ticket.say, link: ticket.link ?? null };
}

/** What a bundle is made of. */
type Around = { readonly file: CatalogFile; readonly policies: Catalog['policies'] };

function toResource(around: Around, name: string, resource: ResourceFile): Resource {
  const roles = mapValues(resource.roles, (role, value) => toRole(around, name, resource, role, value));
  const [only] = roles.keys();
  const defaultRole = resource.default_role ?? only;
  if (defaultRole === undefined) {
    throw new Error(`The resource ${name} passed its checks without a role`);
  }
  return { name, title: resource.title, defaultRole, roles };
}

function toRole(around: Around, resource: string, file: ResourceFile, name: string, role: RoleFile): Role {
  const policy = role.policy ?? file.policy;
  if (policy === undefined) {
    throw new Error(`The role ${resource}:${name} passed its checks without a policy`);
  }
  const bundled = (role.bundle ?? []).map((key) => partNamed(around, key));
  return {
    resource,
    name,
    title: roleTitle(file, name, role),
    policy,
    tier: role.tier,
    request: role.request ?? null,
    window: toWindow(role.duration, around.policies.get(policy)),
    maxActive: role.max_active ?? null,
    parts: bundled.map(({ part }) => part),
    entitlements: role.entitlements ?? together(bundled.map(({ entitlements }) => entitlements)),
  };
}

function toWindow(given: RoleFile['duration'], policy: Policy | undefined): WindowLimits | null {
  return given === undefined || policy === undefined
    ? null
    : {
        minMs: given.min ?? policy.minMs,
        defaultMs: given.default ?? policy.defaultMs,
        maxMs: given.max ?? policy.maxMs,
      };
}

function partNamed(
  { file, policies }: Around,
  key: string,
): { part: RolePart; entitlements: readonly RoleEntitlement[] } {
  const [resource = '', name = ''] = key.split(':');
  const of = file.resources[resource];
  const role = of?.roles[name];
  const policy = policies.get(role?.policy ?? of?.policy ?? '');
  if (role?.entitlements === undefined || policy === undefined) {
    throw new Error(`A bundle passed its checks with the part ${key}, which is no role to bundle`);
  }
  const part = {
    key,
    request: role.request ?? policy.request,
    barred: policy.approversMayHold ? [] : everyApproverGroup(policy),
    maxActive: role.max_active ?? null,
  };
  return { part, entitlements: role.entitlements };
}

/** What two parts both give is given once. */
function together(all: readonly (readonly RoleEntitlement[])[]): RoleEntitlement[] {
  const byKey = all.flat().map((one) => [JSON.stringify([one.connector, one.role]), one] as const);
  return [...new Map(byKey).values()];
}

/** People read this on the card: the resource's title, and which of its roles where there are several. */
function roleTitle(file: ResourceFile, name: string, role: RoleFile): string {
  const several = Object.keys(file.roles).length > 1;
  return several || role.title !== undefined ? `${file.title} (${role.title ?? name})` : file.title;
}
