/** What must hold once nothing goes wrong any more. Each is a pure look at the evidence; a broken one says so in a sentence. */
import {
  beginsInTime,
  chainVerifies,
  changesAreOnRecord,
  nothingOutlives,
  openIsPresent,
  overIsClosed,
  standingIsUntouched,
} from './access-invariants.js';
import type { Evidence, Invariant } from './evidence-type.js';
import { ledgerAgrees, targetKnowsTheEnd } from './ledger-invariants.js';
import {
  cardsShowWhatIsSo,
  everybodyIsTold,
  nobodyIsToldTwice,
  nothingIsCalledGone,
} from './message-invariants.js';
import { decidedByApprovers, nothingIsLost } from './request-invariants.js';
import {
  loginsMatchWindows,
  revealsAreAnswered,
  secretsStayHidden,
  secretsWork,
  sessionsEnd,
} from './secret-invariants.js';

export const invariants: Readonly<Record<string, Invariant>> = {
  'nothing of ours outlives its window': nothingOutlives,
  'standing access is untouched': standingIsUntouched,
  'every grant inside its window is present': openIsPresent,
  'no window begins before its start': beginsInTime,
  'every grant whose window is over is closed': overIsClosed,
  'no request is approved twice, or without its approvers': decidedByApprovers,
  'no request is lost': nothingIsLost,
  'every change in the target is on record, and the reverse': changesAreOnRecord,
  'the ledger in the target agrees with its catalogue': ledgerAgrees,
  'the target knows the end of what it holds': targetKnowsTheEnd,
  'a temporary login lasts as long as its window': loginsMatchWindows,
  'a secret that was shown logs in while it is good, and not after': secretsWork,
  'a secret is shown to its holder, and stands nowhere else': secretsStayHidden,
  'a session of a temporary login lasts as long as its window': sessionsEnd,
  'whoever asks for a secret gets it, or is told why not': revealsAreAnswered,
  'the audit chain verifies': chainVerifies,
  'everybody has got what they were owed': everybodyIsTold,
  'nobody is told twice without a lost answer': nobodyIsToldTwice,
  'every card shows what is so': cardsShowWhatIsSo,
  'nothing was called gone that was not': nothingIsCalledGone,
};

export function brokenInvariants(evidence: Evidence): string[] {
  return Object.entries(invariants).flatMap(([name, check]) =>
    check(evidence).map((problem) => `${name}: ${problem}`),
  );
}
