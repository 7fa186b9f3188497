import { z } from 'zod';
import { REASON_MAX_LENGTH } from '../domain/eligibility.js';
import { connectorSchema, type ConnectorKind } from './connector-kind.js';
import { hoursSchema } from './hours.js';
import { NO_STEP_UP } from './issue-text.js';
import { onCallSchema } from './on-call-schema.js';
import {
  channelId,
  duration,
  listOf,
  nameKey,
  otherwise,
  personRef,
  profileFieldId,
  reference,
  resourceKey,
  targetRole,
  ticketPattern,
  ticketTemplate,
  title,
  userId,
  userIdKey,
  usergroupId,
} from './fields.js';

const groupNames = z.array(reference);

export const SOURCES = [
  'users',
  'slack_usergroup',
  'channel',
  'any_of',
  'all_of',
  'manager_of',
  'on_call',
] as const;

export const groupSchema = z
  .strictObject({
    users: listOf(personRef, 'the group is empty; list at least one person, or remove the group')
      .describe('Slack member ids or e-mail addresses.')
      .optional(),
    slack_usergroup: usergroupId.describe('Id of a Slack user group.').optional(),
    channel: channelId
      .describe('Id of a channel whose members form the group. They may only request.')
      .optional(),
    any_of: listOf(reference, 'the group is empty; name at least one group, or remove this one')
      .describe('Groups; whoever is in one of them.')
      .optional(),
    all_of: listOf(reference, 'the group is empty; name at least one group, or remove this one')
      .describe('Groups; whoever is in each of them.')
      .optional(),
    manager_of: z
      .enum(['requester', 'beneficiary'], otherwise('expected requester or beneficiary; choose one of them'))
      .describe(
        'The manager of whoever asks, or of whoever gets the access, by `managers` and `managers_from`. Only for approvals.',
      )
      .optional(),
    on_call: onCallSchema.optional(),
    except: listOf(reference, 'nobody is left out; name at least one group, or remove except')
      .describe('Groups; whoever is in one of them is left out.')
      .optional(),
  })
  .refine((group) => SOURCES.filter((source) => group[source] !== undefined).length === 1, {
    error: `a group comes from one source; give exactly one of ${SOURCES.join(', ')}`,
  })
  .describe('People, by one source, perhaps without some of them.');

export const stepsSchema = listOf(
  z.strictObject({
    name: title.describe('What this step is called on the card.').optional(),
    from: listOf(reference, 'name at least one group that approves').describe(
      'Groups whose members approve.',
    ),
    count: z
      .int(otherwise('expected a whole number; count the approvals needed'))
      .min(1, 'no approval is no step; write 1 or more')
      .max(100, 'more than 100 approvals; lower it')
      .default(1)
      .describe('How many different people of these groups are needed.'),
  }),
  'nobody approves under this policy; add a step such as { from: [leads] }',
).describe('All steps are needed; one person fills one step, and nobody approves their own request.');

const optionality = z.enum(
  ['required', 'optional'],
  otherwise('expected required or optional; choose one of them'),
);

export const windowSchema = z
  .strictObject({ min: duration.prefault('1m'), default: duration, max: duration })
  .describe('How long access lasts when nobody says, at most, and at least (min; one minute if left out).');

export const roleWindowSchema = z
  .strictObject({ min: duration.optional(), default: duration.optional(), max: duration.optional() })
  .refine((given) => Object.keys(given).length > 0, {
    error: 'write min, default or max, or remove duration',
  })
  .describe("How long access to this role lasts; what is left out is the policy's.");

const ticketSchema = z
  .strictObject({
    pattern: ticketPattern.describe('What a ticket looks like, in the syntax of RE2: [A-Z]+-[0-9]+'),
    say: title.default('a ticket').describe('What people are told to name: a ticket such as OPS-123'),
    link: ticketTemplate.describe('Its page, with {ticket} in place of the ticket.').optional(),
  })
  .describe('Each reason must name a ticket.');

const DENIALS = 'expected any, for one, or how many have to deny it (2 to 100)';
const NUDGE = 'expected durations such as [10m, 30m], or none';

const nudgeSchema = z.union(
  [
    z.literal('none'),
    z.array(duration).min(1).max(10, 'more than 10 moments; the gaps grow by themselves after the last'),
  ],
  otherwise(NUDGE),
);

export const escalateSchema = z
  .strictObject({
    after: duration.describe('How long nobody has decided.'),
    to: listOf(reference, 'nobody is called in; name at least one group, or remove to')
      .describe('Groups whose members then decide as well, in every step.')
      .optional(),
    channel: channelId.describe('Where the request then appears as well.').optional(),
  })
  .refine(({ to, channel }) => to !== undefined || channel !== undefined, {
    error: 'an escalation reaches somebody; give to, channel or both',
  })
  .describe('Who is called in when nobody decides.');

