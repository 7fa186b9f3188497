import { z } from 'zod';
import type { ConnectorKind } from '../../src/catalog/connector-kind.js';
import { secretRef } from '../../src/secret-ref.js';

/** Kinds shaped as the real ones, for tests of the catalog. */
export const postgresKind: ConnectorKind = {
  use: 'postgres',
  settings: z.strictObject({
    url: secretRef,
    mode: z.enum(['function', 'group', 'ephemeral']).optional(),
    accept_risk: z.string().min(1).describe('Why a powerful role may be given after all.').optional(),
  }),
  endSessions: 'required',
  roleNameProblem: (role) =>
    role === 'public' ? '"public" is everybody in PostgreSQL; manage a role of its own' : null,
};

export const simulateKind: ConnectorKind = {
  use: 'simulate',
  settings: z.strictObject({}),
  endSessions: 'none',
};

export const testKinds: readonly ConnectorKind[] = [postgresKind, simulateKind];
