/** In our own words: those of another system may hold anything, and a URL may hold what is nobody's business. */
import { AddressRefused } from '../http/addresses.js';
import { AnswerTooLong } from '../http/one-call.js';
import { SecretUnreadable } from '../secret-ref.js';

/** Its text goes to the log and to people. */
export class OnCallUnreadable extends Error {
  constructor(why: string, options: { readonly cause?: unknown } = {}) {
    super(why, options);
    this.name = 'OnCallUnreadable';
  }
}

export function whyStatus(status: number): string {
  if (status >= 300 && status < 400) {
    return `it answered with status ${status}, a redirect, which is not followed`;
  }
  if (status === 401 || status === 403) {
    return `it answered with status ${status}: it does not accept the secret that the catalog sends`;
  }
  return status === 429 ? 'it answered with status 429: too many calls' : `it answered with status ${status}`;
}

const CONNECT_TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
  ECONNRESET: 'the connection was cut',
  ETIMEDOUT: 'nothing answered',
};

export function whyLost(
  error: unknown,
  { timedOut, boundMs }: { timedOut: boolean; boundMs: number },
): string {
  if (error instanceof OnCallUnreadable) {
    return error.message;
  }
  if (error instanceof SecretUnreadable) {
    return 'a secret that the catalog names for it is missing';
  }
  if (error instanceof AddressRefused) {
    return error.reach === 'forbidden'
      ? 'its host leads to an address that is never called'
      : `its host leads to a ${error.reach} address, and the catalog has no allow_private`;
  }
  if (error instanceof AnswerTooLong) {
    return 'its answer is too long';
  }
  if (timedOut) {
    return `it did not answer within ${boundMs / 1_000} s`;
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ERR_INVALID_CHAR') {
    return 'a secret that the catalog sends holds what no header may hold';
  }
  const shown = /^[A-Z0-9_]{1,40}$/.test(code) ? ` (${code})` : '';
  return `it can't be reached: ${CONNECT_TEXTS[code] ?? 'something failed on the way'}${shown}`;
}
