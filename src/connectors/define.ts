import type { z } from 'zod';
import type { ConnectorSpec } from '../domain/catalog.js';
import { SecretUnreadable } from '../secret-ref.js';
import { ConnectorError, type Connector, type Log } from '../ports.js';

/** Resolves a reference such as `env:NAME` or `file:/path`; throws when there is nothing behind it. */
export type ReadSecret = (ref: string) => string;

export type ConnectorDeps = {
  readonly spec: ConnectorSpec;
  readonly readSecret: ReadSecret;
  readonly log: Log;
};

/** One kind of target system. A folder, and a line in registry.ts. */
export type ConnectorKind = {
  /** What the catalog writes after `use:`. */
  readonly use: string;
  /** The kind's own keys in the catalog, strict; those that every connector has stand beside it. */
  readonly settings: z.ZodObject;
  /** Whether the catalog must write out `end_sessions`. */
  readonly endSessions: 'required' | 'none';
  /** Whether a connector with these settings, as the catalog writes them, has `expel`. */
  readonly expels?: (settings: Readonly<Record<string, unknown>>) => boolean;
  /** What is wrong with this name under `manage`; null when nothing is. */
  readonly roleNameProblem?: (role: string) => string | null;
  /** What an administrator runs in the target beforehand; `hallpass sql` prints it. */
  readonly sql?: string;
  /** Opens no connection and reads no secret: both wait for the first call. */
  readonly create: (deps: ConnectorDeps) => Connector;
};

/**
 * Reads a secret for a connection. A missing one stops every call of this connector, and mends by itself once
 * it is there: hence `unreachable`, which is probed, and told once for all that wait.
 */
export function secretForConnection(readSecret: ReadSecret, ref: string): string {
  try {
    return readSecret(ref);
  } catch (error) {
    const why = error instanceof SecretUnreadable ? error.message : `${ref} could not be read; set it`;
    throw new ConnectorError('unreachable', `The secret is missing: ${why}`, { cause: error });
  }
}

/** A target may hold more names than a message should. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
