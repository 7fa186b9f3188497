import { z } from 'zod';
import { secretRef } from '../../secret-ref.js';

const reason = z
  .string()
  .trim()
  .min(10, 'write a sentence that says why this is right, for whoever reads the catalog next');

export const settingsSchema = z.strictObject({
  mode: z
    .enum(['function', 'group', 'ephemeral'], 'expected function, group or ephemeral; choose one of them')
    .default('group')
    .describe(
      'How access is given. function (recommended): by functions that Hallpass ships, which refuse everything else; group: by GRANT; ephemeral: by a temporary login for people without an account',
    ),
  url: secretRef.describe('Where the URL of the database is: env:NAME or file:/path'),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe("A file with the certificate authority of the server's certificate, in PEM"),
  accept_plaintext: reason
    .optional()
    .describe(
      'Why the connection may go over a network without TLS; without it TLS is required and verified',
    ),
  accept_risk: z
    .record(z.string(), reason)
    .optional()
    .describe('For a managed role that could outlive its window: why it may be granted all the same'),
});

export type Settings = z.infer<typeof settingsSchema>;

/**
 * PostgreSQL allows any name; these are the ones that read as what they are. Quoting would not save the rest:
 * a longer name is cut to 63 bytes and may then be another's, and a text can hide letters that turn its order.
 */
const plainName = /^[a-z_][a-z0-9_$@.-]{0,62}$/;

/** `public` is everybody, also in quotes; `none` is nobody; `pg_` is PostgreSQL's own. */
const reserved = /^(public|none|pg_.*)$/;

export function nameProblem(name: string): string | null {
  if (!plainName.test(name)) {
    return 'Names begin with a small letter or _, hold small letters, digits and _ $ @ . -, and end within 63 bytes';
  }
  return reserved.test(name)
    ? 'PostgreSQL keeps this name for itself; name a role or an account of your own'
    : null;
}
