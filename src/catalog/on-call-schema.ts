/** A group of whoever is on call, as the catalog writes it. */
import { z } from 'zod';
import { parseDuration } from '../domain/duration.js';
import { MINUTE_MS, SECOND_MS } from '../domain/time.js';
import { callUrlProblem, privateUrlProblem, whyPrivate } from '../http/call-url.js';
import { pathProblem } from '../json-path.js';
import { isSecretRef } from '../secret-ref.js';
import { otherwise } from './fields.js';

/** Headers that hold no secret; of any other Hallpass cannot know. */
const PLAIN_HEADERS = ['accept', 'accept-language', 'user-agent', 'x-grafana-url'];
/** Of the connection itself, which is not the catalog's. */
const OWN_HEADERS =
  /^(?:host|connection|content-.*|transfer-encoding|keep-alive|upgrade|te|trailer|expect|proxy-.*)$/i;
const SECRET_PARAMETER = /token|secret|passw|api.?key|^key$|auth|signature/i;

/** What stands for the id in the url of `each`. */
export const PERSON_PLACE = '{person}';

const url = z.string().superRefine((text, context) => {
  const message = callUrlProblem(text) ?? parameterProblem(new URL(text));
  if (message !== null) {
    context.addIssue({ code: 'custom', message });
  }
});

function parameterProblem({ searchParams }: URL): string | null {
  const found = [...searchParams.keys()].find((name) => SECRET_PARAMETER.test(name));
  return found === undefined
    ? null
    : `the parameter ${JSON.stringify(found)} looks like a secret, and a secret never stands in the catalog; send it in a header, as env:NAME or file:/path`;
}

const path = z
  .string()
  .max(500, 'more than 500 characters; shorten the path')
  .superRefine((text, context) => {
    const message = pathProblem(text);
    if (message !== null) {
      context.addIssue({ code: 'custom', message });
    }
  });

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,100}$/, 'expected the name of a header, such as Authorization')
  .refine((name) => !OWN_HEADERS.test(name), 'Hallpass sets this header itself; remove it');

const headers = z
  .record(headerName, z.string())
  .default({})
  .superRefine((given, context) => {
    for (const [name, value] of Object.entries(given)) {
      const isPlain = PLAIN_HEADERS.includes(name.toLowerCase()) && /^[\x20-\x7e]{1,500}$/.test(value);
      if (!isPlain && !isSecretRef(value)) {
        const message = `expected env:NAME or file:/path, because a secret never stands in the catalog; only ${PLAIN_HEADERS.join(', ')} may be plain text`;
        context.addIssue({ code: 'custom', path: [name], message });
      }
    }
  })
  .describe('What is sent along: env:NAME or file:/path; Accept and a few others may be plain text.');

const NO_CACHE = 'expected a duration from 1s to 60s; nobody decides by an older answer';
const cache = z
  .string(otherwise(NO_CACHE))
  .transform((typed, context): number => {
    const ms = parseDuration(typed);
    if (ms !== null && ms >= SECOND_MS && ms <= MINUTE_MS) {
      return ms;
    }
    context.addIssue({ code: 'custom', message: NO_CACHE });
    return z.NEVER;
  })
  .prefault('30s')
  .describe('How old an answer may be, at most 60s.');

const each = z
  .strictObject({
    url: url
      .refine(
        (text) => !URL.canParse(text) || new URL(text).pathname.includes(encodeURI(PERSON_PLACE)),
        `expected ${PERSON_PLACE} in the path of the URL, in place of the id`,
      )
      .describe(`Asked once for each id that people leads to, with ${PERSON_PLACE} in place of the id.`),
    people: path.describe('Where in that answer the person is named.'),
  })
  .describe('For systems whose schedule names people by ids of their own.');

export const onCallSchema = z
  .strictObject({
    url: url.describe('Asked with GET: https, or http on this machine.'),
    headers,
    people: path.describe(
      'JSON path (RFC 9535) to the people: e-mail addresses of Slack accounts, or Slack member ids.',
    ),
    each: each.optional(),
    cache,
    allow_private: whyPrivate
      .optional()
      .describe('Why it may be at an address of this machine or of a private network.'),
  })
  .superRefine((source, context) => {
    const notReached = privateUrlProblem(source.url, source.allow_private !== undefined);
    if (notReached !== null) {
      context.addIssue({ code: 'custom', path: ['url'], message: notReached });
    }
    if (source.each !== undefined && originOf(source.each.url) !== originOf(source.url)) {
      const message =
        'the headers go there too, so it must be of the same host as url; correct one of the two';
      context.addIssue({ code: 'custom', path: ['each', 'url'], message });
    }
  })
  .describe('Whoever an HTTP answer names: those who are on call now.');

function originOf(text: string): string | null {
  return URL.canParse(text) ? new URL(text).origin : null;
}