const PER_DAY = 'expected how often a day (1 to 1000)';
const TIERS = 'expected low or standard; critical access is never approved automatically';

const autoApproveSchema = listOf(
  z.strictObject({
    name: title.describe('What the rule is called on cards and in the audit trail.'),
    for: listOf(reference, 'the rule is for nobody; name at least one group').describe(
      'Groups; requester and beneficiary both have to be in one of them.',
    ),
    tiers: listOf(z.enum(['low', 'standard'], otherwise(TIERS)), 'the rule is for no tier; name at least one')
      .default(['low', 'standard'])
      .describe('Tiers of roles.'),
    up_to: duration.describe('The longest time that is given.'),
    hours: hoursSchema.optional(),
    per_day: z
      .int(otherwise(PER_DAY))
      .min(1, PER_DAY)
      .max(1_000, PER_DAY)
      .optional()
      .describe('How often for each person within 24 hours.'),
  }),
  'there is no rule; add one, or remove auto_approve',
).describe('Rules that approve a request at once. All that a rule says has to hold.');

const extendSchema = z.union(
  [
    z.literal('none'),
    z.strictObject({
      automatically: duration.describe('The longest that is given so, once for each access.'),
    }),
  ],
  otherwise('expected none, or { automatically: 1h }'),
);

const REVIEWERS = 'expected how many reviewers close it (2 to 10)';

export const emergencySchema = z
  .strictObject({
    for: listOf(reference, 'nobody may take it; name at least one group').describe(
      'Groups whose members may.',
    ),
    up_to: duration.describe('The longest time in one emergency.'),
    channel: channelId.describe('Where every emergency is announced, and reviewed.'),
    review: z
      .strictObject({
        by: listOf(reference, 'nobody reviews it; name at least one group').describe(
          'Groups whose members say afterwards whether it was justified.',
        ),
        count: z
          .int(otherwise(REVIEWERS))
          .min(2, 'one reviewer is not enough; write 2 or more, or leave it out for 2')
          .max(10, REVIEWERS)
          .default(2)
          .describe('How many reviewers close it.'),
        nag: duration.prefault('24h').describe('How often reviewers are asked until it is closed.'),
      })
      .describe('Stays open until it is closed by verdicts.'),
  })
  .describe('Who may take access at once, without an approval.');

export const policySchema = z.strictObject({
  request: listOf(reference, 'nobody may ask under this policy; name at least one group').describe(
    'Groups whose members may ask.',
  ),
  approve: stepsSchema.optional(),
  auto_approve: autoApproveSchema.optional(),
  extend: extendSchema
    .optional()
    .describe(
      'Whether more time is not given at all, or once without an approval; left out, by an approval.',
    ),
  in_order: z
    .boolean(otherwise('expected true or false; choose one of them'))
    .default(false)
    .describe('Whether each step waits for those before it.'),
  deny: z
    .union([z.literal('any'), z.int(DENIALS).min(2, DENIALS).max(100, DENIALS)], otherwise(DENIALS))
    .default('any')
    .describe('Whether any approver alone denies a request, or how many have to.'),
  for_others: z
    .boolean(otherwise('expected true or false; choose one of them'))
    .default(false)
    .describe('Whether one may ask for somebody else.'),
  duration: windowSchema,
  start_within: duration.prefault('7d').describe('How far ahead a window may begin.'),
  channel: channelId.describe('Where the request appears.'),
  announce: channelId
    .optional()
    .describe('Where requests appear that nobody has to approve, in place of channel.'),
  notify: z
    .enum(['mention', 'none'], otherwise('expected mention or none; choose one of them'))
    .default('mention')
    .describe('Whether approvers are pinged when a request appears.'),
  unanswered_after: duration.prefault('4h').describe('When a request that nobody answers expires.'),
  nudge: nudgeSchema
    .prefault(['10m', '30m'])
    .describe('How long after a request its approvers are nudged; after the last of them the gaps double.'),
  escalate: escalateSchema.optional(),
  emergency: emergencySchema.optional(),
  reason: optionality.default('required').describe('Whether a request needs a reason.'),
  reason_min_length: z
    .int(otherwise('expected a whole number of characters'))
    .min(1, 'a minimum of no characters says nothing; leave it out, or write 1 or more')
    .max(REASON_MAX_LENGTH, `a reason has at most ${REASON_MAX_LENGTH} characters; lower it`)
    .optional()
    .describe('How many characters a reason needs at least.'),
  ticket: ticketSchema.optional(),
  approvers_may_hold: z
    .boolean(otherwise('expected true or false; choose one of them'))
    .default(true)
    .describe('Whether those who approve may hold the role as well, approved by somebody else.'),
  deny_reason: optionality.default('optional').describe('Whether a denial needs a reason.'),
  on_lost_eligibility: z
    .enum(['end', 'keep'], otherwise('expected end or keep; choose one of them'))
    .default('end')
    .describe('Whether access ends early when its holder could no longer ask for it.'),
  remind_before: z
    .array(duration)
    .optional()
    .describe('When to remind the holder before the end; left out, a fifth of the window.'),
});

