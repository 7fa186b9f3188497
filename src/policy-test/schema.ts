import { z } from 'zod';
import { duration, nameKey, otherwise, userId } from '../catalog/fields.js';
import { closestName } from '../domain/closest-name.js';
import { REFUSALS } from './refusals.js';

const name = z.string();

const person = z
  .strictObject({
    id: userId,
    /** Confirmed, as Slack shows it. */
    email: z.string().optional(),
    manager: name.optional(),
    deactivated: z.boolean().default(false),
    guest: z.boolean().default(false),
  })
  .describe('Somebody in Slack.');

const given = z.strictObject({
  people: z.record(nameKey, person).default({}),
  /** Who is in a group that the catalog does not list. */
  groups: z
    .record(
      nameKey,
      z.union(
        [z.array(name), z.literal('unreadable')],
        otherwise('expected a list of people, or unreadable'),
      ),
    )
    .default({}),
});

const NO_MOMENT =
  "expected a moment with a T and its offset, such as '2026-11-27T09:00:00+01:00', or a Z for UTC: '2026-11-27T08:00:00Z'";

/** Milliseconds since 1970. */
const moment = z.iso
  .datetime({ offset: true, ...otherwise(NO_MOMENT) })
  .transform((text) => new Date(text).getTime());

const request = z.strictObject({
  role: z.string(),
  for: name.optional(),
  duration: duration.optional(),
  starts: moment.optional(),
  reason: z.string().default(''),
});

const emergency = request.omit({ for: true, starts: true });

const REVIEW = 'expected justified, or {not_justified: WHY}';
const YES = 'expected true';

const when = z.strictObject({
  at: moment.optional(),
  who: name.optional(),
  requests: request.optional(),
  /** In an emergency. */
  takes: emergency.optional(),
  extends: z.strictObject({ duration, reason: z.string().default('') }).optional(),
  ends: z.literal(true, otherwise(YES)).optional(),
  reviews: z
    .union([z.literal('justified'), z.strictObject({ not_justified: z.string() })], otherwise(REVIEW))
    .optional(),
  delegates: z
    .union(
      [z.literal('off'), z.strictObject({ to: name, until: moment })],
      otherwise('expected { to: NAME, until: MOMENT }, or off'),
    )
    .optional(),
  claims: z.literal(true, otherwise(YES)).optional(),
  nudges: z.literal(true, otherwise(YES)).optional(),
  revokes: z.string(otherwise('expected the reason, in quotes')).optional(),
  approves: z
    .union([z.literal('all'), duration], otherwise('expected all, or a shorter time such as 15m'))
    .optional(),
  denies: z.string(otherwise('expected the reason, which may be empty, in quotes')).optional(),
  cancels: z.literal(true, otherwise(YES)).optional(),
});

/** What is done, of which a step does one at most. */
export const ACTS = [
  'requests',
  'approves',
  'denies',
  'cancels',
  'extends',
  'ends',
  'takes',
  'reviews',
  'delegates',
  'claims',
  'nudges',
  'revokes',
] as const;

/** What a request can have come to, and what it opened; then its review, and the naming of a stand-in. */
export const STATES = [
  'waits',
  'approved',
  'denied',
  'cancelled',
  'expired',
  'ended',
  'in-review',
  'reviewed',
  'delegated',
  'not-delegated',
] as const;

const KNOWN = Object.keys(REFUSALS);

const refusal = z.string().superRefine((code, context) => {
  if (!KNOWN.includes(code)) {
    const near = closestName(code, KNOWN);
    const next = near === null ? 'docs/policies.md has a list of them' : `did you mean "${near}"?`;
    context.addIssue({ code: 'custom', message: `no refusal has the code ${JSON.stringify(code)}; ${next}` });
  }
});

const then = z.union(
  [
    z.enum(STATES),
    z.strictObject({ refused: refusal }),
    /** It waits, and an approval of exactly these would be counted now. */
    z.strictObject({ needs: z.array(name) }),
  ],
  otherwise(`expected one of ${STATES.join(', ')}, or {refused: CODE}, or {needs: [PEOPLE]}`),
);

const step = z.strictObject({ when, then });

export const policyTestSchema = z.strictObject({
  /** Of the catalog, beside this file. */
  catalog: z.string().optional(),
  given: given.default({ people: {}, groups: {} }),
  tests: z
    .array(
      z.strictObject({
        name: z.string(),
        given: given.default({ people: {}, groups: {} }),
        steps: z.array(step).min(1, 'a test has a step; add one'),
      }),
    )
    .min(1, 'there is no test; add one'),
});

export type PolicyTestFile = z.output<typeof policyTestSchema>;
export type PolicyTest = PolicyTestFile['tests'][number];
export type Given = PolicyTest['given'];
export type Step = PolicyTest['steps'][number];
