/** The next step, by what went wrong. Plain text: Slack and the command line say the same. */
import type { CallErrorKind } from './entitlement.js';

/** How to get a stuck revocation done. */
export function stuckAdvice(kind: CallErrorKind): string {
  switch (kind) {
    case 'unreachable':
      return 'Bring the target back. Hallpass asks every 5 s whether it answers, and then takes the access away at once.';
    case 'retryable':
      return 'Look at what the target says. Hallpass tries again by itself, at least every 6 min; when it is put right, retry now.';
    case 'final':
      return 'Give Hallpass what it lacks there, as the text says; then retry now.';
    case 'unknown-account':
      return 'The account was dropped or replaced. See in the target that nothing is left of it; then mark it as removed by hand.';
    case 'wrong-target':
      return 'The connector leads to another system than the access was given in. Put the old address back and restart; if that system is gone for good, mark it as removed by hand.';
    default:
      return kind satisfies never;
  }
}

/** What stands instead once an admin has marked it. */
export function markedAdvice(wasLookedAt: boolean): string {
  return wasLookedAt
    ? 'Nothing to do. Hallpass looks every 5 min; once it can read back that the access is gone, this entry goes too.'
    : 'Nothing to do. Hallpass looks at the target at once; see here in a moment what it found.';
}

/** How to get access that could not be opened. */
export function openingAdvice(kind: CallErrorKind, connector: string): string {
  switch (kind) {
    case 'unreachable':
      return `Have ${connector} brought back, then ask again.`;
    case 'retryable':
      return `Ask again in a few minutes; if it fails again, have an admin look at ${connector}.`;
    case 'final':
      return `Have an admin put that right in ${connector}, then ask again.`;
    case 'unknown-account':
      return `Have the account made in ${connector}, or mapped in the catalog, then ask again.`;
    case 'wrong-target':
      return `Have an admin see which system ${connector} leads to, then ask again.`;
    default:
      return kind satisfies never;
  }
}
