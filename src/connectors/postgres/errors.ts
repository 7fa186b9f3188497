import { DatabaseError } from 'pg';
import { ConnectorError, type Call } from '../../ports.js';
import type { CallErrorKind } from '../../domain/entitlement.js';
import { refusalOf } from './function-errors.js';

/** How far a call came. */
export type Progress = { connected: boolean; answered: boolean; changing: boolean };

type Circumstances = Progress & { readonly call: Call; readonly source: string };

/**
 * In our own words: the server's may quote names and addresses. What keeps the bot from connecting at all is
 * `unreachable`, whatever the reason, since it holds up every call alike and the probe sees when it is mended.
 */
export function toConnectorError(error: unknown, circumstances: Circumstances): ConnectorError {
  if (error instanceof ConnectorError) {
    return error;
  }
  const { call, changing } = circumstances;
  if (call.signal.aborted) {
    const kind = circumstances.answered ? 'retryable' : 'unreachable';
    const text = `PostgreSQL did not answer within ${call.timeoutMs} ms`;
    return new ConnectorError(kind, text, { uncertain: changing, cause: error });
  }
  if (!circumstances.connected) {
    return new ConnectorError('unreachable', connectText(error, circumstances.source), { cause: error });
  }
  if (error instanceof DatabaseError) {
    const { kind, text } = refusalOf(error.code ?? '') ?? ofState(error.code ?? '');
    // A server that goes away may say so after the COMMIT, in place of its answer; a read-only one has done nothing.
    const uncertain = changing && kind === 'unreachable' && error.code !== '25006';
    return new ConnectorError(kind, text, { uncertain, cause: error });
  }
  // Also in the midst of a call: what cuts this one cuts the others, and the probe sees when lines hold again.
  if (isLostConnection(error)) {
    return new ConnectorError('unreachable', 'The connection to PostgreSQL was lost', {
      uncertain: changing,
      cause: error,
    });
  }
  return new ConnectorError('retryable', 'Something unforeseen went wrong on the way to PostgreSQL', {
    uncertain: changing,
    cause: error,
  });
}

function ofState(state: string): { kind: CallErrorKind; text: string } {
  switch (state) {
    case '42501':
      return {
        kind: 'final',
        text: "PostgreSQL does not allow this to the account of Hallpass (42501): Hallpass's log at its start says what to grant",
      };
    case '2BP01':
      return {
        kind: 'final',
        text: 'Others hold the role by leave of this account (2BP01): revoke theirs first, with CASCADE if need be',
      };
    case '0LP01':
      return {
        kind: 'final',
        text: 'PostgreSQL refuses this membership (0LP01), as it would go round in a circle',
      };
    case '25006':
      // It holds up every change alike, and the probe sees when it is over.
      return { kind: 'unreachable', text: 'PostgreSQL is read-only (25006): is this a standby?' };
    case '55P03':
      return { kind: 'retryable', text: 'Somebody else holds a lock on this membership (55P03)' };
    case '57014':
      return { kind: 'retryable', text: 'PostgreSQL took too long and stopped the statement (57014)' };
    default:
      return ofClass(state);
  }
}

/**
 * An answer that is not known here is asked for again: a call given up too early could leave access behind.
 * 23505, 40001, 40P01 and XX000 (`tuple concurrently updated`) come of calls that meet in the same row.
 */
function ofClass(state: string): { kind: CallErrorKind; text: string } {
  const fleeting = /^(08|53|57P)/.test(state);
  return fleeting
    ? { kind: 'unreachable', text: `PostgreSQL is going away, or has no room left (${state})` }
    : {
        kind: 'retryable',
        text: `PostgreSQL could not do it this time (${state === '' ? 'no code' : state})`,
      };
}

const connectTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'nothing listens there',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
  ETIMEDOUT: 'nothing answered',
  '28P01': 'it refused the password',
  '28000': 'it refuses this account, or asks for TLS (set `ca`)',
  '3D000': 'it has no database of that name',
  '42501': 'the account may not connect to this database',
  '53300': 'it has no connection left',
  '57P03': 'it is starting up or shutting down',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not from a known authority (set `ca`)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not from a known authority (set `ca`)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not from a known authority (set `ca`)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not from a known authority (set `ca`)',
};

function connectText(error: unknown, source: string): string {
  const code = codeOf(error);
  const detail =
    connectTexts[code] ?? (code === '' ? 'it does not answer, or has no TLS' : 'something failed');
  return `PostgreSQL can't be reached by the URL in ${source}: ${detail}${code === '' ? '' : ` (${code})`}`;
}

function isLostConnection(error: unknown): boolean {
  const code = codeOf(error);
  const closed = error instanceof Error && /^(Connection terminated|Client (was|has))/.test(error.message);
  return closed || /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET)/.test(code);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
