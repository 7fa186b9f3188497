import { SECOND_MS } from '../../domain/time.js';

/**
 * Connections for taking access away and for looking at it, and others for everything else: whoever waits in
 * the target for a grant, or asks for an account, never holds what an end needs.
 */
export const maxConnections = { ends: 20, rest: 10 } as const;

export const connectTimeoutMs = 5 * SECOND_MS;
/** Idle connections are kept for the next burst, and no longer: a bot at rest holds none. */
export const idleConnectionMs = 10 * SECOND_MS;

export const statementTimeoutMs = 5 * SECOND_MS;
/** Shorter than the statement's, so that a blocked call says what it waited for. */
export const lockTimeoutMs = 4 * SECOND_MS;
/** Longer than another bot keeps its lock, where nothing hangs. */
export const revokeLockMs = SECOND_MS;
export const idleInTransactionMs = 5 * SECOND_MS;
/** How long the server is waited for while it ends a session. */
export const sessionEndMs = 2 * SECOND_MS;

/**
 * A change is sent only inside a transaction that the server has already answered. A message that was on its way
 * at the deadline reaches a living transaction within the idle limit, or never; then the GRANT and the COMMIT
 * each have the statement's limit. This holds however long the network keeps the message.
 */
export const lateEffectMs = idleInTransactionMs + 2 * statementTimeoutMs;