/** A limit of this many. */
const most = z
  .int(otherwise('expected a whole number; write it in digits'))
  .min(1, 'a limit of none forbids it altogether; write 1 or more')
  .max(1_000, 'so many are no limit; write at most 1000, or leave it out');

const limitsSchema = z
  .strictObject({
    pending: most.describe('Requests that wait at once.').optional(),
    requests_per_hour: most.describe('Requests made within an hour.').optional(),
    active: most.describe('Accesses held at once.').optional(),
  })
  .describe('For each person.');

const roleSchema = z.strictObject({
  title: title.optional(),
  policy: reference.describe("Instead of the resource's policy.").optional(),
  tier: z
    .enum(
      ['low', 'standard', 'critical'],
      otherwise('expected low, standard or critical; choose one of them'),
    )
    .default('standard')
    .describe('How much harm the role can do. critical needs two approvers, and its card warns.'),
  step_up: z.never({ error: NO_STEP_UP }).optional().describe('Reserved.'),
  request: listOf(reference, 'nobody may ask for this role; name at least one group, or remove request')
    .describe("Groups whose members may ask for this role, instead of the policy's.")
    .optional(),
  duration: roleWindowSchema.optional(),
  max_active: most.describe('How many may hold this role at once.').optional(),
  entitlements: listOf(
    z.strictObject({
      connector: reference,
      role: targetRole.describe('One of the roles that the connector manages.'),
    }),
    'the role gives nothing; name at least one { connector, role }',
  )
    .describe('What the role gives in the targets.')
    .optional(),
  bundle: listOf(reference, 'the bundle is empty; name two roles or more')
    .min(2, 'one role is no bundle; name two or more')
    .describe(
      'Roles such as [prod-db:readonly, logs:reader] that this one gives together, in place of entitlements.',
    )
    .optional(),
});

const resourceSchema = z.strictObject({
  title: title.describe('What people know it by.'),
  policy: reference.describe('For roles that name none.').optional(),
  default_role: reference.describe('What is meant when no role is named; needed with several.').optional(),
  roles: z.record(nameKey, roleSchema).refine((roles) => Object.keys(roles).length > 0, {
    error: 'the resource has no role; add one, or remove the resource',
  }),
});

/** The file as a whole, for the kinds of connectors that this build knows. */
export function catalogSchema(kinds: readonly ConnectorKind[]) {
  return z
    .strictObject({
      version: z.literal(1, otherwise('this Hallpass reads version 1; write 1')),
      groups: z.record(nameKey, groupSchema).describe('Who is who.'),
      managers: z
        .record(userIdKey, userId)
        .default({})
        .describe("Who manages whom: a person's Slack member id, and that of the manager."),
      managers_from: z
        .strictObject({
          slack_profile_field: profileFieldId.describe(
            'Id of a field of Slack profiles that holds the manager: of the type "people", and one that nobody can edit themselves.',
          ),
        })
        .describe('Who manages those whom `managers` does not name.')
        .optional(),
      admins: listOf(
        reference,
        'nobody would be told when a revocation fails; name at least one group',
      ).describe('Groups that may revoke and see everything; they never approve by that alone.'),
      auditors: groupNames.default([]).describe('Groups that may see everything.'),
      stand_ins: groupNames
        .default([])
        .describe('Groups of whom approvers may name somebody to decide in their place while they are away.'),
      alarm_channel: channelId
        .describe('Where a failing revocation is told, besides direct messages to the admins.')
        .optional(),
      limits: limitsSchema.default({}),
      conflicts: z
        .array(
          listOf(reference, 'name the roles that conflict').min(
            2,
            'one role conflicts with nothing; name two or more',
          ),
        )
        .default([])
        .describe(
          'Lists of roles, such as [prod-db:admin, audit-db:admin], of which nobody holds two at once.',
        ),
      connectors: z.record(nameKey, connectorSchema(kinds)).describe('The targets.'),
      policies: z.record(nameKey, policySchema).describe('Who may ask, who approves, for how long.'),
      resources: z.record(resourceKey, resourceSchema).describe('What can be requested.'),
    })
    .describe('The catalog of Hallpass: what can be requested, by whom, and who approves.');
}

export type CatalogFile = z.output<ReturnType<typeof catalogSchema>>;

/** For editors: what a person may write, before defaults are filled in. */
export function catalogJsonSchema(kinds: readonly ConnectorKind[]): Record<string, unknown> {
  return { ...z.toJSONSchema(catalogSchema(kinds), { io: 'input' }) };
}
