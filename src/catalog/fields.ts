import { z } from 'zod';
import { parseDuration } from '../domain/duration.js';
import { asChannelId, asUserId } from '../domain/ids.js';
import { parsePersonRef, USER_ID, type PersonRef } from '../domain/person-ref.js';
import { SUBCOMMANDS } from '../domain/subcommands.js';
import { DAY_MS } from '../domain/time.js';
import { patternProblem } from './ticket-pattern.js';

const MAX_DURATION_MS = 365 * DAY_MS;

/** For values that are there and wrong; what is missing altogether is told by issue-text.ts. */
export function otherwise(message: string): { error: (issue: { input?: unknown }) => string | undefined } {
  return { error: ({ input }) => (input === undefined || input === null ? undefined : message) };
}

export function text(pattern: RegExp, message: string) {
  return z.string().regex(pattern, message);
}

/** How groups, connectors, policies, resources and roles are named. */
export const nameKey = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'a name has up to 63 of a-z, 0-9, dot, dash and underscore, and begins with a letter or a digit; rename it',
  );

export const resourceKey = nameKey
  .refine(
    (name) => !(SUBCOMMANDS as readonly string[]).includes(name),
    'the slash command keeps this word for itself; give the resource another name',
  )
  .refine(
    (name) => parseDuration(name) === null,
    'this name reads as a duration in the slash command; give the resource another name',
  );

/** A name that stands elsewhere in the catalog; check-references.ts looks whether it does. */
export const reference = z.string();

export const title = text(
  /^(?=.*\S)[^\p{Cc}]{1,100}$/u,
  'expected a title of at most 100 characters on one line; shorten it',
);

export const targetRole = text(
  /^(?=.*\S)[^\p{Cc}]{1,255}$/u,
  'expected the name of a role in the target, on one line; write it as the target does',
);

export const accountName = text(
  /^(?=.*\S)[^\p{Cc}]{1,255}$/u,
  'expected the name of an account in the target, on one line; write it as the target does',
);

const NO_USER_ID =
  'expected a Slack member id such as U024BE7LH; copy it from the person\'s profile in Slack ("Copy member ID")';

export const userIdKey = z.string().regex(USER_ID, NO_USER_ID);
export const userId = text(USER_ID, NO_USER_ID).transform(asUserId);

const NO_PERSON =
  "expected a Slack member id such as U024BE7LH, or an e-mail address such as dana@example.com; copy either from the person's profile in Slack";

export const personRef = z
  .string()
  .transform((typed, context): PersonRef => {
    const person = parsePersonRef(typed);
    if (person !== null) {
      return person;
    }
    context.addIssue({ code: 'custom', message: NO_PERSON });
    return z.NEVER;
  })
  .describe('A Slack member id, or the e-mail address of a Slack account.');

export const channelId = text(
  /^[CG][A-Z0-9]{2,30}$/,
  'expected a Slack channel id such as C024BE91L, not the channel\'s name; copy it from the end of "About" in the channel\'s details',
).transform(asChannelId);

export const usergroupId = text(
  /^S[A-Z0-9]{2,30}$/,
  "expected a Slack user group id such as S0614TZR7, not its handle; copy it from the group's menu in Slack",
);

export const profileFieldId = text(
  /^Xf[A-Z0-9]{2,30}$/,
  'expected the id of a profile field such as Xf06054BBB, not its label; Slack names it in team.profile.get',
);

export const emailDomain = text(
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
  'expected a domain in lower case such as example.com; write it without @',
);

const NO_DURATION = 'expected a duration such as 30m, 1h30m or 1d; write more than none, in d, h, m or s';

/** Milliseconds. */
export const duration = z
  .string(otherwise(NO_DURATION))
  .transform((typed, context): number => {
    const ms = parseDuration(typed);
    if (ms !== null && ms <= MAX_DURATION_MS) {
      return ms;
    }
    context.addIssue({
      code: 'custom',
      message: ms === null ? NO_DURATION : 'longer than 365 days, which is no longer a window; shorten it',
    });
    return z.NEVER;
  })
  .describe('A duration such as 30m, 1h30m or 1d.');

export const ticketPattern = z
  .string()
  .max(200, 'more than 200 characters; shorten the pattern')
  .superRefine((pattern, context) => {
    const message = patternProblem(pattern);
    if (message !== null) {
      context.addIssue({ code: 'custom', message });
    }
  });

export const ticketTemplate = text(
  /^https:\/\/[^\s/?#]+\/(?=.*\{ticket\})[^\s<>|]{1,500}$/,
  'expected an https address with {ticket} in its path, such as https://jira.example.com/browse/{ticket}',
);

/** At least one, and told what to do when there is none. */
export function listOf<Item extends z.ZodType>(item: Item, whenEmpty: string) {
  return z.array(item).min(1, whenEmpty);
}
