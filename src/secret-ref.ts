import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Secret } from './secret.js';

const REFERENCE = /^(?:env:([A-Za-z_][A-Za-z0-9_]*)|file:(\/[^\p{Cc}]+))$/u;

const NO_REFERENCE =
  'expected env:NAME or file:/path, because a secret never stands in the catalog; move the value into the environment or a file, and change it if the catalog was shared';

/** Where a connector's secret is: `env:NAME` or `file:/path`. Never the secret itself. */
export const secretRef = z
  .string({ error: NO_REFERENCE })
  .regex(REFERENCE, NO_REFERENCE)
  .describe('Where the secret is: env:NAME or file:/path');

export function isSecretRef(text: string): boolean {
  return REFERENCE.test(text);
}

/** Names the variable or the path, never what it holds. */
export class SecretUnreadable extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'SecretUnreadable';
  }
}

/** Reads it anew at each call, so that a rotated secret is taken up. Throws SecretUnreadable. */
export function readSecretRef(ref: string, env: Readonly<Record<string, string | undefined>>): Secret {
  const found = REFERENCE.exec(ref);
  const [, variable, file] = found ?? [];
  if (variable !== undefined) {
    const value = env[variable]?.trim() ?? '';
    if (value === '') {
      throw new SecretUnreadable(
        `the environment variable ${variable} is not set; set it where Hallpass runs, and restart it`,
      );
    }
    return new Secret(value);
  }
  if (file !== undefined) {
    return readSecretFile(file);
  }
  // Not repeated: it may be the secret itself.
  throw new SecretUnreadable(NO_REFERENCE);
}

/** Why the secrets that these settings of a connector refer to can't be read here, one text each. */
export function unreadableSecrets(
  settings: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const texts = Object.values(settings).flat();
  const refs = texts.filter((text) => typeof text === 'string' && isSecretRef(text));
  return refs.flatMap((ref) => {
    try {
      readSecretRef(String(ref), env);
      return [];
    } catch (error) {
      if (!(error instanceof SecretUnreadable)) {
        throw error;
      }
      return [error.message];
    }
  });
}

function readSecretFile(file: string): Secret {
  let value: string;
  try {
    value = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new SecretUnreadable(`the file ${file} cannot be read; check the path and who may read it`, {
      cause,
    });
  }
  if (value === '') {
    throw new SecretUnreadable(`the file ${file} is empty; put the secret into it`);
  }
  return new Secret(value);
}
