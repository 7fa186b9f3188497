/** The rules under test: the real pure functions, and the habits of the use case and the store around them. */
import { begin, claimOurs, settleError, settleGone, settlePresent } from '../../../src/domain/converge.js';
import { holdsLease, isLeased, lastsForCall } from '../../../src/domain/lease.js';
import { endEarly } from '../../../src/domain/end-grant.js';

export const RULES = {
  begin,
  claimOurs,
  settlePresent,
  settleGone,
  settleError,
  endEarly,
  isLeased,
  holdsLease,
  lastsForCall,
  /** Whether a row that is over for a worker is looked at once more before `grant` is called. */
  looksAgain: true,
  /** Whether a commit is refused when a row has changed since it was read. */
  checksVersions: true,
  /** Whether what was seen is recorded only by the worker whose token is on the row. */
  settlesByToken: true,
};

export type Rules = typeof RULES;
