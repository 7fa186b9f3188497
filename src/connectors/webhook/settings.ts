import { z } from 'zod';
import { parseDuration } from '../../domain/duration.js';
import { MINUTE_MS, SECOND_MS } from '../../domain/time.js';
import { secretRef } from '../../secret-ref.js';
import { callUrlProblem, whyPrivate } from '../../http/call-url.js';

export const settingsSchema = z.strictObject({
  url: z
    .string()
    .refine((text) => callUrlProblem(text) === null, {
      error: ({ input }) => callUrlProblem(String(input)) ?? 'expected the URL of the receiver',
    })
    .describe('Where the receiver listens: https, or http on this machine'),
  secrets: z
    .array(secretRef)
    .min(1, 'name the secret that the receiver knows')
    .max(3, 'name at most three secrets; remove those that no receiver needs any more')
    .describe('The secrets that calls are signed with; more than one while they are being exchanged'),
  native_expiry: z
    .enum(['exact', 'coarse', 'none'], 'expected exact, coarse or none')
    .default('none')
    .describe('Whether the receiver ends access by itself: at expires_at, some time after it, or not'),
  marks: z
    .boolean()
    .default(false)
    .describe('Whether the receiver tells what Hallpass gave from what others gave'),
  list: z.boolean().default(false).describe('Whether the receiver can list who holds a role'),
  tolerance: z
    .string()
    .refine((text) => toleranceMs(text) !== null, 'expected a duration from 1s to 5m, such as 30s')
    .default('5m')
    .describe('How old a call may be when the receiver carries it out'),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe("A file with the certificate authority of the receiver's certificate, in PEM"),
  allow_private: whyPrivate
    .optional()
    .describe('Why the receiver may be at an address of this machine or of a private network'),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Null where it is no duration, or not a fit one. */
export function toleranceMs(text: string): number | null {
  const ms = parseDuration(text);
  return ms === null || ms < SECOND_MS || ms > 5 * MINUTE_MS ? null : ms;
}
