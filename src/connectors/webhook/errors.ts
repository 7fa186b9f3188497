import type { CallErrorKind } from '../../domain/entitlement.js';
import { ConnectorError, type Call } from '../../ports.js';
import { AddressRefused } from '../../http/addresses.js';
import { refusalSchema, type RefusalCode } from './protocol.js';

/** How far a call came. `sent`: a receiver may have it. `changing`: it could have done something with it. */
export type Progress = { sent: boolean; readonly changing: boolean };

/** In our own words: a receiver's may hold anything, and go to people who trust what Hallpass says. */
const refusals: Readonly<Record<RefusalCode, { kind: CallErrorKind; text: string }>> = {
  'unknown-account': { kind: 'unknown-account', text: 'The receiver has no such account' },
  'ambiguous-account': {
    kind: 'unknown-account',
    text: 'The receiver has several accounts of this name: map the person to a name that only one has',
  },
  'unknown-role': { kind: 'final', text: 'The receiver has no such role' },
  'wrong-target': {
    kind: 'wrong-target',
    text: 'The receiver says that this access was approved for another system, or another role of this name',
  },
  refused: { kind: 'final', text: 'The receiver refuses this: its own log should say why' },
  'not-now': { kind: 'retryable', text: 'The receiver cannot do it now, and asks to be called again' },
  'bad-signature': {
    kind: 'unreachable',
    text: 'The receiver does not accept the signature: compare the secret, and the clocks of both',
  },
};

/** An answer that is no success. The receiver's own code says that nothing was done, and so is certain. */
export function refusalOf(status: number, body: string, progress: Progress): ConnectorError {
  const code = refusalCode(body);
  if (status >= 400 && code !== null) {
    const { kind, text } = refusals[code];
    return new ConnectorError(kind, text);
  }
  const { kind, text, done } = ofStatus(status);
  return new ConnectorError(kind, text, { uncertain: progress.changing && done });
}

/** `done`: whether it may have been done all the same, as when a proxy gave up waiting for the receiver. */
function ofStatus(status: number): { kind: CallErrorKind; text: string; done: boolean } {
  const said = `The receiver answered with status ${status}`;
  if (status >= 300 && status < 400) {
    const text = `${said}, a redirect, which Hallpass does not follow: put the final URL into the catalog`;
    return { kind: 'unreachable', text, done: false };
  }
  if ([401, 403, 404, 405, 407, 410].includes(status)) {
    const text = `${said}: is the URL in the catalog that of the receiver?`;
    return { kind: 'unreachable', text, done: false };
  }
  if (status === 429) {
    return { kind: 'retryable', text: `${said}: too many calls`, done: false };
  }
  if ([502, 503, 504].includes(status)) {
    return { kind: 'unreachable', text: `${said}: something in front of it cannot reach it`, done: true };
  }
  if ([400, 411, 413, 414, 415, 422, 431].includes(status)) {
    return { kind: 'final', text: `${said}: it does not understand the call`, done: false };
  }
  return { kind: 'retryable', text: `${said}, which says nothing that Hallpass knows`, done: true };
}

function refusalCode(body: string): RefusalCode | null {
  const parsed = refusalSchema.safeParse(jsonOrNull(body));
  return parsed.success ? parsed.data.error : null;
}

export function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Text that is no JSON is as good as no answer; the schemas refuse null.
    return null;
  }
}

/** A success that does not say what it should: whether anything was done, nobody knows. */
export function oddAnswer(problem: string, progress: Progress): ConnectorError {
  return new ConnectorError('retryable', `The receiver's answer ${problem}`, {
    uncertain: progress.changing,
  });
}

const connectTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
  ETIMEDOUT: 'nothing answered',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not from a known authority (set `ca`)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not from a known authority (set `ca`)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not from a known authority (set `ca`)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not from a known authority (set `ca`)',
};

/** No answer came, or not all of it. */
export function lostCall(error: unknown, call: Call, progress: Progress): ConnectorError {
  if (error instanceof ConnectorError) {
    return error;
  }
  const uncertain = progress.sent && progress.changing;
  if (error instanceof AddressRefused) {
    return new ConnectorError('unreachable', addressText(error), { cause: error });
  }
  if (call.signal.aborted) {
    const text = `The receiver did not answer within ${call.timeoutMs} ms`;
    return new ConnectorError('unreachable', text, { uncertain, cause: error });
  }
  if (progress.sent) {
    const text = 'The connection to the receiver was lost before it had answered';
    return new ConnectorError('unreachable', text, { uncertain, cause: error });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const detail = connectTexts[code] ?? 'something failed on the way';
  const shown = /^[A-Z0-9_]{1,40}$/.test(code) ? ` (${code})` : '';
  return new ConnectorError('unreachable', `The receiver can't be reached: ${detail}${shown}`, {
    cause: error,
  });
}

function addressText({ reach }: AddressRefused): string {
  return reach === 'forbidden'
    ? "The receiver's host leads to an address that no receiver can be at; nothing was sent"
    : `The receiver's host leads to a ${reach} address, and the catalog has no allow_private; nothing was sent. Write there why it may be called, or mend the URL`;
}
